"""Managed values: state keys that a node reads and that the run itself keeps."""

from __future__ import annotations

import logging
import operator
from dataclasses import dataclass, field
from typing import Annotated, Any

import pytest
from pydantic import BaseModel
from runtime_graphs import State, chain
from typing_extensions import NotRequired, TypedDict

from runtime.errors import GraphRecursionError
from runtime.graph import END, START, StateGraph
from runtime.managed import IsLastStep, RemainingSteps
from runtime.managed.base import ManagedValue, Progress, is_managed_value


class Counting(TypedDict):
    last: IsLastStep
    left: NotRequired[RemainingSteps]
    log: Annotated[list, operator.add]


@dataclass
class Record:
    left: RemainingSteps = 0
    log: Annotated[list, operator.add] = field(default_factory=list)


class Model(BaseModel):
    left: RemainingSteps = 0
    log: Annotated[list, operator.add] = []


def look(state: Any) -> Any:
    """Log what the node is shown."""
    return {"log": [(state["last"], state["left"])]}


def loop(until: Any) -> Any:
    """Return a graph of one node that runs until the function says so."""
    graph = StateGraph(Counting).add_node("x", look).add_edge(START, "x")
    return graph.add_conditional_edges("x", lambda s: END if until(s) else "x").compile()


def test_a_node_sees_how_many_supersteps_are_left(drive) -> None:
    """A graph that ends with its last step keeps within the recursion limit."""
    result = drive.invoke(loop(lambda s: s["last"]), {}, {"recursion_limit": 4})
    assert result["log"] == [(False, 3), (False, 2), (True, 1)]


def test_a_run_that_goes_on_after_the_last_step_fails(drive) -> None:
    """The recursion limit is what the values count down to."""
    with pytest.raises(GraphRecursionError):
        drive.invoke(loop(lambda s: s["left"] < 1), {}, {"recursion_limit": 4})


def test_a_conditional_edge_sees_them_with_the_writes_of_its_node(drive) -> None:
    """The path is shown the same superstep as its node, and what the node wrote."""
    result = drive.invoke(
        loop(lambda s: len(s["log"]) == 10 - s["left"]), {}, {"recursion_limit": 10}
    )
    assert result["log"] == [(False, 9)]


@pytest.mark.parametrize("schema", [Record, Model])
def test_they_are_fields_of_classes_too(drive, schema: Any) -> None:
    """A field needs a default, for whoever makes an object of the class."""
    graph = chain(lambda s: {"log": [s.left]}, schema=schema)
    assert drive.invoke(graph, schema(), {"recursion_limit": 7}) == {"log": [6]}


def test_nobody_writes_them(drive, caplog) -> None:
    """The input is not asked; a node that tries is warned."""
    graph = chain(lambda _: {"left": 99}, look, schema=Counting)
    with caplog.at_level(logging.WARNING):
        result = drive.invoke(graph, {"left": 99, "last": True}, {"recursion_limit": 5})
    assert result == {"log": [(False, 3)]}
    assert "Node 'n0' wrote to 'left'" in caplog.text


def test_an_input_or_output_schema_must_not_name_them() -> None:
    """Nobody but nodes reads them."""
    for kind in ("input_schema", "output_schema"):
        with pytest.raises(ValueError, match=r"Counting: last, left. .* only nodes read them"):
            StateGraph(State, **{kind: Counting})


def test_they_are_no_state_by_themselves() -> None:
    """Nothing could be written."""
    with pytest.raises(ValueError, match="not allowed as the whole state"):
        StateGraph(RemainingSteps)


def test_one_name_has_one_meaning() -> None:
    """Two schemas of a graph must agree."""
    other = TypedDict("other", {"left": IsLastStep})  # noqa: UP013 - as short as can be
    with pytest.raises(ValueError, match="'left' already exists with a different type"):
        StateGraph(Counting).add_node("x", look, input_schema=other)


def test_ones_own_managed_value(drive) -> None:
    """A class with `get` is enough; it is given how far the run is."""

    class Half(ManagedValue[float]):
        @staticmethod
        def get(scratchpad: Progress) -> float:
            return scratchpad.step / 2

    annotations = {"half": Annotated[float, Half], "log": Annotated[list, operator.add]}
    node = lambda s: {"log": [s["half"]]}  # noqa: E731
    graph = chain(node, node, schema=TypedDict("schema", annotations))
    assert drive.invoke(graph, {}) == {"log": [0.5, 1.0]}
    assert is_managed_value(Half)
    assert not is_managed_value(Half())
