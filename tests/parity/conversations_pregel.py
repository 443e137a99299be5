"""Conversations with graphs that are built by hand.

Their checkpoints are saved at once: LangGraph adds to the list of a topic that it saves later.
"""

from __future__ import annotations

import operator
from typing import Any

from conversations import Kit, Talk, Talker, conversation


def built(kit: Kit, nodes: Any, **kwargs: Any) -> Talker:
    """Return a kept graph of these nodes to talk to."""
    of = kit.engine.channels
    channels = {
        "a": of.LastValue(int),
        "b": of.LastValue(int),
        "total": of.BinaryOperatorAggregate(int, operator.add),
        "ever": of.Topic(int, accumulate=True),
    }
    given = {"input_channels": ["a"], "output_channels": ["b", "total"], **kwargs}
    return Talker(
        kit.engine.pregel.Pregel(nodes=nodes, channels=channels, checkpointer=kit.saver, **given)
    )


def two(kit: Kit) -> dict[str, Any]:
    new = kit.engine.pregel.NodeBuilder
    return {
        "one": new().subscribe_only("a").do(lambda a: a + 1).write_to("b", "ever"),
        "two": new().subscribe_to("b").do(lambda v: v["b"]).write_to("total", "ever"),
    }


@conversation
def a_built_graph_remembers(kit: Kit) -> Talk:
    graph = built(kit, two(kit))
    for given in (1, 2):
        yield graph.stream({"a": given}, durability="sync")
        yield graph.state()
    yield graph.history()


@conversation
def a_built_graph_stops_and_goes_on(kit: Kit) -> Talk:
    graph = built(kit, two(kit), interrupt_before_nodes=["two"])
    yield graph.stream({"a": 1}, durability="sync")
    yield graph.state()
    yield graph.stream(None, durability="sync")
    yield graph.state()


@conversation
def a_built_graph_is_changed(kit: Kit) -> Talk:
    graph = built(kit, two(kit))
    yield graph.stream({"a": 1}, durability="sync")
    yield graph.update(7, as_node="one")
    yield graph.state()
    yield graph.stream(None, durability="sync")
    yield graph.history()


@conversation
def a_built_node_fails_and_runs_again(kit: Kit) -> Talk:
    new = kit.engine.pregel.NodeBuilder

    def once(value: int) -> int:
        if kit.count("it") == 1:
            raise ConnectionError
        return value

    nodes = {"one": two(kit)["one"], "flaky": new().subscribe_only("b").do(once).write_to("ever")}
    graph = built(kit, nodes)
    yield graph.invoke({"a": 1}, durability="sync")
    yield graph.state()
    yield graph.stream(None, durability="sync")
    yield graph.state()
