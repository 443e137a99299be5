"""Event loops of which it cannot be seen when they are idle: uvloop, and trio."""

from __future__ import annotations

import asyncio
from typing import Protocol

from harness.cassettes._timing import trio_loop, uvloop_loop


class Unseen(Protocol):
    """What a reader in such a loop has to know of it; its methods are called in that loop."""

    def meet(self) -> None:
        """Note that a reader waits in the running loop."""

    def first(self) -> float | None:
        """Return when its first timer is due, by the clock of the replay."""

    def clock_was_put_forward(self) -> None:
        """Let its timers count anew."""

    async def glance(self, seconds: float) -> None:
        """Let others run for real seconds, without a timer that recorded time counts."""


def unseen() -> Unseen:
    """Return what is known of the running loop."""
    is_asyncio = asyncio._get_running_loop() is not None  # noqa: SLF001  # documented for libraries
    return uvloop_loop.watched if is_asyncio else trio_loop.watched
