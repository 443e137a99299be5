"""What a thread is working on, seen from outside: the function that a pool or `Thread` called."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor
from concurrent.futures.thread import _WorkItem  # it has no public name
from types import FrameType

_STARTS = (_WorkItem.run.__code__, threading.Thread.run.__code__)


def work_of_this_thread() -> FrameType | None:
    """Return the frame in which the calling thread began its work; None in the main thread."""
    frame: FrameType | None = sys._getframe()  # noqa: SLF001  # documented
    while frame is not None and frame.f_code not in _STARTS:
        frame = frame.f_back
    return frame


def is_at_work(executor: Executor) -> bool:
    """Whether a thread of an executor does something, or may: not all of them can be seen."""
    threads = getattr(executor, "_threads", None)
    idle = getattr(getattr(executor, "_idle_semaphore", None), "_value", -1)
    return threads is None or len(threads) != idle


class Rest:
    """Watches whether a thread rests: waits for something, and computes nothing.

    Args:
        thread: Its identifier; it must be running.
        clock: What time is measured with, as the monotonic clock may be put forward.
    """

    def __init__(self, thread: int, clock: Callable[[], float]) -> None:
        clock_of = getattr(time, "pthread_getcpuclockid", None)  # not on every system
        self._id = None if clock_of is None else clock_of(thread)
        self._clock = clock
        self._used = self._processor_time()
        self._since = clock()

    def lasts(self, seconds: float) -> bool:
        """Whether it has rested for that long."""
        used, now = self._processor_time(), self._clock()
        if used != self._used:
            self._used, self._since = used, now
        return now - self._since > seconds

    def _processor_time(self) -> float:
        try:
            return 0.0 if self._id is None else time.clock_gettime(self._id)
        except OSError:  # it has ended
            return 0.0


def is_still_at(work: FrameType, thread: int) -> bool:
    """Whether a thread is still inside that frame."""
    frame = sys._current_frames().get(thread)  # noqa: SLF001  # documented
    while frame is not None and frame is not work:
        frame = frame.f_back
    return frame is not None
