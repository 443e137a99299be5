"""Stream mode `values`: the whole state after every superstep."""

from __future__ import annotations

from typing import Any

from runtime_graphs import chain
from typing_extensions import TypedDict

from runtime.graph import START, StateGraph


def test_the_state_after_the_input_and_after_each_superstep(drive) -> None:
    """The first chunk is the input as state, then one chunk follows for each superstep."""
    graph = chain(lambda s: {"a": s["a"] + 1}, lambda s: {"log": [s["a"]]})
    assert drive.stream(graph, {"a": 1}, stream_mode="values") == [
        {"a": 1, "log": []},
        {"a": 2, "log": []},
        {"a": 2, "log": [2]},
    ]


def test_a_superstep_that_wrote_nothing_is_not_shown(drive) -> None:
    """No chunk repeats a state that nobody wrote to."""
    graph = chain(lambda _: None, lambda _: {"a": 2})
    shown = drive.stream(graph, {"a": 1}, stream_mode="values")
    assert [state["a"] for state in shown] == [1, 2]


def test_output_keys_select_what_is_shown(drive) -> None:
    """A list of keys shows those, a key as a string its bare value, at the steps that wrote it."""
    graph = chain(lambda _: {"log": ["x"]}, lambda _: {"a": 2})
    assert drive.stream(graph, {"a": 1}, stream_mode="values", output_keys=["a"]) == [
        {"a": 1},
        {"a": 2},
    ]
    assert drive.stream(graph, {"a": 1}, stream_mode="values", output_keys="a") == [1, 2]


def test_invoke_returns_the_keys_of_the_output_schema(drive) -> None:
    """The stream shows the whole state, `invoke` what the graph gives out."""

    class Answer(TypedDict):
        answer: str

    class Whole(Answer):
        draft: str

    graph: Any = StateGraph(Whole, output_schema=Answer)
    graph.add_node("write", lambda _: {"draft": "d", "answer": "a"}).add_edge(START, "write")
    assert drive.invoke(graph.compile(), {"draft": ""}) == {"answer": "a"}
    last = drive.stream(graph.compile(), {"draft": ""}, stream_mode="values")[-1]
    assert last == {"draft": "d", "answer": "a"}


def test_several_modes_come_with_their_name(drive) -> None:
    """A list or a tuple of modes yields pairs of mode and payload, even if it is of one."""
    graph = chain(lambda _: {"a": 2})
    for modes in (["values"], ("values",)):
        shown = drive.stream(graph, {"a": 1}, stream_mode=modes)
        assert shown[-1] == ("values", {"a": 2, "log": []})


def test_states_of_inner_graphs_come_with_their_namespace(drive) -> None:
    """With `subgraphs=True` a chunk begins with where in the graph it comes from."""
    graph = chain(chain(lambda _: {"a": 2}))
    shown = drive.stream(graph, {"a": 1}, stream_mode="values", subgraphs=True)
    assert [(len(ns), state["a"]) for ns, state in shown] == [(0, 1), (1, 1), (1, 2), (0, 2)]
    assert shown[1][0][0].startswith("n0:")


def test_graphs_that_one_node_calls_are_told_apart(drive) -> None:
    """The second graph that a node calls has a number in its namespace."""
    inner = chain(lambda _: {"a": 2})

    def node(s: Any) -> None:
        inner.invoke(s)
        inner.invoke(s)

    graph = chain(node)
    shown = drive.stream(graph, {"a": 1}, stream_mode="updates", subgraphs=True)
    first, second = shown[0][0], shown[1][0]
    assert second == (*first, "1")
