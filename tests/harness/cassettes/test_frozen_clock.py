"""Suites that freeze time with freezegun replay all the same."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timezone

import pytest
from freezegun import freeze_time
from httpx import AsyncClient, Client
from langgraph.checkpoint.memory import InMemorySaver

from harness import deterministic
from harness.cassettes import Interaction, Timing, play
from runtime.graph import MessagesState, StateGraph

MOMENT = "2026-01-31T12:00:00+00:00"
Build = Callable[..., Interaction]


@pytest.fixture
def recorded(interaction: Build) -> Interaction:
    """A stream of three pieces, one every ten minutes."""
    pieces = [b"data: one\n\n", b"data: two\n\n", b"data: three\n\n"]
    cuts = tuple(len(b"".join(pieces[: k + 1])) for k in range(3))
    timing = Timing(
        cuts, (600.0, 1200.0, 1800.0), head=0.001, ended=1800.0, arrivals=tuple(range(6))
    )
    return interaction(b"", b"".join(pieces), timing=timing)


@pytest.mark.parametrize("frozen_first", [True, False])
def test_a_frozen_clock_does_not_stop_a_replay(recorded: Interaction, frozen_first: bool) -> None:
    """Recorded waits pass, whichever of the two began first, and the frozen time stays as it is."""
    first, second = freeze_time(MOMENT), play([recorded])
    if not frozen_first:
        first, second = second, first  # type: ignore[assignment]
    with first, second, Client() as client, client.stream("POST", recorded.request.url) as response:
        assert b"".join(response.iter_raw()) == recorded.response.body
        assert datetime.now(timezone.utc).isoformat() == MOMENT
    assert time.time() > datetime.fromisoformat(MOMENT).timestamp()


def test_an_async_replay_in_frozen_time(recorded: Interaction) -> None:
    """The same in an event loop, which freezegun leaves alone when it is told to."""

    async def reads() -> bytes:
        async with AsyncClient() as client, client.stream("POST", recorded.request.url) as response:
            return b"".join([piece async for piece in response.aiter_raw()])

    async def limited() -> bytes:
        return await asyncio.wait_for(reads(), 3600)

    with freeze_time(MOMENT, real_asyncio=True), play([recorded]):
        assert asyncio.run(limited()) == recorded.response.body


def test_runs_show_the_frozen_time() -> None:
    """What the runtime stamps on checkpoints is the time that the test has set."""
    graph = StateGraph(MessagesState).add_node("n", lambda _: {}).add_edge("__start__", "n")
    config = {"configurable": {"thread_id": "1"}}
    with freeze_time(MOMENT), deterministic():
        compiled = graph.compile(checkpointer=InMemorySaver())
        compiled.invoke({"messages": []}, config)
        assert compiled.get_state(config).created_at == MOMENT
