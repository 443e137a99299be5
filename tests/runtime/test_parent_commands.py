"""`Command(graph=Command.PARENT)`: a node sends the run on to a node of the graph around."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage
from runtime_graphs import State, chain

from runtime.errors import ParentCommand
from runtime.graph import START, StateGraph
from runtime.types import Command

UP = Command(graph=Command.PARENT, update={"log": ["up"]}, goto="other")


def around(inner: Any) -> Any:
    """Return a graph with this node, and another one that only a command reaches."""
    graph = StateGraph(State).add_node("inner", inner).add_edge(START, "inner")
    return graph.add_node("other", lambda _: {"log": ["other"]}).compile()


def test_it_updates_and_goes_on_in_the_graph_around(drive) -> None:
    """What the inner graph wrote before is dropped: the command is what its node returned."""
    graph = around(chain(lambda _: {"log": ["dropped"]}, lambda _: UP))
    assert drive.invoke(graph, {"a": 1})["log"] == ["up", "other"]


def test_it_comes_from_a_graph_that_a_node_calls_too(drive) -> None:
    """Calling the graph in a function ends the function there."""
    inner = chain(lambda _: UP)

    def node(state: State) -> Any:
        inner.invoke(state)
        raise AssertionError("not reached")

    assert drive.invoke(around(node), {"a": 1})["log"] == ["up", "other"]


def test_it_means_the_nearest_graph(drive) -> None:
    """The graph around that one sees an ordinary result."""
    graph = around(around(chain(lambda _: UP)))
    assert drive.invoke(graph, {"a": 1})["log"] == ["up", "other"]


def test_without_a_graph_around_it_is_raised(drive) -> None:
    """Nobody is there to take it, so the caller gets it."""
    with pytest.raises(ParentCommand) as raised:
        drive.invoke(chain(lambda _: UP), {"a": 1})
    assert raised.value.args[0] == UP


def test_it_is_no_result_of_its_task(drive) -> None:
    """In `tasks` mode the task in the inner graph that sent it has a start and no result."""
    graph = around(chain(lambda _: UP))
    options = {"stream_mode": "tasks", "subgraphs": True}
    shown = [payload for ns, payload in drive.stream(graph, {"a": 1}, **options) if ns]
    assert [sorted(payload) for payload in shown] == [["id", "input", "name", "triggers"]]


def test_messages_in_it_are_not_tokens_of_the_node(drive) -> None:
    """In `messages` mode the node that it came up through has returned nothing."""
    sent = Command(graph=Command.PARENT, update={"log": [AIMessage("up")]}, goto="other")
    graph = around(chain(lambda _: sent))
    assert list(drive.stream(graph, {"a": 1}, stream_mode="messages")) == []
