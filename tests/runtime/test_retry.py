"""Retry policies: how often, when and after what a node is run again."""

from __future__ import annotations

import sys
import time
from typing import Any

import httpx
import pytest
from langchain_core.callbacks import BaseCallbackHandler
from runtime_graphs import State, chain

from harness import deterministic
from runtime.graph import START, StateGraph
from runtime.pregel._nodes.policies import wait_before_retry
from runtime.runtime import Runtime
from runtime.turns import LiveTurns, use_turns
from runtime.types import Command, RetryPolicy, Send, default_retry_on

QUICK = RetryPolicy(initial_interval=0.001, jitter=False)


class NoWaiting(LiveTurns):
    """Time passes at once, and is noted; what is random is not."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def random(self) -> float:
        return 0.25

    def sleep(self, seconds: float) -> bool:
        self.slept.append(seconds)
        return True

    async def asleep(self, seconds: float) -> bool:
        return self.sleep(seconds)


def retried(node: Any, *policies: RetryPolicy) -> Any:
    """Return a graph of one node with these policies."""
    graph: Any = StateGraph(State).add_node("x", node, retry_policy=policies)
    return graph.add_edge(START, "x").compile()


def always(_: Any) -> Any:
    """Fail in a way that may pass."""
    raise ConnectionError


def test_the_interval_grows_up_to_a_limit(drive) -> None:
    """It starts with the initial one, and grows by the factor after each failure."""
    policy = RetryPolicy(max_attempts=6, initial_interval=1, max_interval=5, jitter=False)
    with use_turns(NoWaiting()) as turns, pytest.raises(ConnectionError):
        drive.invoke(retried(always, policy), {"a": 1})
    assert turns.slept == [1, 2, 4, 5, 5]


def test_jitter_is_added_to_the_interval(drive) -> None:
    """It is up to a second, and comes through the port."""
    with use_turns(NoWaiting()) as turns, pytest.raises(ConnectionError):
        drive.invoke(retried(always, RetryPolicy()), {"a": 1})
    assert turns.slept == [0.75, 1.25]


def test_attempts_are_counted_over_all_policies(drive) -> None:
    """The policy that applies to the last failure says whether another attempt follows."""
    errors = iter([KeyError("1"), IndexError("2"), KeyError("3")])

    def node(_: Any) -> Any:
        raise next(errors)

    often = QUICK._replace(retry_on=KeyError, max_attempts=3)
    graph = retried(node, often, QUICK._replace(retry_on=LookupError, max_attempts=9))
    with pytest.raises(KeyError, match="3"):
        drive.invoke(graph, {"a": 1})


def test_an_attempt_knows_its_number(drive) -> None:
    """`execution_info` counts from 1 and keeps the time of the first attempt."""
    seen: list[Any] = []

    def node(_: Any, runtime: Runtime) -> Any:
        seen.append(runtime.execution_info)
        if len(seen) < 3:
            raise ConnectionError

    drive.invoke(retried(node, QUICK), {"a": 1})
    assert [info.node_attempt for info in seen] == [1, 2, 3]
    assert len({info.node_first_attempt_time for info in seen}) == 1
    assert seen[0].node_first_attempt_time > 0


def test_a_node_without_policies_is_at_its_first_attempt(drive) -> None:
    """The numbers are there for every node."""

    def node(_: Any, runtime: Runtime) -> Any:
        info = runtime.execution_info
        return {"log": [info.node_attempt, info.node_first_attempt_time > 0]}

    assert drive.invoke(chain(node), {"a": 1})["log"] == [1, True]


class Listener(BaseCallbackHandler):
    """Notes which nodes start, end and fail."""

    def __init__(self) -> None:
        self.names: dict[Any, str] = {}
        self.heard: list[tuple[str, str]] = []

    def on_chain_start(self, serialized: Any, inputs: Any, *, run_id: Any, **kwargs: Any) -> None:
        self.names[run_id] = kwargs["name"]
        self.heard.append(("start", kwargs["name"]))

    def on_chain_end(self, outputs: Any, *, run_id: Any, **kwargs: Any) -> None:
        self.heard.append(("end", self.names[run_id]))

    def on_chain_error(self, error: BaseException, *, run_id: Any, **kwargs: Any) -> None:
        self.heard.append(("error", self.names[run_id]))


def test_each_attempt_is_a_run_of_its_own_for_callbacks(drive) -> None:
    """Who listens hears each attempt start, and each failure."""
    attempts = iter([True, False])

    def node(_: Any) -> Any:
        if next(attempts):
            raise ConnectionError

    listener = Listener()
    drive.invoke(retried(node, QUICK), {"a": 1}, {"callbacks": [listener]})
    assert [entry for entry in listener.heard if entry[1] == "x"] == [
        ("start", "x"),
        ("error", "x"),
        ("start", "x"),
        ("end", "x"),
    ]


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (ConnectionError(), True),
        (type("Unknown", (Exception,), {})(), True),
        (ValueError(), False),
        (TimeoutError(), False),
        (RuntimeError(), False),
        (httpx.HTTPStatusError("", request=None, response=httpx.Response(503)), True),  # type: ignore[arg-type]
        (httpx.HTTPStatusError("", request=None, response=httpx.Response(404)), False),  # type: ignore[arg-type]
    ],
    ids=repr,
)
def test_by_default_what_may_pass_is_tried_again(error, again) -> None:
    """Connections, errors of servers and unknown exceptions; not mistakes of the program."""
    assert default_retry_on(error) is again


def test_errors_of_requests_are_tried_again() -> None:
    """As in LangGraph, whatever their status; nothing imports that package for it."""
    requests = pytest.importorskip("requests")
    response = requests.Response()
    response.status_code = 404
    assert default_retry_on(requests.HTTPError(response=response)) is True
    assert sys.modules["requests"] is requests


@pytest.mark.parametrize("retry_on", [5, "ValueError", None])
def test_what_cannot_be_asked_is_named(retry_on) -> None:
    """A `retry_on` that is neither classes nor a function is the author's mistake."""
    with pytest.raises(TypeError, match=f"or a callable, not {retry_on!r}"):
        wait_before_retry([RetryPolicy(retry_on=retry_on)], ValueError(), 1, lambda: 0.0)


