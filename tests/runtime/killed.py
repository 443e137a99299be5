"""Processes that run a graph on a thread in a file, and may be killed on the way.

Called with a folder, what to run (one of `KINDS`), `sync` or `async`, and points at which a process
kills itself with SIGKILL: `in:NAME` in the middle of a node or task, `chunk:N` after the consumer
was shown the Nth chunk, or `never`.
For each point there is one process that runs until there, in a folder of its own, and another one
that goes on with whatever the thread waits for until that is done. Both are forked from this one,
which has done nothing but import. What happens is noted in a file for each, and the kernel has
each line before anything else happens; the exit statuses are printed.
"""

from __future__ import annotations

import asyncio
import json
import operator
import os
import signal
import sys
import traceback
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from typing_extensions import TypedDict

from runtime.func import entrypoint, task
from runtime.graph import START, StateGraph
from runtime.types import Command, interrupt

THREAD: Any = {"configurable": {"thread_id": "1"}}


class State(TypedDict):
    log: Annotated[list, operator.add]


class Life:
    """What happens in this process, and when it ends."""

    def __init__(self, notes: Path, end: str) -> None:
        self.file = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.end = end
        self.chunks = 0

    def note(self, *what: Any) -> None:
        os.write(self.file, json.dumps(what, default=repr).encode() + b"\n")

    def reach(self, point: str) -> None:
        if point == self.end:
            os.kill(os.getpid(), signal.SIGKILL)

    def see(self, chunk: Any) -> None:
        ns, mode, payload = chunk
        self.chunks += 1
        self.note("chunk", list(ns), mode, payload)
        self.reach(f"chunk:{self.chunks}")


def noted(life: Life, name: str, asks: bool = False) -> Any:
    """Return a node, or the function of a task, that adds its name to the log."""

    def run(_: Any) -> Any:
        life.note("begun", name)
        answer = [interrupt("?")] if asks else []
        life.reach(f"in:{name}")
        life.note("ended", name)
        return {"log": [name, *answer]}

    return run


def graph_of(life: Life, saver: Any, _: str) -> Any:
    """Return a graph: two nodes at once, a graph that asks and has a graph, and a last node."""

    def node(name: str, asks: bool = False) -> Any:
        return noted(life, name, asks)

    deep = StateGraph(State).add_sequence([("d1", node("d1")), ("d2", node("d2"))])
    inner = StateGraph(State).add_sequence(
        [
            ("first", node("first")),
            ("ask", node("ask", asks=True)),
            ("deep", deep.add_edge(START, "d1").compile()),
        ]
    )
    for name in ("l1", "l2"):
        inner.add_node(name, node(name)).add_edge("deep", name)
    graph = StateGraph(State).add_node("a", node("a")).add_node("b", node("b"))
    graph.add_edge(START, "a").add_edge(START, "b")
    graph.add_node("sub", inner.add_edge(START, "first").compile()).add_node("z", node("z"))
    graph.add_edge(["a", "b"], "sub").add_edge("sub", "z")
    return graph.compile(checkpointer=saver)


def workflow_of(life: Life, saver: Any, _: str) -> Any:
    """Return a workflow: it asks between its tasks, and so does one of these between its own."""
    names = ("first", "before", "after", "left", "right", "last")
    tasks = {name: task(name=name)(noted(life, name)) for name in names}

    @task
    def around(given: Any) -> Any:
        life.note("begun", "around")
        made = [tasks["before"](given).result(), interrupt("inner?")]
        made.append(tasks["after"](given).result())
        life.reach("in:around")
        return {"log": [part["log"] if isinstance(part, dict) else part for part in made]}

    @entrypoint(checkpointer=saver)
    def flow(given: Any) -> Any:
        log = [tasks["first"](given).result(), interrupt("?")]
        at_once = [tasks["left"](given), tasks["right"](given)]
        log += [each.result() for each in at_once]
        log += [around(given).result(), tasks["last"](given).result()]
        return {"log": [part["log"] if isinstance(part, dict) else [part] for part in log]}

    return flow


def workflow_inside(life: Life, saver: Any, drive: str) -> Any:
    """Return a graph with a node before a workflow that a node calls, and one behind it."""
    flow = workflow_of(life, None, drive)

    def calls(state: State) -> Any:
        return flow.invoke(state)

    async def acalls(state: State) -> Any:
        return await flow.ainvoke(state)

    steps: list[Any] = [("a", noted(life, "a")), ("flow", acalls if drive == "async" else calls)]
    graph = StateGraph(State).add_sequence([*steps, ("z", noted(life, "z"))]).add_edge(START, "a")
    return graph.compile(checkpointer=saver)


KINDS: dict[str, Any] = {  # what to build, and the modes in which it streams
    "graph": (graph_of, ["values", "updates", "tasks", "checkpoints"]),
    "workflow": (workflow_of, ["updates", "tasks", "checkpoints"]),
    "inside": (workflow_inside, ["updates", "tasks", "checkpoints"]),
}


def given(state: Any) -> Any:
    """Return what the thread waits for."""
    if state.created_at is None:
        return {"log": []}
    return Command(resume="!") if state.interrupts else None


async def live(life: Life, graph: Any, drive: str, modes: list[str]) -> None:
    """Go on until the thread is done."""
    kwargs: Any = {"stream_mode": modes, "subgraphs": True, "durability": "sync"}
    state = await graph.aget_state(THREAD) if drive == "async" else graph.get_state(THREAD)
    # not `next`: a superstep whose tasks are all done still has to come to its end
    while state.created_at is None or state.tasks:
        if drive == "async":
            chunks: AsyncIterator[Any] = graph.astream(given(state), THREAD, **kwargs)
            async for chunk in chunks:
                life.see(chunk)
            state = await graph.aget_state(THREAD)
        else:
            for chunk in graph.stream(given(state), THREAD, **kwargs):
                life.see(chunk)
            state = graph.get_state(THREAD)
    life.note("done", state.values)


async def go_on(folder: Path, kind: str, drive: str, number: int, end: str) -> None:
    """Open the thread and go on with it."""
    built, modes = KINDS[kind]
    life = Life(folder / f"notes{number}", end)
    path = str(folder / "threads.sqlite")
    if drive == "async":
        async with AsyncSqliteSaver.from_conn_string(path) as saver:
            await live(life, built(life, saver, drive), drive, modes)
    else:
        with SqliteSaver.from_conn_string(path) as saver:
            await live(life, built(life, saver, drive), drive, modes)


def lived(folder: Path, kind: str, drive: str, number: int, end: str) -> int:
    """Go on in a process of its own, and return its exit status."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    status = 1
    try:
        asyncio.run(go_on(folder, kind, drive, number, end))
        status = 0
    except BaseException:  # noqa: BLE001 - nothing of this may reach the code of the parent
        traceback.print_exc()
    os._exit(status)


def main(root: Path, kind: str, drive: str, ends: list[str]) -> None:
    """Live twice for each of the ends."""
    statuses = []
    for end in ends:
        folder = root / end
        folder.mkdir()
        ways = [(1, end), (2, "never")]
        statuses.append([lived(folder, kind, drive, *way) for way in ways])
    print(json.dumps(statuses))  # noqa: T201 - for the test


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:])
