"""A node of a compiled graph, or a tool node, called without the graph: as LangGraph's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import pytest
from engines import LANGGRAPH, OURS, Engine, plain
from langchain_core.runnables import RunnableConfig, RunnableLambda
from langchain_core.tools import tool
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore
from scenarios import chain
from scripted import call, calls


def plain_node(state: Any) -> Any:
    """Add one."""
    return {"a": state["a"] + 1}


async def async_node(state: Any) -> Any:
    """Add one."""
    return {"a": state["a"] + 1}


def with_config(_: Any, config: RunnableConfig) -> Any:
    """Log a key of the config."""
    return {"log": [config["configurable"]["user"]]}


def with_store(_: Any, store: BaseStore) -> Any:
    """Log what is kept."""
    return {"log": [store.get(("n",), "k").value]}


def with_writer(_: Any, writer: Any) -> Any:
    """Say something."""
    writer("said")
    return {"log": ["said"]}


def with_previous(_: Any, *, previous: Any) -> Any:
    """Log the last result."""
    return {"log": [previous]}


def with_runtime(_: Any, runtime: Any) -> Any:
    """Log the context."""
    return {"log": [runtime.context]}


def unfolding(_: Any) -> Any:
    """Have something else add one."""
    return RunnableLambda(plain_node)


def failing(_: Any) -> Any:
    """Fail."""
    raise LookupError


NODES = [
    plain_node,
    async_node,
    with_config,
    with_store,
    with_writer,
    with_previous,
    with_runtime,
    unfolding,
    failing,
    RunnableLambda(plain_node),
]


def given(engine: Engine, empty: bool) -> RunnableConfig:
    """Return a config as tests of single nodes make it."""
    if empty:
        return {"configurable": {"user": "me"}}
    store = InMemoryStore()
    store.put(("n",), "k", {"kept": 1})
    runtime = engine.runtime.Runtime(store=store, context="context", previous=3)
    return {"configurable": {"user": "me", "__pregel_runtime": runtime}}


async def called(node: Any, value: Any, config: RunnableConfig, method: str) -> Any:
    """Return what came of a call, or the class of the exception."""
    try:
        if method == "invoke":
            return plain(node.invoke(value, config))
        if method == "stream":
            return plain([*node.stream(value, config)])
        if method == "ainvoke":
            return plain(await node.ainvoke(value, config))
        return plain([chunk async for chunk in node.astream(value, config)])
    except Exception as error:  # noqa: BLE001 - which one it is, is the point
        return type(error).__name__


METHODS = ["invoke", "ainvoke", "stream", "astream"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("empty", [True, False], ids=["without_runtime", "with_runtime"])
@pytest.mark.parametrize("action", NODES, ids=lambda action: getattr(action, "__name__", "lambda_"))
async def test_a_node(action: Callable[..., Any], empty: bool, method: str) -> None:
    """It returns what its function returns; what that asks for stands in the config."""

    async def seen(engine: Engine) -> Any:
        node = chain(engine, action).nodes["n0"]
        return await called(node, {"a": 1, "log": []}, given(engine, empty), method)

    assert await seen(OURS) == await seen(LANGGRAPH)


@pytest.mark.parametrize("method", METHODS)
async def test_the_node_that_takes_the_input(method: str) -> None:
    """It hands it on."""

    async def seen(engine: Engine) -> Any:
        return await called(chain(engine, plain_node).nodes["__start__"], {"a": 1}, {}, method)

    assert await seen(OURS) == await seen(LANGGRAPH)


@pytest.mark.parametrize("method", ["invoke", "ainvoke"])
async def test_a_tool_node(method: str) -> None:
    """Its tools get what stands in the config."""

    async def seen(engine: Engine) -> Any:
        prebuilt = engine.prebuilt

        def recall(a: int, store: Any) -> str:
            """Return what the store has."""
            return f"{a} {store.get(('n',), 'k').value}"

        recall.__annotations__["store"] = Annotated[Any, prebuilt.InjectedStore()]
        node = prebuilt.ToolNode([tool(recall)])
        state = {"messages": [calls(call("recall", a=1))]}
        return await called(node, state, given(engine, empty=False), method)

    ours = await seen(OURS)
    assert ours == await seen(LANGGRAPH)
    assert "1 {'kept': 1}" in str(ours)


def test_what_a_node_consists_of() -> None:
    """The function, the graphs in it, and copies of it are where LangGraph has them."""

    def seen(engine: Engine) -> Any:
        inner = chain(engine, plain_node)

        def calls_a_graph(_: Any) -> Any:
            return inner.invoke({"a": 1, "log": []})

        graph = chain(engine, calls_a_graph, inner, plain_node)
        first, second, third = (graph.nodes[f"n{number}"] for number in range(3))
        assert first.bound.func is calls_a_graph
        assert first.subgraphs == second.subgraphs == [inner]
        assert graph.builder.nodes["n2"].runnable.func is plain_node
        return third.subgraphs, second.bound is inner, third.copy({"tags": ["t"]}).tags, third.tags

    ours, theirs = seen(OURS), seen(LANGGRAPH)
    assert ours[:3] == theirs[:3]
    assert not ours[3]
