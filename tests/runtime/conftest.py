"""How the tests of the runtime run a graph: each once sync, once async."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest


class Drive:
    """Runs graphs through the sync or the async half of the public API."""

    def __init__(self, name: str) -> None:
        self.name = name

    def invoke(self, graph: Any, given: Any, config: Any = None, **kwargs: Any) -> Any:
        """Run the graph to its end."""
        if self.name == "sync":
            return graph.invoke(given, config, **kwargs)
        return asyncio.run(graph.ainvoke(given, config, **kwargs))

    def stream(self, graph: Any, given: Any, config: Any = None, **kwargs: Any) -> list[Any]:
        """Return all chunks."""
        seen: list[Any] = []
        self.each(seen.append, graph, given, config, **kwargs)
        return seen

    def each(
        self,
        take: Callable[[Any], Any],
        graph: Any,
        given: Any,
        config: Any = None,
        **kwargs: Any,
    ) -> None:
        """Hand each chunk over when it comes; leave the stream when `take` returns `True`."""

        async def run() -> None:
            stream = graph.astream(given, config, **kwargs)
            async for chunk in stream:
                if take(chunk) is True:
                    break
            await stream.aclose()

        if self.name == "async":
            asyncio.run(run())
            return
        stream = graph.stream(given, config, **kwargs)
        for chunk in stream:
            if take(chunk) is True:
                break
        stream.close()


@pytest.fixture(params=["sync", "async"])
def drive(request: pytest.FixtureRequest) -> Drive:
    """Run the test with the sync methods of the graph, and again with the async ones."""
    return Drive(request.param)
