"""A consumer that breaks off, closes or is cancelled leaves nothing behind."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from typing import Any

import pytest
from langchain_core.runnables.config import var_child_runnable_config
from runtime_graphs import chain, parallel

from runtime.func import entrypoint, task
from runtime.types import StreamWriter


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """Fail a test that leaves a thread of a graph or an ambient config behind."""
    yield
    assert not [
        t for t in threading.enumerate() if t.name.startswith(("graph", "task")) and t.is_alive()
    ]
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


def flow_of_threads(begun: threading.Event, go: threading.Event, calls: Any) -> Any:
    """Return a workflow of a sync task that, once it may go on, calls something in its thread."""

    @task
    def in_a_thread() -> Any:
        begun.set()
        go.wait(10)
        return calls()

    @entrypoint()
    def flow(_: Any, writer: StreamWriter) -> Any:
        called = in_a_thread()
        writer("item")
        return called.result()

    return flow


@pytest.mark.parametrize("announced", [False, True], ids=["not announced", "announced"])
async def test_a_task_that_a_thread_calls_too_late_is_given_up(announced: bool) -> None:
    """The thread that waits for it is not left waiting, nor does the task begin."""
    begun, go, ran = threading.Event(), threading.Event(), []

    @task
    async def late() -> None:
        ran.append("late")

    ended: Future[Any] = Future()

    def calls() -> None:
        try:
            late().result()
        except BaseException as error:  # noqa: BLE001 - whatever it is
            ended.set_result(error)

    stream = flow_of_threads(begun, go, calls).astream(1, stream_mode="custom")
    assert await anext(stream) == "item"
    assert begun.wait(10)
    go.set()
    time.sleep(0.1)  # noqa: ASYNC251 - so that the loop has not begun what the thread calls
    if announced:
        await asyncio.sleep(0)  # the loop has a task for it, which has not had its first step
    end = asyncio.get_running_loop().call_later(10, asyncio.current_task().cancel)
    await stream.aclose()
    end.cancel()
    assert isinstance(ended.result(10), CancelledError)
    assert ran == []


async def test_the_loop_goes_on_while_threads_are_waited_for() -> None:
    """What a sync task does takes its time; other coroutines have theirs meanwhile."""
    begun, go = threading.Event(), threading.Event()
    stream = flow_of_threads(begun, go, lambda: None).astream(1, stream_mode="custom")
    assert await anext(stream) == "item"
    assert begun.wait(10)
    closing = asyncio.ensure_future(stream.aclose())
    await asyncio.sleep(0.05)
    assert not closing.done()  # it waits, and we are here
    go.set()
    await asyncio.wait_for(closing, 10)
