"""`version="v2"`: typed stream parts, and `GraphOutput` from `invoke`."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from pydantic import BaseModel
from runtime_graphs import chain

from runtime.types import GraphOutput


class Model(BaseModel):
    topic: str
    n: int = 0


@dataclass
class Joke:
    topic: str
    joke: str = ""


def test_every_part_has_the_same_shape(drive) -> None:
    """One mode or several, with subgraphs or without: type, namespace and data."""
    graph = chain(lambda _: {"a": 2})
    one = drive.stream(graph, {"a": 1}, stream_mode="updates", version="v2")
    several = drive.stream(graph, {"a": 1}, stream_mode=["updates"], subgraphs=True, version="v2")
    assert one == several == [{"type": "updates", "ns": (), "data": {"n0": {"a": 2}}}]


@pytest.mark.parametrize(("schema", "given"), [(Model, {"n": 1}), (Joke, {"joke": "x"})])
def test_states_are_objects_of_the_output_schema(drive, schema, given) -> None:
    """In `values` the data is what the schema makes of the state."""
    graph = chain(lambda _: given, schema=schema)
    parts = drive.stream(graph, {"topic": "cats"}, stream_mode="values", version="v2")
    assert [part["data"] for part in parts] == [
        schema(topic="cats"),
        schema(topic="cats", **given),
    ]
    assert {part["interrupts"] for part in parts} == {()}


def test_invoke_returns_a_graph_output(drive) -> None:
    """It holds the final state, and what the run waits for."""
    graph = chain(lambda _: {"n": 1}, schema=Model)
    result = drive.invoke(graph, {"topic": "cats"}, version="v2")
    assert result == GraphOutput(value=Model(topic="cats", n=1), interrupts=())


def test_a_graph_output_can_be_used_like_the_plain_result(drive) -> None:
    """Programs for the plain result go on, with a warning that names the attribute."""
    result = drive.invoke(chain(lambda _: {"a": 2}), {"a": 1}, version="v2")
    with pytest.warns(DeprecationWarning, match=r"result\.value"):
        assert result["a"] == 2
    with pytest.warns(DeprecationWarning, match=r"result\.value"):
        assert "nothing" not in result


def test_invoke_with_another_mode_returns_all_parts(drive) -> None:
    """As with plain chunks, the result is the list of them."""
    parts = drive.invoke(chain(lambda _: {"a": 2}), {"a": 1}, stream_mode="updates", version="v2")
    assert parts == [{"type": "updates", "ns": (), "data": {"n0": {"a": 2}}}]
