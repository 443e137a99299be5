# ruff: noqa: D103 - the name of a small builder says what is wrong with its graph
"""The errors that a graph author makes: the class is LangGraph's, the text says what to do."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import pytest
from runtime_graphs import State, chain, parallel
from typing_extensions import TypedDict

from runtime.errors import EmptyInputError, GraphRecursionError, InvalidUpdateError
from runtime.graph import END, START, StateGraph
from runtime.types import Command, Overwrite


def new() -> Any:
    """Return a graph with a node and no edges."""
    return StateGraph(State).add_node("write", lambda _: {"a": 2})


def no_entry() -> Any:
    return new().compile()


def unknown_target() -> Any:
    return new().add_edge(START, "wirte").compile()


def unknown_source() -> Any:
    return new().add_edge(START, "write").add_edge("wirte", "write").compile()


def unknown_in_path_map() -> Any:
    return new().add_conditional_edges(START, len, {1: "wirte"}).compile()


def unknown_in_waiting_edge() -> Any:
    return new().add_edge(["write", "other"], END)


def reserved_character() -> Any:
    return new().add_node("a|b", lambda _: None)


def reserved_name() -> Any:
    return new().add_node(START, lambda _: None)


def name_taken() -> Any:
    return new().add_node("write", lambda _: None)


def edge_from_end() -> Any:
    return new().add_edge(END, "write")


def edge_to_start() -> Any:
    return new().add_edge("write", START)


def branch_taken() -> Any:
    graph = new().add_conditional_edges("write", lambda _: END)
    return graph.add_conditional_edges("write", lambda _: END)


def reducer_of_three() -> Any:
    return StateGraph(TypedDict("Bad", {"n": Annotated[int, lambda a, b, c: a]}))


@pytest.mark.parametrize(
    ("build", "text"),
    [
        (no_entry, "must have an entrypoint.*add_edge.START, 'write'."),
        (unknown_target, "ending at unknown node `wirte`. Did you mean 'write'?"),
        (unknown_source, "starting at unknown node 'wirte'. Did you mean 'write'?"),
        (unknown_in_path_map, "branch found unknown target 'wirte'. Did you mean 'write'?"),
        (unknown_in_waiting_edge, "Need to add_node `other` first"),
        (reserved_character, r"'\|' is a reserved character"),
        (reserved_name, "Node `__start__` is reserved"),
        (name_taken, "Node `write` already present"),
        (edge_from_end, "END cannot be a start node"),
        (edge_to_start, "START cannot be an end node"),
        (branch_taken, "Branch with name `condition` already exists for node `write`"),
        (reducer_of_three, r"Invalid reducer signature for key 'n'. Expected \(a, b\) -> c"),
    ],
)
def test_mistakes_in_building_are_found_before_the_run(build, text) -> None:
    """A graph that cannot run is refused by the method that made it so, or by `compile`."""
    with pytest.raises(ValueError, match=text):
        build()


def test_an_unknown_stream_mode(drive) -> None:
    """It is refused with the nearest name; LangGraph would silently yield nothing."""
    graph = chain(lambda _: None)
    with pytest.raises(ValueError, match=r"Unknown stream mode 'mesages'. Did you mean 'messages'"):
        drive.stream(graph, {"a": 1}, stream_mode="mesages")
    with pytest.raises(ValueError, match=r"as a list: \['values', 'updates'\]"):
        drive.stream(graph, {"a": 1}, stream_mode="values,updates")


def test_an_unknown_output_key(drive) -> None:
    """It is refused with the nearest key of the state."""
    with pytest.raises(ValueError, match=r"Key 'lag' .* Did you mean 'log'"):
        drive.invoke(chain(lambda _: None), {"a": 1}, output_keys=["lag"])


def test_no_input(drive) -> None:
    """`None` is not an input; an empty dict is."""
    with pytest.raises(EmptyInputError, match=r"Received no input for 'LangGraph'.*invoke\({}\)"):
        drive.invoke(chain(lambda _: None), None)
    assert drive.invoke(chain(lambda _: {"a": 2}), {}) == {"a": 2, "log": []}


def test_a_wrong_return_type(drive) -> None:
    """The error shows the value, what a node may return, and the keys of the state."""
    with pytest.raises(InvalidUpdateError, match=r"Expected dict, got 5.*\['a', 'log'\]"):
        drive.invoke(chain(lambda _: 5), {"a": 1})


def test_two_writers_of_a_plain_key(drive) -> None:
    """The error names the key and the way out: a reducer."""
    graph = parallel(x=lambda _: {"a": 2}, y=lambda _: {"a": 3})
    with pytest.raises(InvalidUpdateError, match=r"(?s)At key 'a'.*a: Annotated\[list"):
        drive.invoke(graph, {"a": 1})


def test_two_overwrites_of_a_key(drive) -> None:
    """Only one node of a superstep can replace a folded value."""
    graph = parallel(x=lambda _: {"log": Overwrite([])}, y=lambda _: {"log": Overwrite([])})
    with pytest.raises(InvalidUpdateError, match=r"At key 'log'.*one Overwrite"):
        drive.invoke(graph, {"a": 1})


def test_the_recursion_limit(drive) -> None:
    """The error tells how to raise the limit, and between which nodes the graph goes round."""
    graph = chain(lambda _: None).builder.add_edge("n0", "n0").compile()
    with pytest.raises(GraphRecursionError, match=r"limit of 3 .*'recursion_limit': 6.*\['n0'\]"):
        drive.invoke(graph, {"a": 1}, {"recursion_limit": 3})


def test_the_limit_leaves_room_for_the_end(drive) -> None:
    """As in LangGraph, a graph of two supersteps needs a limit of three."""
    graph = chain(lambda _: None, lambda _: {"a": 2})
    with pytest.raises(GraphRecursionError):
        drive.invoke(graph, {"a": 1}, {"recursion_limit": 2})
    assert drive.invoke(graph, {"a": 1}, {"recursion_limit": 3})["a"] == 2


def test_an_async_node_in_a_sync_run() -> None:
    """The error names the node and the methods to call instead."""

    async def node(_: Any) -> None: ...

    with pytest.raises(TypeError, match=r'(?s)No synchronous function .* "n0".*ainvoke, astream'):
        chain(node).invoke({"a": 1})


def test_a_path_without_an_answer(drive) -> None:
    """The error names the path, its node and where it might have gone."""
    graph = chain(lambda _: None).builder.add_conditional_edges("n0", lambda _: None).compile()
    with pytest.raises(ValueError, match=r"'condition' of node 'n0' returned None.*\['n0'\]"):
        drive.invoke(graph, {"a": 1})


def test_an_answer_outside_of_the_path_map(drive) -> None:
    """The error shows the answer and what the map holds."""
    graph = chain(lambda _: None).builder
    graph.add_conditional_edges("n0", lambda _: "stop", {"go": "n0"})
    with pytest.raises(KeyError, match=r"returned 'stop'.*'go'"):
        drive.invoke(graph.compile(), {"a": 1})


def test_a_goto_that_is_no_name(drive) -> None:
    """The error shows it and says what a `Command` takes."""
    with pytest.raises(TypeError, match=r"Command\(goto=5\): expected the name of a node"):
        drive.invoke(chain(lambda _: Command(goto=5)), {"a": 1})


def test_an_exception_of_a_node_is_raised_as_it_is(drive) -> None:
    """The caller gets the very object that the node raised."""
    mine = LookupError("mine")

    def node(_: Any) -> None:
        raise mine

    with pytest.raises(LookupError) as caught:
        drive.invoke(parallel(x=node, y=lambda _: None), {"a": 1})
    assert caught.value is mine


def test_stop_iteration_of_a_node_ends_no_stream(drive) -> None:
    """It would look like the end of the generator: it becomes a RuntimeError."""
    with pytest.raises(RuntimeError, match="StopIteration"):
        drive.stream(chain(lambda _: next(iter(()))), {"a": 1})


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exceptions have no notes")
def test_a_note_says_in_which_task(drive: Any) -> None:
    """The exception of a node has its name and the id of its task, and those of nodes around."""

    def node(_: Any) -> Any:
        raise KeyError("a")

    with pytest.raises(KeyError) as raised:
        drive.invoke(chain(chain(node)), {"a": 1})
    notes = raised.value.__notes__  # type: ignore[attr-defined]  # since Python 3.11
    assert [note.partition(" and id")[0] for note in notes] == ["During task with name 'n0'"] * 2
