"""How many nodes run at once, and several runs of one compiled graph."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from runtime_graphs import State, chain, parallel

from runtime.graph import START, StateGraph
from runtime.types import Send


class Gauge:
    """Nodes that note how many of them run at once.

    Args:
        together: How many sync ones wait for each other, and so have to run at once.
    """

    def __init__(self, together: int) -> None:
        self.running = self.most = 0
        self._lock = threading.Lock()
        self._meeting = threading.Barrier(together, timeout=10)

    def change(self, by: int) -> None:
        with self._lock:
            self.running += by
            self.most = max(self.most, self.running)

    def node(self, _: Any) -> None:
        self.change(1)
        self._meeting.wait()
        threading.Event().wait(0.005)  # so that one too many is seen
        self.change(-1)

    async def anode(self, _: Any) -> None:
        self.change(1)
        await asyncio.sleep(0.005)
        self.change(-1)


def fan_out(node: Any, width: int) -> Any:
    """Return a graph that runs a node many times in one superstep."""
    graph: Any = StateGraph(State).add_node("x", node)
    graph.add_conditional_edges(START, lambda _: [Send("x", None)] * width)
    return graph.compile()


@pytest.mark.parametrize("limit", [1, 2])
def test_max_concurrency_limits_the_nodes_that_run_at_once(drive, limit) -> None:
    """The config says how many, for sync and for async nodes."""
    gauge = Gauge(limit)
    drive.invoke(fan_out(gauge.node, 6), {"a": 1}, {"max_concurrency": limit})
    assert gauge.most == limit
    if drive.name == "async":
        gauge = Gauge(limit)
        drive.invoke(fan_out(gauge.anode, 6), {"a": 1}, {"max_concurrency": limit})
        assert gauge.most == limit


def test_all_nodes_of_a_superstep_run_at_once(drive) -> None:
    """Four nodes wait for each other, which they could not do one after the other."""
    barrier = threading.Barrier(4, timeout=10)
    graph = parallel(**{name: lambda _: {"log": [barrier.wait()]} for name in "abcd"})
    assert sorted(drive.invoke(graph, {"a": 1})["log"]) == [0, 1, 2, 3]


def test_runs_of_one_graph_in_several_threads_are_apart(drive) -> None:
    """A compiled graph holds no state of a run."""
    graph = chain(*(lambda s, writer: writer(s["a"]) or {"a": s["a"] + 10} for _ in range(5)))

    def run(number: int) -> Any:
        chunks = drive.stream(graph, {"a": number}, stream_mode=["custom", "values"])
        return [item for mode, item in chunks if mode == "custom"], chunks[-1][1]["a"]

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(run, range(40)))
    assert results == [([n, n + 10, n + 20, n + 30, n + 40], n + 50) for n in range(40)]


async def test_runs_of_one_graph_in_one_loop_are_apart() -> None:
    """So are runs that take turns in an event loop."""

    async def node(s: Any) -> Any:
        await asyncio.sleep(0)
        return {"a": s["a"] + 10}

    graph = chain(node, node)
    results = await asyncio.gather(*(graph.ainvoke({"a": n}) for n in range(40)))
    assert [result["a"] for result in results] == [n + 20 for n in range(40)]


def test_batch_runs_each_input(drive) -> None:
    """`batch` and `abatch` come from langchain-core and give results in order."""
    graph = chain(lambda s: {"a": s["a"] + 1})
    given = [{"a": n, "log": []} for n in range(5)]
    results = graph.batch(given) if drive.name == "sync" else asyncio.run(graph.abatch(given))
    assert [result["a"] for result in results] == [1, 2, 3, 4, 5]
