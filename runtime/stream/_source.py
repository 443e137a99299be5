"""Where the events of a run come from: the engine, as the run that its caller reads knows it."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol

from runtime.stream._event import ProtocolEvent

__all__ = ("AsyncSource", "Left", "Source")


class Left(BaseException):
    """Ends a source that somebody waits for, as nobody is to read what would come.

    Not an `Exception`: it is no failure, and no node is to handle it.
    """


class Source(Protocol):
    """Where the events of a sync run come from."""

    def __next__(self) -> ProtocolEvent:
        """Let the run go on to its next event."""
        ...

    def close(self) -> None:
        """Stop the run, and wait until nothing of it runs any more."""
        ...


class AsyncSource(Protocol):
    """Where the events of an async run come from."""

    def __anext__(self) -> Awaitable[ProtocolEvent]:
        """Let the run go on to its next event."""
        ...

    def aclose(self) -> Awaitable[None]:
        """Stop the run, and wait until nothing of it runs any more."""
        ...
