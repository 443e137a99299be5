"""Small graphs on each engine that is there."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import pytest
from chunk_models import State, speaks

ENGINES = ["langgraph.graph"] + (["runtime.graph"] if find_spec("runtime.graph") else [])


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> ModuleType:
    """The graph module of one engine."""
    return import_module(request.param)


@pytest.fixture
def build(engine: ModuleType) -> Callable[..., Any]:
    """Return a function that makes a graph of one node per given function, in a row."""

    def build(*nodes: Callable[..., Any]) -> Any:
        graph = engine.StateGraph(State)
        before = engine.START
        for node in nodes:
            graph.add_node(node.__name__, node)
            graph.add_edge(before, node.__name__)
            before = node.__name__
        return graph.compile()

    return build


@pytest.fixture
def two_calls(build: Callable[..., Any]) -> Any:
    """A graph that tells a joke, then a poem."""
    return build(
        speaks("joke", ["Why", " was", " the", " cat", "?"], "joke"),
        speaks("poem", ["In", " sun", "lit", " patches"], "poem"),
    )
