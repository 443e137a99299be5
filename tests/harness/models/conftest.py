"""How these tests ask a model: each once sync, once async."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.messages import AIMessageChunk


class Drive:
    """Asks models through the sync or the async half of the public API."""

    def __init__(self, name: str) -> None:
        self.name = name

    def invoke(self, model: Any, given: Any = "go on", config: Any = None, **kwargs: Any) -> Any:
        """Return the whole answer."""
        if self.name == "sync":
            return model.invoke(given, config, **kwargs)
        return asyncio.run(model.ainvoke(given, config, **kwargs))

    def stream(self, model: Any, given: Any = "go on", config: Any = None, **kwargs: Any) -> Any:
        """Return all chunks."""
        seen: list[AIMessageChunk] = []
        self.each(seen.append, model, given, config, **kwargs)
        return seen

    def each(
        self,
        take: Callable[[Any], Any],
        model: Any,
        given: Any = "go on",
        config: Any = None,
        **kwargs: Any,
    ) -> None:
        """Hand each chunk over when it comes; leave the stream when `take` returns `True`."""
        if self.name == "sync":
            stream = model.stream(given, config, **kwargs)
            for chunk in stream:
                if take(chunk) is True:
                    break
            if hasattr(stream, "close"):
                stream.close()
            return

        async def run() -> None:
            stream = model.astream(given, config, **kwargs)
            async for chunk in stream:
                if take(chunk) is True:
                    break
            await stream.aclose()

        asyncio.run(run())


@pytest.fixture(params=["sync", "async"])
def drive(request: pytest.FixtureRequest) -> Drive:
    """Ask sync, then async."""
    return Drive(request.param)
