"""Latency: virtual unless real time is asked for."""

from __future__ import annotations

import asyncio
import time

from harness import ScriptedChatModel
from harness.models import VirtualClock


def test_virtual_time_passes_without_waiting(drive) -> None:
    """An hour of latency takes no time, and the clock knows of it."""
    clock = VirtualClock()
    model = ScriptedChatModel(["one two three"] * 2, latency=(3600, 60), clock=clock)
    started = time.perf_counter()
    seen: list[float] = []
    drive.each(lambda _: seen.append(clock.now), model)
    assert seen == [3600, 3660, 3720]
    drive.invoke(model)
    assert clock.now == 3720 * 2
    assert time.perf_counter() - started < 60


def test_real_time_is_waited_for(drive) -> None:
    """On request."""
    model = ScriptedChatModel(["one two"] * 2, latency=0.02, realtime=True)
    for ask in (drive.invoke, drive.stream):
        started = time.perf_counter()
        ask(model)
        assert time.perf_counter() - started >= 0.04


async def test_parallel_streams_come_in_the_order_of_virtual_time() -> None:
    """The slow one's pieces stand where they would stand on a real clock."""
    order: list[str] = []

    async def follow(text: str, latency: float) -> None:
        async for chunk in ScriptedChatModel([text], latency=latency, cut=1).astream("q"):
            order.append(chunk.content)  # noqa: PERF401 - the order of two loops is the point

    await asyncio.gather(follow("SS", 0.26), follow("ffffff", 0.1))
    assert "".join(order) == "ffSfffSf"


async def test_a_busy_consumer_holds_nobody_up() -> None:
    """A stream that is not read on does not stop the clock of the others."""
    clock = VirtualClock()
    idle = ScriptedChatModel(["a b c"], latency=1, clock=clock).astream("q")
    await anext(idle)
    assert (await ScriptedChatModel(["x y"], latency=5, clock=clock).ainvoke("q")).text == "x y"
    assert clock.now == 11
    await idle.aclose()


async def test_a_cancelled_wait_leaves_the_clock_free() -> None:
    """Nobody waits for a stream that is gone."""
    clock = VirtualClock()
    first = asyncio.create_task(ScriptedChatModel(["x"], latency=1, clock=clock).ainvoke("q"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    await ScriptedChatModel(["x"], latency=9, clock=clock).ainvoke("q")
    assert clock.now == 9
