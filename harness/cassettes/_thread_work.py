"""What a thread is working on, seen from outside: the function that a pool or `Thread` called."""

from __future__ import annotations

import sys
import threading
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


def is_still_at(work: FrameType, thread: int) -> bool:
    """Whether a thread is still inside that frame."""
    frame = sys._current_frames().get(thread)  # noqa: SLF001  # documented
    while frame is not None and frame is not work:
        frame = frame.f_back
    return frame is not None
