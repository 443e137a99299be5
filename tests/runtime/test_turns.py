"""The port for order, time and ids: with turns, a run comes out the same every time."""

from __future__ import annotations

import operator
from datetime import datetime, timezone
from typing import Annotated, Any
from uuid import RFC_4122, UUID

import pytest
from runtime_graphs import State, chain
from typing_extensions import TypedDict

from harness import deterministic
from runtime.graph import START, StateGraph
from runtime.turns import LIVE, current_turns, in_utc
from runtime.types import Send


class Log(TypedDict):
    log: Annotated[list, operator.add]


def node(s: Any, writer) -> Any:
    """Write an item before returning."""
    writer(s["log"])
    return {"log": s["log"]}


@pytest.mark.parametrize("seconds", [0.0, 1.5, 1e9, 1790000000.0000006, 1790000000.9999999])
def test_times_are_written_as_datetime_writes_them(seconds: float) -> None:
    """Fractions of a second are there or not, as in `isoformat`."""
    assert in_utc(seconds) == datetime.fromtimestamp(seconds, timezone.utc).isoformat()


def test_live_turns_are_the_default() -> None:
    """A run takes the turns of the context that it starts in."""
    assert current_turns() is LIVE
    with deterministic() as turns:
        assert current_turns() is turns
    assert current_turns() is LIVE


@pytest.mark.usefixtures("restless")
def test_many_sync_nodes_in_one_order_in_sync_and_async_runs(drive) -> None:
    """More nodes than a run has threads: items and updates still stand in path order."""
    graph: Any = StateGraph(State).add_node("sent", node)
    graph.add_node("beside", lambda _: {"log": ["beside"]})
    sends = [Send("sent", {"log": [n]}) for n in range(80)]
    graph = graph.add_conditional_edges(START, lambda _: [*sends, "beside"]).compile()
    expected: list[Any] = [("updates", {"beside": {"log": ["beside"]}})]
    for n in range(80):
        expected += [("custom", [n]), ("updates", {"sent": {"log": [n]}})]
    for config in [None, None, None, {"max_concurrency": 1}]:
        with deterministic(patience=60):  # a loaded machine is slow, and nothing else
            chunks = drive.stream(graph, {"a": 1}, config, stream_mode=["custom", "updates"])
        assert chunks == expected


@pytest.mark.usefixtures("restless")
def test_a_sync_node_followed_by_a_path_keeps_its_turn(drive) -> None:
    """A node and its conditional edge are one task; no other one comes between them."""
    seen: list[str] = []
    graph: Any = StateGraph(State)
    for name in "abcdefgh":
        graph.add_node(name, lambda _, name=name: seen.append(name)).add_edge(START, name)
        graph.add_conditional_edges(name, lambda _, name=name: seen.append(f"{name}?") or [])
    with deterministic(patience=60):
        drive.invoke(graph.compile(), {"a": 1})
    assert seen == [step for name in "abcdefgh" for step in (name, f"{name}?")]


def test_sync_nodes_may_call_graphs_while_they_have_the_turn(drive) -> None:
    """Tasks of the inner graph run while the outer node waits for them."""
    inner: Any = StateGraph(Log).add_node("x", node).add_edge(START, "x")
    inner = inner.add_node("y", node).add_edge(START, "y").compile()
    graph = chain(lambda _: inner.invoke({"log": ["in"]}), lambda _: {"log": ["out"]})
    with deterministic():
        result = drive.invoke(graph, {"a": 1})
    assert result["log"] == ["in"] * 3 + ["out"]


def test_ids_of_checkpoints_sort_in_the_order_in_which_they_were_drawn() -> None:
    """They are UUIDs of version 6, as LangGraph's are, with the step as the clock sequence."""
    ids = [LIVE.checkpoint_id(step) for step in range(-1, 200)]
    assert ids == sorted(set(ids))
    found = [UUID(id_) for id_ in ids]
    assert {(id_.version, id_.variant) for id_ in found} == {(6, RFC_4122)}
    assert [id_.clock_seq for id_ in found] == [step & 0x3FFF for step in range(-1, 200)]
