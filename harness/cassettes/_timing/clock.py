"""The clock of a replay: the monotonic one plus the waits that were skipped.

There is one for the process, because `time.monotonic` is one. While a replay skips waits, it is
what `time.monotonic` and the event loops of asyncio tell, so that whoever has a time limit (asyncio
timers, node timeouts) sees the recorded waits pass, although nobody waits for them.

What it shows them begins with nothing skipped, and a loop that saw an earlier replay keeps what was
skipped there: no timer is moved by what was before it, and no clock of a loop goes back.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary, WeakSet


class Clock:
    """A monotonic clock that can be put forward.

    Attributes:
        loops: The event loops that were seen while the clock stood in for the system's.
        reached: A time that has passed. Who wants no later one need not ask what time it is.
        skipped: How many seconds all replays have skipped.
    """

    def __init__(self) -> None:
        # freezegun may be at work already; it keeps the function that it stands in for
        freezegun = sys.modules.get("freezegun.api")
        self.real: Callable[[], float] = getattr(freezegun, "real_monotonic", time.monotonic)
        self.loops: WeakSet[asyncio.AbstractEventLoop] = WeakSet()
        self.reached = 0.0
        self.skipped = 0.0
        self._earlier = 0.0  # of what was skipped: in the replays that are over
        self._before: WeakKeyDictionary[asyncio.AbstractEventLoop, float] = WeakKeyDictionary()
        self._lock = threading.Lock()
        self._originals: tuple[Any, Any] | None = None

    def now(self) -> float:
        """Return the seconds on this clock, which count on from replay to replay."""
        return self.real() + self.skipped

    def shown(self) -> float:
        """Return what `time.monotonic` tells: the real time, plus what this replay has skipped."""
        return self.real() + self.skipped - self._earlier

    def skip_to(self, when: float) -> None:
        """Let the time until then be over; a time that has passed changes nothing."""
        ahead = when - self.real()
        if ahead > self.skipped:
            if self._originals is None:
                return
            with self._lock:
                self.skipped = max(self.skipped, ahead)  # somebody else may have been quicker
        self.reached = when

    def install(self) -> None:
        """Stand in for the system's monotonic clock."""
        self._originals = time.monotonic, asyncio.BaseEventLoop.time
        time.monotonic = self.shown
        asyncio.BaseEventLoop.time = lambda _: self.shown()  # type: ignore[method-assign,assignment]

    def remove(self) -> None:
        """Give the system its clock back, and every loop that saw this one what it skipped."""
        if self._originals is not None:
            time.monotonic, asyncio.BaseEventLoop.time = self._originals  # type: ignore[method-assign]
            self._originals = None
        skipped, self._earlier = self.skipped - self._earlier, self.skipped
        for loop in self.loops if skipped else ():
            if not loop.is_closed():
                self._shift(loop, self._before.get(loop, 0.0) + skipped)
        self.loops.clear()

    def _shift(self, loop: asyncio.AbstractEventLoop, before: float) -> None:
        self._before[loop] = before
        loop.time = lambda: self.shown() + before  # type: ignore[method-assign]


clock = Clock()
