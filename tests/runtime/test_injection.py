"""What a node can ask for: config, stream writer, runtime, store."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, Optional

import pytest
from langchain_core.runnables import RunnableConfig, RunnableLambda
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore
from runtime_graphs import State, chain

from runtime.config import get_config, get_store, get_stream_writer
from runtime.graph import START, StateGraph
from runtime.runtime import Runtime, get_runtime
from runtime.types import StreamWriter


@dataclass
class Context:
    user: str


def test_parameters_are_filled_in_by_name(drive) -> None:
    """A node may have any of them, in any order, positional or by keyword."""
    seen: dict[str, Any] = {}

    def node(
        _: Any,
        runtime: Runtime[Context],
        config: RunnableConfig,
        *,
        writer: StreamWriter,
        store: BaseStore,
        previous: Any,
    ) -> None:
        seen.update(locals())

    store = InMemoryStore()
    drive.invoke(chain(node, store=store), {"a": 1}, {"configurable": {"user": "u"}})
    assert seen["config"]["configurable"]["user"] == "u"
    assert seen["store"] is seen["runtime"].store is store
    assert seen["previous"] is None
    assert callable(seen["writer"])


@pytest.mark.parametrize("annotation", [RunnableConfig, Optional[RunnableConfig], "RunnableConfig"])  # noqa: UP045
def test_config_may_be_annotated_in_any_usual_way(drive, annotation) -> None:
    """Under `from __future__ import annotations` it is a string."""

    def node(_: Any, config: Any) -> Any:
        return {"log": [config["metadata"]["langgraph_node"]]}

    node.__annotations__["config"] = annotation
    assert drive.invoke(chain(node), {"a": 1})["log"] == ["n0"]


def test_a_config_annotated_as_something_else_is_the_authors_own() -> None:
    """It is not filled in, and the author is told why."""

    def node(_: Any, config: int = 3) -> None: ...

    graph = StateGraph(State)
    with pytest.warns(UserWarning, match="'config' parameter should be typed as") as heard:
        graph.add_node("n", node)
    assert [warning.filename for warning in heard] == [__file__]
    graph.add_edge(START, "n").compile()


class Counter:
    """Nodes that are methods and instances."""

    def __call__(self, _: Any, config: RunnableConfig) -> Any:
        return {"log": [config["metadata"]["langgraph_node"]]}

    def method(self, _: Any, runtime: Runtime) -> Any:
        return {"log": [runtime.execution_info is not None]}


def test_any_callable_is_a_node(drive) -> None:
    """Instances, methods, partials, lambdas, Runnables and generator functions."""

    def generator(_: Any) -> Any:
        yield {"log": ["not the last"]}
        yield {"log": ["generator"]}

    graph = chain(
        Counter(),
        Counter().method,
        functools.partial(lambda own, _: {"log": [own]}, "partial"),
        lambda _, config: {"log": [len(config) > 0]},
        RunnableLambda(lambda _: {"log": ["runnable"]}),
        generator,
    )
    log = drive.invoke(graph, {"a": 1})["log"]
    assert log == ["n0", True, "partial", True, "runnable", "generator"]


def test_functions_return_what_runs_the_calling_code(drive) -> None:
    """Code below the node, which has no parameters to fill in, asks for them."""

    def below() -> Any:
        get_stream_writer()("item")
        node = get_config()["metadata"]["langgraph_node"]
        return [node, get_runtime(Context).context.user, get_store() is store]

    store = InMemoryStore()
    graph: Any = StateGraph(State, context_schema=Context)
    graph.add_node("x", lambda _: {"log": below()}).add_edge(START, "x")
    result = drive.invoke(graph.compile(store=store), {"a": 1}, context={"user": "u"})
    assert result["log"] == ["x", "u", True]


@pytest.mark.parametrize("ask", [get_config, get_stream_writer, get_runtime, get_store])
def test_functions_outside_of_a_run_say_so(ask) -> None:
    """They raise an error that says where they work."""
    with pytest.raises(RuntimeError, match="it works in code that a graph runs"):
        ask()


def test_inner_graphs_inherit_context_and_store(drive) -> None:
    """A graph that a node calls has them unless it is given its own."""
    inner = chain(lambda _, runtime: {"log": [runtime.context, runtime.store is store]})
    store = InMemoryStore()
    graph = chain(lambda s: {"log": inner.invoke(s)["log"]}, store=store)
    assert drive.invoke(graph, {"a": 1}, context="mine")["log"] == ["mine", True]


def test_runtime_says_where_in_the_run_the_node_is(drive) -> None:
    """`execution_info` has the ids of task, thread and namespace."""

    def node(_: Any, runtime: Runtime) -> Any:
        return {"log": [runtime.execution_info]}

    config = {"configurable": {"thread_id": "t"}}
    [info] = drive.invoke(chain(node), {"a": 1}, config)["log"]
    assert info.checkpoint_ns == f"n0:{info.task_id}"
    assert info.thread_id == "t"
