"""What grows with a graph, a stream or a thread, and what does not; for both engines.

Run with `make bench`, or this file alone; arguments as for `engine.py`.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import Any

from _graphs import CONFIG, anode, chain_builder, drained
from _runner import ENGINES, FLOOR, OURS, THEIRS, arguments, machine
from _tokens import Speaker, bare_speech, custom_graph, speaking
from langgraph.checkpoint.memory import InMemorySaver
from typing_extensions import TypedDict

Measured = dict[str, list[float]]
STEPS = 200
"""How many supersteps of a large graph are looked at: LangGraph's cost grows with its nodes."""


@dataclass
class Growth:
    """What was measured of one way to grow.

    Args:
        name: What was measured.
        unit: In what.
        sizes: At which sizes.
        measured: For each engine, and for the work without one if that grows, a median for each
            size.
        goal: What is to be reached.
        met: Whether ours reaches it.
    """

    name: str
    unit: str
    sizes: list[str]
    measured: Measured
    goal: str
    met: bool


def _medians(
    runs: dict[str, list[tuple[Callable[[], float], int]]], rounds: int
) -> dict[str, list[float]]:
    """Return the median of each run per unit, in interleaved rounds."""
    taken: dict[str, list[list[float]]] = {e: [[] for _ in of] for e, of in runs.items()}
    for number in range(rounds + 1):
        for engine, of in runs.items():
            for index, (run, units) in enumerate(of):
                gc.collect()
                measured = run() / units
                if number:  # the first round warms up
                    taken[engine][index].append(measured)
    return {e: [statistics.median(samples) for samples in of] for e, of in taken.items()}


def _timed(run: Callable[[], Any]) -> Callable[[], float]:
    def measured() -> float:
        start = time.process_time()
        run()
        return (time.process_time() - start) * 1e6

    return measured


