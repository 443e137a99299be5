"""Stream mode `updates`: what each node wrote, when it is done. The default mode."""

from __future__ import annotations

import threading
from typing import Any

from runtime_graphs import chain, parallel

from runtime.graph import END, START
from runtime.types import Command


def test_one_chunk_for_each_node(drive) -> None:
    """Each chunk is `{node: update}`, and it is what a stream without a mode consists of."""
    graph = chain(lambda _: {"a": 2}, lambda _: {"log": ["x"]})
    assert drive.stream(graph, {"a": 1}) == [{"n0": {"a": 2}}, {"n1": {"log": ["x"]}}]


def test_a_node_that_wrote_nothing_shows_none(drive) -> None:
    """Returning `None`, or only keys that the state does not have, is shown too."""
    graph = chain(lambda _: None, lambda _: {"nonsense": 1})
    assert drive.stream(graph, {"a": 1}) == [{"n0": None}, {"n1": None}]


def test_updates_come_in_the_order_in_which_nodes_finish(drive) -> None:
    """Of nodes that run side by side the one that is done first is shown first."""
    shown = threading.Event()

    def slow(_: Any) -> Any:
        return {"log": [shown.wait(10)]}

    def take(chunk: Any) -> None:
        order.append(next(iter(chunk)))
        shown.set()

    order: list[str] = []
    drive.each(take, parallel(a_slow=slow, b_quick=lambda _: {"log": ["q"]}), {"a": 1})
    assert order == ["b_quick", "a_slow"]


def test_several_writes_of_a_key_are_shown_as_a_list(drive) -> None:
    """A node that returns several commands shows one entry for each write."""
    graph = chain(lambda _: [Command(update={"log": ["x"]}), {"log": ["y"]}])
    assert drive.stream(graph, {"a": 1}) == [{"n0": [{"log": ["x"]}, {"log": ["y"]}]}]


def test_a_node_whose_conditional_edge_fails_shows_what_it_wrote(drive) -> None:
    """What was done before an exception is shown before it is raised."""

    def path(_: Any) -> Any:
        raise LookupError

    graph = chain(lambda _: {"a": 2}).builder.add_conditional_edges("n0", path, [END]).compile()
    shown: list[Any] = []
    try:
        drive.each(shown.append, graph, {"a": 1})
    except LookupError:
        shown.append("raised")
    assert shown == [{"n0": {"a": 2}}, "raised"]


def test_updates_of_inner_graphs_come_before_that_of_their_node(drive) -> None:
    """With `subgraphs=True` the nodes of inner graphs show theirs, with a namespace."""
    graph = chain(chain(lambda _: {"a": 2}, lambda _: {"log": ["x"]}))
    shown = drive.stream(graph, {"a": 1}, subgraphs=True)
    assert [(len(ns), update) for ns, update in shown] == [
        (1, {"n0": {"a": 2}}),
        (1, {"n1": {"log": ["x"]}}),
        (0, {"n0": {"a": 2, "log": ["x"]}}),
    ]


def test_the_start_is_no_node(drive) -> None:
    """Nothing is shown for the virtual node that takes the input."""
    shown = drive.stream(chain(lambda _: {"a": 2}), {"a": 1})
    assert START not in [name for update in shown for name in update]
