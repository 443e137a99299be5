"""Savers and serializers that somebody wrote are used the way they were written."""

from __future__ import annotations

import threading
from typing import Annotated, Any

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from runtime_graphs import State, chain
from typing_extensions import TypedDict

from runtime.channels import UntrackedValue
from runtime.graph import START, StateGraph
from runtime.types import Command, Send, interrupt

THREAD: Any = {"configurable": {"thread_id": "1"}}


def asking() -> StateGraph[Any]:
    """Return a graph with a question in it."""
    return StateGraph(State).add_node("x", lambda _: {"log": [interrupt("?")]}).add_edge(START, "x")


def test_a_saver_that_is_not_told_the_paths_of_tasks(drive) -> None:
    """As LangGraph's were once."""

    class Old(InMemorySaver):
        def put_writes(self, config: Any, writes: Any, task_id: str) -> None:  # type: ignore[override]
            super().put_writes(config, writes, task_id)

        async def aput_writes(self, config: Any, writes: Any, task_id: str) -> None:  # type: ignore[override]
            super().put_writes(config, writes, task_id)

    graph = asking().compile(Old())
    drive.invoke(graph, {"log": []}, THREAD)
    assert drive.invoke(graph, Command(resume="!"), THREAD)["log"] == ["!"]
    graph.update_state(THREAD, {"log": ["more"]}, "x")
    assert graph.get_state(THREAD).values["log"] == ["!", "more"]


async def test_a_memory_saver_with_async_methods_of_its_own() -> None:
    """They are what an async run calls."""
    called = []

    class Own(InMemorySaver):
        async def aput(self, *arguments: Any) -> Any:
            called.append("aput")
            return super().put(*arguments)

    await chain(lambda _: {"a": 1}).copy({"checkpointer": Own()}).ainvoke({"a": 0}, THREAD)
    assert called == ["aput"] * 3


def test_a_serializer_with_a_method_of_its_own(drive) -> None:
    """Hears of every value, a `Send` too, and may leave the rest to its base."""
    dumped: list[type] = []

    class Own(JsonPlusSerializer):
        def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
            dumped.append(type(obj))
            return super().dumps_typed(obj)

    graph = StateGraph(State).add_node("x", lambda _: {"log": ["x"]})
    graph.add_conditional_edges(START, lambda _: [Send("x", {})])
    compiled = graph.compile(InMemorySaver(serde=Own()))
    assert drive.invoke(compiled, {"log": []}, THREAD)["log"] == ["x"]
    assert Send in dumped


def test_what_is_not_tracked_is_not_saved_in_a_send(drive) -> None:
    """The node gets it all the same."""

    class Resourceful(TypedDict, total=False):
        a: int
        lock: Annotated[Any, UntrackedValue]

    seen = []

    def node(state: Resourceful) -> None:
        seen.append(state["lock"])

    lock = threading.Lock()
    graph = StateGraph(Resourceful).add_node("make", lambda _: {"lock": lock, "a": 1})
    graph.add_node("use", node).add_edge(START, "make")
    graph.add_conditional_edges("make", lambda state: [Send("use", state)])
    drive.invoke(graph.compile(InMemorySaver()), {"a": 0}, THREAD)
    assert seen == [lock]
