"""With durability "sync", a graph inside stores nothing that is past what its consumer has read.

It runs beside that consumer, so it waits for it; and never for one that does not come.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from runtime_graphs import State, chain, parallel

from runtime.graph import START, StateGraph
from runtime.pregel._reader import PATIENCE
from runtime.types import Command

THREAD: Any = {"configurable": {"thread_id": "1"}}
STREAM: Any = {"subgraphs": True, "durability": "sync", "stream_mode": "values"}


@pytest.fixture
def bounded() -> Callable[[Callable[[], Any]], Any]:
    """Return what calls a function and fails if it has not returned after a while."""

    def call(function: Callable[[], Any]) -> Any:
        done: list[Any] = []
        thread = threading.Thread(target=lambda: done.append(function()), daemon=True)
        thread.start()
        thread.join(20)
        assert not thread.is_alive(), "it waits for ever"
        return done[0]

    return call


def adds(name: str) -> Any:
    """Return a node that writes its name."""
    return lambda _: {"log": [name]}


def inner(*names: str, **compiled: Any) -> Any:
    """Return a graph of nodes that write their names one after the other."""
    return chain(*map(adds, names or "xyz"), **compiled)


class NotingSaver(InMemorySaver):
    """Notes which states of graphs inside are stored, and that the one around is past its node."""

    def __init__(self, notes: list[Any]) -> None:
        super().__init__()
        self.notes = notes

    def put(self, config: Any, checkpoint: Any, metadata: Any, new_versions: Any) -> Any:
        if config["configurable"]["checkpoint_ns"]:
            self.notes.append(("stored", checkpoint["channel_values"].get("log")))
        return super().put(config, checkpoint, metadata, new_versions)

    def put_writes(self, config: Any, writes: Any, *args: Any, **kwargs: Any) -> None:
        if not config["configurable"]["checkpoint_ns"] and dict(writes).get("log"):
            self.notes.append("over")
        super().put_writes(config, writes, *args, **kwargs)


@pytest.mark.parametrize("depth", [1, 2])
def test_what_it_showed_was_read_before_more_is_stored(drive, bounded, depth: int) -> None:
    """However deep it is."""
    notes: list[Any] = []
    graph = inner()
    for _ in range(depth):
        graph = chain(graph, checkpointer=NotingSaver(notes))

    def read(chunk: Any) -> None:
        ns, state = chunk
        time.sleep(0.01)  # so that what does not wait overtakes it
        if len(ns) == depth:
            notes.append(("read", state.get("log")))

    bounded(lambda: drive.each(read, graph, {"log": []}, THREAD, **STREAM))
    for log, before in ((["x", "y"], ["x"]), (["x", "y", "z"], ["x", "y"])):
        assert notes.index(("read", before)) < notes.index(("stored", log))


def leaves(_: Any) -> Any:
    """Go on in the graph around."""
    return Command(graph=Command.PARENT, update={"log": ["left"]})


@pytest.mark.parametrize("last", [adds("z"), leaves], ids=["an end", "a command"])
def test_what_it_showed_was_read_before_its_task_is_stored(drive, bounded, last: Any) -> None:
    """Whether it came to its end or left for the graph around."""
    notes: list[Any] = []
    graph = chain(chain(adds("x"), last), checkpointer=NotingSaver(notes))

    def read(chunk: Any) -> None:
        time.sleep(0.01)
        if chunk[0]:
            notes.append("read")

    bounded(lambda: drive.each(read, graph, {"log": []}, THREAD, **STREAM))
    assert notes.index("over") > max(n for n, note in enumerate(notes) if note == "read")


def test_a_consumer_that_leaves_is_not_waited_for(drive, bounded) -> None:
    """Whenever it does, and nothing that runs is left behind."""
    for number in range(1, 8):
        graph = chain(parallel(p=inner(), q=chain(inner())), checkpointer=InMemorySaver())
        seen: list[Any] = []

        def leave(chunk: Any, seen: list[Any] = seen, number: int = number) -> bool:
            seen.append(chunk)
            return len(seen) == number

        bounded(lambda g=graph, f=leave: drive.each(f, g, {"log": []}, THREAD, **STREAM))
        assert len(seen) == number
    assert not [t for t in threading.enumerate() if t.name.startswith("graph") and t.is_alive()]


def test_graphs_inside_at_once(drive, bounded) -> None:
    """Each waits for the one consumer, and none for another one."""
    names = [f"p{n}" for n in range(8)]
    graph = StateGraph(State)
    for name in names:
        graph.add_node(name, inner(name)).add_edge(START, name)
    compiled = graph.compile(checkpointer=InMemorySaver())
    chunks = bounded(lambda: drive.stream(compiled, {"log": []}, THREAD, **STREAM))
    assert chunks[-1][1]["log"] == names


def test_where_nobody_reads_nobody_is_waited_for(drive, bounded) -> None:
    """`invoke` has no consumer, nor has a stream that leaves out graphs inside."""
    for kwargs in ({}, {"stream_mode": "updates"}):
        graph = chain(inner(), checkpointer=InMemorySaver())
        bounded(
            lambda g=graph, k=kwargs: drive.invoke(g, {"log": []}, THREAD, durability="sync", **k)
        )
        assert graph.get_state(THREAD).values["log"] == ["x", "y", "z"]


def by_hand_in_the_thread(state: Any) -> Any:
    """In the thread of the node."""
    return inner().invoke(state)


def by_hand_in_a_loop_of_its_own(state: Any) -> Any:
    """In an event loop of its own."""
    return asyncio.run(inner().ainvoke(state))


def by_hand_and_streamed(state: Any) -> Any:
    """As a consumer of its own."""
    return list(inner().stream(state, subgraphs=True))[-1][1]


def by_hand_and_left(state: Any) -> Any:
    """As a consumer that leaves."""
    stream = chain(inner()).stream(state, subgraphs=True)
    next(stream)
    stream.close()
    return {"log": ["x", "y", "z"]}


async def by_hand_in_the_loop(state: Any) -> Any:
    """In the loop that the consumer reads in."""
    return await inner().ainvoke(state)


async def by_hand_while_the_loop_is_blocked(state: Any) -> Any:
    """In the thread of that loop."""
    return inner().invoke(state)


async def by_hand_in_threads_while_the_loop_is_blocked(state: Any, config: RunnableConfig) -> Any:
    """In threads that the loop is blocked for."""
    return inner().batch([state, state], config)[0]


async def by_hand_in_a_thread(state: Any) -> Any:
    """In a thread that the loop is not blocked for."""
    return await asyncio.to_thread(inner().invoke, state)


@pytest.mark.parametrize(
    "node",
    [by_hand_in_the_thread, by_hand_in_a_loop_of_its_own, by_hand_and_streamed, by_hand_and_left],
)
def test_a_graph_that_a_sync_node_calls(drive, bounded, node: Any) -> None:
    """It waits for the consumer of the graph around."""
    graph = chain(node, checkpointer=InMemorySaver())
    chunks = bounded(lambda: drive.stream(graph, {"log": []}, THREAD, **STREAM))
    assert chunks[-1][1]["log"] == ["x", "y", "z"]


@pytest.mark.parametrize(
    "node",
    [
        by_hand_in_the_loop,
        by_hand_while_the_loop_is_blocked,
        by_hand_in_threads_while_the_loop_is_blocked,
        by_hand_in_a_thread,
    ],
)
def test_a_graph_that_an_async_node_calls(bounded, node: Any) -> None:
    """It does not wait where the node keeps the consumer from reading."""

    async def run() -> list[Any]:
        graph = chain(node, checkpointer=InMemorySaver())
        return [chunk async for chunk in graph.astream({"log": []}, THREAD, **STREAM)]

    assert bounded(lambda: asyncio.run(run()))[-1][1]["log"] == ["x", "y", "z"]


def test_a_consumer_that_blocks_the_loop(bounded) -> None:
    """It is waited for, however long it does."""
    notes: list[Any] = []

    async def run() -> None:
        graph = chain(by_hand_in_a_thread, checkpointer=NotingSaver(notes))
        async for ns, state in graph.astream({"log": []}, THREAD, **STREAM):
            if ns and state["log"] == ["x"]:
                time.sleep(1.5 * PATIENCE)  # noqa: ASYNC251 - blocks the loop
                notes.append("read")

    bounded(lambda: asyncio.run(run()))
    assert notes.index("read") < notes.index(("stored", ["x", "y"]))
