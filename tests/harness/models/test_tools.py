"""`bind_tools`: what is offered is kept, and scripted tool calls have to fit it."""

from __future__ import annotations

from typing import Literal

import pytest
from asking_models import calling, time_in, weather
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from harness import ScriptedChatModel
from harness.errors import ScriptedToolCallError


class Point(BaseModel):
    """A place on the map."""

    x: int = Field(ge=0, le=10)
    kind: Literal["home", "away"] = "home"


class Route(BaseModel):
    """From one place to others."""

    start: Point
    stops: list[Point]
    note: str | None = None


class Flight(TypedDict):
    """A flight."""

    number: str


BUILT_IN = {"type": "web_search_20250305", "name": "web_search"}


def test_tools_of_every_kind_are_kept(drive) -> None:
    """In OpenAI's form; one that the provider runs itself as it is."""
    model = ScriptedChatModel(["ok"])
    raw = {"name": "raw", "description": "d", "parameters": {"type": "object", "properties": {}}}
    schema = {**Point.model_json_schema(), "title": "Schema"}
    tools = [weather, Route, Flight, raw, schema, BUILT_IN]
    drive.invoke(model.bind_tools(tools, tool_choice="any"))
    (call,) = model.calls
    names = [tool.get("function", tool)["name"] for tool in call.tools]
    assert names == ["weather", "Route", "Flight", "raw", "Schema", "web_search"]
    assert call.kwargs == {"tool_choice": "any"}


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        (("wether", {"city": "Paris"}), "calls 'wether', which is not bound; the nearest"),
        (("send", {}), "bound are: 'weather', 'Route'"),
        (("weather", {}), "city is missing"),
        (("weather", {"city": 7}), "city is 7, not of type string"),
        (("weather", {"city": "Paris", "days": True}), "days is True, not of type integer"),
        (("weather", {"city": "Paris", "hours": 3}), "hours is not known; there are: city, days"),
        (("Route", {"start": {"x": 1}, "stops": [{"x": 11}]}), "stops[0].x is 11: above"),
        (("Route", {"start": {"x": 1, "kind": "off"}, "stops": []}), "start.kind is 'off'"),
        (("Route", {"start": {"x": 1}, "stops": [], "note": 7}), "note is 7, which fits none"),
    ],
)
def test_a_call_that_no_model_would_make_is_an_error(drive, call, problem) -> None:
    """It names the tool or the argument, what would fit, and the way out."""
    model = ScriptedChatModel([calling(call)] * 2)
    bound = model.bind_tools([weather, Route])
    for ask in (drive.invoke, drive.stream):
        with pytest.raises(ScriptedToolCallError) as wrong:
            ask(bound)
        assert problem in str(wrong.value)
        assert "strict=False" in str(wrong.value)
        assert "human: go on" in str(wrong.value)


def test_a_call_that_fits_is_fine(drive) -> None:
    """Nested values, defaults and references included."""
    route = {"start": {"x": 1}, "stops": [{"x": 10, "kind": "away"}], "note": None}
    model = ScriptedChatModel([calling(("Route", route), ("weather", {"city": "Paris"}))])
    assert len(drive.invoke(model.bind_tools([weather, Route])).tool_calls) == 2
    assert model.calls[0].problems == ()


@pytest.mark.parametrize(
    "offers",
    [
        {"type": "custom", "name": "run_code", "description": "Run it."},
        {"type": "custom", "custom": {"name": "run_code"}},
        {"type": "tool_search"},
    ],
)
def test_tools_of_which_no_schema_is_known(drive, offers: dict) -> None:
    """A custom tool takes a text, and what a search finds is not bound: both may be called."""
    model = ScriptedChatModel([calling(("run_code", {"__arg1": "3**3"}))])
    assert len(drive.invoke(model.bind_tools([weather, offers])).tool_calls) == 1
    assert model.calls[0].problems == ()


def test_not_strict_notes_what_is_wrong(drive) -> None:
    """For tests of what an agent does with a bad tool call."""
    model = ScriptedChatModel([calling(("wether", {}))], strict=False)
    assert drive.invoke(model.bind_tools([weather])).tool_calls[0]["name"] == "wether"
    assert "not bound" in model.calls[0].problems[0]


def test_tool_calls_in_given_chunks_are_checked(drive) -> None:
    """They are put together first."""
    chunks = [*ScriptedChatModel([calling(("weather", {"city": 1}))]).stream("x")]
    model = ScriptedChatModel([chunks])
    with pytest.raises(ScriptedToolCallError, match="city is 1"):
        drive.stream(model.bind_tools([weather, time_in]))


def test_without_bound_tools_nothing_is_checked(drive) -> None:
    """A graph may run tools that its model was not told of."""
    assert drive.invoke(ScriptedChatModel([calling(("anything", {}))])).tool_calls
