"""What LangSmith sees of a run."""

from __future__ import annotations

from typing import Any, TypedDict
from unittest.mock import MagicMock

import langsmith
import pytest
from langchain_core.tracers.langchain import LangChainTracer
from langsmith import get_current_run_tree

from runtime.graph import START, StateGraph


class State(TypedDict, total=False):
    """The name of the current run, as a node sees it."""

    seen: str | None


@pytest.mark.parametrize("traced", [True, False])
def test_the_current_run_in_a_node(drive: Any, traced: bool) -> None:
    """It is the run of the node, if LangSmith traces."""

    def node(_: State) -> State:
        run = get_current_run_tree()
        return {"seen": run and run.name}

    graph = StateGraph(State).add_node("node", node).add_edge(START, "node").compile()
    tracer = LangChainTracer(client=MagicMock(spec=langsmith.Client))
    state = drive.invoke(graph, {}, {"callbacks": [tracer] if traced else []})
    assert state == {"seen": "node" if traced else None}
