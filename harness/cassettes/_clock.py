"""The clock of a replay: the monotonic one plus the waits that were skipped.

There is one for the process, because `time.monotonic` is one. While a replay skips waits, it is
what `time.monotonic` and the event loops of asyncio tell, so that whoever has a time limit (asyncio
timers, node timeouts) sees the recorded waits pass, although nobody waits for them.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable
from typing import Any
from weakref import WeakSet


class Clock:
    """A monotonic clock that can be put forward.

    Attributes:
        loops: The event loops that were seen while the clock stood in for the system's.
        reached: A time that has passed. Who wants no later one need not ask what time it is.
    """

    def __init__(self) -> None:
        # freezegun may be at work already; it keeps the function that it stands in for
        freezegun = sys.modules.get("freezegun.api")
        self.real: Callable[[], float] = getattr(freezegun, "real_monotonic", time.monotonic)
        self.loops: WeakSet[asyncio.AbstractEventLoop] = WeakSet()
        self.reached = 0.0
        self._skipped = 0.0
        self._lock = threading.Lock()
        self._originals: tuple[Any, Any] | None = None

    def now(self) -> float:
        """Return the seconds on this clock."""
        return self.real() + self._skipped

    def skip_to(self, when: float) -> None:
        """Let the time until then be over; a time that has passed changes nothing."""
        ahead = when - self.real()
        if ahead > self._skipped:
            with self._lock:
                self._skipped = max(self._skipped, ahead)  # somebody else may have been quicker
        self.reached = when

    def install(self) -> None:
        """Stand in for the system's monotonic clock."""
        self._originals = time.monotonic, asyncio.BaseEventLoop.time
        time.monotonic = self.now
        asyncio.BaseEventLoop.time = lambda _: self.now()  # type: ignore[method-assign,assignment]

    def remove(self) -> None:
        """Give the system its clock back. A loop that saw this one keeps it: no clock goes back."""
        if self._originals is not None:
            time.monotonic, asyncio.BaseEventLoop.time = self._originals  # type: ignore[method-assign]
            self._originals = None
        ahead = self._skipped
        for loop in self.loops if ahead else ():
            if not loop.is_closed():
                loop.time = lambda: self.real() + ahead  # type: ignore[method-assign]
        self.loops.clear()


clock = Clock()
