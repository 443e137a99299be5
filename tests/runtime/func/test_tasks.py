"""Calls of `@task`: promises, waiting, threads, and what is not done twice."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import CancelledError, as_completed
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langgraph.checkpoint.memory import InMemorySaver
from runtime_graphs import State

from runtime.func import entrypoint, task
from runtime.graph import START, StateGraph
from runtime.types import Command, RetryPolicy, interrupt

CONFIG: Any = {"configurable": {"thread_id": "1"}}


@task
def double(x: int) -> int:
    """Double."""
    return x * 2


@task
async def adouble(x: int) -> int:
    """Double, later."""
    await asyncio.sleep(0)
    return x * 2


def test_a_call_returns_at_once(drive) -> None:
    """Two tasks that wait for each other are both running."""
    both = threading.Barrier(2, timeout=5)

    @task
    def meet() -> int:
        return both.wait()

    @entrypoint()
    def flow(_: Any) -> list[int]:
        return sorted(promise.result() for promise in [meet(), meet()])

    assert drive.invoke(flow, 0) == [0, 1]


async def test_promises_are_awaited_and_gathered() -> None:
    """A promise is awaitable, whether its function is sync or async."""

    @entrypoint()
    async def flow(x: int) -> list[int]:
        return [await double(x), await adouble(x), *await asyncio.gather(double(5), adouble(6))]

    assert await flow.ainvoke(1) == [2, 2, 10, 12]


def test_promises_work_with_as_completed(drive) -> None:
    """They are futures of the standard library."""

    @entrypoint()
    def flow(_: Any) -> list[int]:
        return sorted(p.result() for p in as_completed([double(1), double(2)], timeout=5))

    assert drive.invoke(flow, 0) == [2, 4]


def test_tasks_that_wait_for_tasks_do_not_use_up_the_threads(drive) -> None:
    """Even with one thread, five levels of tasks that wait for each other come to their end."""

    @task
    def down(level: int) -> int:
        return 0 if level == 0 else down(level - 1).result() + 1

    @entrypoint()
    def flow(level: int) -> int:
        return down(level).result()

    assert drive.invoke(flow, 5, {"max_concurrency": 1}) == 5


async def test_async_tasks_that_wait_for_tasks_respect_the_limit() -> None:
    """The limit holds among tasks of one depth, and nobody waits for his own place."""
    now, most = 0, 0

    @task
    async def leaf() -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.005)
        now -= 1

    @task
    async def branch() -> None:
        await asyncio.gather(leaf(), leaf())

    @entrypoint()
    async def flow(_: Any) -> None:
        await asyncio.gather(branch(), branch())

    await asyncio.wait_for(flow.ainvoke(0, {"max_concurrency": 1}), 5)
    assert most == 1


def test_results_come_while_the_entrypoint_runs(drive) -> None:
    """The update of a task reaches the consumer before the entrypoint is done."""
    seen = threading.Event()

    @entrypoint()
    def flow(x: int) -> bool:
        double(x).result()
        return seen.wait(5)

    chunks = []

    def take(chunk: Any) -> None:
        chunks.append(chunk)
        seen.set()

    drive.each(take, flow, 1)
    assert chunks == [{"double": 2}, {"flow": True}]


def test_a_task_that_nobody_waits_for_is_done(drive) -> None:
    """The run ends when all its tasks have."""
    done = []

    @task
    def slow() -> None:
        time.sleep(0.02)
        done.append(1)

    @entrypoint()
    def flow(_: Any) -> int:
        slow()
        return 1

    assert (drive.invoke(flow, 0), done) == (1, [1])


def test_finished_tasks_are_not_run_again_after_an_interrupt(drive) -> None:
    """Their results are kept, and calls are matched to them by their order."""
    runs = []

    @task
    def step(x: int) -> int:
        runs.append(x)
        return x + 1

    @entrypoint(checkpointer=InMemorySaver())
    def flow(x: int) -> list[Any]:
        first = step(x).result()
        answer = interrupt("go on?")
        return [first, answer, step(first).result()]

    assert drive.invoke(flow, 1, CONFIG)["__interrupt__"][0].value == "go on?"
    assert drive.invoke(flow, Command(resume="yes"), CONFIG) == [2, "yes", 3]
    assert runs == [1, 2]


def test_finished_tasks_are_not_run_again_after_a_failure(drive) -> None:
    """A run that failed goes on with `None` on the same thread."""
    runs = []

    @task
    def step(x: int) -> int:
        runs.append(x)
        if len(runs) == 2:
            raise OSError("lost")
        return x

    @entrypoint(checkpointer=InMemorySaver())
    def flow(_: Any) -> list[int]:
        return [step(1).result(), step(2).result()]

    with pytest.raises(OSError, match="lost"):
        drive.invoke(flow, 0, CONFIG)
    assert drive.invoke(flow, None, CONFIG) == [1, 2]
    assert runs == [1, 2, 2]


def test_finished_tasks_are_not_run_again_by_a_retry(drive) -> None:
    """A caller that is retried finds the results of the calls that it made before."""
    runs = []

    @task
    def step(x: int) -> int:
        runs.append(x)
        return x

    attempts = []

    @entrypoint(retry_policy=RetryPolicy(initial_interval=0.001, jitter=False))
    def flow(x: int) -> int:
        result = step(x).result()
        attempts.append(1)
        if len(attempts) < 3:
            raise ConnectionError
        return result

    assert drive.invoke(flow, 7) == 7
    assert runs == [7]


def test_previous_is_what_was_saved_last_time(drive) -> None:
    """`entrypoint.final` tells the output from what is saved."""

    @entrypoint(checkpointer=InMemorySaver())
    def flow(x: int, *, previous: int | None = None) -> Any:
        return entrypoint.final(value=previous, save=x)

    assert [drive.invoke(flow, x, CONFIG) for x in (1, 2, 3)] == [None, 1, 2]


MANY = 1000  # one after the other they take ten seconds


def test_leaving_early_starts_no_more_tasks(drive) -> None:
    """What has not begun when the consumer leaves never does, and no thread is left."""
    started = []
    before = set(threading.enumerate())

    @task
    def slow(x: int) -> int:
        started.append(x)
        time.sleep(0.01)
        return x

    @entrypoint()
    def flow(_: Any) -> int:
        promises = [slow(x) for x in range(MANY)]
        return len(list(as_completed(promises)))

    drive.each(lambda _: True, flow, 0, {"max_concurrency": 1})
    assert len(started) < MANY
    assert drive.name == "async" or set(threading.enumerate()) <= before


def test_a_task_outside_of_a_graph_is_refused() -> None:
    """Calling the function needs a graph that runs."""
    with pytest.raises(RuntimeError, match="outside of a runnable context"):
        double(1)


def test_a_method_is_a_task(drive) -> None:
    """A bound method can be made a task, with a name of its own."""

    class Counter:
        def __init__(self) -> None:
            self.count = 0

        def add(self, x: int) -> int:
            self.count += x
            return self.count

    add = task(Counter().add, name="sum")

    @entrypoint()
    def flow(x: int) -> int:
        return add(x).result() + add(x).result()

    assert drive.stream(flow, 2) == [{"sum": 2}, {"sum": 4}, {"flow": 6}]


def test_nodes_call_tasks(drive) -> None:
    """A node of a graph may call them, too; what they return is kept like that of an entrypoint."""
    runs = []

    @task
    def step(x: int) -> int:
        runs.append(x)
        return x

    def node(state: State) -> Any:
        return {"log": [step(state["a"]).result(), interrupt("?")]}

    graph: Any = StateGraph(State).add_node(node).add_edge(START, "node")
    graph = graph.compile(checkpointer=InMemorySaver())
    drive.invoke(graph, {"a": 1}, CONFIG)
    assert drive.invoke(graph, Command(resume="!"), CONFIG)["log"] == [1, "!"]
    assert runs == [1]


def test_listeners_hear_of_tasks(drive) -> None:
    """Of sync tasks that a sync entrypoint calls, in an async run, too."""
    heard = []

    class Listener(BaseCallbackHandler):
        def on_chain_start(self, *_: Any, **kwargs: Any) -> None:
            heard.append(kwargs["name"])

    @entrypoint()
    def flow(x: int) -> int:
        return double(x).result()

    assert drive.invoke(flow, 2, {"callbacks": [Listener()]}) == 4
    assert heard == ["LangGraph", "flow", "double"]


async def test_cancelling_a_promise_stops_the_task() -> None:
    """In an event loop: it hears of it, the others go on, and nothing is shown of it."""
    stopped = []

    @task
    async def work(number: int) -> int:
        try:
            await asyncio.sleep(0 if number == 0 else 60)
        except asyncio.CancelledError:
            stopped.append(number)
            raise
        return number

    @entrypoint()
    async def flow(_: Any) -> Any:
        promises = [work(number) for number in range(3)]
        await promises[0]
        promises[1].cancel()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(promises[2], 0.01)
        with pytest.raises(CancelledError):
            await promises[1]
        return "done"

    chunks = [chunk async for chunk in flow.astream(1)]
    assert chunks == [{"work": 0}, {"flow": "done"}]
    assert stopped == [1, 2]


async def test_a_task_that_is_cancelled_before_it_begins_never_does() -> None:
    """And the run does not wait for it."""

    @task
    async def work() -> None:
        raise AssertionError

    @entrypoint()
    async def flow(_: Any) -> Any:
        return work().cancel()

    assert await flow.ainvoke(1) is True


def test_a_builtin_as_a_task_is_traced() -> None:
    """Though it does not say what it takes."""
    heard = []

    class Listener(BaseCallbackHandler):
        def on_chain_start(self, serialized: Any, inputs: Any, **kwargs: Any) -> None:
            heard.append(kwargs["name"])

    longest = task(max)
    flow = entrypoint()(lambda given: longest(given).result())
    assert flow.invoke([1, 3, 2], {"callbacks": [Listener()]}) == 3
    assert "max" in heard