def test_deterministic_retries_come_in_order_of_time(drive) -> None:
    """While one task waits for its next attempt the others run, and then the earliest goes on."""
    policy = RetryPolicy(initial_interval=0.002, jitter=True, max_attempts=2)
    for _ in range(20):
        seen: list[tuple[int, int]] = []

        def node(number: int, runtime: Runtime, seen: Any = seen) -> Any:
            seen.append((number, runtime.execution_info.node_attempt))  # type: ignore[union-attr]
            if number != 1 and runtime.execution_info.node_attempt == 1:  # type: ignore[union-attr]
                raise ConnectionError

        graph: Any = StateGraph(State).add_node("x", node, retry_policy=policy)
        graph.add_conditional_edges(START, lambda _: [Send("x", n) for n in range(3)])
        with deterministic():
            drive.invoke(graph.compile(), {"a": 1})
        assert seen == [(0, 1), (1, 1), (2, 1), (0, 2), (2, 2)]


def test_deterministic_order_depends_on_the_times_asked_for(drive) -> None:
    """A task that was slow to fail, but waits less, comes first."""
    seen: list[str] = []

    def of(name: str, seconds: float) -> Any:
        def node(_: Any) -> Any:
            time.sleep(seconds)
            seen.append(name)
            if seen.count(name) == 1:
                raise ConnectionError

        return node

    graph: Any = StateGraph(State)
    graph.add_node("a", of("a", 0), retry_policy=QUICK._replace(initial_interval=0.004))
    graph.add_node("b", of("b", 0.008), retry_policy=QUICK._replace(initial_interval=0.002))
    graph.add_edge(START, "a").add_edge(START, "b")
    with deterministic():
        drive.invoke(graph.compile(), {"a": 1})
    assert seen == ["a", "b", "b", "a"]


def test_a_command_for_the_graph_around_is_no_failure(drive) -> None:
    """It travels as an exception, and is not tried again whatever the policy says."""
    runs: list[int] = []

    def node(_: Any) -> Any:
        runs.append(1)
        return Command(graph=Command.PARENT, update={"log": ["up"]})

    inner = retried(node, QUICK._replace(retry_on=Exception))
    assert drive.invoke(retried(inner, QUICK), {"a": 1})["log"] == ["up"]
    assert runs == [1]


def test_a_deterministic_run_that_is_left_waits_for_no_retry(drive) -> None:
    """A task that sleeps when its run fails is not run again, and does not hold the run up."""
    seen: list[str] = []

    def node(name: str) -> Any:
        seen.append(name)
        raise ConnectionError if name == "sleeps" else KeyError("fails")

    policy = RetryPolicy(initial_interval=60, jitter=False)
    graph: Any = StateGraph(State).add_node("x", node, retry_policy=policy)
    graph.add_conditional_edges(START, lambda _: [Send("x", n) for n in ("sleeps", "fails")])
    with deterministic(), pytest.raises(KeyError):
        drive.invoke(graph.compile(), {"a": 1})
    assert seen == ["sleeps", "fails"]
