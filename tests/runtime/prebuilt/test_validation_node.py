"""`ValidationNode`: tool calls are checked and not made."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from langchain_core.tools import tool
from pydantic import BaseModel
from pydantic.v1 import BaseModel as BaseModelV1
from scripted import call, calls

from runtime.prebuilt import ValidationNode


class City(BaseModel):
    """A city."""

    name: str


class OldCity(BaseModelV1):
    """A city, as Pydantic once had classes."""

    name: str


@tool
def double(a: int) -> int:
    """Double it."""
    return 2 * a


def triple(a: int) -> int:
    """Triple it."""
    return 3 * a


def node(*schemas: Any, **kwargs: Any) -> ValidationNode:
    """Return a node, past its warning."""
    with pytest.warns(DeprecationWarning, match="ToolNode"):
        return ValidationNode(schemas, **kwargs)


@pytest.mark.parametrize(
    ("schema", "made", "content"),
    [
        (City, call("City", name="sf"), '{"name":"sf"}'),
        (OldCity, call("OldCity", name="sf"), '{"name": "sf"}'),
        (double, call("double", a="1"), '{"a":1}'),
        (triple, call("triple", a=1), '{"a":1}'),
    ],
    ids=["class", "old_class", "tool", "function"],
)
def test_calls_that_fit(drive, schema, made, content) -> None:
    """The answer has the arguments as the schema reads them."""
    assert drive.invoke(node(schema), [calls(made)])[0].content == content
    assert drive.invoke(node(schema), {"messages": [calls(made)]})["messages"][0].content == content


def test_calls_that_do_not_fit(drive) -> None:
    """The answer says what is wrong, in words of one's own if wanted."""
    wrong = [calls(call("double", a="x"))]
    message = drive.invoke(node(double), wrong)[0]
    assert "valid integer" in message.content
    assert message.additional_kwargs == {"is_error": True}
    own = node(double, format_error=lambda error, made, schema: f"bad {made['name']}")
    assert drive.invoke(own, wrong)[0].content == "bad double"


def test_calls_that_do_not_fit_an_old_class(drive) -> None:
    """They are answered in the same way."""
    message = drive.invoke(node(OldCity), [calls(call("OldCity"))])[0]
    assert "field required" in message.content
    assert message.additional_kwargs == {"is_error": True}


@pytest.mark.parametrize(
    ("messages", "error"), [([], "No message"), ([HumanMessage("q")], "not an AIMessage")]
)
def test_nothing_to_check(drive, messages, error) -> None:
    """The error says what is there."""
    with pytest.raises(ValueError, match=error):
        drive.invoke(node(City), messages)


def test_what_is_no_schema() -> None:
    """It is refused when the node is made."""
    with (
        pytest.warns(DeprecationWarning, match="ToolNode"),
        pytest.raises(ValueError, match="Pydantic class, a tool or a function"),
    ):
        ValidationNode([5])
