"""The context of one task never leaks into another: runs, nodes, graphs, threads, consumers."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from typing import Any

import pytest
from langchain_core.runnables.config import var_child_runnable_config
from runtime_graphs import chain, parallel, says

from runtime.config import get_config, get_stream_writer

VARIABLE: ContextVar[str] = ContextVar("VARIABLE", default="unset")
SECONDS = 60


def here() -> str:
    """Return which node is running, and for whom, as code below a node finds it."""
    config = get_config()
    return f"{config['metadata']['langgraph_node']} for {config['configurable']['user']}"


def for_user(user: Any) -> Any:
    """Return the config of a run."""
    return {"configurable": {"user": user}, "metadata": {"user": user}}


async def slow(_: Any) -> Any:
    """Find the same before and after others had their turn, and set what nobody else may see."""
    before, found = here(), VARIABLE.get()
    VARIABLE.set(before)
    await asyncio.sleep(0)
    get_stream_writer()(before)
    await says("one two").ainvoke("q")
    assert (here(), VARIABLE.get()) == (before, before)
    return {"log": [f"{before}, {found}"]}


async def test_runs_at_the_same_time() -> None:
    """Each has its own config and its own stream, also where they take turns in one loop."""
    graph = chain(slow, slow)

    async def run(user: int) -> Any:
        modes = ["custom", "messages"]
        stream = graph.astream({"a": 1}, for_user(user), stream_mode=modes)
        return [payload if m == "custom" else payload[1]["user"] async for m, payload in stream]

    streams = await asyncio.gather(*map(run, range(5)))
    tokens = [3 * [user] for user in range(5)]
    assert streams == [
        [f"n0 for {user}", *said, f"n1 for {user}", *said] for user, said in enumerate(tokens)
    ]


async def test_parallel_nodes() -> None:
    """What one sets is not seen by one that runs beside it, nor by one that comes after."""
    result = await parallel(x=slow, y=slow).ainvoke({"a": 1}, for_user("u"))
    assert result["log"] == ["x for u, unset", "y for u, unset"]
    result = await chain(slow, slow).ainvoke({"a": 1}, for_user("u"))
    assert result["log"] == ["n0 for u, unset", "n1 for u, unset"]


async def test_nested_graphs() -> None:
    """After a graph that it called, also several at once, a node has its own config and context."""
    inner = chain(slow)

    async def outer(_: Any) -> Any:
        VARIABLE.set("outer")
        logs = await asyncio.gather(*(inner.ainvoke({"a": 1}, for_user(n)) for n in range(3)))
        return {"log": [*(line for log in logs for line in log["log"]), here(), VARIABLE.get()]}

    result = await parallel(x=outer, y=outer).ainvoke({"a": 1}, for_user("u"))
    inside = [f"n0 for {n}, outer" for n in range(3)]
    assert result["log"] == [*inside, "x for u", "outer", *inside, "y for u", "outer"]


def test_threads() -> None:
    """Runs in threads, all of them inside their node at once, have each their own config."""
    together = threading.Barrier(4)

    def node(_: Any) -> Any:
        before = here()
        together.wait(SECONDS)
        return {"log": [before, here()]}

    graph = chain(node)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda user: graph.invoke({"a": 1}, for_user(user)), range(4)))
    assert [result["log"] for result in results] == [[f"n0 for {user}"] * 2 for user in range(4)]


@pytest.mark.parametrize("set_config", [{}, for_user("other"), None])
def test_a_consumer_that_changes_context(drive, set_config: Any) -> None:
    """What it makes ambient between two chunks changes no node's config, and stays as it is."""
    seen: list[Any] = []

    def take(chunk: Any) -> None:
        seen.append((*chunk.values(), var_child_runnable_config.get()))
        var_child_runnable_config.set(set_config)

    graph = chain(*[lambda _: {"log": [here()]}] * 3)
    own = copy_context()  # so that what is set here ends with the test
    own.run(drive.each, take, graph, {"a": 1}, for_user("u"), stream_mode="updates")
    assert [(written["log"], ambient) for written, ambient in seen] == [
        (["n0 for u"], None),
        (["n1 for u"], set_config),
        (["n2 for u"], set_config),
    ]


def test_each_chunk_in_another_context() -> None:
    """A sync stream may be read from one context after the other."""
    stream = chain(*[lambda _: {"log": [here()]}] * 3).stream({"a": 1}, for_user("u"))
    read = [copy_context().run(next, stream) for _ in range(3)]
    assert [log for chunk in read for log in chunk.values()] == [
        {"log": [f"n{number} for u"]} for number in range(3)
    ]


async def test_each_chunk_in_another_task() -> None:
    """An async stream may be read from one asyncio task after the other."""
    stream = chain(slow, slow).astream({"a": 1}, for_user("u"), stream_mode="updates")
    read = [await asyncio.create_task(anext(stream)) for _ in range(2)]
    assert read == [{f"n{number}": {"log": [f"n{number} for u, unset"]}} for number in range(2)]
    await stream.aclose()
