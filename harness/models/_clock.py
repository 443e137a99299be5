"""When the pieces of an answer come: on a virtual clock, or really."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from typing import Any, Protocol
from weakref import WeakKeyDictionary

_ROUNDS = 20


class Clock(Protocol):
    """What the streams of a model wait on; times are in seconds."""

    @property
    def now(self) -> float:
        """The present time."""

    def wait(self, until: float) -> None:
        """Wait in a thread."""

    async def await_(self, until: float) -> None:
        """Wait in an event loop."""


class RealClock:
    """The clock on the wall."""

    @property
    def now(self) -> float:
        """The present time."""
        return time.monotonic()

    def wait(self, until: float) -> None:
        """Sleep."""
        time.sleep(max(0.0, until - time.monotonic()))

    async def await_(self, until: float) -> None:
        """Sleep, and let others run."""
        await asyncio.sleep(max(0.0, until - time.monotonic()))


class VirtualClock:
    """A clock that nobody waits for: it moves to the next moment at which a piece is due.

    Streams of one event loop get their pieces in the order in which they are due, whichever model
    they belong to: whoever is due first goes on once the others had their chance to say when they
    are due. A consumer that is busy with other things for long does not hold the others up.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self._of_loop: WeakKeyDictionary[Any, list[tuple[float, int]]] = WeakKeyDictionary()
        self._number = itertools.count()

    def wait(self, until: float) -> None:
        """Move the clock."""
        self.now = max(self.now, until)

    async def await_(self, until: float) -> None:
        """Let everything that is due earlier go first, then move the clock."""
        ticket = (until, next(self._number))
        due = self._of_loop.setdefault(asyncio.get_running_loop(), [])
        heapq.heappush(due, ticket)
        try:
            rounds = 0
            while rounds < _ROUNDS:
                await asyncio.sleep(0)
                rounds = rounds + 1 if due[0] == ticket else 0
        finally:
            due.remove(ticket)
            heapq.heapify(due)
        self.now = max(self.now, until)