def nodes(rounds: int, quick: bool) -> Growth:
    """Cost of a superstep in a small and in a large graph."""
    sizes = (10, 100) if quick else (10, 10_000)
    runs = {}
    for engine in ENGINES:
        runs[engine] = []
        for size in sizes:
            graph = chain_builder(engine, size).compile()
            steps, again = min(size, STEPS), max(1, STEPS // size)

            def work(graph: Any = graph, steps: int = steps, again: int = again) -> None:
                for _ in range(again):
                    stream = graph.stream({"a": 0}, CONFIG, stream_mode="updates")
                    for _ in range(steps):
                        next(stream)
                    stream.close()

            runs[engine].append((_timed(work), steps * again))
    measured = _medians(runs, rounds)
    small, large = measured[OURS]
    name, shown = "superstep by nodes of the graph", [str(size) for size in sizes]
    return Growth(name, "us", shown, measured, "at most 1.3 times", large <= 1.3 * small)


def tokens(rounds: int, quick: bool) -> Growth:
    """Cost of a token in a short and in a long answer."""
    sizes = (100, 1000) if quick else (1000, 10_000, 100_000)
    runs = {}
    for engine in ENGINES:
        runs[engine] = []
        for size in sizes:
            graph = speaking(engine, Speaker(words=size), asynchronous=False)
            run = drained(graph, {"a": 0}, "messages", asynchronous=False)
            runs[engine].append((_timed(run), size))
    # langchain-core keeps all chunks of an answer, so that a bare call grows, too
    runs[FLOOR] = [(_timed(bare_speech(size, asynchronous=False)), size) for size in sizes]
    measured = _medians(runs, 1 if quick else min(rounds, 3))
    first, last = measured[OURS][0], measured[OURS][-1]
    name, shown = "token by tokens of the answer", [str(size) for size in sizes]
    return Growth(name, "us", shown, measured, "at most 1.3 times", last <= 1.3 * first)


def memory(rounds: int, quick: bool) -> Growth:
    """Memory that a stream holds when its consumer has read all that was emitted."""
    sizes = (100, 1000) if quick else (1000, 100_000)
    measured: Measured = {}
    for engine in ENGINES:
        measured[engine] = [_held_after(engine, size) for size in sizes]
    grown = measured[OURS][-1] - measured[OURS][0]
    name, shown = "memory held after items were read", [str(size) for size in sizes]
    return Growth(name, "KiB", shown, measured, "at most 64 KiB more", grown <= 64)


def _held_after(engine: str, items: int) -> float:
    graph = custom_graph(engine, items, asynchronous=True)

    async def held() -> float:
        tracemalloc.start()
        stream = graph.astream({"a": 0}, CONFIG, stream_mode="custom")
        for _ in range(items):
            await anext(stream)
        gc.collect()
        size, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        await stream.aclose()
        return size / 1024

    return asyncio.run(held())


class Count(TypedDict):
    n: int


class _TimedSaver(InMemorySaver):
    """Knows how long it took."""

    taken = 0.0

    def _time(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        start = time.process_time()
        try:
            return call(*args, **kwargs)
        finally:
            self.taken += time.process_time() - start

    def put(self, *args: Any, **kwargs: Any) -> Any:
        return self._time(super().put, *args, **kwargs)

    def put_writes(self, *args: Any, **kwargs: Any) -> Any:
        return self._time(super().put_writes, *args, **kwargs)

    def get_tuple(self, *args: Any, **kwargs: Any) -> Any:
        return self._time(super().get_tuple, *args, **kwargs)


def checkpoints(rounds: int, quick: bool) -> Growth:
    """Cost of a superstep on a new and on an old thread, the saver's time subtracted."""
    old, steps = (200, 20) if quick else (10_000, 200)
    runs: dict[str, list[tuple[Callable[[], float], int]]] = {}
    for engine in ENGINES:
        graph, saver = _counting(engine, old), _TimedSaver()
        graph.checkpointer = saver
        _go_on(graph, saver, "old", old)
        names = (f"{engine}{number}" for number in range(10_000))
        runs[engine] = [
            (lambda g=graph, s=saver, n=names: _go_on(g, s, next(n), steps), steps),
            (lambda g=graph, s=saver: _go_on(g, s, "old", steps), steps),
        ]
    measured = _medians(runs, rounds)
    new, aged = measured[OURS]
    name = "superstep by checkpoints of the thread"
    return Growth(name, "us", ["0", str(old)], measured, "at most 1.3 times", aged <= 1.3 * new)


def _counting(engine: str, most: int) -> Any:
    module = import_module(f"{engine}.graph")
    graph = module.StateGraph(Count).add_node("count", lambda s: {"n": s["n"] - 1})
    graph.add_edge(module.START, "count")
    graph.add_conditional_edges(
        "count", lambda s: "count" if s["n"] > 0 else module.END, ["count", module.END]
    )
    return graph.compile()


def _go_on(graph: Any, saver: _TimedSaver, thread: str, steps: int) -> float:
    config = {"configurable": {"thread_id": thread}, "recursion_limit": steps + 10}
    saver.taken, start = 0.0, time.process_time()
    for _ in graph.stream({"n": steps}, config, stream_mode="updates", durability="sync"):
        pass
    return (time.process_time() - start - saver.taken) * 1e6


def fairness(rounds: int, quick: bool) -> Growth:
    """Steps that the slowest of many runs in one loop has done when the first one ends."""
    count, steps = (50 if quick else 1000), 20
    measured: Measured = {}
    for engine in ENGINES:
        graph = chain_builder(engine, steps, anode).compile()
        measured[engine] = [float(asyncio.run(_slowest(graph, count, steps)))]
    met = measured[OURS][0] >= steps / 2
    name = "steps of the slowest when the first ends"
    return Growth(name, "steps", [f"{count} runs"], measured, f"at least {steps // 2}", met)


async def _slowest(graph: Any, count: int, steps: int) -> int:
    done = [0] * count
    seen: list[int] = []

    async def one(number: int) -> None:
        async for _ in graph.astream({"a": 0}, CONFIG, stream_mode="updates"):
            done[number] += 1
        if not seen:
            seen.append(min(done))

    await asyncio.gather(*(one(number) for number in range(count)))
    return seen[0]


WAYS = (nodes, tokens, memory, checkpoints, fairness)


def growths(asked: argparse.Namespace) -> Iterator[Growth]:
    """Measure each way to grow."""
    for way in WAYS:
        if asked.only in way.__name__:
            yield way(1 if asked.quick else min(asked.rounds, 5), asked.quick)


def main() -> None:
    asked = arguments(__doc__)
    if asked.json:
        print(json.dumps({**machine(), "rows": [asdict(growth) for growth in growths(asked)]}))
        return
    print(", ".join(f"{name} {what}" for name, what in machine().items()))
    for growth in growths(asked):
        print(f"{growth.name} ({growth.goal}): {'met' if growth.met else 'NOT MET'}")
        names = ((THEIRS, "LangGraph"), (OURS, "ours"), (FLOOR, "bare model"))
        for engine, name in names[: len(growth.measured)]:
            values = zip(growth.sizes, growth.measured[engine], strict=True)
            shown = ", ".join(f"{value:.1f}{growth.unit} at {size}" for size, value in values)
            print(f"    {name:10} {shown}", flush=True)


if __name__ == "__main__":
    main()
