"""The same graph on LangGraph and on ours tells the same schemas of its input and result."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field, make_dataclass
from typing import Annotated, Any, Optional

import pytest
from engines import LANGGRAPH, OURS, Engine
from pydantic import BaseModel, Field
from pydantic.errors import PydanticUserError
from typing_extensions import NotRequired, Required, TypedDict


class Keys(TypedDict):
    a: int
    maybe: NotRequired[str]
    log: Annotated[list, operator.add]


class Loose(TypedDict, total=False):
    a: int
    always: Required[str]


@dataclass
class Record:
    a: int
    opt: Optional[int]  # noqa: UP045 - one of the two ways to write it
    union: int | None
    log: Annotated[list[str], operator.add] = field(default_factory=list)
    text: str = "x"


class Model(BaseModel):
    a: int = Field(3, description="a number")
    maybe: str | None = None


class Plain:
    a: int
    opt: Annotated[int | None, "x"]
    maybe: Annotated[NotRequired[int], "x"]
    copy: str


STATES = [Keys, Loose, Record, Model, Plain, int, list[int], Annotated[list, operator.add], dict]
OTHERS: list[dict[str, Any]] = [
    {},
    {"input_schema": Keys},
    {"output_schema": Loose},
    {"input_schema": Record, "output_schema": Model},
]
METHODS = [
    "get_input_schema",
    "get_output_schema",
    "get_input_jsonschema",
    "get_output_jsonschema",
    "get_name",
]


def answer(ask: Callable[[], Any]) -> Any:
    """Return what is told, with a class as its JSON schema, or which error is raised."""
    try:
        told = ask()
        return (told.__name__, told.model_json_schema()) if isinstance(told, type) else told
    except PydanticUserError as error:
        return type(error)


def told(engine: Engine, state: Any, name: str | None = None, **schemas: Any) -> dict[str, Any]:
    """Return what a graph of these schemas tells about itself."""
    graph = engine.graph.StateGraph(state, **schemas).add_node("n", lambda _: None)
    compiled = graph.add_edge("__start__", "n").compile(name=name)
    answers = {method: answer(getattr(compiled, method)) for method in METHODS}
    return {**answers, "input": compiled.InputType, "output": compiled.OutputType}


@pytest.mark.parametrize("name", [None, "joker", "Joker"])
@pytest.mark.parametrize("schemas", OTHERS, ids=str)
@pytest.mark.parametrize("state", STATES, ids=str)
def test_schemas_are_equal(state: Any, schemas: dict[str, Any], name: str | None) -> None:
    """Classes, JSON schemas, titles and types are the same for every kind of state."""
    assert told(OURS, state, name, **schemas) == told(LANGGRAPH, state, name, **schemas)


@pytest.mark.parametrize("context", [None, Keys, Record, Model])
def test_context_schemas_are_equal(context: Any) -> None:
    """A graph without a context schema has none to tell."""
    theirs, ours = (
        engine.graph.StateGraph(Keys, context_schema=context)
        .add_node("n", lambda _: None)
        .add_edge("__start__", "n")
        .compile()
        .get_context_jsonschema()
        for engine in (LANGGRAPH, OURS)
    )
    assert ours == theirs
    assert (ours is None) == (context is None)


@pytest.mark.parametrize("engine", [LANGGRAPH, OURS], ids=["theirs", "ours"])
def test_a_context_schema_without_fields_has_no_json_schema(engine: Engine) -> None:
    """Anything but a Pydantic class, a TypedDict or a dataclass is refused when it is asked for."""
    graph = engine.graph.StateGraph(Keys, context_schema=int).add_node("n", lambda _: None)
    with pytest.raises(ValueError, match="Invalid context schema type: <class 'int'>"):
        graph.add_edge("__start__", "n").compile().get_context_jsonschema()


@pytest.mark.parametrize("engine", [LANGGRAPH, OURS], ids=["theirs", "ours"])
def test_managed_values_are_no_part_of_schemas(engine: Engine) -> None:
    """A dataclass lists them among its keys, but nobody gives or gets them."""
    keys = [("a", int), ("left", engine.managed.RemainingSteps)]
    answers = told(engine, make_dataclass("Counting", keys))
    for method in ("get_input_jsonschema", "get_output_jsonschema"):
        assert list(answers[method]["properties"]) == ["a"]
