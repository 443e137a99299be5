"""Arguments under the names that LangGraph once had for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from runtime_graphs import State

from runtime.func import entrypoint, task
from runtime.graph import START, StateGraph
from runtime.types import RetryPolicy

RETRY = RetryPolicy(max_attempts=2, initial_interval=0, retry_on=LookupError)


def fails_once() -> Callable[[Any], Any]:
    """Return a function that works the second time."""
    calls: list[Any] = []

    def function(_: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:
            raise LookupError
        return {"log": [len(calls)]}

    return function


def test_retry_of_a_node(drive) -> None:
    """Is its `retry_policy`; `input` is its `input_schema`."""
    with pytest.warns(DeprecationWarning, match="use `(retry_policy|input_schema)`") as heard:
        graph = StateGraph(State).add_node("x", fails_once(), retry=RETRY, input=State)
    assert len(heard) == 2
    assert heard[0].filename == __file__
    assert drive.invoke(graph.add_edge(START, "x").compile(), {"log": []})["log"] == [2]


def test_retry_of_a_task_and_of_a_workflow(drive) -> None:
    """Is their `retry_policy`."""
    with pytest.warns(DeprecationWarning, match="`retry` is deprecated"):
        shaky = task(retry=RETRY)(fails_once())
    with pytest.warns(DeprecationWarning, match="`retry` is deprecated"):
        flow = entrypoint(retry=RETRY)(lambda given: shaky(given).result())
    assert drive.invoke(flow, 1) == {"log": [2]}


def test_schemas_of_a_graph() -> None:
    """Each has a new name."""
    with pytest.warns(DeprecationWarning, match="is deprecated") as heard:
        graph = StateGraph(State, config_schema=dict, input=State, output=State)
    assert len(heard) == 3
    assert (graph.context_schema, graph.input_schema, graph.output_schema) == (dict, State, State)


def test_both_names_of_one_argument() -> None:
    """Are one too many."""
    with pytest.raises(TypeError, match="'retry' is the old name of 'retry_policy'"):
        StateGraph(State).add_node("x", fails_once(), retry=RETRY, retry_policy=RETRY)
