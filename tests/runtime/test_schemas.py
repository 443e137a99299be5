"""Kinds of state, and how writes of a key are combined."""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from typing import Annotated, Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, RemoveMessage
from pydantic import BaseModel, ValidationError
from runtime_graphs import chain, parallel
from typing_extensions import NotRequired, TypedDict

from runtime.graph import START, MessagesState, StateGraph, add_messages
from runtime.types import Overwrite


@dataclass
class Joke:
    topic: str
    joke: str = ""
    log: Annotated[list, operator.add] = field(default_factory=list)


class Order(BaseModel):
    item: str
    count: int = 1


class Loose(TypedDict):
    a: int
    maybe: NotRequired[Annotated[list, operator.add]]


class Secret(TypedDict):
    secret: str


def test_a_dict_has_the_keys_that_were_written(drive) -> None:
    """A node of a TypedDict state is shown plain keys once they hold a value."""
    graph = chain(lambda s: {"maybe": sorted(s)}, schema=Loose)
    assert drive.invoke(graph, {}) == {"maybe": ["maybe"]}


def test_nodes_of_a_dataclass_state_get_instances(drive) -> None:
    """Defaults of the class apply; a node may return a dict or an instance."""
    graph = chain(
        lambda s: {"joke": f"{s.topic}!", "log": [s.joke]},
        lambda s: Joke("dogs", s.joke, ["two"]),
        schema=Joke,
    )
    result = drive.invoke(graph, Joke("cats"))
    assert result == {"topic": "dogs", "joke": "cats!", "log": ["", "two"]}


def test_nodes_of_a_pydantic_state_get_validated_instances(drive) -> None:
    """Values are coerced as Pydantic does; what it refuses fails the run."""
    graph = chain(lambda s: {"count": s.count + 1}, schema=Order)
    assert drive.invoke(graph, {"item": "tea", "count": "2"}) == {"item": "tea", "count": 3}
    with pytest.raises(ValidationError, match="item"):
        drive.invoke(graph, {"item": None})


def test_a_state_may_be_one_value(drive) -> None:
    """A schema without keys is a state of one value, with or without a reducer."""
    assert drive.invoke(chain(lambda s: s + 1, lambda _: None, schema=int), 1) == 2
    adding = chain(lambda s: [len(s)], schema=Annotated[list, operator.add])
    assert drive.invoke(adding, ["x"]) == ["x", 1]


def test_the_annotation_of_its_parameter_says_what_a_node_sees(drive) -> None:
    """A node may ask for less than the state, or for a private key that others leave to it."""

    def ask(_: Any) -> Any:
        return {"secret": "s", "a": 1}

    def tell(s: Secret) -> Any:
        return {"maybe": [dict(s)]}

    assert drive.invoke(chain(ask, tell, schema=Loose), {})["maybe"] == [{"secret": "s"}]


def test_a_reducer_folds_writes_in_the_order_of_names(drive) -> None:
    """Nodes that run side by side are folded sorted by name, whichever was done first."""
    graph = parallel(b=lambda _: {"log": ["b"]}, c=lambda _: {"log": ["c"]}, a=lambda _: {})
    assert drive.invoke(graph, {"log": ["given"]})["log"] == ["given", "b", "c"]


@pytest.mark.parametrize(
    ("reducer", "typ", "expected"),
    [(max, int, 5), (operator.add, int, 8), (lambda old, new: new - old, int, 2)],
)
def test_any_function_of_two_arguments_is_a_reducer(drive, reducer, typ, expected) -> None:
    """The reducer is called with the value so far and the one written."""
    schema: Any = TypedDict("schema", {"n": Annotated[typ, reducer]})
    graph = chain(lambda _: {"n": 5}, schema=schema)
    first = 3 if reducer is not max else 4
    assert drive.invoke(graph, {"n": first}) == {"n": expected}


def test_overwrite_goes_past_the_reducer(drive) -> None:
    """A node can replace what others have added up."""
    graph = chain(lambda _: {"log": ["x"]}, lambda _: {"log": Overwrite(["y"])})
    assert drive.invoke(graph, {"a": 1})["log"] == ["y"]


def test_messages_are_merged_by_id(drive) -> None:
    """A known id replaces, a removal removes, everything else is appended and gets an id."""
    given = [HumanMessage("one", id="1"), HumanMessage("two", id="2")]
    new = [HumanMessage("TWO", id="2"), RemoveMessage(id="1"), ("ai", "three")]
    graph = chain(lambda _: {"messages": new}, schema=MessagesState)
    messages = drive.invoke(graph, {"messages": given})["messages"]
    assert [m.content for m in messages] == ["TWO", "three"]
    assert messages[1].id


def test_messages_are_converted_from_any_form() -> None:
    """Strings, pairs and dicts become messages of langchain-core."""
    merged: Any = add_messages("hi", {"role": "assistant", "content": "there"})
    assert [type(message) for message in merged] == [HumanMessage, AIMessage]


def test_a_key_has_one_reducer_in_all_schemas() -> None:
    """Two schemas may share a key if at most one of them gives it a reducer."""

    class Other(TypedDict):
        log: Annotated[list, max]

    graph: Any = StateGraph(Joke)
    with pytest.raises(ValueError, match="Channel 'log' already exists with a different type"):
        graph.add_node("x", lambda _: None, input_schema=Other).add_edge(START, "x")
