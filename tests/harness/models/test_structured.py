"""`with_structured_output`, by each method, from each kind of schema."""

from __future__ import annotations

import json

import pytest
from asking_models import calling
from langchain_core.exceptions import OutputParserException
from pydantic import BaseModel
from typing_extensions import TypedDict

from harness import ScriptedChatModel

METHODS = ("function_calling", "json_schema", "json_mode")
ANSWER = {"setup": "Why?", "stars": 5}


class Joke(BaseModel):
    """A joke."""

    setup: str
    stars: int


class JokeDict(TypedDict):
    """A joke."""

    setup: str
    stars: int


SCHEMA = {**Joke.model_json_schema(), "title": "JokeSchema"}


def says(method: str, name: str, answer: dict | None = None) -> ScriptedChatModel:
    """A model that answers as a provider does by this method."""
    answer = ANSWER if answer is None else answer
    return ScriptedChatModel(
        [calling((name, answer)) if method == "function_calling" else json.dumps(answer)],
        strict=False,
    )


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("schema", "name", "expected"),
    [
        (Joke, "Joke", Joke(**ANSWER)),
        (JokeDict, "JokeDict", ANSWER),
        (SCHEMA, "JokeSchema", ANSWER),
    ],
    ids=["pydantic", "typed-dict", "json-schema"],
)
def test_the_answer_is_parsed(drive, method, schema, name, expected) -> None:
    """Whole, and as the last item of a stream."""
    model = says(method, name)
    assert drive.invoke(model.with_structured_output(schema, method=method)) == expected
    stream = drive.stream(says(method, name).with_structured_output(schema, method=method))
    assert stream[-1] == expected


@pytest.mark.parametrize("method", METHODS)
def test_the_model_knows_how_it_was_asked(drive, method) -> None:
    """By a tool that it must call, or by a response format."""
    model = says(method, "Joke")
    drive.invoke(model.with_structured_output(Joke, method=method))
    (call,) = model.calls
    if method == "function_calling":
        assert [tool["function"]["name"] for tool in call.tools] == ["Joke"]
        assert call.kwargs["tool_choice"] == "Joke"
    else:
        kinds = {"json_schema": "json_schema", "json_mode": "json_object"}
        assert call.kwargs["response_format"]["type"] == kinds[method]


@pytest.mark.parametrize("method", METHODS)
def test_include_raw_gives_both(drive, method) -> None:
    """The message, what was parsed, and why it could not be."""
    chain = says(method, "Joke").with_structured_output(Joke, method=method, include_raw=True)
    good = drive.invoke(chain)
    assert (good["parsed"], good["parsing_error"]) == (Joke(**ANSWER), None)
    assert good["raw"].id.startswith("scripted-")
    bad = says(method, "Joke", {"setup": 1})
    failed = drive.invoke(bad.with_structured_output(Joke, method=method, include_raw=True))
    assert failed["parsed"] is None
    assert failed["parsing_error"] is not None


def test_what_cannot_be_parsed_is_an_error(drive) -> None:
    """As with a provider."""
    with pytest.raises(OutputParserException):
        drive.invoke(ScriptedChatModel(["no"]).with_structured_output(Joke, method="json_mode"))


def test_another_method_is_refused() -> None:
    """The message names the three."""
    with pytest.raises(ValueError, match="function_calling, json_schema, json_mode"):
        ScriptedChatModel(["x"], allow_unplayed=True).with_structured_output(Joke, method="xml")
