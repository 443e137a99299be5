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
that is done step by step, while the loop is idle (`_loops`), so that its timers go off in between.

All state is guarded by one lock for the process, which a scheduler of tasks (`Baton`) shares.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from types import FrameType
from typing import Protocol

from harness.cassettes import _loops
from harness.cassettes._clock import clock
from harness.cassettes._loops import LOCK
from harness.cassettes._model import Interaction
from harness.cassettes._player import GLANCE, Player
from harness.cassettes._thread_work import is_still_at
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

_ROUNDS = 2
"""After how many rounds a loop whose idling cannot be seen counts as idle."""

baton: ContextVar[Baton | None] = ContextVar("harness_baton", default=None)
"""Who decides which task of the current context runs."""


@dataclass(eq=False)
class Waiter:
    """A reader that waits for an event."""

    player: Player
    due: float
    loop: asyncio.AbstractEventLoop | None = None
    future: asyncio.Future[None] | None = None
    wake: threading.Event = field(default_factory=threading.Event)
    happened: bool = False
    is_async: bool = False
    baton: Baton | None = None
    turn: object | None = None
    since: float = field(default_factory=clock.real)
    looks: int = 0
    error: Exception | None = None


@dataclass(eq=False)
class _Hold:
    """Who has the event that happened last, and is not done with it."""

    player: Player
    thread: int
    loop: asyncio.AbstractEventLoop | None
    work: FrameType | None = None
    until: float = 0.0  # when to cease watching a thread whose work has no visible end


class Order:
    """The order of the arrivals of one open cassette.

    Args:
        interactions: Those that may be played.
        name: How errors name the cassette.
        realtime: Whether to wait as long as it took, instead of putting the clock forward.
        speed: What the recorded times are divided by, if so.
        patience: For how many seconds of wall-clock time nothing may happen before a reader that
            waits is told that the recorded order cannot be followed.
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
        self._hold: _Hold | None = None
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
            player.begin()
            if player.is_ordered:
                self._open.add(player)
            self._progress = clock.real()
            self.advance()
        return player

    # -- waiting -----------------------------------------------------------------------------

    def enter(self, player: Player, *, is_async: bool) -> Waiter | None:
        """Let a reader wait for its next event; None if it has happened at once."""
        with LOCK:
            waiter = Waiter(player, player.due(), is_async=is_async)
            if is_async:
                waiter.loop = _loops.idling_loop()
            thread = threading.get_ident()
            hold = self._hold
            if hold is not None and (
                hold.player is player or (hold.thread == thread and not is_async)
            ):
                self._hold = None
            if self._at_once(waiter):
                self.happen(waiter)
                return None
            if waiter.loop is not None:
                waiter.future = waiter.loop.create_future()
            current = None if is_async or not player.is_ordered else baton.get()
            if current is not None:
                waiter.baton, waiter.turn = current, current.pause()
            self._waiting.append(waiter)
            self.advance()
        return waiter

    def _at_once(self, waiter: Waiter) -> bool:
        """Whether nothing but time is between a reader and its event, and no timer counts it."""
        player = waiter.player
        is_alone = not player.is_ordered or not (
            self._hold or player.rivals or self._open - {player}
        )
        if waiter.is_async or self.realtime:
            return is_alone and waiter.due <= clock.now()
        return is_alone and (not player.is_ordered or baton.get() is None)

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
            hold = self._hold
            if hold is not None and hold.thread == threading.get_ident() and waiter.looks > _ROUNDS:
                self._hold = None
            is_due = not self.realtime or waiter.due <= clock.now()
            if waiter in self._waiting and is_due and self._is_ready(waiter):
                self.happen(waiter)
            elif waiter in self._waiting and self.stalls_in(waiter) <= 0:
                self.fail(waiter)
        if waiter.error is not None:
            raise waiter.error
        return waiter.happened

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

    def loop_is_idle(self, loop: asyncio.AbstractEventLoop) -> None:
        """Note that everybody in a loop waits for something."""
        if self._hold is not None and self._hold.loop is loop:
            self._hold = None

    def is_held_in(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Whether somebody in a loop is not done with what came last."""
        return self._hold is not None and self._hold.loop is loop

    def must_glance(self) -> bool:
        """Whether it has to be looked whether a thread has ended its work."""
        return self._hold is not None and self._hold.loop is None and self._hold.player.over

    def left(self, player: Player) -> None:
        """Note that nobody reads a response any longer."""
        with LOCK:
            player.over = True
            self._open.discard(player)
            if self._hold is not None and self._hold.player is player:
                self._watch(self._hold)
            self.advance()

    def happen(self, waiter: Waiter) -> None:
        """Let the event happen for which a reader waits; `LOCK` is held."""
        player = waiter.player
        if not self.realtime and waiter.due > clock.now():
            clock.skip_to(waiter.due)
            _loops.nudge_parked()
        player.done += 1
        self._progress = clock.real()
        if waiter in self._waiting:
            self._waiting.remove(waiter)
        if player.done == player.events:
            player.over = True
            self._open.discard(player)
        if player.is_ordered:
            self._hold = _Hold(player, player.thread, waiter.loop)
            if player.over:
                self._watch(self._hold)
        if waiter.turn is not None and waiter.baton is not None:
            waiter.baton.resume(waiter.turn)
        if waiter.future is not None and not waiter.future.done():
            waiter.future.set_result(None)
        waiter.happened = True
        waiter.wake.set()

    def _watch(self, hold: _Hold) -> None:
        """See when a thread is done with the end of a response: it need not come back."""
        if hold.loop is None:
            threads = (waiter for waiter in self._waiting if not waiter.is_async)
            if (first := next(threads, None)) is not None:  # one that looks is enough
                first.wake.set()
            hold.work = hold.player.work
            hold.until = clock.real() + (self.patience if hold.work is not None else _AFTERMATH)

    def _held(self, waiter: Waiter) -> bool:
        hold = self._hold
        if hold is None or not waiter.player.is_ordered:
            return False
        if hold.loop is not None and not hold.loop.is_running():
            self._hold = None
            return False
        if hold.loop is None and hold.player.over:
            at_work = hold.work is None or is_still_at(hold.work, hold.thread)
            if not at_work or clock.real() > hold.until:
                self._hold = None
                return False
        return True

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
        hold = self._hold
        if hold is not None:
            at = f"{hold.player.event(hold.player.done - 1)} of {hold.player.label}"
            return f"the reader of {at}, which has not come back for more"
        return "another task to run" if waiter.baton is not None else "its event loop to be idle"

    def _nudge_loops(self) -> None:
        for loop in {waiter.loop for waiter in self._waiting if waiter.loop is not None}:
            _loops.nudge(loop)


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
