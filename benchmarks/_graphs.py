"""Chains, fan-outs, wide states and compiling: what the engine itself costs."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from typing import Annotated, Any

from _runner import Goal, Run, Workload, size
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import BaseModel
from typing_extensions import TypedDict

SEVEN = ["values", "updates", "custom", "messages", "checkpoints", "tasks", "debug"]
CONFIG = {"recursion_limit": 50_000, "configurable": {"thread_id": "1"}}


class State(TypedDict):
    a: int
    log: Annotated[list, operator.add]


def node(state: State) -> dict:
    return {"a": state["a"] + 1}


async def anode(state: State) -> dict:
    return {"a": state["a"] + 1}


def drained(graph: Any, given: Any, mode: Any, *, asynchronous: bool, saved: bool = False) -> Run:
    """Return what streams a graph to its end and counts the chunks; on a new thread each time."""

    def run() -> int:
        if saved:
            graph.checkpointer = InMemorySaver()
        return sum(1 for _ in graph.stream(given, CONFIG, stream_mode=mode))

    async def arun() -> int:
        if saved:
            graph.checkpointer = InMemorySaver()
        count = 0
        async for _ in graph.astream(given, CONFIG, stream_mode=mode):
            count += 1
        return count

    return arun if asynchronous else run


def chain_builder(engine: str, length: int, action: Callable[..., Any] = node) -> Any:
    """Return a chain of nodes that each add one."""
    module = import_module(f"{engine}.graph")
    graph = module.StateGraph(State)
    for index in range(length):
        graph.add_node(f"n{index}", action)
        graph.add_edge(f"n{index - 1}" if index else module.START, f"n{index}")
    return graph


def chains() -> Iterator[Workload]:
    """Cost of a superstep."""
    for asynchronous, bound in ((False, 5), (True, 8)):
        kind, action = ("async", anode) if asynchronous else ("sync", node)
        for length in sorted({size(10), size(200), size(1000)}):
            for mode in ("values", "updates"):

                def prepare(engine: str, of: tuple = (length, action, mode, asynchronous)) -> Run:
                    graph = chain_builder(engine, *of[:2]).compile()
                    return drained(graph, {"a": 0}, of[2], asynchronous=of[3])

                yield Workload(
                    f"chain of {length}, {mode}, {kind}: superstep",
                    prepare,
                    (Goal("times", bound),),
                    units=length,
                    repeat=max(1, 200 // length),
                    computes=True,
                )
    for saved in (False, True):

        def seven(engine: str, saved: bool = saved) -> Run:
            graph = chain_builder(engine, size(200)).compile()
            return drained(graph, {"a": 0}, SEVEN, asynchronous=False, saved=saved)

        name = f"seven modes, chain of 200{', memory' * saved}: superstep"
        yield Workload(name, seven, (Goal("times", 5),), units=size(200), computes=True)


class Last(TypedDict):
    log: Annotated[list, operator.add]


def _fan_out(engine: str, asynchronous: bool, saved: bool) -> Run:
    module, types = import_module(f"{engine}.graph"), import_module(f"{engine}.types")
    action = anode if asynchronous else node
    inner = module.StateGraph(State, output_schema=Last)
    for name in "xyz":
        inner.add_node(name, action)
    inner.add_edge(module.START, "x").add_edge("x", "y").add_edge("y", "z")
    inner.add_conditional_edges("z", lambda s: "x" if s["a"] < 9 else module.END, ["x", module.END])
    graph = module.StateGraph(State).add_node("inner", inner.compile())
    sends = [types.Send("inner", {"a": 0, "log": [1]}) for _ in range(size(100))]
    graph.add_conditional_edges(module.START, lambda _: sends, ["inner"])
    return drained(graph.compile(), {"a": 0}, "values", asynchronous=asynchronous, saved=saved)


def fan_outs() -> Iterator[Workload]:
    """Many graphs inside one, at the same time."""
    for asynchronous in (False, True):
        for saved in (False, True):

            def prepare(engine: str, of: tuple[bool, bool] = (asynchronous, saved)) -> Run:
                return _fan_out(engine, *of)

            kind = "async" if asynchronous else "sync"
            name = f"fan-out of 100 to a loop of 3, {kind}{', memory' * saved}: inner run"
            yield Workload(name, prepare, (Goal("times", 4),), units=size(100), computes=True)


FIELDS = tuple(f"field_{number:02}" for number in range(15))
KINDS = ("TypedDict", "dataclass", "Pydantic")


def _deep() -> dict:
    return {"rows": [{"id": i, "tags": ["a", "b"], "of": {"x": i}} for i in range(5)], "total": 5}


def _wide_schema(kind: str) -> type:
    typed: dict[str, Any] = dict.fromkeys(FIELDS, dict)
    counted = {"turn": Annotated[int, operator.add], **typed}
    if kind == "TypedDict":
        return TypedDict("Wide", counted)  # type: ignore[operator]  # made, not written
    if kind == "dataclass":
        defaults = {name: field(default_factory=dict) for name in FIELDS}
        return dataclass(type("Wide", (), {"__annotations__": counted, "turn": 0, **defaults}))
    defaults = {name: {} for name in FIELDS}
    return type("Wide", (BaseModel,), {"__annotations__": counted, "turn": 0, **defaults})


def _wide(engine: str, kind: str) -> Run:
    """Six nodes with a join, ten times round."""
    module = import_module(f"{engine}.graph")
    get = operator.getitem if kind == "TypedDict" else getattr
    graph = module.StateGraph(_wide_schema(kind))

    def writes(number: int) -> Callable[[Any], dict]:
        own = FIELDS[2 * number : 2 * number + 2]
        return lambda state: {name: {**get(state, name), "turn": number} for name in own}

    for number, name in enumerate(("one", "two", "three", "four", "five")):
        graph.add_node(name, writes(number))
    graph.add_node("six", lambda state: {"turn": 1})
    graph.add_edge(module.START, "one").add_edge("one", "two").add_edge("one", "three")
    graph.add_edge(["two", "three"], "four").add_edge("four", "five").add_edge("five", "six")
    graph.add_conditional_edges(
        "six", lambda state: "one" if get(state, "turn") < 10 else module.END, ["one", module.END]
    )
    given = {"turn": 0, **{name: _deep() for name in FIELDS}}
    return drained(graph.compile(), given, "values", asynchronous=False)


def wide_states() -> Iterator[Workload]:
    """States of many keys."""
    for kind in KINDS:

        def prepare(engine: str, kind: str = kind) -> Run:
            return _wide(engine, kind)

        yield Workload(
            f"wide state, {kind}: superstep", prepare, (Goal("times", 3),), units=50, computes=True
        )


def _first_of_1000(engine: str) -> Run:
    builder = chain_builder(engine, size(1000))

    def run() -> int:
        stream = builder.compile().stream({"a": 0}, CONFIG, stream_mode="updates")
        next(stream)
        stream.close()
        return 1

    return run


def _one_node(engine: str) -> Run:
    return lambda: len(list(chain_builder(engine, 1).compile().stream({"a": 0}, CONFIG)))


def compiling() -> Iterator[Workload]:
    """What a graph costs before its first superstep."""
    goal = (Goal("times", 4),)
    yield Workload("compile 1000 nodes, first superstep", _first_of_1000, goal, computes=True)
    name = "build, compile and run one node"
    yield Workload(name, _one_node, goal, repeat=10, computes=True)
