"""Where a graph goes on: edges, conditional edges, `Send` and `Command`."""

from __future__ import annotations

from typing import Any, Literal

from runtime_graphs import State, chain, parallel
from typing_extensions import TypedDict

from runtime.graph import END, START, StateGraph
from runtime.types import Command, Send


class OnlyLog(TypedDict):
    log: list


def logs(name: str) -> Any:
    """Return a node that logs its name."""
    return lambda _: {"log": [name]}


def graph_of(*names: str) -> Any:
    """Return a graph with these nodes and no edges."""
    graph: Any = StateGraph(State)
    for name in names:
        graph.add_node(name, logs(name))
    return graph


def run(drive, graph: Any) -> Any:
    """Return what the nodes of the graph logged."""
    return drive.invoke(graph.compile(), {"a": 1})["log"]


def test_a_node_without_edge_ends_its_path(drive) -> None:
    """An edge to `END` says the same and is not needed."""
    graph = graph_of("x", "y").add_edge(START, "x").add_edge("x", "y")
    assert run(drive, graph) == run(drive, graph.add_edge("y", END)) == ["x", "y"]


def test_nodes_with_the_same_source_run_in_one_superstep(drive) -> None:
    """Each sees the state as the source left it, without what the others write."""
    graph = parallel(x=lambda s: {"log": [len(s["log"])]}, y=lambda s: {"log": [len(s["log"])]})
    assert drive.invoke(graph, {"a": 1})["log"] == [0, 0]


def test_a_waiting_edge_waits_for_all(drive) -> None:
    """An edge from a list of nodes is followed once, after the last of them."""
    graph = graph_of("a", "b", "c", "d").add_edge(START, "a").add_edge(START, "b")
    graph.add_edge("b", "c").add_edge(["a", "c"], "d")
    assert run(drive, graph) == ["a", "b", "c", "d"]


def test_a_waiting_edge_waits_again_in_a_loop(drive) -> None:
    """After it was followed it waits for all of its nodes anew."""
    graph = graph_of("a", "b", "c").add_edge(START, "a").add_edge(["a", "b"], "c")
    graph.add_edge("a", "b").add_conditional_edges("c", lambda s: [] if len(s["log"]) > 5 else "a")
    assert run(drive, graph) == ["a", "b", "c"] * 2


def test_two_plain_edges_do_not_wait(drive) -> None:
    """A node runs again for each superstep in which an edge leads to it."""
    graph = graph_of("a", "b", "c", "d").add_edge(START, "a").add_edge(START, "b")
    graph.add_edge("b", "c").add_edge("a", "d").add_edge("c", "d")
    assert run(drive, graph) == ["a", "b", "c", "d", "d"]


def test_a_conditional_edge_sees_what_its_node_wrote(drive) -> None:
    """The path decides on the state with the update of its own node in it."""
    graph = graph_of("x", "y").add_edge(START, "x")
    graph.add_conditional_edges("x", lambda s: "y" if s["log"] == ["x"] else END)
    assert run(drive, graph) == ["x", "y"]


def test_a_path_sees_the_keys_that_its_annotation_names(drive) -> None:
    """As for a node, the annotation of the first parameter is a schema."""

    def path(s: OnlyLog) -> Literal["y", "__end__"]:
        return "y" if set(s) == {"log"} else END

    graph = graph_of("x", "y").add_edge(START, "x").add_conditional_edges("x", path)
    assert run(drive, graph) == ["x", "y"]


def test_a_path_may_answer_with_several_nodes(drive) -> None:
    """They run side by side; a map translates answers to nodes."""
    graph = graph_of("x", "y").add_conditional_edges(
        START, lambda _: [True, False], {True: "x", False: "y"}
    )
    assert run(drive, graph) == ["x", "y"]


def test_send_runs_a_node_with_an_input_of_its_own(drive) -> None:
    """One node may run many times in a superstep; results are folded in the order of sending."""
    graph: Any = StateGraph(State).add_node("square", lambda n: {"log": [n * n]})
    graph.add_conditional_edges(START, lambda _: [Send("square", n) for n in range(12)])
    assert run(drive, graph) == [n * n for n in range(12)]


def test_command_updates_and_goes_on(drive) -> None:
    """A node can choose the next one itself, with the update in the same value."""
    graph = graph_of("y", "z")
    graph.add_node("x", lambda _: Command(update={"a": 5}, goto=["y", Send("z", None)]))
    result = drive.invoke(graph.add_edge(START, "x").compile(), {"a": 1})
    assert result == {"a": 5, "log": ["y", "z"]}


def test_command_does_not_replace_edges(drive) -> None:
    """Edges of the node are followed too."""
    graph = graph_of("y", "z").add_node("x", lambda _: Command(goto="y"))
    assert run(drive, graph.add_edge(START, "x").add_edge("x", "z")) == ["y", "z"]


def test_going_to_an_unknown_node_is_logged(drive, caplog) -> None:
    """A jump to what is no node is ignored as in LangGraph, with a warning that names it."""
    graph = chain(lambda _: Command(goto=["nowhere", Send("nobody", 1)]))
    assert drive.invoke(graph, {"a": 1}) == {"a": 1, "log": []}
    assert "nowhere" in caplog.text
    assert "nobody" in caplog.text


def test_a_loop_ends_when_its_path_says_so(drive) -> None:
    """A conditional edge may lead back."""
    graph = graph_of("x").add_edge(START, "x")
    graph.add_conditional_edges("x", lambda s: "x" if len(s["log"]) < 5 else END)
    assert run(drive, graph) == ["x"] * 5


def test_a_compiled_graph_does_not_change(drive) -> None:
    """Nodes and edges added later count only for the next `compile`."""
    graph = graph_of("x").add_edge(START, "x")
    compiled = graph.compile()
    graph.add_node("y", logs("y")).add_edge("x", "y")
    assert drive.invoke(compiled, {"a": 1})["log"] == ["x"]
    assert run(drive, graph) == ["x", "y"]
