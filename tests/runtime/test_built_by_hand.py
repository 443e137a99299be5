"""Graphs that are built by hand, of nodes and channels: what LangGraph does not have or say."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from runtime.channels import EphemeralValue, LastValue
from runtime.graph import StateGraph
from runtime.pregel import NodeBuilder, Pregel


@dataclass
class Held:
    """What a channel holds."""

    text: str


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


def test_the_map_of_error_handlers_is_obeyed() -> None:
    """A node whose name stands in `node_error_handler_map` has its errors handled."""
    fails = NodeBuilder().subscribe_only("a").do(lambda _: 1 / 0).write_to("b")
    handles = NodeBuilder().subscribe_only("never").do(lambda _: "handled").write_to("b")
    channels = {"a": EphemeralValue(int), "b": LastValue(str), "never": EphemeralValue(int)}
    graph = Pregel(
        nodes={"fails": fails, "handles": handles},
        channels=channels,
        input_channels="a",
        output_channels="b",
        node_error_handler_map={"fails": "handles"},
    )
    assert graph.node_error_handler_map == {"fails": "handles"}
    assert graph.invoke(1) == "handled"


def test_a_map_of_error_handlers_names_nodes() -> None:
    """A name that is not there is an error with the nearest one."""
    with pytest.raises(ValueError, match="Did you mean 'two'"):
        chain(node_error_handler_map={"one": "twoo"})


def test_the_old_name_of_the_context_schema() -> None:
    """`config_type` is `context_schema`, with a warning."""
    with pytest.warns(DeprecationWarning, match="context_schema"):
        assert chain(config_type=dict).context_schema is dict


def test_classes_of_channels_come_back_from_checkpoints(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever builds a graph trusts the classes of its channels: no warning about unknown ones."""
    node = NodeBuilder().subscribe_only("a").do(Held).write_to("b")
    graph = Pregel(
        nodes={"n": node},
        channels={"a": EphemeralValue(str), "b": LastValue(Held)},
        input_channels="a",
        output_channels="b",
        checkpointer=InMemorySaver(),
    )
    config: Any = {"configurable": {"thread_id": "1"}}
    graph.invoke("why", config)
    assert graph.get_state(config).values == {"b": Held("why")}
    assert not caplog.records


def test_a_superstep_that_takes_too_long_says_which() -> None:
    """The error names the superstep and the limit."""
    slow = NodeBuilder().subscribe_only("a").do(lambda _: time.sleep(0.05)).write_to("a")
    channels = {"a": LastValue(str)}
    given = {"input_channels": "a", "output_channels": "a", "step_timeout": 0.005}
    graph = Pregel(nodes={"slow": slow}, channels=channels, **given)
    with pytest.raises(TimeoutError, match=r"superstep 0 of 'LangGraph' .* step_timeout=0.005"):
        graph.invoke("why")
