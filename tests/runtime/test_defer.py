"""Deferred nodes: they wait until nothing else is left to run."""

from __future__ import annotations

from typing import Any

from runtime_graphs import State

from runtime.channels import LastValueAfterFinish
from runtime.graph import END, START, StateGraph
from runtime.types import Send


def graph_of(names: str, deferred: str, *edges: str) -> Any:
    """Return a graph of nodes that log their names, and of edges as pairs of them."""
    graph: Any = StateGraph(State)
    for name in names:
        graph.add_node(name, lambda _, name=name: {"log": [name]}, defer=name in deferred)
    for start, end in edges:
        graph.add_edge(START if start == "s" else start, end)
    return graph


def run(drive, graph: Any) -> str:
    """Return the names of the nodes that ran, in order."""
    return "".join(drive.invoke(graph.compile(), {"a": 1})["log"])


def test_a_deferred_node_runs_after_longer_paths(drive) -> None:
    """It runs once, however many edges lead to it at different times."""
    edges = ("sa", "ab", "bc", "ad", "bd", "cd")
    assert run(drive, graph_of("abcd", "", *edges)) == "abdcdd"
    assert run(drive, graph_of("abcd", "d", *edges)) == "abcd"


def test_deferred_nodes_of_one_end_run_together(drive) -> None:
    """What they lead to is no longer deferred unless it says so itself."""
    graph = graph_of("abcdf", "cd", "sa", "ab", "ac", "bd", "cf", "df")
    steps = list(graph.compile().stream({"a": 1}, stream_mode="values"))
    assert [len(step["log"]) for step in steps] == [0, 1, 2, 4, 5]


def test_a_deferred_node_may_start_more_work_and_another_one(drive) -> None:
    """Each end of all other work lets the nodes run that were put off until then."""
    assert run(drive, graph_of("abcd", "bd", "sa", "ab", "bc", "bd")) == "abcd"


def test_a_waiting_edge_to_a_deferred_node(drive) -> None:
    """It waits for its sources and for everything else."""
    graph = graph_of("abcd", "d", "sa", "sb", "bc").add_edge(["a", "b"], "d")
    assert run(drive, graph) == "abcd"


def test_a_waiting_edge_that_is_not_filled_does_not_run_its_node(drive) -> None:
    """The end of all work does not stand in for a source that never ran."""
    assert run(drive, graph_of("abd", "d", "sa").add_edge(["a", "b"], "d")) == "a"


def test_a_loop_through_a_deferred_node(drive) -> None:
    """It is put off anew in every round."""
    graph = graph_of("abc", "c", "sa", "ab", "ac")
    graph.add_conditional_edges("c", lambda s: END if len(s["log"]) > 5 else "a")
    assert run(drive, graph) == "abcabc"


def test_a_send_to_a_deferred_node_does_not_wait(drive) -> None:
    """Whoever sends a packet says that it is to be handled in the next superstep."""
    graph = graph_of("abd", "d", "sa")
    graph.add_conditional_edges("a", lambda s: [Send("d", s)] if len(s["log"]) < 2 else END)
    assert run(drive, graph.add_edge("d", "b")) == "adb"


def test_a_reducer_of_a_fan_out_sees_all_results(drive) -> None:
    """What `defer` is for: branches of different length, one node that takes them all."""
    graph = graph_of("axy", "", "sa", "sx", "xy")
    graph.add_node("sum", lambda s: {"a": len(s["log"])}, defer=True)
    graph.add_edge("a", "sum").add_edge("y", "sum")
    assert drive.invoke(graph.compile(), {"a": 1})["a"] == 3


def test_only_graphs_with_deferred_nodes_look_for_them() -> None:
    """What waits for the end is known when the graph is compiled."""
    assert not graph_of("ab", "", "sa").compile().hear_of_the_end
    graph = graph_of("ab", "b", "sa").compile()
    assert graph.hear_of_the_end == ("branch:to:b",)
    assert isinstance(graph.channels["branch:to:b"], LastValueAfterFinish)
