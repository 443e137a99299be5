"""What tracers see of called tasks is the same on LangGraph and on ours."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import pytest
from engines import LANGGRAPH, OURS, Engine
from langchain_core.runnables import RunnableConfig
from langchain_core.tracers.schemas import Run
from traces import Tree


def shown(run: Run) -> Any:
    """Return what a trace says of a run and of those inside, in an order that says nothing."""
    inside = sorted(map(shown, run.child_runs), key=repr)
    failed = (run.error or "").partition("(")[0]
    return run.name, run.run_type, run.inputs, run.outputs, run.tags, failed, inside


def workflow(engine: Engine, drive: str) -> Any:
    """Return a workflow whose tasks take arguments in all ways, call others, and fail."""
    task = engine.func.task

    @task
    def inner(x: int) -> int:
        return x

    @task
    def named(a: int, b: int = 2, *, c: int = 3) -> Any:
        return inner(a).result() + b + c

    @task
    def any_number(*args: int, **kwargs: int) -> int:
        return len(args) + len(kwargs)

    @task
    def given(a: int, config: RunnableConfig, writer: Any = None) -> int:
        return a

    @task(name="another name")
    def nothing() -> int:
        return 0

    @task
    async def slow(i: int) -> int:
        await asyncio.sleep(0)
        return i

    @task
    def bad(x: int) -> int:
        raise ValueError(x)

    if drive == "async":

        @engine.func.entrypoint()
        async def flow(_: Any) -> Any:
            return await asyncio.gather(*(slow(i) for i in range(3)))

        return flow

    @engine.func.entrypoint()
    def flow(_: Any) -> Any:
        promises = [named(1), named(1, 5, c=6), named(b=1, a=4), any_number(), any_number(1, z=2)]
        results = [promise.result() for promise in [*promises, given(9), nothing()]]
        with pytest.raises(ValueError, match="3"):
            bad(3).result()
        return results

    return flow


@pytest.mark.skipif(sys.version_info < (3, 11), reason="LangGraph calls no async tasks there")
@pytest.mark.parametrize("drive", ["sync", "async"])
async def test_called_tasks_are_traced_alike(drive: str) -> None:
    """Inside the run of whoever called them, with their arguments by name."""

    async def traced(engine: Engine) -> Any:
        tree = Tree(shown)
        config: Any = {"callbacks": [tree], "tags": ["mine"]}
        graph = workflow(engine, drive)
        await (
            graph.ainvoke(1, config)
            if drive == "async"
            else asyncio.to_thread(graph.invoke, 1, config)
        )
        return tree.runs

    theirs = await traced(LANGGRAPH)
    assert await traced(OURS) == theirs
    assert theirs[0][-1][0][-1]
