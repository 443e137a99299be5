"""trio, whose clock is put forward, too, and which says itself when it has nothing to run.

Each run of trio has a clock. The usual one counts the seconds of the system, and is put forward
where it is read; one that the program has brought itself is the program's. What is asked is public:
the clock, the seconds until the first deadline, and `wait_all_tasks_blocked`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from importlib import import_module
from typing import Any
from weakref import WeakKeyDictionary

from harness.cassettes._timing.clock import clock

_LONGEST = 0.25
"""How long to wait for a run that never pauses, in seconds."""


class _Watched:
    """The clocks of the runs of trio, while orders are open."""

    def __init__(self) -> None:
        self._kind: Any = None  # the class of the usual clocks, while it is watched
        self._original: Any = None  # its method
        self._met: WeakKeyDictionary[Any, float] = WeakKeyDictionary()
        """By clock: what had been skipped when it was met."""

    def meet(self) -> None:
        """Watch the clock of the running loop, if it is the usual one."""
        own = import_module("trio").lowlevel.current_clock()
        if own in self._met or type(own).__name__ != "SystemClock":
            return
        self._met[own] = clock.skipped
        if self._kind is None:
            self._kind, self._original = type(own), type(own).current_time
            self._kind.current_time = self._time

    def remove(self) -> None:
        """Watch no longer; a clock that was met keeps what was skipped: no clock goes back."""
        if self._kind is None:
            return
        self._kind.current_time, self._kind = self._original, None
        for own, met in self._met.items():
            object.__setattr__(own, "offset", own.offset + clock.skipped - met)  # it is frozen
        self._met.clear()

    @property
    def _time(self) -> Callable[[Any], float]:
        original, met = self._original, self._met

        def current_time(own: Any) -> float:
            """Return the seconds on a clock."""
            return float(original(own) + clock.skipped - met.get(own, clock.skipped))

        return current_time

    def first(self) -> float | None:
        """Return when the first deadline of the running loop is due, by the clock of the replay."""
        left: float = import_module("trio").lowlevel.current_statistics().seconds_to_next_deadline
        return None if math.isinf(left) else clock.now() + left

    def clock_was_put_forward(self) -> None:
        """Do nothing: trio looks at its clock whenever it goes round."""

    async def glance(self, seconds: float) -> None:
        """Wait until every other task has waited for so many real seconds."""
        with import_module("trio").move_on_after(_LONGEST):
            await import_module("trio.testing").wait_all_tasks_blocked(seconds)


watched = _Watched()
