"""One recorded response while it is played."""

from __future__ import annotations

import asyncio
import threading
from types import FrameType
from typing import TYPE_CHECKING

from harness.cassettes._model import Interaction
from harness.cassettes._timing import loops
from harness.cassettes._timing.clock import clock
from harness.cassettes._timing.thread_work import work_of_this_thread
from harness.cassettes._timing.unseen import unseen
from harness.errors import CassetteMissError
from harness.network import loud

if TYPE_CHECKING:
    from harness.cassettes._timing.order import Order

GLANCE = 0.001
"""How often to look at what cannot be waited for, in seconds."""

_AFTER_A_READER_LEFT = 1.0
"""How much later than in the recording a reader may leave again, in recorded seconds: time for the
timer that made it leave."""


class Player:
    """One recorded response while it is played: what has happened and what comes next."""

    def __init__(self, order: Order, interaction: Interaction) -> None:
        request, timing = interaction.request, interaction.response.timing
        self.interaction = interaction
        self.source = interaction.source
        self.label = f"interaction {interaction.index} ({request.method} {request.url})"
        self._order = order
        self._arrivals = timing.arrivals if timing is not None else ()
        self._dues: tuple[float, ...] = (0.0,)  # asked, head, pieces, end
        if timing is not None:
            grace = _AFTER_A_READER_LEFT if timing.was_left else 0.0
            self._dues = (0.0, timing.head, *timing.offsets, timing.ended_at + grace)
        self._last = len(self._dues) - 1
        self.is_ordered = bool(self._arrivals)
        self.rivals: list[Player] = []
        self._asked_at = 0.0
        self.done = 0  # how many of its events have happened
        self.over = False
        self.thread = 0  # where it is read, and in which event loop
        self.loop: asyncio.AbstractEventLoop | None = None
        self.work: FrameType | None = None  # what the thread works on, known when it reads the end

    @property
    def events(self) -> int:
        """How many events there are; without a timing only that it is asked is known."""
        return len(self._dues)

    @property
    def span(self) -> tuple[int, int]:
        """The numbers of the first and the last event."""
        return self._arrivals[0], self._arrivals[-1]

    def begin(self) -> None:
        """Note that it is asked for now."""
        self._asked_at = clock.now()
        self.done = 1

    def number(self) -> int:
        """Return the number of the next event."""
        return self._arrivals[self.done]

    def due(self) -> float:
        """Return when the next event is due."""
        at = self._dues[self.done] if self.done < len(self._dues) else 0.0
        return self._asked_at + at / self._order.speed

    def event(self, at: int) -> str:
        """Name an event for a person."""
        if at == 1:
            return "the head"
        return "the end" if at == self.events - 1 else f"piece {at - 1}"

    def arrive(self) -> None:
        """Wait in a thread until the next event happens.

        Raises:
            CassetteOrderError: The program asks in a way that cannot follow the recorded order.
        """
        done = self.done
        if self._order.lone is self and done < self._last:
            due = self._asked_at + self._dues[done]
            if due > clock.reached:
                loops.skip_to(due)
            self.done = done + 1
            return
        if done > self._last:
            return
        self.thread = threading.get_ident()
        if done == self._last and self.is_ordered:
            self.work = work_of_this_thread()
        waiter = self._order.enter(self, is_async=False)
        if waiter is not None:
            try:
                self._order.block(waiter)
            finally:
                self._order.forget(waiter)

    async def aarrive(self) -> None:
        """Do the same in an event loop."""
        due, loop = self.due(), loops.idling_loop()
        is_quiet = loop is not None and loops.is_quiet(loop, due)
        waiter = None
        if self.done < self.events:
            if is_quiet and self._order.lone is self and self.done < self._last:
                if due > clock.reached:
                    loops.skip_to(due)
                self.done += 1
                return
            self.thread = threading.get_ident()
            waiter = self._order.enter(self, loop, is_async=True, is_quiet=is_quiet)
        if waiter is None:
            if not is_quiet:
                from anyio import lowlevel  # noqa: PLC0415

                await lowlevel.checkpoint()  # others get their turn, as with a socket
            return
        try:
            if waiter.future is not None:
                await waiter.future
            else:
                while not self._order.look(waiter):
                    await unseen().glance(self._order.until_next_look(waiter))
        finally:
            self._order.forget(waiter)

    def leave(self) -> None:
        """Note that the response is read no further."""
        if not self.over:
            if self.thread == threading.get_ident() and self.is_ordered:
                self.work = work_of_this_thread()
            self._order.left(self)

    def read_too_far(self) -> Exception:
        """Return the error for a program that reads on where the recorded one stopped."""
        size = len(self.interaction.response.body)
        return loud(
            CassetteMissError(
                f"{self.label} was recorded only to byte {size}: its reader stopped there, "
                "or its block ended\n"
                "  this program reads on; to record what follows: --record-mode=rewrite"
            )
        )
