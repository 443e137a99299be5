"""Makes runs of the bundled runtime come out the same every time.

An edge of the harness: it supplies the runtime's port for order, time and ids (`runtime.turns`).
"""

from __future__ import annotations

import asyncio
import threading
import time
from bisect import insort
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timezone
from typing import cast
from zoneinfo import ZoneInfo

import time_machine

from harness._numbered_ids import numbered_ids
from harness.cassettes._timing.clock import clock
from harness.cassettes._timing.loops import LOCK, watch
from harness.cassettes._timing.order import baton
from harness.errors import HarnessError
from runtime.turns import LANE_PARTS, Lane, use_turns

__all__ = ("SerialTurns", "TurnsStalledError", "deterministic")


class TurnsStalledError(HarnessError):
    """Two tasks of one superstep wait for each other, so that they cannot run in turns."""


_Wake = tuple[float, Lane, float]
"""When a task wakes up, counted in sleep; which one; and when by the clock."""


class SerialTurns:
    """One task at a time, in path order; ids are numbered; time passes as it does.

    A task in a thread runs until it is done or waits for tasks of its own. While it holds the
    turn, nobody else runs, so there is nothing that could come out in another order. A task that
    waits for a recorded answer has no turn either; it gets it back when all others wait, too, and
    its answer is the next one of the recording (`harness.cassettes._timing.order.Baton`).

    Args:
        patience: How many seconds of wall-clock time a task waits for its turn before the
            superstep is given up as impossible to run one task at a time.
    """

    serial = True

    def __init__(self, patience: float = 5.0) -> None:
        self._patience = patience
        self._changed = threading.Condition(LOCK)
        self._holder: Lane | None = None
        self._waiting: list[Lane] = []
        self._resting: set[Lane] = set()
        self._sleeping: list[_Wake] = []
        self._slept = 0.0  # the latest time, counted in sleep, at which a task woke up
        self._held = threading.local()
        self.broken: Exception | None = None
        self._checkpoints = 0
        self._messages = 0

    def now(self) -> float:
        """Return the system's time, which `deterministic(now=...)` may have set."""
        return time.time()

    def monotonic(self) -> float:
        """Return the system's monotonic clock, which nothing stops."""
        return time.monotonic()

    def random(self) -> float:
        """Return 0: whatever comes at once comes in path order anyway."""
        return 0.0

    def sleep(self, seconds: float) -> bool:
        """Let the time pass and every other task go on; then wake up in order of time.

        A task wakes up when no other one can go on without it. So what comes first depends on
        the times that were asked for, not on how fast anything ran. It is not to go on if it was
        withdrawn meanwhile.
        """
        lane: Lane | None = getattr(self._held, "lane", None)
        if lane is None:  # the outermost run does a single task in its caller's thread
            time.sleep(seconds)
            return True
        with self._changed:
            until = clock.now() + seconds
            wake = (self._slept + seconds, lane, until)
            insort(self._sleeping, wake)
            self._release()
            while not self._stirred(wake) and (left := until - clock.now()) > 0:
                self._changed.wait(left)  # less if a recorded wait is skipped meanwhile
            self._changed.wait_for(lambda: self._stirred(wake) or self._first(wake))
            if wake not in self._sleeping:
                return False
            self._sleeping.remove(wake)
            if self.broken is None:
                self._slept = wake[0]
                self._holder = lane
            return True

    async def asleep(self, seconds: float) -> bool:
        """Let the time pass in an event loop."""
        await asyncio.sleep(seconds)
        return True

    def _stirred(self, wake: _Wake) -> bool:
        """Tell whether a sleeping task need not wait for its time."""
        return self.broken is not None or wake not in self._sleeping

    def _first(self, wake: _Wake) -> bool:
        """Tell whether it is a sleeping task's time: nobody else can go on."""
        return self._holder is None and not self._waiting and self._sleeping[0] == wake

    def _release(self) -> None:
        """Let somebody else have the turn, or the next recorded answer arrive."""
        self._holder = None
        self._changed.notify_all()
        watch.advance()

    def pause(self) -> Lane | None:
        """Give up the turn of the calling task; return its lane, if it had the turn."""
        lane: Lane | None = getattr(self._held, "lane", None)
        if lane is None or self._holder != lane:
            return None
        self._holder = None
        self._changed.notify_all()
        return lane

    def resume(self, turn: object) -> None:
        """Give a task that paused its turn back; nobody has it now."""
        if self.broken is None:
            self._holder = cast("Lane", turn)

    def is_alone(self) -> bool:
        """Tell whether no task but the calling one could run or wake up."""
        lane: Lane | None = getattr(self._held, "lane", None)
        others = self._waiting or self._sleeping or self.broken is not None
        return self._holder == lane and not others

    def is_quiet(self) -> bool:
        """Tell whether nobody has the turn and nobody is there to take it."""
        return self.broken is not None or (self._holder is None and not self._waiting)

    def next_wake(self) -> float | None:
        """Return when the first sleeping task wakes up."""
        return self._sleeping[0][2] if self._sleeping else None

    def changed(self) -> None:
        """Let sleeping tasks look at the clock."""
        self._changed.notify_all()

    def checkpoint_id(self, step: int) -> str:
        """Return the next number as a UUID of version 6."""
        with self._changed:
            self._checkpoints += 1
            return f"00000000-0000-6000-8000-{self._checkpoints:012x}"

    def message_id(self) -> str:
        """Return the next number as a UUID of version 4."""
        with self._changed:
            self._messages += 1
            return f"00000000-0000-4000-8000-{self._messages:012x}"

    def enroll(self, lanes: Sequence[Lane]) -> None:
        """Let these lanes wait for their turn; the first by path is the first to get it."""
        with self._changed:
            self._waiting.extend(lanes)
            self._waiting.sort()

    def take(self, lane: Lane) -> bool:
        """Block until nobody runs and no waiting lane comes before this one."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._decided(lane), self._patience):
                self._stall(lane)
            if lane not in self._waiting:
                return False
            self._start(lane)
        return True

    def _decided(self, lane: Lane) -> bool:
        if self.broken is not None or lane not in self._waiting:
            return True
        return self._holder is None and self._waiting[0] == lane

    def _start(self, lane: Lane) -> None:
        self._waiting.remove(lane)
        self._holder = lane
        self._held.lane = lane

    def _stall(self, lane: Lane) -> None:
        """Let everybody run, so that the run can end, and fail it when it does."""
        self.broken = TurnsStalledError(
            f"{_shown(lane)} waited {self._patience:g} s for {_shown(self._holder)} to finish. In "
            "a deterministic run the tasks of a superstep run one after the other: one that waits "
            "for another cannot. If it is only slow, allow more time: "
            f"deterministic(patience={self._patience * 10:g})."
        )
        self._changed.notify_all()
        watch.advance()

    def withdraw(self, lanes: Sequence[Lane]) -> None:
        """Take back lanes that have not started or sleep; `take` and `sleep` return `False`."""
        with self._changed:
            self._waiting = [lane for lane in self._waiting if lane not in lanes]
            self._sleeping = [wake for wake in self._sleeping if wake[1] not in lanes]
            self._changed.notify_all()
            watch.advance()

    def give(self, lane: Lane) -> None:
        """End the turn of this lane; whoever waits for it comes before its siblings."""
        self._held.lane = None
        around = lane[: -len(LANE_PARTS)]
        with self._changed:
            if self._holder == lane:
                self._holder = None
            # Now, and not when that thread wakes up: it would come too late to be seen as waiting.
            if around in self._resting:
                self._resting.remove(around)
                self.enroll([around])
            self._changed.notify_all()
            watch.advance()

    @contextmanager
    def rest(self) -> Iterator[None]:
        """Let the tasks inside this one run until one of them is done."""
        lane: Lane | None = getattr(self._held, "lane", None)
        if lane is None:  # the caller of the outermost run, who is nobody's task
            yield
            return
        with self._changed:
            self._resting.add(lane)
            self._release()
        try:
            yield
        finally:
            with self._changed:
                self._changed.wait_for(lambda: self._back(lane))
                if self.broken is None:
                    self._start(lane)

    def _back(self, lane: Lane) -> bool:
        if self.broken is not None:
            return True
        return self._holder is None and bool(self._waiting) and self._waiting[0] == lane


def _shown(lane: Lane | None) -> str:
    if lane is None:
        return "another task"
    names = [lane[at] for at in range(len(LANE_PARTS) - 1, len(lane), len(LANE_PARTS))]
    return f"Task {'/'.join(names)!r}"


@contextmanager
def deterministic(
    *, now: datetime | str | None = None, patience: float = 5.0, uuids: bool = True
) -> Iterator[SerialTurns]:
    """Make every run of the bundled runtime that starts in this block come out the same.

    Tasks of one superstep run one at a time in path order, sync nodes in threads included, and
    the ids that the runtime draws (tasks, checkpoints, messages without one) are numbered. So are
    the uuids that any code draws, langchain-core's run ids included.

    Args:
        now: A time to stop the wall clock at: a datetime, or a text in ISO 8601; in UTC unless it
            says otherwise. The local time zone is that of `now` if it has a `ZoneInfo`, else UTC.
            What measures durations goes on: `time.monotonic`, the event loop, timeouts. By
            default clocks are left alone.
        patience: Seconds that a task waits for its turn before the run is failed.
        uuids: Whether uuid4, uuid6 and uuid7 of all code in the process are numbered, from 1.

    Yields:
        The turns in force.

    Raises:
        TurnsStalledError: Tasks of one superstep wait for each other.
    """
    with ExitStack() as stack:
        if now is not None:
            # It replaces what the classes of `datetime` ask, and not the classes: a datetime made
            # meanwhile is one for pydantic, for a saver and for whoever reads it tomorrow.
            stack.enter_context(time_machine.travel(_moment(now), tick=False))
        if uuids:
            stack.enter_context(numbered_ids())
        turns = SerialTurns(patience)
        stack.enter_context(use_turns(turns))
        stack.callback(baton.reset, baton.set(turns))
        yield turns


def _moment(now: datetime | str) -> datetime:
    if isinstance(now, str):
        try:
            now = datetime.fromisoformat(now.replace("Z", "+00:00"))
        except ValueError as error:
            raise ValueError(
                f"now={now!r} is no time in ISO 8601, such as '2026-01-31' or "
                "'2026-01-31T12:00:00+01:00'"
            ) from error
    if now.tzinfo is None:
        now = now.replace(tzinfo=timezone.utc)
    return now if isinstance(now.tzinfo, ZoneInfo) else now.astimezone(ZoneInfo("UTC"))
