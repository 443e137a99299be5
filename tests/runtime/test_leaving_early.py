"""A consumer that breaks off, closes or is cancelled leaves nothing behind."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.runnables.config import var_child_runnable_config
from runtime_graphs import chain, parallel


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """Fail a test that leaves a thread of a graph or an ambient config behind."""
    yield
    assert not [t for t in threading.enumerate() if t.name.startswith("graph") and t.is_alive()]
    assert var_child_runnable_config.get() is None


def test_sync_nodes_are_finished_before_the_stream_is_closed() -> None:
    """`close` waits for the nodes that run; later supersteps do not start."""
    leave, done = threading.Event(), []

    def node(_: Any, writer) -> None:
        writer("item")
        leave.wait(10)
        done.append("first")

    stream = chain(node, lambda _: done.append("second")).stream({"a": 1}, stream_mode="custom")
    assert next(stream) == "item"
    leave.set()
    stream.close()
    assert done == ["first"]


def test_nodes_that_have_not_started_never_do() -> None:
    """With one worker only the first of two nodes has begun when the consumer leaves."""
    leave, begun = threading.Event(), []

    def node(_: Any, writer) -> None:
        begun.append(threading.current_thread().name)
        writer("item")
        leave.wait(10)

    config: Any = {"max_concurrency": 1}
    stream = parallel(x=node, y=node).stream({"a": 1}, config, stream_mode="custom")
    next(stream)
    threading.Timer(0.05, leave.set).start()
    stream.close()
    assert len(begun) == 1


async def test_aclose_cancels_async_nodes() -> None:
    """When `aclose` returns, the node has been cancelled and has cleaned up."""
    happened = []

    async def node(_: Any, writer) -> None:
        writer("item")
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            happened.append("cleaned up")

    before = asyncio.all_tasks()
    stream = chain(node).astream({"a": 1}, stream_mode="custom")
    assert await stream.__anext__() == "item"
    await stream.aclose()
    assert happened == ["cleaned up"]
    assert asyncio.all_tasks() == before


async def test_cancelling_the_consumer_cancels_async_nodes() -> None:
    """So does a timeout around `ainvoke`, at any depth of graphs."""
    happened = []

    async def node(_: Any) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            happened.append("cancelled")
            raise

    before = asyncio.all_tasks()
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(chain(chain(node)).ainvoke({"a": 1}), 0.05)
    assert happened == ["cancelled"]
    assert asyncio.all_tasks() == before


async def test_a_failing_node_cancels_its_siblings() -> None:
    """When the exception reaches the caller, no other node of the superstep runs any more."""
    happened = []

    async def waits(_: Any) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            happened.append("ended")

    async def fails(_: Any) -> None:
        await asyncio.sleep(0)
        raise LookupError

    before = asyncio.all_tasks()
    with pytest.raises(LookupError):
        await parallel(x=waits, y=fails).ainvoke({"a": 1})
    assert happened == ["ended"]
    assert asyncio.all_tasks() == before


def test_an_abandoned_run_does_not_disturb_the_next(drive) -> None:
    """A graph can be left in the middle as often as one likes."""
    graph = parallel(x=lambda _, writer: writer("x"), y=lambda _, writer: writer("y"))
    for _ in range(5):
        drive.each(lambda _: True, graph, {"a": 1}, stream_mode=["custom", "values"])
    assert sorted(drive.stream(graph, {"a": 1}, stream_mode="custom")) == ["x", "y"]


def test_keyboard_interrupt_goes_through(drive) -> None:
    """What is no ordinary exception reaches the caller too."""

    def node(_: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        drive.invoke(chain(node), {"a": 1})
