"""Error handlers: what runs when a node has failed for good."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from runtime_graphs import State

from harness import deterministic
from runtime.errors import NodeError
from runtime.graph import START, StateGraph
from runtime.runtime import Runtime
from runtime.types import Command, RetryPolicy, Send


def boom(_: Any) -> Any:
    """Fail."""
    raise KeyError("boom")


def tell(s: Any, error: NodeError) -> Any:
    """Tell what a handler was given."""
    return {"log": [(s, error.node, repr(error.error))]}


def handled(node: Any, handler: Any = tell, **policies: Any) -> Any:
    """Return a graph of one node with an error handler."""
    graph: Any = StateGraph(State).add_node("x", node, error_handler=handler, **policies)
    return graph.add_edge(START, "x")


def test_a_handler_sees_the_input_and_the_error(drive) -> None:
    """Its update is applied, and the run goes on."""
    log = drive.invoke(handled(boom).compile(), {"a": 1})["log"]
    assert log == [({"a": 1, "log": []}, "x", "KeyError('boom')")]


def test_a_handler_is_a_node_of_its_own_in_streams(drive) -> None:
    """The failed task shows its error, the handler its result; nothing announces it."""
    chunks = drive.stream(handled(boom).compile(), {"a": 1}, stream_mode=["tasks", "updates"])
    assert [(mode, chunk.get("name") or list(chunk)) for mode, chunk in chunks] == [
        ("tasks", "x"),
        ("tasks", "x"),
        ("updates", ["__error_handler__x"]),
        ("tasks", "__error_handler__x"),
    ]


def test_edges_of_a_failed_node_are_not_followed(drive) -> None:
    """A handler that wants to go on says where to."""
    graph = handled(boom, lambda _: None).add_node("y", lambda _: {"log": ["y"]})
    assert drive.invoke(graph.add_edge("x", "y").compile(), {"a": 1})["log"] == []

    def go_on(_: Any, error: NodeError) -> Any:
        return Command(update={"log": [error.node]}, goto="y")

    graph = handled(boom, go_on).add_node("y", lambda _: {"log": ["y"]})
    assert drive.invoke(graph.compile(), {"a": 1})["log"] == ["x", "y"]


def test_a_handler_comes_after_the_last_attempt(drive) -> None:
    """The retry policy comes first."""
    attempts: list[int] = []

    def node(_: Any) -> Any:
        attempts.append(1)
        raise ConnectionError

    policy = RetryPolicy(initial_interval=0.001, jitter=False, max_attempts=4)
    drive.invoke(handled(node, retry_policy=policy).compile(), {"a": 1})
    assert len(attempts) == 4


def test_errors_of_a_handler_end_the_run(drive) -> None:
    """Neither it nor the default handler catches them."""

    def fails(_: Any, error: NodeError) -> Any:
        raise ValueError("handler") from error.error

    graph = handled(boom, fails).set_node_defaults(error_handler=tell).compile()
    with pytest.raises(ValueError, match="handler"):
        drive.invoke(graph, {"a": 1})


def test_a_default_handler_serves_every_node_without_its_own(drive) -> None:
    """A graph can be compiled again, and its nodes know which of them failed."""
    graph: Any = StateGraph(State).set_node_defaults(error_handler=tell)
    graph.add_node("x", boom).add_edge(START, "x").add_node("y", boom).add_edge(START, "y")
    graph.compile()
    log = drive.invoke(graph.compile(), {"a": 1})["log"]
    assert [entry[1] for entry in log] == ["x", "y"]


def test_a_node_may_not_take_the_name_of_a_handler() -> None:
    """In whichever order they are added."""
    with pytest.raises(ValueError, match="`__error_handler__x` already present"):
        handled(boom).add_node("__error_handler__x", boom)
    graph: Any = StateGraph(State).add_node("__error_handler__x", boom)
    with pytest.raises(ValueError, match="`__error_handler__x` already present, where"):
        graph.add_node("x", boom, error_handler=tell)


def test_one_failure_does_not_hold_up_the_others(drive) -> None:
    """A handler runs at once, while other tasks of the superstep still run."""
    done = threading.Event()

    def handler(_: Any, error: NodeError) -> Any:
        done.set()
        return {"log": [error.node]}

    graph = handled(boom, handler).add_edge(START, "waits")
    graph.add_node("waits", lambda _: {"log": [done.wait(5)]})
    assert drive.invoke(graph.compile(), {"a": 1})["log"] == [True, "x"]


def test_a_handler_keeps_the_turn_of_its_task(drive) -> None:
    """In a deterministic run no other task comes between the two."""
    seen: list[str] = []

    def node(name: str) -> Any:
        seen.append(name)
        raise KeyError(name)

    def handler(name: str, error: NodeError) -> None:
        inner.invoke({"a": 1})
        seen.append(f"{name} {error.node}")

    inner: Any = StateGraph(State).add_node("i", lambda _: seen.append("inside"))
    inner = inner.add_edge(START, "i").compile()
    graph: Any = StateGraph(State).add_node("x", node, error_handler=handler)
    graph.add_conditional_edges(START, lambda _: [Send("x", name) for name in "abc"])
    with deterministic():
        drive.invoke(graph.compile(), {"a": 1})
    assert seen == [step for name in "abc" for step in (name, "inside", f"{name} x")]


async def test_leaving_a_run_is_no_error_of_its_nodes() -> None:
    """A node that is cancelled since nobody reads on is not handled."""
    seen: list[NodeError] = []

    async def node(_: Any, runtime: Runtime) -> None:
        runtime.stream_writer("item")
        await asyncio.sleep(60)

    def handler(_: Any, error: NodeError) -> None:
        seen.append(error)

    stream = handled(node, handler).compile().astream({"a": 1}, stream_mode="custom")
    assert await stream.__anext__() == "item"
    await stream.aclose()
    assert seen == []


def test_error_is_a_name_like_others_for_nodes_that_do_not_annotate_it(drive) -> None:
    """Only a parameter annotated with `NodeError` is filled in."""

    def node(_: Any, error: str = "mine") -> Any:
        return {"log": [error]}

    assert drive.invoke(handled(node).compile(), {"a": 1})["log"] == ["mine"]
