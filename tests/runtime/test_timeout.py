"""Timeouts: how long an attempt of an async node may take."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig, RunnableLambda
from runtime_graphs import State, chain, says

from runtime.errors import NodeCancelledError, NodeTimeoutError
from runtime.graph import START, StateGraph
from runtime.runtime import Runtime
from runtime.turns import LiveTurns, use_turns
from runtime.types import RetryPolicy, Send, TimeoutPolicy

LONG = 60.0


def limited(node: Any, timeout: Any, **policies: Any) -> Any:
    """Return a graph of one node with a timeout."""
    graph: Any = StateGraph(State).add_node("x", node, timeout=timeout, **policies)
    return graph.add_edge(START, "x").compile()


class Clock(LiveTurns):
    """Time passes where a test says so, however long its machine takes."""

    def __init__(self) -> None:
        self.time = 0.0

    def monotonic(self) -> float:
        return self.time

    async def asleep(self, seconds: float) -> bool:
        self.time += seconds
        return True


@pytest.fixture
def clock() -> Iterator[Clock]:
    """The clock that timeouts are measured with. When they are looked at is up to the real one."""
    with use_turns(Clock()) as turns:
        yield turns


async def hang(_: Any) -> None:
    """Take longer than any test."""
    await asyncio.sleep(LONG)


async def test_a_run_timeout_ends_the_node() -> None:
    """The error says which node, which timeout, and how long it took."""
    with pytest.raises(NodeTimeoutError, match="Node 'x' exceeded its run timeout") as raised:
        await limited(hang, timedelta(milliseconds=5)).ainvoke({"a": 1})
    error = raised.value
    assert (error.node, error.kind, error.timeout) == ("x", "run", 0.005)
    assert (error.run_timeout, error.idle_timeout) == (0.005, None)
    assert error.elapsed >= 0.005


async def test_the_node_is_cancelled() -> None:
    """It can clean up before the run goes on."""
    seen: list[str] = []

    async def node(_: Any) -> None:
        try:
            await asyncio.sleep(LONG)
        finally:
            seen.append("cleaned up")

    with pytest.raises(NodeTimeoutError):
        await limited(node, 0.005).ainvoke({"a": 1})
    assert seen == ["cleaned up"]


async def test_a_node_that_does_not_end_is_left_behind_silently(clock: Clock) -> None:
    """Nobody waits for it, and what it still writes goes nowhere."""
    left, written = asyncio.Event(), asyncio.Event()

    async def node(_: Any, runtime: Runtime) -> None:
        if left.is_set():  # the second attempt, while the first is still there
            await written.wait()
            return
        runtime.stream_writer("in time")
        clock.time += 1
        try:
            await asyncio.sleep(LONG)
        finally:
            left.set()
            await asyncio.sleep(0.02)
            runtime.stream_writer("too late")
            written.set()

    graph = limited(node, 0.01, retry_policy=RetryPolicy())
    stream = graph.astream({"a": 1}, stream_mode="custom")
    assert [item async for item in stream] == ["in time"]


def beating(sign: Any, clock: Clock) -> Any:
    """Return a node that takes 48 ms, and gives a sign every 8 ms.

    In between it sleeps long enough for the engine to look whether its time is over.
    """

    async def node(_: Any, runtime: Runtime) -> Any:
        for _ in range(6):
            clock.time += 0.008
            await sign(runtime)
            await asyncio.sleep(0.02)
        return {"log": ["done"]}

    return node


async def heartbeat(runtime: Runtime) -> None:
    """Give the sign that always counts."""
    runtime.heartbeat()


async def custom(runtime: Runtime) -> None:
    """Give a sign that counts by default."""
    runtime.stream_writer("item")


IN_TIME = [(heartbeat, "heartbeat"), (heartbeat, "auto"), (custom, "auto")]


@pytest.mark.parametrize(("sign", "refresh_on"), IN_TIME)
async def test_signs_of_progress_keep_an_idle_node_alive(sign, refresh_on, clock: Clock) -> None:
    """A heartbeat always does; a custom item does by default."""
    policy = TimeoutPolicy(idle_timeout=0.01, refresh_on=refresh_on)
    assert (await limited(beating(sign, clock), policy).ainvoke({"a": 1}))["log"] == ["done"]


inner = chain(lambda _: None)


@pytest.mark.parametrize("called", ["model", "graph"])
async def test_callbacks_inside_a_node_are_signs_of_progress(called, clock: Clock) -> None:
    """So are the tokens of models and the nodes of graphs that it calls."""

    async def node(state: Any, config: RunnableConfig) -> Any:
        async def call(_: Any) -> None:
            if called == "model":
                await says("a b").ainvoke("?", config)
            else:
                await inner.ainvoke({"a": 1}, config)

        return await beating(call, clock)(state, None)

    policy = TimeoutPolicy(idle_timeout=0.01)
    assert (await limited(node, policy).ainvoke({"a": 1}))["log"] == ["done"]


async def test_only_heartbeats_count_where_the_policy_says_so(clock: Clock) -> None:
    """With `refresh_on="heartbeat"` whatever else happens is no progress."""
    policy = TimeoutPolicy(idle_timeout=0.01, refresh_on="heartbeat")
    with pytest.raises(NodeTimeoutError, match=r"idle timeout of 0.010s without making progress"):
        await limited(beating(custom, clock), policy).ainvoke({"a": 1})


async def test_a_run_timeout_takes_no_notice_of_progress(clock: Clock) -> None:
    """It holds for the whole attempt."""
    with pytest.raises(NodeTimeoutError, match="run timeout"):
        await limited(beating(heartbeat, clock), 0.01).ainvoke({"a": 1})


async def test_the_time_runs_anew_for_each_attempt(clock: Clock) -> None:
    """A timeout is a reason to try again, and the wait in between does not count."""
    attempts = iter([1, 0])

    async def node(_: Any) -> Any:
        passed = next(attempts)
        clock.time += passed
        await asyncio.sleep(LONG if passed else 0.02)
        return {"log": ["done"]}

    policy = RetryPolicy(initial_interval=0.3, jitter=False)
    graph = limited(node, 0.01, retry_policy=policy)
    assert (await graph.ainvoke({"a": 1}))["log"] == ["done"]
    assert clock.time == 1.3


async def test_the_time_for_a_conditional_edge_counts() -> None:
    """It is part of its node's attempt."""
    graph: Any = StateGraph(State).add_edge(START, "x")

    async def node(_: Any) -> None: ...

    graph.add_node("x", node, timeout=0.005).add_conditional_edges("x", hang)
    with pytest.raises(NodeTimeoutError):
        await graph.compile().ainvoke({"a": 1})


