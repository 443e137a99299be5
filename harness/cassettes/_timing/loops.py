"""Seeing when an event loop of asyncio is idle, which is when recorded time may pass.

A loop that has nothing to run asks its selector to wait. That is the moment at which every task of
it waits for something: a socket, a timer, or an arrival of a replay. So the wait is replaced: what
comes first by recorded time, timer or arrival, happens at once. Sockets are served before that.

Loops that are not asyncio's own (uvloop, trio) cannot be seen; `idling_loop` says so. Their readers
let them go round a few times instead, and their timers are known all the same (`unseen`).
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import selectors
import threading
from asyncio.selector_events import BaseSelectorEventLoop
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from harness.cassettes._timing import trio_loop, uvloop_loop
from harness.cassettes._timing.clock import clock
from harness.cassettes._timing.thread_work import is_at_work

if TYPE_CHECKING:
    from harness.cassettes._timing.order import Order, Waiter

LOCK = threading.RLock()
"""Guards every order, and every scheduler of tasks that works with one."""

_GLANCE = 0.001
_BREATH = 0.02
"""How long a loop may wait for its worker threads before it counts as idle, in seconds."""

_parked: set[asyncio.AbstractEventLoop] = set()
"""The loops that wait in their selector."""


def idling_loop() -> asyncio.AbstractEventLoop | None:
    """Return the running event loop if it can be seen when it is idle."""
    loop = asyncio._get_running_loop()  # noqa: SLF001  # documented for libraries
    return loop if isinstance(loop, BaseSelectorEventLoop) else None


def is_quiet(loop: asyncio.AbstractEventLoop, until: float) -> bool:
    """Whether nobody but the running task can do anything in a loop before that time.

    Nothing is ready to run, no timer is due by then, no socket is watched, and no worker thread is
    at work. So the loop would find itself idle at once, if it were asked.
    """
    private: Any = loop  # there is no public way to ask for any of it
    timers = private._scheduled  # noqa: SLF001
    return (
        not private._ready  # noqa: SLF001
        and not (timers and timers[0]._when - loop.time() < until - clock.now())  # noqa: SLF001
        and not _has_workers(loop)
        and len(private._selector.get_map()) <= 1  # noqa: SLF001  # its own, for other threads
    )


def _has_workers(loop: asyncio.AbstractEventLoop) -> bool:
    executor = getattr(loop, "_default_executor", None)
    return executor is not None and is_at_work(executor)


def nudge(loop: asyncio.AbstractEventLoop) -> None:
    """Let a loop look again, if it waits and belongs to another thread."""
    if loop in _parked and loop is not asyncio._get_running_loop():  # noqa: SLF001  # as above
        with suppress(RuntimeError):  # it was closed meanwhile
            loop.call_soon_threadsafe(_nothing)


def skip_to(when: float) -> None:
    """Put the clock forward and let every loop that waits look at it."""
    clock.skip_to(when)
    if _parked:
        for loop in tuple(_parked):
            nudge(loop)


def _nothing() -> None:
    pass


@functools.cache
def _selectors() -> tuple[Any, ...]:
    """Return the classes that wait, once: `DefaultSelector` is another name of one of them."""
    kinds: set[Any] = {kind for kind in vars(selectors).values() if inspect.isclass(kind)}
    return tuple(k for k in kinds if "select" in vars(k) and not inspect.isabstract(k))


class Watch:
    """The patched selectors and clock, while orders are open."""

    def __init__(self) -> None:
        self._orders: list[Order] = []
        self._originals: list[tuple[Any, Callable[..., Any]]] = []
        self._made: dict[Any, Callable[..., Any]] = {}  # what stands in, by what it stands in for

    def open(self, order: Order) -> None:
        """Watch the loops for an order."""
        with LOCK:
            if not self._orders:
                self._install()
            self._orders.append(order)

    def close(self, order: Order) -> None:
        """Do so no longer; who still reads has the rest at once."""
        with LOCK:
            order.close()
            self._orders.remove(order)
            if not self._orders:
                self._remove()

    def advance(self) -> None:
        """Let every order look again: a task has given up its turn."""
        with LOCK:
            for order in tuple(self._orders):
                order.advance()

    def _install(self) -> None:
        originals = [(kind, kind.select) for kind in _selectors()]
        if {original for _, original in originals} != self._made.keys():
            self._made = {original: self._watched(original) for _, original in originals}
        for kind, original in originals:
            kind.select = self._made[original]
        self._originals = originals
        uvloop_loop.watched.install()
        clock.install()

    def _remove(self) -> None:
        trio_loop.watched.remove()
        clock.remove()
        uvloop_loop.watched.remove()
        while self._originals:
            kind, original = self._originals.pop()
            kind.select = original

    def _watched(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def select(selector: Any, timeout: float | None = None) -> Any:
            loop = idling_loop()
            if loop is None or loop._selector is not selector:  # type: ignore[attr-defined]  # noqa: SLF001
                return original(selector, timeout)
            if timeout is not None and timeout <= 0:
                self._goes_round(loop)
                return original(selector, timeout)
            return self._idle(loop, functools.partial(original, selector), timeout)

        return select

    def _idle(
        self,
        loop: asyncio.AbstractEventLoop,
        wait: Callable[[float | None], Any],
        limit: float | None,
    ) -> Any:
        """Wait as a selector does, but not for what a replay can let happen."""
        clock.loops.add(loop)
        with LOCK:
            orders = [order for order in self._orders if order.waits_in(loop)]
        if orders:
            # what a worker thread or a socket has ready comes before recorded time passes
            is_waited_for = any(order.is_held_in(loop) for order in orders)
            pause = _BREATH if is_waited_for and _has_workers(loop) else 0
            if events := wait(pause if limit is None else min(pause, limit)):
                return events
            with LOCK:
                limit = self._step(loop, orders, limit)
                if limit == 0:
                    return []
        _parked.add(loop)
        try:
            return wait(limit)
        finally:
            _parked.discard(loop)

    def _goes_round(self, loop: asyncio.AbstractEventLoop) -> None:
        """Note a round of a loop that has something to run; if that only polls, time passes."""
        polling = [order for order in self._orders if order.is_polled_in(loop)]
        if polling:
            timers = loop._scheduled  # type: ignore[attr-defined]  # noqa: SLF001  # as above
            limit = max(timers[0]._when - loop.time(), 0) if timers else None  # noqa: SLF001
            with LOCK:
                self._step(loop, polling, limit)

    def _step(
        self, loop: asyncio.AbstractEventLoop, orders: list[Order], limit: float | None
    ) -> float | None:
        """Let recorded time pass to what comes next; return for how long to wait, if at all."""
        ready: list[tuple[Order, Waiter]] = []
        for order in orders:
            order.loop_is_idle(loop)
            ready += [(order, waiter) for waiter in order.ready(loop)]
        if not ready:
            return self._patience(loop, orders, limit)
        order, waiter = min(ready, key=lambda pair: pair[1].due)
        left = waiter.due - clock.now()
        if left > 0 and order.realtime:
            return left if limit is None else min(left, limit)
        if left > 0 and limit is not None and limit < left:
            clock.skip_to(clock.now() + limit)  # a timer comes first
            return 0
        order.happen(waiter)
        return 0

    def _patience(
        self, loop: asyncio.AbstractEventLoop, orders: list[Order], limit: float | None
    ) -> float | None:
        """Return how long to wait for what only others can bring about."""
        left = [limit] if limit is not None else []
        for order in orders:
            if order.must_glance():
                left.append(_GLANCE)
            for waiter in order.waits_in(loop):
                remaining = order.stalls_in(waiter)
                if remaining <= 0:
                    order.fail(waiter)
                    return 0
                left.append(remaining)
        return min(left)


watch = Watch()
