"""Config reaches whatever a node calls, with none passed by hand, on every Python."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import var_child_runnable_config
from runtime_graphs import chain, parallel, says

from runtime.config import get_config, get_stream_writer
from runtime.errors import GraphRecursionError
from runtime.utils.config import ensure_config, merge_configs
from runtime.utils.runnable import RunnableCallable

CONFIG: Any = {"configurable": {"user": "u"}}
VARIABLE: ContextVar[str] = ContextVar("VARIABLE", default="unset")


def here() -> str:
    """Return which node is running, and for whom, as code below a node finds it."""
    config = get_config()
    return f"{config['metadata']['langgraph_node']} for {config['configurable']['user']}"


async def test_in_async_nodes() -> None:
    """Also in coroutines, tasks and groups of tasks that the node makes."""

    async def below() -> str:
        await asyncio.sleep(0)
        return here()

    async def node(_: Any) -> Any:
        gathered = await asyncio.gather(below(), below())
        task = await asyncio.create_task(below())
        thread = await asyncio.to_thread(here)
        return {"log": [here(), await below(), *gathered, task, thread]}

    result = await chain(node).ainvoke({"a": 1}, CONFIG)
    assert result["log"] == ["n0 for u"] * 6


def test_in_sync_nodes(drive) -> None:
    """In the caller's thread, in threads of a sync run and in those of an async one."""
    assert drive.invoke(chain(lambda _: {"log": [here()]}), {"a": 1}, CONFIG)["log"] == ["n0 for u"]
    graph = parallel(x=lambda _: {"log": [here()]}, y=lambda _: {"log": [here()]})
    assert drive.invoke(graph, {"a": 1}, CONFIG)["log"] == ["x for u", "y for u"]


async def test_in_conditional_edges() -> None:
    """Sync and async paths run as part of their node."""
    seen = []

    async def async_path(_: Any) -> Any:
        seen.append(here())
        return "__end__"

    def path(_: Any) -> Any:
        seen.append(here())
        return "__end__"

    builder = chain(lambda _: None).builder
    builder.add_conditional_edges("n0", path).add_conditional_edges("n0", async_path)
    await builder.compile().ainvoke({"a": 1}, CONFIG)
    assert seen == ["n0 for u", "n0 for u"]


@pytest.mark.parametrize("method", ["ainvoke", "astream", "gather", "task"])
async def test_tokens_of_models_in_async_nodes(method) -> None:
    """However an async node calls its model, its tokens come."""
    model = says("hello there")

    async def node(_: Any) -> None:
        if method == "ainvoke":
            await model.ainvoke("q")
        elif method == "astream":
            assert [chunk async for chunk in model.astream("q")]
        elif method == "gather":
            await asyncio.gather(model.ainvoke("q"))
        else:
            await asyncio.create_task(model.ainvoke("q"))

    chunks = [c async for c in chain(node).astream({"a": 1}, stream_mode="messages")]
    assert [message.content for message, _ in chunks if message.content] == ["hello", " ", "there"]


async def test_the_writer_in_async_nodes() -> None:
    """As a parameter and as a function, in the node and below it."""

    async def below() -> None:
        get_stream_writer()("function")

    async def node(_: Any, writer) -> None:
        writer("parameter")
        await asyncio.gather(below())

    chunks = [c async for c in chain(node).astream({"a": 1}, stream_mode="custom")]
    assert chunks == ["parameter", "function"]


async def test_an_inner_graph_belongs_to_the_run_around_it() -> None:
    """Called with no config from an async node, it has the caller's and its namespace."""

    async def outer(s: Any) -> None:
        await inner.ainvoke(s)

    inner = chain(lambda _, writer: writer(here()))
    stream = chain(outer).astream({"a": 1}, CONFIG, stream_mode="custom", subgraphs=True)
    [(ns, item)] = [chunk async for chunk in stream]
    assert (len(ns), item) == (1, "n0 for u")