async def test_a_send_has_its_own_timeout() -> None:
    """It counts instead of that of the node."""
    graph: Any = StateGraph(State).add_node("x", hang, timeout=LONG)
    graph.add_conditional_edges(START, lambda _: [Send("x", None, timeout=0.005)])
    with pytest.raises(NodeTimeoutError):
        await graph.compile().ainvoke({"a": 1})


def test_sync_nodes_and_sync_runs_have_no_timeouts() -> None:
    """Compiling refuses the one, running the other, and both say what to do."""
    for action in (lambda _: None, RunnableLambda(lambda _: None)):
        with pytest.raises(ValueError, match=r"for async nodes.*make it an async"):
            limited(action, 1)
    with pytest.raises(ValueError, match=r"for async nodes.*with ainvoke or astream"):
        limited(hang, 1).invoke({"a": 1})


async def test_leaving_the_stream_cancels_a_node_with_a_timeout() -> None:
    """It is waited for, as a node without one is."""
    seen: list[str] = []

    async def node(_: Any, runtime: Runtime) -> None:
        runtime.stream_writer("item")
        try:
            await asyncio.sleep(LONG)
        finally:
            await asyncio.sleep(0)
            seen.append("cleaned up")

    stream = limited(node, LONG).astream({"a": 1}, stream_mode="custom")
    assert await stream.__anext__() == "item"
    await stream.aclose()
    assert seen == ["cleaned up"]


def test_a_node_that_cancels_itself_fails(drive) -> None:
    """It would otherwise look as if the run had been left, and end without an error."""

    def node(_: Any) -> None:
        raise asyncio.CancelledError

    with pytest.raises(NodeCancelledError, match=r"Node 'n0' raised asyncio.CancelledError"):
        drive.invoke(chain(node), {"a": 1})


@pytest.mark.parametrize(
    ("given", "made"),
    [
        (None, None),
        (TimeoutPolicy(), None),
        (2, TimeoutPolicy(run_timeout=2.0)),
        (timedelta(seconds=2), TimeoutPolicy(run_timeout=2.0)),
        (TimeoutPolicy(idle_timeout=timedelta(seconds=1)), TimeoutPolicy(idle_timeout=1.0)),
    ],
)
def test_timeouts_are_brought_into_one_form(given, made) -> None:
    """Times are in seconds; a policy without any is none."""
    assert TimeoutPolicy.coerce(given) == made


def test_wrong_timeouts_are_named() -> None:
    """The error says which field."""
    with pytest.raises(ValueError, match="idle_timeout must be greater than 0, not -1"):
        TimeoutPolicy.coerce(TimeoutPolicy(idle_timeout=-1))
    with pytest.raises(ValueError, match="refresh_on must be 'auto' or 'heartbeat', not 'never'"):
        TimeoutPolicy.coerce(TimeoutPolicy(run_timeout=1, refresh_on="never"))  # type: ignore[arg-type]


def test_sends_with_different_timeouts_are_different() -> None:
    """They compare, show and travel with it."""
    send = Send("x", 1, timeout=2)
    assert send != Send("x", 1)
    assert send == Send("x", 1, timeout=timedelta(seconds=2)) == pickle.loads(pickle.dumps(send))  # noqa: S301
    assert "timeout=TimeoutPolicy(run_timeout=2.0" in repr(send)
    assert repr(Send("x", 1)) == "Send(node='x', arg=1)"
