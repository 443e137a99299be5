"""The engine side by side with LangGraph: medians per unit of work, and their ratio.

Both engines get the same graph and modes; rounds are interleaved, so that a machine that slows down
slows both down. Run with `make bench`; `--json` prints one object.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import operator
import platform
import statistics
import time
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any

from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from typing_extensions import TypedDict

ENGINES = ("langgraph", "runtime")


class State(TypedDict):
    a: int
    log: Annotated[list, operator.add]


def chain(engine: str, length: int, *, asynchronous: bool) -> Any:
    """Return a chain of nodes that each add one."""
    module = import_module(f"{engine}.graph")
    graph = module.StateGraph(State)

    async def anode(state: State) -> dict:
        return {"a": state["a"] + 1}

    def node(state: State) -> dict:
        return {"a": state["a"] + 1}

    for index in range(length):
        graph.add_node(f"n{index}", anode if asynchronous else node)
        graph.add_edge(f"n{index - 1}" if index else module.START, f"n{index}")
    return graph.compile()


def fan_out(engine: str, width: int) -> Any:
    """Return a graph that sends to one node `width` times."""
    module, types = import_module(f"{engine}.graph"), import_module(f"{engine}.types")
    graph = module.StateGraph(State).add_node("n", lambda s: {"log": [s["a"]]})
    sends = [types.Send("n", {"a": i}) for i in range(width)]
    return graph.add_conditional_edges(module.START, lambda _: sends, ["n"]).compile()


def tokens(engine: str, count: int) -> Any:
    """Return a graph whose node calls a model that streams `count` tokens."""
    module = import_module(f"{engine}.graph")
    text = " ".join("w" for _ in range(count // 2))

    def node(_: State) -> dict:
        GenericFakeChatModel(messages=iter([text])).invoke("q")
        return {"a": 1}

    return module.StateGraph(State).add_node("n", node).add_edge(module.START, "n").compile()


def drain(graph: Any, mode: str) -> int:
    """Stream the graph to its end and count the chunks."""
    return sum(1 for _ in graph.stream({"a": 0}, {"recursion_limit": 5000}, stream_mode=mode))


def adrain(graph: Any, mode: str) -> int:
    """Do the same in an event loop."""

    async def count() -> int:
        stream = graph.astream({"a": 0}, {"recursion_limit": 5000}, stream_mode=mode)
        return len([chunk async for chunk in stream])

    return asyncio.run(count())


def workloads() -> list[tuple[str, int, Callable[[str], Callable[[], int]]]]:
    """Return name, units of work in one run, and what makes the run for an engine."""

    def prepared(build: Callable[[str], Any], mode: str, run: Any = drain) -> Any:
        def for_engine(engine: str) -> Callable[[], int]:
            graph = build(engine)
            return lambda: run(graph, mode)

        return for_engine

    found = []
    for length in (10, 200):
        for mode in ("values", "updates"):
            sync = prepared(lambda e, n=length: chain(e, n, asynchronous=False), mode)
            found.append((f"chain of {length}, {mode}, sync: superstep", length, sync))
            build = prepared(lambda e, n=length: chain(e, n, asynchronous=True), mode, adrain)
            found.append((f"chain of {length}, {mode}, async: superstep", length, build))
    found.append(
        ("fan-out of 100 Sends, sync: task", 100, prepared(lambda e: fan_out(e, 100), "values"))
    )
    found.append(
        (
            "messages, 4000 tokens, sync: token",
            4000,
            prepared(lambda e: tokens(e, 4000), "messages"),
        )
    )
    return found


def measure(rounds: int) -> list[dict[str, Any]]:
    """Return a row for each workload: microseconds per unit for both engines, and the ratio."""
    rows = []
    for name, units, for_engine in workloads():
        runs = {engine: for_engine(engine) for engine in ENGINES}
        counts = {engine: run() for engine, run in runs.items()}  # also warms up
        assert len(set(counts.values())) == 1, f"{name}: chunk counts differ: {counts}"
        times: dict[str, list[float]] = {engine: [] for engine in ENGINES}
        for _ in range(rounds):
            for engine, run in runs.items():
                start = time.perf_counter()
                run()
                times[engine].append((time.perf_counter() - start) / units * 1e6)
        medians = {engine: statistics.median(taken) for engine, taken in times.items()}
        ratio = medians["langgraph"] / medians["runtime"]
        rows.append({"workload": name, **medians, "ratio": ratio})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rounds", type=int, default=9, help="rounds of each workload")
    args = parser.parse_args()
    machine = {
        "python": platform.python_version(),
        "machine": f"{platform.machine()} {platform.system()}",
        "langgraph": version("langgraph"),
        "langchain-core": version("langchain-core"),
    }
    rows = measure(args.rounds)
    if args.json:
        print(json.dumps({**machine, "rows": rows}))
        return
    print(", ".join(f"{name} {what}" for name, what in machine.items()))
    print(f"{'':44} {'LangGraph':>10} {'ours':>10} {'ratio':>7}")
    for row in rows:
        figures = f"{row['langgraph']:8.1f}us {row['runtime']:8.1f}us {row['ratio']:6.1f}x"
        print(f"{row['workload']:44} {figures}")


if __name__ == "__main__":
    main()