def test_an_inner_graph_with_a_thread_of_its_own_stands_alone(drive) -> None:
    """A config that names a thread takes nothing configurable from the run around it."""

    def show(_: Any) -> Any:
        return {"log": [get_config()["configurable"].get("user")]}

    def node(s: Any) -> Any:
        return chain(show).invoke(s, {"configurable": {"thread_id": "own"}})

    assert drive.invoke(chain(node), {"a": 1}, CONFIG)["log"] == [None]


@pytest.mark.parametrize("outer_is", ["sync", "async"])
def test_sync_and_async_graphs_inside_each_other(outer_is) -> None:
    """A sync node may run a loop of its own, an async node may call a sync graph."""

    async def inner_node(_: Any) -> Any:
        return {"log": [here()]}

    async def async_node(s: Any) -> Any:
        return chain(lambda _: {"log": [here()]}).invoke(s)

    if outer_is == "sync":
        result = chain(lambda s: asyncio.run(chain(inner_node).ainvoke(s))).invoke({"a": 1}, CONFIG)
    else:
        result = asyncio.run(chain(async_node).ainvoke({"a": 1}, CONFIG))
    assert result["log"] == ["n0 for u"]


def test_nothing_leaks_into_the_consumer(drive) -> None:
    """Between two chunks and after the run the consumer's context is its own."""
    seen: list[Any] = []

    def node(_: Any) -> Any:
        VARIABLE.set("node")
        return {"log": [VARIABLE.get()]}

    def take(_: Any) -> None:
        seen.append((var_child_runnable_config.get(), VARIABLE.get()))

    drive.each(take, chain(node, node), {"a": 1})
    take(None)
    assert seen == [(None, "unset")] * 3


def test_nothing_leaks_from_one_node_into_another(drive) -> None:
    """What a node sets is seen neither beside nor after it; what the caller sets is seen by all."""

    def node(_: Any) -> Any:
        before = VARIABLE.get()
        VARIABLE.set("node")
        return {"log": [before]}

    token = VARIABLE.set("caller")
    try:
        assert drive.invoke(parallel(x=node, y=node), {"a": 1})["log"] == ["caller"] * 2
        assert drive.invoke(chain(node, node), {"a": 1})["log"] == ["caller"] * 2
        assert VARIABLE.get() == "caller"
    finally:
        VARIABLE.reset(token)


def test_the_limit_of_a_graph_inside(drive: Any) -> None:
    """The config of a node takes its place only if the caller asked for a limit, too."""
    inner = chain(*[lambda _: {}] * 4).with_config(recursion_limit=2)

    def node(_: Any, config: RunnableConfig) -> Any:
        inner.invoke({"a": 1}, config)
        return {}

    with pytest.raises(GraphRecursionError):
        drive.invoke(chain(node), {"a": 1})
    assert drive.invoke(chain(node), {"a": 1}, {"recursion_limit": 10007})["a"] == 1


def test_merged_configs() -> None:
    """Tags are appended, and versions of packages are kept of all configs."""
    first: Any = {"tags": ["a"], "metadata": {"lc_versions": {"x": "1", "y": "1"}, "m": {"a": 1}}}
    second: Any = {"tags": ["a", "b"], "metadata": {"lc_versions": {"y": "2"}, "m": {"b": 1}}}
    for merge in (ensure_config, merge_configs):
        merged = merge(first, second)
        assert merged["tags"] == ["a", "a", "b"]
        assert merged["metadata"] == {"lc_versions": {"x": "1", "y": "2"}, "m": {"b": 1}}
    assert first["metadata"]["lc_versions"] == {"x": "1", "y": "1"}


def test_an_async_function_alone_is_a_runnable() -> None:
    """`RunnableCallable` takes it as the async form, whichever argument it is."""

    async def twice(value: int) -> int:
        return 2 * value

    assert asyncio.run(RunnableCallable(twice).ainvoke(2)) == 4
    with pytest.raises(TypeError, match="No synchronous function provided"):
        RunnableCallable(twice).invoke(2)
