"""The same graph on LangGraph and on ours gives the same drawing."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest
from engines import LANGGRAPH, OURS, Engine
from hypothesis import given, settings
from hypothesis import strategies as st
from scenarios import State
from scenarios_drawing import (
    DRAWINGS,
    graphs_inside,
    graphs_that_are_found_in_many_ways,
    graphs_that_functions_name,
    quiet,
)


def drawn(graph: Any) -> dict[str, Any]:
    """Return all that a drawing says."""
    return {"mermaid": graph.draw_mermaid(), **graph.to_json()}


@pytest.mark.parametrize("xray", [False, 0, 1, 2, True])
@pytest.mark.parametrize("build", DRAWINGS)
def test_drawings_are_equal(build: Callable[[Engine], Any], xray: Any) -> None:
    """Nodes, edges, labels, metadata and the mermaid text are the same at every depth."""
    theirs = drawn(build(LANGGRAPH).get_graph(xray=xray))
    assert drawn(build(OURS).get_graph(xray=xray)) == theirs
    assert theirs["nodes"]


async def test_the_async_drawing_is_the_same() -> None:
    """`aget_graph` is there for programs written for remote graphs."""
    graph = graphs_inside(OURS)
    assert drawn(await graph.aget_graph(xray=True)) == drawn(graph.get_graph(xray=True))


@st.composite
def plans(draw: Any) -> list[tuple[Any, ...]]:
    """Return calls of the methods of a graph that add nodes and edges."""
    names = [f"n{i}" for i in range(draw(st.integers(1, 6)))]
    ends = st.lists(st.sampled_from([*names, "__end__"]), min_size=1, max_size=3, unique=True)
    calls: list[tuple[Any, ...]] = [("edge", "__start__", names[0])]
    nodes_ = st.tuples(st.booleans(), st.none() | ends)
    calls += [("node", name, *draw(nodes_)) for name in names]
    edge = st.tuples(st.just("edge"), st.sampled_from(names), st.sampled_from([*names, "__end__"]))
    several = st.lists(st.sampled_from(names), min_size=2, max_size=2, unique=True)
    waiting = st.tuples(st.just("edge"), several, st.sampled_from(names))
    branch = st.tuples(st.just("branch"), st.sampled_from(["__start__", *names]), ends)
    either = edge | branch | waiting if len(names) > 1 else edge | branch
    return calls + draw(st.lists(either, max_size=10))


def follow(engine: Engine, plan: list[tuple[Any, ...]]) -> Any:
    """Return the graph that the calls build."""
    graph = engine.graph.StateGraph(State)
    for number, (kind, start, *rest) in enumerate(sorted(plan, key=lambda c: c[0] != "node")):
        if kind == "node":
            graph.add_node(start, quiet, defer=rest[0], destinations=rest[1])
        elif kind == "edge":
            graph.add_edge(start, rest[0])
        else:
            path = functools.partial(quiet)
            path.__name__ = f"path_{number}"  # type: ignore[attr-defined]  # any object has one
            graph.add_conditional_edges(start, path, rest[0])
    return graph.compile()


@pytest.mark.parametrize("graphs", [30, pytest.param(400, marks=pytest.mark.proof)])
def test_drawings_of_any_graph_are_equal(graphs: int) -> None:
    """Whatever edges a graph has, the drawings are the same, where LangGraph can draw it."""

    @settings(max_examples=graphs, deadline=None)
    @given(plans())
    def check(plan: list[tuple[Any, ...]]) -> None:
        ours = drawn(follow(OURS, plan).get_graph())
        try:
            theirs = drawn(follow(LANGGRAPH, plan).get_graph())
        except TypeError:  # it cannot choose between an edge with a label and one without
            return
        assert ours == theirs

    check()


NAMESPACES: list[dict[str, Any]] = [
    {},
    {"recurse": True},
    {"namespace": "m"},
    {"namespace": "m", "recurse": True},
    {"namespace": "m|l"},
    {"namespace": "m|l", "recurse": True},
    {"namespace": "m|nothing", "recurse": True},
    {"namespace": "nothing"},
]


@pytest.mark.parametrize("asked", NAMESPACES, ids=str)
@pytest.mark.parametrize(
    "build", [graphs_inside, graphs_that_functions_name, graphs_that_are_found_in_many_ways]
)
async def test_subgraphs_are_equal(build: Callable[[Engine], Any], asked: dict[str, Any]) -> None:
    """The same namespaces lead to the same graphs, sync and async."""
    theirs, ours = build(LANGGRAPH), build(OURS)
    found = [(name, sorted(graph.nodes)) for name, graph in theirs.get_subgraphs(**asked)]
    assert [(name, sorted(graph.nodes)) for name, graph in ours.get_subgraphs(**asked)] == found
    assert [name async for name, _ in ours.aget_subgraphs(**asked)] == [name for name, _ in found]
