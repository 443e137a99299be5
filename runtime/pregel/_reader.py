"""Whether the consumer of a run has read what graphs inside have put into its inbox.

A graph inside runs beside that consumer. With durability "sync" nothing that it showed may be lost
when the process dies, so it must not store that it is past something that nobody has read yet.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any, Final

__all__ = ("Mark", "Reader")

PATIENCE: Final = 1.0
"""How many seconds a node may keep an event loop busy before a thread takes it for blocked.

There is no telling from outside whether a node that blocks the loop computes, and will let the
consumer read, or waits for this very thread and never will: `graph.batch(...)` in a coroutine does.
Then what the graph shows cannot be read before it has stored that it is past it, so one of the two
has to give way. The consumer's own code is waited for as long as it takes, as it is in sync runs.
"""


class Mark(Future[None]):
    """Lies among the chunks; done once those before it were read, or nobody reads any more."""

    def __init__(self) -> None:
        super().__init__()
        self.set_running_or_notify_cancel()  # who waits may be cancelled, the mark may not

    def reach(self) -> None:
        """Let those go on who wait for it."""
        if not self.done():
            self.set_result(None)


class Reader:
    """A consumer that reads chunks of graphs inside.

    Args:
        put: Takes chunks, and marks among them; may be called from any thread.
    """

    __slots__ = ("_blocked", "_consumer", "_left", "_lock", "_loop", "_marks", "_put", "_thread")

    def __init__(self, put: Callable[[Any], None]) -> None:
        self._put = put
        self._thread = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._consumer: asyncio.Task[Any] | None = None
        self._blocked = False
        self._left = False
        self._marks: set[Mark] = set()
        self._lock = threading.Lock()

    def open(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        """Note that the driver runs in the calling thread, and in which event loop, if in one."""
        self._thread = threading.get_ident()
        self._loop = loop
        self._consumer = None if loop is None else asyncio.current_task()

    def leave(self) -> None:
        """Let everybody go on: from now on nobody reads."""
        with self._lock:
            self._left = True
            marks = tuple(self._marks)
        for mark in marks:
            mark.reach()

    def wait(self) -> None:
        """Wait in a thread until all that is there by now was read.

        Not in the thread that the reader itself needs. Nor while a node blocks its event loop: it
        may be the very one that waits for the calling thread.
        """
        if self._blocked or threading.get_ident() == self._thread:
            return
        mark = self._mark()
        if self._loop is None:
            mark.result()
            return
        while not mark.done():
            answered = threading.Event()
            try:
                self._loop.call_soon_threadsafe(self._answer, answered)
            except RuntimeError:  # it is closed
                return
            wait((mark,), PATIENCE)
            reading = asyncio.current_task(self._loop) is self._consumer
            if not (mark.done() or answered.is_set() or reading):
                self._blocked = True
                return

    async def await_(self) -> None:
        """Do the same in an event loop."""
        await asyncio.wrap_future(self._mark())

    def _answer(self, answered: threading.Event) -> None:
        self._blocked = False
        answered.set()

    def _mark(self) -> Mark:
        mark = Mark()
        with self._lock:
            if self._left:
                mark.reach()
                return mark
            self._marks.add(mark)
        mark.add_done_callback(lambda _: self._marks.discard(mark))
        self._put(mark)
        return mark
