"""`deterministic` makes runs of the bundled runtime come out the same every time."""

from __future__ import annotations

import operator
import sys
import threading
import time
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from langchain_core.messages import AIMessage
from typing_extensions import TypedDict

from harness import deterministic
from harness.determinism import TurnsStalledError
from runtime.graph import START, MessagesState, StateGraph


class State(TypedDict):
    log: Annotated[list, operator.add]


@pytest.fixture
def restless() -> Iterator[None]:
    """Make threads of Python switch as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def fan_out(*names: str, inner: Any = None) -> Any:
    """Return a graph of parallel nodes, each of which writes ten custom items."""
    graph = StateGraph(State)
    for name in names:

        def node(_: Any, writer, name: str = name) -> Any:
            for item in range(10):
                writer(f"{name}{item}")
            if inner is not None:
                inner.invoke({"log": []})
            return {"log": [name]}

        graph.add_node(name, node)
        graph.add_edge(START, name)
    return graph.compile()


@pytest.mark.usefixtures("restless")
def test_parallel_sync_nodes_come_in_path_order() -> None:
    """Items and updates of nodes in threads stand in one order, run after run."""
    graph = fan_out("b", "c", "a")
    expected = []
    for name in "abc":
        expected += [("custom", f"{name}{item}") for item in range(10)]
        expected.append(("updates", {name: {"log": [name]}}))
    for _ in range(50):
        with deterministic():
            assert list(graph.stream({"log": []}, stream_mode=["custom", "updates"])) == expected


@pytest.mark.usefixtures("restless")
def test_graphs_inside_parallel_nodes_take_turns_too() -> None:
    """A node that runs a graph of parallel nodes lets them run, and its siblings wait."""
    graph = fan_out("b", "a", inner=fan_out("y", "x"))
    orders = set()
    for _ in range(20):
        with deterministic():
            chunks = graph.stream({"log": []}, stream_mode=["custom", "updates"], subgraphs=True)
            orders.add(repr(list(chunks)))
    assert len(orders) == 1


@pytest.mark.usefixtures("restless")
async def test_parallel_sync_nodes_of_an_async_run_come_in_path_order() -> None:
    """Sync nodes that the async driver runs in threads take turns as well."""
    graph = fan_out("b", "a")
    expected = [*(f"a{item}" for item in range(10)), *(f"b{item}" for item in range(10))]
    for _ in range(20):
        with deterministic():
            seen = [c async for c in graph.astream({"log": []}, stream_mode="custom")]
        assert seen == expected


def test_ids_are_numbered() -> None:
    """Two runs have the same task ids and message ids; live runs do not."""
    graph = StateGraph(MessagesState)
    graph.add_node("answer", lambda _: {"messages": [AIMessage("hi")]}).add_edge(START, "answer")
    compiled = graph.compile()

    def run() -> str:
        return repr(list(compiled.stream({"messages": []}, stream_mode="messages")))

    with deterministic():
        first = run()
    with deterministic():
        second = run()
    assert first == second
    assert run() != run()


def test_tasks_that_wait_for_each_other_are_told_so() -> None:
    """A node that waits for a sibling fails the run after the patience, and nothing hangs."""
    came = threading.Event()
    graph = StateGraph(State)
    graph.add_node("a", lambda _: {"log": [came.wait(10)]}).add_edge(START, "a")
    graph.add_node("b", lambda _: came.set()).add_edge(START, "b")
    with (
        deterministic(patience=0.2),
        pytest.raises(TurnsStalledError, match=r"Task 'b' waited 0\.2 s for Task 'a'"),
    ):
        graph.compile().invoke({"log": []})
    assert came.is_set()


def test_now_sets_the_wall_clock() -> None:
    """With `now` the clock stands at that time, and goes on after the block."""
    with deterministic(now="2024-05-06T07:08:09Z") as turns:
        assert turns.now() == time.time() == 1714979289
    assert time.time() > 1714979289
