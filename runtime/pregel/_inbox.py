"""Where an async driver waits for what its tasks put there."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Sequence
from typing import Any, Final

__all__ = ("LEAVE", "Inbox")


class _Leave:
    pass


LEAVE: Final = _Leave()
"""An item that tells whoever waits that nobody reads what would come."""


class Inbox:
    """Items for one coroutine, put there by coroutines of the same loop or by threads."""

    __slots__ = ("_items", "_loop", "_thread", "_waiter", "closed")

    def __init__(self) -> None:
        self.closed = False
        """Whether nobody waits for items any more: the run is over, or was left."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = 0
        self._items: deque[Any] = deque()
        self._waiter: asyncio.Future[None] | None = None

    def open(self) -> None:
        """Belong to the running loop from now on."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()

    def put(self, item: Any) -> None:
        """Add an item; may be called from any thread."""
        self._items.append(item)
        if self._waiter is None or self._loop is None:
            return
        if threading.get_ident() == self._thread:
            self._wake()
        else:
            self._loop.call_soon_threadsafe(self._wake)

    def put_back(self, items: Sequence[Any]) -> None:
        """Let items that arrived, and were not taken, be the next ones to arrive."""
        self._items.extendleft(reversed(items))

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None  # once: what comes after that is taken with it
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    async def arrived(self, seconds: float | None = None) -> list[Any]:
        """Wait until there is an item and return all that are there, oldest first.

        Args:
            seconds: For how long to wait at most; then there may be none.
        """
        if not self._items:
            waiter = self._waiter = asyncio.get_running_loop().create_future()
            try:
                # an item put by a thread between the check and the line above woke nobody
                if not self._items:
                    if seconds is None:
                        await waiter
                    else:
                        await asyncio.wait({waiter}, timeout=seconds)
            finally:
                self._waiter = None
        return self.take()

    def take(self) -> list[Any]:
        """Return all items that are there, oldest first."""
        batch = []
        while self._items:
            batch.append(self._items.popleft())
        return batch
