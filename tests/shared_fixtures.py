"""Fixtures that several folders of tests share."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest


class Drive:
    """Runs graphs and asks models through the sync or the async half of their public API."""

    def __init__(self, name: str) -> None:
        self.name = name

    def invoke(self, runs: Any, given: Any = "go on", config: Any = None, **kwargs: Any) -> Any:
        """Return the result as a whole."""
        if self.name == "sync":
            return runs.invoke(given, config, **kwargs)
        return asyncio.run(runs.ainvoke(given, config, **kwargs))

    def stream(
        self, runs: Any, given: Any = "go on", config: Any = None, **kwargs: Any
    ) -> list[Any]:
        """Return all chunks."""
        seen: list[Any] = []
        self.each(seen.append, runs, given, config, **kwargs)
        return seen

    def each(
        self,
        take: Callable[[Any], Any],
        runs: Any,
        given: Any = "go on",
        config: Any = None,
        **kwargs: Any,
    ) -> None:
        """Hand each chunk over when it comes; leave the stream when `take` returns `True`."""

        async def run() -> None:
            stream = runs.astream(given, config, **kwargs)
            async for chunk in stream:
                if take(chunk) is True:
                    break
            await stream.aclose()

        if self.name == "async":
            asyncio.run(run())
            return
        stream = runs.stream(given, config, **kwargs)
        for chunk in stream:
            if take(chunk) is True:
                break
        stream.close()


@pytest.fixture(params=["sync", "async"])
def drive(request: pytest.FixtureRequest) -> Drive:
    """Run the test with the sync methods of a graph or a model, and again with the async ones."""
    return Drive(request.param)


@pytest.fixture
def restless() -> Iterator[None]:
    """Make threads of Python switch as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)
