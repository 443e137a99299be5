"""uvloop, whose timers are made in C: they are watched while a replay puts the clock forward.

It cannot be seen when such a loop is idle (`loops`), but `call_at`, `call_later` and `time` of
`uvloop.Loop` can be replaced. So its timers, too, go off in recorded time, before the piece that
came after them. Timers that were made before the first cassette opened count real time.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from contextvars import Context
from typing import Any
from weakref import WeakKeyDictionary

from harness.cassettes._timing.clock import clock


class _Timer(asyncio.TimerHandle):
    """A timer that goes off when either the loop or the replay has come to its time."""

    def __init__(
        self,
        when: float,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        loop: asyncio.AbstractEventLoop,
        context: Context | None,
    ) -> None:
        super().__init__(when, callback, args, loop, context)
        self._own_loop = loop
        self._in_loop: asyncio.TimerHandle | None = None

    def arm(self) -> None:
        """Let the loop count the time that is left."""
        if self._in_loop is not None:
            self._in_loop.cancel()
        left = max(self.when() - self._own_loop.time(), 0)
        self._in_loop = watched.in_real_time(self._own_loop, left, self._go_off)

    def cancel(self) -> None:
        if self._in_loop is not None:
            self._in_loop.cancel()
        watched.forget(self._own_loop, self)
        asyncio.Handle.cancel(self)

    def _go_off(self) -> None:
        watched.forget(self._own_loop, self)
        if not self.cancelled():
            self._run()


class _Watched:
    """The timers of the loops of uvloop, while orders are open."""

    def __init__(self) -> None:
        self._kind: Any = None  # `uvloop.Loop`, while it is watched
        self._call_later: Any = None
        self._timers: WeakKeyDictionary[asyncio.AbstractEventLoop, set[_Timer]] = (
            WeakKeyDictionary()
        )

    def install(self) -> None:
        """Watch the timers that are made from now on, if uvloop is there at all."""
        kind: Any = getattr(sys.modules.get("uvloop"), "Loop", None)
        if kind is None or self._kind is not None:
            return
        self._kind, self._call_later = kind, kind.call_later
        kind.time, kind.call_at, kind.call_later = _time, _call_at, _call_later

    def meet(self) -> None:
        """Note the running loop; uvloop may have been imported since `install`."""
        self.install()
        loop: Any = asyncio.get_running_loop()
        if self._kind is not None and isinstance(loop, self._kind):
            clock.loops.add(loop)

    def remove(self) -> None:
        """Watch no longer; timers that are left go off in their time."""
        if self._kind is not None:
            for name in ("time", "call_at", "call_later"):
                delattr(self._kind, name)  # what is made in C is inherited
            self._kind = None

    def in_real_time(
        self, loop: asyncio.AbstractEventLoop, seconds: float, callback: Callable[[], object]
    ) -> asyncio.TimerHandle:
        """Call back after real seconds."""
        handle: asyncio.TimerHandle = self._call_later(loop, seconds, callback)
        return handle

    def add(self, timer: _Timer, loop: asyncio.AbstractEventLoop) -> None:
        """Note a new timer."""
        self._timers.setdefault(loop, set()).add(timer)
        timer.arm()

    def forget(self, loop: asyncio.AbstractEventLoop, timer: _Timer) -> None:
        """Let a timer go."""
        self._timers.get(loop, set()).discard(timer)

    def first(self) -> float | None:
        """Return when the first timer of the running loop is due, by the clock of the replay."""
        timers = self._of_running_loop()
        if not timers:
            return None
        loop = asyncio.get_running_loop()
        return clock.now() + min(timer.when() for timer in timers) - loop.time()

    def clock_was_put_forward(self) -> None:
        """Let the timers of the running loop count anew."""
        for timer in tuple(self._of_running_loop()):
            timer.arm()

    async def glance(self, seconds: float) -> None:
        """Sleep for real seconds, without a timer that recorded time counts."""
        loop = asyncio.get_running_loop()
        if self._kind is None or not isinstance(loop, self._kind):
            await asyncio.sleep(seconds)
            return
        done = loop.create_future()
        handle = self.in_real_time(loop, seconds, lambda: done.done() or done.set_result(None))
        try:
            await done
        finally:
            handle.cancel()

    def _of_running_loop(self) -> set[_Timer]:
        return self._timers.get(asyncio.get_running_loop(), set())


watched = _Watched()


def _time(loop: asyncio.AbstractEventLoop) -> float:
    return clock.shown()


def _call_at(
    loop: asyncio.AbstractEventLoop,
    when: float,
    callback: Callable[..., object],
    *args: Any,
    context: Context | None = None,
) -> asyncio.TimerHandle:
    timer = _Timer(when, callback, args, loop, context)
    watched.add(timer, loop)
    return timer


def _call_later(
    loop: asyncio.AbstractEventLoop,
    delay: float,
    callback: Callable[..., object],
    *args: Any,
    context: Context | None = None,
) -> asyncio.TimerHandle:
    return _call_at(loop, loop.time() + delay, callback, *args, context=context)
