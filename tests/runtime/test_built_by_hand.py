"""Graphs that are built by hand, of nodes and channels: what LangGraph does not have or say."""

from __future__ import annotations

import time
from typing import Any

import pytest

from runtime.channels import EphemeralValue, LastValue
from runtime.graph import StateGraph
from runtime.pregel import NodeBuilder, Pregel


def chain(**kwargs: Any) -> Pregel[Any, Any, Any, Any]:
    """Return a graph of two nodes over three channels."""
    one = NodeBuilder().subscribe_only("question").do(str.upper).write_to("middle")
    two = NodeBuilder().subscribe_only("middle").do(len).write_to("answer")
    channels = {"question": EphemeralValue(str), "middle": LastValue(str), "answer": LastValue(int)}
    given = {"input_channels": "question", "output_channels": "answer", **kwargs}
    return Pregel(nodes={"one": one, "two": two}, channels=channels, **given)


def test_a_built_graph_can_be_drawn() -> None:
    """Edges go over channels from who writes to who subscribes."""
    edges = {(edge.source, edge.target) for edge in chain().get_graph().edges}
    assert ("one", "two") in edges


def test_a_compiled_graph_is_a_pregel() -> None:
    """What `StateGraph.compile` returns is of the class that is built by hand, too."""
    graph = StateGraph(dict).add_node("n", lambda _: {}).add_edge("__start__", "n").compile()
    assert isinstance(graph, Pregel)


def test_a_misspelled_channel_is_told_with_the_nearest_one() -> None:
    """An error of the wiring names the channel that was probably meant."""
    with pytest.raises(ValueError, match="Did you mean 'answer'"):
        chain(output_channels="anwser")


def test_a_superstep_that_takes_too_long_says_which() -> None:
    """The error names the superstep and the limit."""
    slow = NodeBuilder().subscribe_only("a").do(lambda _: time.sleep(0.05)).write_to("a")
    channels = {"a": LastValue(str)}
    given = {"input_channels": "a", "output_channels": "a", "step_timeout": 0.005}
    graph = Pregel(nodes={"slow": slow}, channels=channels, **given)
    with pytest.raises(TimeoutError, match=r"superstep 0 of 'LangGraph' .* step_timeout=0.005"):
        graph.invoke("why")
