"""Arguments under the names that LangGraph once had for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from runtime_graphs import State, chain

from runtime.func import entrypoint, task
from runtime.graph import START, MessageGraph, StateGraph
from runtime.types import Interrupt, RetryPolicy
from runtime.warnings import LangGraphDeprecatedSinceV05, LangGraphDeprecatedSinceV10

RETRY = RetryPolicy(max_attempts=2, initial_interval=0, jitter=False, retry_on=LookupError)


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


def stored(drive: Any, **kwargs: Any) -> int:
    """Return how many checkpoints a run leaves."""
    graph = chain(lambda _: {"a": 1}, checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "1"}}
    drive.invoke(graph, {"log": []}, config, **kwargs)
    return len(list(graph.get_state_history(config)))


@pytest.mark.parametrize(("old", "new"), [(True, "async"), (False, "exit")])
def test_checkpoint_during(drive, old: bool, new: str) -> None:
    """Is durability `"async"`, or, if it is false, `"exit"`."""
    with pytest.warns(LangGraphDeprecatedSinceV10, match="use `durability`") as heard:
        assert stored(drive, checkpoint_during=old) == stored(drive, durability=new)
    assert len(heard) == 1


def test_checkpoint_during_and_durability(drive) -> None:
    """Are one too many."""
    with (
        pytest.warns(LangGraphDeprecatedSinceV10),
        pytest.raises(ValueError, match="Cannot use both `checkpoint_during` and `durability`"),
    ):
        stored(drive, checkpoint_during=True, durability="async")


def test_which_warning_it_is() -> None:
    """The class says since when a name is old, as in LangGraph."""
    with pytest.warns(LangGraphDeprecatedSinceV05):
        StateGraph(State, input=State)
    with pytest.warns(LangGraphDeprecatedSinceV10):
        StateGraph(State, config_schema=dict)


def test_a_graph_of_messages_alone(drive) -> None:
    """Is deprecated, and runs."""
    with pytest.warns(LangGraphDeprecatedSinceV10, match="MessageGraph is deprecated"):
        graph = MessageGraph()
    graph.add_node("answer", lambda messages: ("ai", f"You said {messages[-1].text}."))
    compiled = graph.add_edge(START, "answer").compile()
    assert [message.text for message in drive.invoke(compiled, "hi")] == ["hi", "You said hi."]


def test_a_question_in_its_old_form() -> None:
    """Has the id that it has today."""
    old = Interrupt("?", ns=["a:1", "b:2"], resumable=True, when="during")
    assert old == Interrupt.from_ns("?", "a:1|b:2")
    with pytest.warns(LangGraphDeprecatedSinceV10, match="`interrupt_id` is deprecated"):
        assert old.interrupt_id == old.id


def test_the_schema_of_the_config() -> None:
    """Is that of the context under its old name, and deprecated."""
    built = StateGraph(State, context_schema=State).add_node("x", fails_once())
    graph = built.add_edge(START, "x").compile()
    with pytest.warns(LangGraphDeprecatedSinceV10, match="`config_schema` is deprecated"):
        schema = graph.config_schema(include=["tags"])
    with pytest.warns(LangGraphDeprecatedSinceV10, match="`get_config_jsonschema` is deprecated"):
        as_json = graph.get_config_jsonschema(include=["tags"])
    assert as_json == schema.model_json_schema()
    assert list(schema.model_fields) == ["configurable", "tags"]
