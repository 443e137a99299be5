"""`walk_tools`: call every bound tool once with arguments that fit, then answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asking_models import time_in, weather
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import HumanMessage, ToolMessage
from langgraph.prebuilt import create_react_agent
from pydantic import BaseModel

from harness import ScriptedChatModel
from harness.models import valid_value, walk_tools
from harness.models._schema import violations

pytestmark = pytest.mark.filterwarnings("ignore:create_react_agent")


@pytest.mark.parametrize(("parallel", "asked"), [(True, 2), (False, 3)])
def test_an_agent_is_walked_through(drive, parallel, asked) -> None:
    """Every tool runs once, then the agent ends with the answer."""
    model = ScriptedChatModel(walk_tools("finished", parallel=parallel))
    agent = create_react_agent(model, [weather, time_in])
    *_, last = found = drive.invoke(agent, {"messages": [("user", "go")]})["messages"]
    ran = [m for m in found if isinstance(m, ToolMessage)]
    assert [(m.name, m.content) for m in ran] == [
        ("weather", "sunny in a for 1"),
        ("time_in", "noon in a"),
    ]
    assert last.content == "finished"
    assert len(model.calls) == asked


def test_it_serves_several_conversations(drive) -> None:
    """What it says depends on the conversation only."""
    bound = ScriptedChatModel(walk_tools()).bind_tools([weather])
    assert [len(drive.invoke(bound).tool_calls) for _ in range(2)] == [1, 1]


class Joke(BaseModel):
    """A joke."""

    setup: str
    stars: int


@pytest.mark.parametrize("method", ["function_calling", "json_schema"])
def test_structured_output_fits_its_schema(drive, method) -> None:
    """Where an answer must have a form, it has."""
    chain = ScriptedChatModel(walk_tools()).with_structured_output(Joke, method=method)
    assert isinstance(drive.invoke(chain, [HumanMessage("x")]), Joke)


NODE = {
    "$ref": "#/$defs/Node",
    "$defs": {
        "Node": {
            "type": "object",
            "properties": {
                "next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]},
                "all": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
            },
            "required": ["next", "all"],
        }
    },
}


@pytest.mark.parametrize(
    "schema",
    [
        NODE,
        {"allOf": [{"type": "object", "properties": {"a": {"const": 3}}, "required": ["a"]}]},
        {"type": "string", "enum": ["x", "y"]},
        {"type": ["null", "integer"], "minimum": 3, "multipleOf": 5},
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        {"type": "integer", "maximum": -4},
        {"type": "string", "format": "date-time"},
        {"type": "array", "items": {"type": "boolean"}, "minItems": 3},
        {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "minItems": 2},
        {"type": "string", "default": "d"},
        {},
    ],
    ids=str,
)
def test_a_valid_value_fits(schema) -> None:
    """Recursion, limits, formats and choices."""
    value = valid_value(schema)
    assert list(violations(value, schema)) == []
    json.dumps(value)


def _objects(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.dictionaries(st.sampled_from("abc"), parts, max_size=3).map(
        lambda p: {"type": "object", "properties": p, "required": sorted(p)}
    )


SCHEMAS = st.recursive(
    st.one_of(
        st.builds(
            lambda low, size: {"type": "integer", "minimum": low, "maximum": low + size},
            st.integers(-50, 50),
            st.integers(0, 20),
        ),
        st.builds(lambda n: {"type": "string", "minLength": n}, st.integers(0, 5)),
        st.sampled_from([{"type": "boolean"}, {"type": "null"}, {"enum": [1, "x"]}]),
    ),
    lambda parts: st.one_of(
        _objects(parts),
        st.builds(lambda p: {"type": "array", "items": p, "minItems": 1}, parts),
        st.lists(parts, min_size=1, max_size=3).map(lambda p: {"anyOf": p}),
    ),
    max_leaves=8,
)


@given(SCHEMAS)
def test_whatever_the_schema_the_value_fits(schema) -> None:
    """Over generated schemas."""
    assert list(violations(valid_value(schema), schema, closed=True)) == []
