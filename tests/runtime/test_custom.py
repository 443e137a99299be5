"""Stream mode `custom`: whatever nodes hand to their stream writer."""

from __future__ import annotations

from typing import Any

from runtime_graphs import chain

from runtime.config import get_stream_writer
from runtime.runtime import Runtime
from runtime.types import StreamWriter


def test_items_come_as_they_were_written(drive) -> None:
    """An item may be anything, and stands before the update of its node."""

    def node(_: Any, writer: StreamWriter) -> Any:
        writer({"progress": 0.5})
        writer(None)
        return {"a": 2}

    assert drive.stream(chain(node), {"a": 1}, stream_mode=["custom", "updates"]) == [
        ("custom", {"progress": 0.5}),
        ("custom", None),
        ("updates", {"n0": {"a": 2}}),
    ]


def test_three_ways_to_the_writer(drive) -> None:
    """A parameter `writer`, `runtime.stream_writer` and `get_stream_writer()` are the same."""

    def node(_: Any, writer: StreamWriter, runtime: Runtime) -> None:
        writer("parameter")
        runtime.stream_writer("runtime")
        get_stream_writer()("function")

    shown = drive.stream(chain(node), {"a": 1}, stream_mode="custom")
    assert shown == ["parameter", "runtime", "function"]


def test_outside_of_custom_mode_the_writer_does_nothing(drive) -> None:
    """A node may write whether or not anybody reads."""
    graph = chain(lambda _, writer: writer("unread"))
    assert drive.stream(graph, {"a": 1}, stream_mode="updates") == [{"n0": None}]
    assert drive.invoke(graph, {"a": 1}) == {"a": 1, "log": []}


def test_items_of_inner_graphs_only_with_subgraphs(drive) -> None:
    """By default the outer stream has the items of its own nodes only."""
    inner = chain(lambda _, writer: writer("inside"))

    def node(s: Any, writer: StreamWriter) -> None:
        writer("before")
        inner.invoke(s)

    graph = chain(node)
    assert drive.stream(graph, {"a": 1}, stream_mode="custom") == ["before"]
    shown = drive.stream(graph, {"a": 1}, stream_mode="custom", subgraphs=True)
    assert [(len(ns), item) for ns, item in shown] == [(0, "before"), (1, "inside")]


def test_an_item_is_seen_even_if_its_node_fails(drive) -> None:
    """What was written before an exception is read before it is raised."""

    def node(_: Any, writer: StreamWriter) -> None:
        writer("last words")
        raise LookupError

    shown: list[Any] = []
    try:
        drive.each(shown.append, chain(node), {"a": 1}, stream_mode="custom")
    except LookupError:
        shown.append("raised")
    assert shown == ["last words", "raised"]
