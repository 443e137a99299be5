"""In which order, and when, the recorded arrivals of one cassette happen again.

Every recorded request has events: it was asked, its head came, its pieces came, it ended. Each has
a number that counts through all requests of the recording. An event happens when

1. its reader waits for it,
2. every event with a smaller number has happened that belongs to a request which was open at the
   same time, then or now, and
3. whoever got the event before is done with it: the reader is back for the next one, has ended
   what it was doing, or its event loop has nothing left to do.

So there is one order, the recorded one, whatever threads and tasks do. Requests that were never
open at the same time, and recordings without numbers, are not held to an order.

The recorded waits are skipped: the clock is put forward to when the event is due. In an event loop
that is done step by step, while the loop is idle (`loops`), so that its timers go off in between.

All state is guarded by one lock for the process, which a scheduler of tasks (`Baton`) shares.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Protocol

from harness.cassettes._model import Interaction
from harness.cassettes._timing import loops
from harness.cassettes._timing.clock import clock
from harness.cassettes._timing.loops import LOCK
from harness.cassettes._timing.player import GLANCE, Player
from harness.cassettes._timing.thread_work import Rest, is_still_at
from harness.cassettes._timing.unseen import unseen
from harness.errors import CassetteOrderError
from harness.network import loud


class Baton(Protocol):
    """Who lets only one task run at a time. Its methods are called with `LOCK` held."""

    def pause(self) -> object | None:
        """Let others run while the calling task waits; return what it resumes with, if it ran."""
        ...

    def resume(self, turn: object) -> None:
        """Let nobody but the task that paused run."""
        ...

    def is_alone(self) -> bool:
        """Whether there is no task but the calling one that could run or wake up."""
        ...

    def is_quiet(self) -> bool:
        """Whether every task waits for something."""
        ...

    def next_wake(self) -> float | None:
        """Return when the first sleeping task wakes up, by the clock of the replay."""
        ...

    def changed(self) -> None:
        """Look again: the clock was put forward."""
        ...


_AFTERMATH = 0.05
"""How long the main thread may use the end of a response before others go on, in seconds."""

_RESTING = 0.25
"""How long the thread of an event loop computes nothing until others go on, in seconds."""

_ROUNDS = 2
"""After how many rounds a loop whose idling cannot be seen counts as idle."""

_POLLING = 1000
"""After how many rounds without a pause a loop only polls for what a reader waits for."""

baton: ContextVar[Baton | None] = ContextVar("harness_baton", default=None)
"""Who decides which task of the current context runs."""


@dataclass(eq=False)
class Waiter:
    """A reader that waits for an event."""

    player: Player
    due: float
    loop: asyncio.AbstractEventLoop | None
    future: asyncio.Future[None] | None = None
    wake: threading.Event = field(default_factory=threading.Event)
    happened: bool = False
    is_async: bool = False
    baton: Baton | None = None
    turn: object | None = None
    since: float = field(default_factory=clock.real)
    looks: int = 0
    error: Exception | None = None


class Order:
    """The order of the arrivals of one open cassette.

    Args:
        interactions: Those that may be played.
        name: How errors name the cassette.
        realtime: Whether to wait as long as it took, instead of putting the clock forward.
        speed: What the recorded times are divided by, if so.
        patience: For how many seconds of wall-clock time nothing may happen before a reader that
            waits is told that the recorded order cannot be followed.

    Attributes:
        lone: The response that is read while nothing else is open. Its events happen as soon as
            its thread wants them, or its event loop is quiet, so it asks nobody until that ends.
            It counts as the holder of what came last: whoever asks meanwhile waits until its reader
            is back.
    """

    def __init__(
        self,
        interactions: Iterable[Interaction],
        name: str,
        *,
        realtime: bool = False,
        speed: float = 1.0,
        patience: float = 5.0,
    ) -> None:
        self.realtime = realtime
        self.speed = speed if realtime else 1.0
        self.patience = patience
        self._name = name
        self._players = {item.index: Player(self, item) for item in interactions}
        self._open: set[Player] = set()
        self._waiting: list[Waiter] = []
        self._holder: Player | None = None  # has what happened last, and is not done with it
        self.lone: Player | None = None
        self._watched_until = 0.0  # a thread whose work has no visible end
        self._rest: Rest | None = None  # of the thread of an event loop
        self._is_closed = False
        self._progress = clock.real()
        _find_rivals(self._players.values())

    def asked(self, interaction: Interaction, *, again: bool = False) -> Player:
        """Note that an interaction is asked for, and return what plays it.

        One that is played again has no place in the recorded order, and no time.
        """
        player = self._players[interaction.index]
        if again:
            response = replace(interaction.response, timing=None)
            player = Player(self, replace(interaction, response=response))
        with LOCK:
            self.lone = None
            player.begin()
            if player.is_ordered:
                self._open.add(player)
            self._progress = clock.real()
            self.advance()
        return player

    def close(self) -> None:
        """Hold nobody to an order or a time any longer: the block is left, and some read on."""
        with LOCK:
            self._is_closed, self.lone = True, None
            for waiter in tuple(self._waiting):
                if waiter.loop is None:
                    self._let_go(waiter)
                else:
                    with suppress(RuntimeError):  # it was closed meanwhile
                        waiter.loop.call_soon_threadsafe(self._let_go, waiter)

    def _let_go(self, waiter: Waiter) -> None:
        with LOCK:
            if waiter in self._waiting:
                self.happen(waiter)

    # -- waiting -----------------------------------------------------------------------------

    def enter(
        self,
        player: Player,
        loop: asyncio.AbstractEventLoop | None = None,
        *,
        is_async: bool = False,
        is_quiet: bool = False,
    ) -> Waiter | None:
        """Let a reader wait for its next event.

        Args:
            player: What it reads.
            loop: The event loop in which it reads, if that can be seen when it is idle.
            is_async: Whether it reads in an event loop at all.
            is_quiet: Whether nobody else in its loop can do anything before the event is due.

        Returns:
            What it waits with; None if the event has happened at once.
        """
        if loop is not None:
            clock.loops.add(loop)
        elif is_async:
            unseen().meet()
        with LOCK:
            self._is_back(player, is_async=is_async)
            due = player.due()
            if self._at_once(player, due, is_async=is_async, is_quiet=is_quiet):
                self._occur(player, due, loop)
                if not self.realtime and (is_async or baton.get() is None):
                    self.lone = player
                return None
            waiter = Waiter(player, due, loop, is_async=is_async)
            if loop is not None:
                waiter.future = loop.create_future()
            current = None if is_async or not player.is_ordered else baton.get()
            if current is not None:
                waiter.baton, waiter.turn = current, current.pause()
            self._waiting.append(waiter)
            self.advance()
        return waiter

    def _is_back(self, player: Player, *, is_async: bool) -> None:
        """Note that a reader is done with what it got before."""
        holder = self._holder
        if holder is player or (
            holder is not None and holder.thread == player.thread and not is_async
        ):
            self._holder = None

    def _at_once(self, player: Player, due: float, *, is_async: bool, is_quiet: bool) -> bool:
        """Whether nothing but time is between a reader and its event, and no timer counts it."""
        if self._is_closed:
            return True
        if player.is_ordered and (
            self._holder is not None or player.rivals or len(self._open) > (player in self._open)
        ):
            return False
        if is_async or self.realtime:
            return due <= clock.now() or (is_quiet and not self.realtime)
        current = baton.get() if player.is_ordered else None
        return current is None or current.is_alone()

    def block(self, waiter: Waiter) -> None:
        """Wait in a thread."""
        while not waiter.happened:
            waiter.wake.wait(self._glance(waiter))
            with LOCK:
                waiter.wake.clear()
                self.advance()
                if waiter in self._waiting and self.stalls_in(waiter) <= 0:
                    self.fail(waiter)
        if waiter.error is not None:
            raise waiter.error

    def _glance(self, waiter: Waiter) -> float:
        if self.must_glance():
            return GLANCE
        left = self.stalls_in(waiter)
        if self.realtime and waiter.due > clock.now():
            left = min(left, waiter.due - clock.now())
        return max(left, GLANCE)

    def look(self, waiter: Waiter) -> bool:
        """Look whether the event has happened, from a loop whose idling cannot be seen."""
        with LOCK:
            waiter.looks += 1
            holder = self._holder
            if holder is not None and holder.thread == waiter.player.thread:
                self._holder = holder if waiter.looks <= 2 * _ROUNDS else None
            if waiter in self._waiting and self._is_ready(waiter):
                self._let_time_pass(waiter)
            if waiter in self._waiting and self.stalls_in(waiter) <= 0:
                self.fail(waiter)
        if waiter.error is not None:
            raise waiter.error
        return waiter.happened

    def _let_time_pass(self, waiter: Waiter) -> None:
        """Let the event happen if it is due, or if the loop has nothing to do before it is."""
        if waiter.due > clock.now():
            if self.realtime or waiter.looks <= _ROUNDS:
                return
            first = unseen().first()
            if first is not None and first < waiter.due:
                loops.skip_to(first)
                unseen().clock_was_put_forward()
                waiter.looks = 0
                return
        self.happen(waiter)
        unseen().clock_was_put_forward()

    def until_next_look(self, waiter: Waiter) -> float:
        """Return for how long a loop may do other things until a reader looks again."""
        return 0 if waiter.looks <= _ROUNDS else GLANCE

    def forget(self, waiter: Waiter) -> None:
        """Let a reader leave that does not wait any longer."""
        with LOCK:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
                self.advance()

    def fail(self, waiter: Waiter) -> None:
        """Tell a reader that the recorded order cannot be followed."""
        self._waiting.remove(waiter)
        player = waiter.player
        report = _STALLED.format(
            name=self._name,
            patience=self.patience,
            waiting=f"{player.event(player.done)} of {player.label}",
            blocking=self._blocking(waiter),
            more=self.patience * 10,
        )
        waiter.error = loud(CassetteOrderError(report))
        if waiter.future is not None and not waiter.future.done():
            waiter.future.set_exception(waiter.error)
        waiter.happened = True
        waiter.wake.set()
        self.left(player)

    def stalls_in(self, waiter: Waiter) -> float:
        """Return how many seconds a reader may still wait without anything happening."""
        if self.realtime and waiter.due > clock.now():
            return self.patience
        return self.patience - (clock.real() - max(self._progress, waiter.since))

    # -- happening ---------------------------------------------------------------------------

    def advance(self) -> None:
        """Let the next event happen, if its reader is a thread; `LOCK` is held."""
        while True:
            ready = self.ready(None)
            if not ready:
                self._nudge_loops()
                return
            waiter = min(ready, key=lambda waiter: waiter.due)
            if waiter.baton is not None:
                if not waiter.baton.is_quiet():
                    return
                wake = waiter.baton.next_wake()
                if wake is not None and wake <= waiter.due:
                    clock.skip_to(wake)
                    waiter.baton.changed()
                    return
            if self.realtime and waiter.due > clock.now():
                return
            self.happen(waiter)

    def ready(self, loop: asyncio.AbstractEventLoop | None) -> list[Waiter]:
        """Return the readers in a loop, or in threads, whose events may happen now."""
        return [
            waiter
            for waiter in self._waiting
            if waiter.loop is loop
            and (loop is not None or not waiter.is_async)
            and self._is_ready(waiter)
        ]

    def waits_in(self, loop: asyncio.AbstractEventLoop) -> list[Waiter]:
        """Return the readers that wait in a loop."""
        return [waiter for waiter in self._waiting if waiter.loop is loop]

    def is_polled_in(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Count a round of a loop that never pauses, and tell whether all it does is to poll."""
        polls = False
        for waiter in self.waits_in(loop):
            waiter.looks += 1
            if waiter.looks > _POLLING:
                waiter.looks, polls = 0, True
        return polls

    def loop_is_idle(self, loop: asyncio.AbstractEventLoop) -> None:
        """Note that everybody in a loop waits for something."""
        for waiter in self.waits_in(loop):
            waiter.looks = 0
        if self.is_held_in(loop):
            self._holder = None

    def is_held_in(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Whether somebody in a loop is not done with what came last."""
        return self._holder is not None and self._holder.loop is loop

    def must_glance(self) -> bool:
        """Whether it has to be looked whether a thread has ended its work, or rests."""
        return self._holder is not None and self._holder.over

    def left(self, player: Player) -> None:
        """Note that nobody reads a response any longer."""
        with LOCK:
            self.lone = None
            player.over = True
            self._open.discard(player)
            if self._holder is player:
                self._watch(player)
            self.advance()

    def happen(self, waiter: Waiter) -> None:
        """Let the event happen for which a reader waits; `LOCK` is held."""
        self._waiting.remove(waiter)
        self._occur(waiter.player, waiter.due, waiter.loop)
        if waiter.turn is not None and waiter.baton is not None:
            waiter.baton.resume(waiter.turn)
        if waiter.future is not None and not waiter.future.done():
            waiter.future.set_result(None)
        waiter.happened = True
        waiter.wake.set()

    def _occur(self, player: Player, due: float, loop: asyncio.AbstractEventLoop | None) -> None:
        """Let the next event of a response happen; its reader is about to have it."""
        if not self.realtime:
            loops.skip_to(due)
        self._progress = clock.real()
        player.done += 1
        player.loop = loop
        if player.done == player.events:
            player.over = True
            self._open.discard(player)
        if player.is_ordered:
            self._holder = player
            if player.over:
                self._watch(player)

    def _watch(self, holder: Player) -> None:
        """See when a thread is done with the end of a response: it need not come back."""
        threads = (waiter for waiter in self._waiting if not waiter.is_async)
        if (first := next(threads, None)) is not None:  # one that looks is enough
            first.wake.set()
        if holder.loop is not None:
            self._rest = Rest(holder.thread, clock.real) if holder.loop.is_running() else None
        else:
            has_work = holder.work is not None
            self._watched_until = clock.real() + (self.patience if has_work else _AFTERMATH)

    def _held(self, waiter: Waiter) -> bool:
        holder = self._holder
        if holder is None or not waiter.player.is_ordered:
            return False
        if holder.loop is not None:
            # a loop says when it is idle, but not while code in it waits for threads: a sync
            # stream of a graph in a notebook, for one
            rests = holder.over and self._rest is not None and self._rest.lasts(_RESTING)
            is_done = rests or not holder.loop.is_running()
        elif holder.over:
            at_work = holder.work is None or is_still_at(holder.work, holder.thread)
            is_done = not at_work or clock.real() > self._watched_until
        else:
            is_done = False
        if is_done:
            self._holder = None
        return not is_done

    def _is_ready(self, waiter: Waiter) -> bool:
        return not self._held(waiter) and self._before(waiter.player) is None

    def _before(self, player: Player) -> Player | None:
        """Return the request of which an event has to happen first, if there is one."""
        if not player.is_ordered:
            return None
        number = player.number()
        for other in (*player.rivals, *self._open):
            if other is player or other.over or other.source != player.source:
                continue
            if other.number() < number:
                return other
        return None

    def _blocking(self, waiter: Waiter) -> str:
        other = self._before(waiter.player)
        if other is not None:
            if not other.done:
                return f"{other.label}, which has not been asked for"
            return f"{other.event(other.done)} of {other.label}, which nobody reads on"
        holder = self._holder
        if holder is not None:
            at = f"{holder.event(holder.done - 1)} of {holder.label}"
            return f"the reader of {at}, which has not come back for more"
        return "another task to run" if waiter.baton is not None else "its event loop to be idle"

    def _nudge_loops(self) -> None:
        for loop in {waiter.loop for waiter in self._waiting if waiter.loop is not None}:
            loops.nudge(loop)


def _find_rivals(players: Iterable[Player]) -> None:
    """Tell every player which others were open at the same time as it."""
    started: list[Player] = []
    for player in sorted((p for p in players if p.is_ordered), key=lambda p: (p.source, p.span)):
        started = [
            other
            for other in started
            if other.source == player.source and other.span[1] > player.span[0]
        ]
        for other in started:
            other.rivals.append(player)
            player.rivals.append(other)
        started.append(player)


_STALLED = """the replay of {name} cannot follow the recorded order
  {waiting} has waited for {patience:g} s
  it comes after {blocking}
  the program asks in another order, or reads in another way, than when this was recorded
  to record it anew: --record-mode=rewrite; if it is slow: use_cassette(..., patience={more:g})"""
