"""The one port for order, time and ids.

Nothing else in `runtime` reads a clock, draws an id, or decides which of several ready tasks
goes on. A run takes its `Turns` from a context variable when it starts: `LIVE` by default (arrival
order, system clock, unique ids), or whatever `use_turns` supplied, so that a test can make the
same run come out the same way every time.
"""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from datetime import datetime, timezone
from functools import lru_cache
from typing import Final, Protocol

__all__ = (
    "LANE_PARTS",
    "LIVE",
    "Lane",
    "LiveTurns",
    "Turns",
    "current_turns",
    "in_utc",
    "use_turns",
)

LANE_PARTS: Final = ("step", "kind", "name")
"""What a lane holds for each task from the outermost to the innermost one, all as strings."""

Lane = tuple[str, ...]
"""Where a task stands among all that may run at the same time. Lanes sort by path, and a task
comes before the tasks inside it."""


_BEFORE_1970: Final = 0x01B21DD213814000
"""From the first day of the Gregorian calendar, in tenths of a microsecond."""


class Turns(Protocol):
    """Which ready task runs next, what time it is, and what the next id is.

    Tasks in threads may take turns (`serial`). Then a driver

    1. calls `enroll` with the lanes of a superstep before those that come later start;
    2. has each task run between `take` and `give` of its lane, called in its own thread;
    3. has a task that waits for tasks of its own do so inside `rest`;
    4. handles chunks and finished tasks strictly in the order in which they arrive.

    Where they do not, none of these methods is called, and tasks seen finished in one wake-up go in
    path order.

    Attributes:
        serial: Whether tasks in threads take turns.
        broken: Why turns could not be kept, once that has happened; the run fails with it.
    """

    serial: bool
    broken: Exception | None

    def now(self) -> float:
        """Return the wall-clock time in seconds since the epoch."""
        ...

    def monotonic(self) -> float:
        """Return the seconds on a clock that never goes back; only differences mean anything."""
        ...

    def random(self) -> float:
        """Return a number from 0 up to 1, without 1, that spreads what would happen at once."""
        ...

    def sleep(self, seconds: float) -> bool:
        """Let this time pass, and other tasks go on; `False` if the task is not to go on after it.

        If `serial` is true, a task that sleeps has no turn until it wakes up.
        """
        ...

    async def asleep(self, seconds: float) -> bool:
        """Let this time pass in an event loop; not called if `serial` is true."""
        ...

    def checkpoint_id(self, step: int) -> str:
        """Return a new id that sorts after every earlier one; `step` may be coded into it."""
        ...

    def message_id(self) -> str:
        """Return a new unique id for a message that has none."""
        ...

    def enroll(self, lanes: Sequence[Lane]) -> None:
        """Announce tasks that are about to ask for their turn."""
        ...

    def take(self, lane: Lane) -> bool:
        """Block until it is this lane's turn; return `False` if it was withdrawn instead."""
        ...

    def withdraw(self, lanes: Sequence[Lane]) -> None:
        """Take back those of the lanes that have not had their turn: they are not to start."""
        ...

    def give(self, lane: Lane) -> None:
        """Tell that the task of this lane is done, whether or not it had its turn."""
        ...

    def rest(self) -> AbstractContextManager[None]:
        """Let the tasks inside the calling one run, until one of them has given its turn."""
        ...


class LiveTurns:
    """Arrival order, the system clock, and ids that are unique and sort by time."""

    serial = False
    broken: Exception | None = None
    _latest = 0  # when the last id was made, by whichever object

    def now(self) -> float:
        """Return `time.time()`."""
        return time.time()

    def monotonic(self) -> float:
        """Return `time.monotonic()`."""
        return time.monotonic()

    def random(self) -> float:
        """Return `random.uniform(0, 1)`, which tests of retries replace, as for LangGraph."""
        return random.uniform(0, 1)  # noqa: S311 - spreads retries, guards nothing

    def sleep(self, seconds: float) -> bool:
        """Block the calling thread."""
        time.sleep(seconds)
        return True

    async def asleep(self, seconds: float) -> bool:
        """Let the event loop do other things."""
        await asyncio.sleep(seconds)
        return True

    def checkpoint_id(self, step: int) -> str:
        """Return a UUID of version 6, as LangGraph's savers expect it: ids sort by creation time.

        RFC 9562, 5.6. The step is the clock sequence, the node is drawn.
        """
        # two threads may take the same time, but nobody gets an earlier one than before
        now = max(time.time_ns() // 100 + _BEFORE_1970, LiveTurns._latest + 1)
        LiveTurns._latest = now
        node = random.getrandbits(48)  # tells processes apart
        digits = f"{now << 64 | 0x8000 << 48 | (step & 0x3FFF) << 48 | node:x}"
        return f"{digits[:8]}-{digits[8:12]}-6{digits[12:15]}-{digits[15:19]}-{digits[19:]}"

    def message_id(self) -> str:
        """Return a random UUID."""
        return str(uuid.uuid4())

    def enroll(self, lanes: Sequence[Lane]) -> None:
        """Do nothing: live tasks do not take turns."""

    def take(self, lane: Lane) -> bool:
        """Return `True`: live tasks do not take turns."""
        return True

    def withdraw(self, lanes: Sequence[Lane]) -> None:
        """Do nothing: live tasks do not take turns."""

    def give(self, lane: Lane) -> None:
        """Do nothing: live tasks do not take turns."""

    def rest(self) -> AbstractContextManager[None]:
        """Do nothing: live tasks do not take turns."""
        return nullcontext()


LIVE: Final[Turns] = LiveTurns()

_current: ContextVar[Turns] = ContextVar("runtime_turns", default=LIVE)


def current_turns() -> Turns:
    """Return the turns that a run started in this context would use."""
    return _current.get()


def in_utc(seconds: float) -> str:
    """Return a time since the epoch as `datetime.isoformat` has it in UTC.

    Every checkpoint has one, and all that `debug` shows; few of them are in a new second.
    """
    whole = int(seconds)
    microseconds = round((seconds - whole) * 1e6)
    if not 0 < microseconds < 10**6:
        return datetime.fromtimestamp(seconds, timezone.utc).isoformat()
    return f"{_second(whole)}.{microseconds:06}+00:00"


@lru_cache(maxsize=4)
def _second(whole: int) -> str:
    return datetime.fromtimestamp(whole, timezone.utc).isoformat()[:-6]


@contextmanager
def use_turns(turns: Turns) -> Iterator[Turns]:
    """Supply `turns` to every run that starts in this context until the block ends."""
    token = _current.set(turns)
    try:
        yield turns
    finally:
        _current.reset(token)
