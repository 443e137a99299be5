"""Scenarios of the functional API: entrypoints, and tasks that they and nodes call."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from engines import Engine
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langgraph.cache.memory import InMemoryCache
from langgraph.store.memory import InMemoryStore
from scenarios import State, chain, says, scenario
from typing_extensions import TypedDict

EVERY = ["values", "updates", "tasks", "custom", "messages", "debug"]
TASKS = ["values", "updates", "tasks"]


def double(engine: Engine, **options: Any) -> Any:
    """Return a task that doubles."""

    @engine.func.task(**options)
    def double(x: int) -> int:
        return x * 2

    return double


def failing(engine: Engine, times: int, **options: Any) -> Any:
    """Return a task that fails so many times."""
    left = [times]

    @engine.func.task(**options)
    def shaky(x: int) -> int:
        if left[0]:
            left[0] -= 1
            raise ConnectionError("not yet")
        return x

    return shaky


@scenario(3, stream_mode=None)
def an_entrypoint_streams_updates_by_default(engine: Engine) -> Any:
    task = double(engine)
    return engine.func.entrypoint()(lambda x: task(x).result() + 1)


@scenario(3, stream_mode=EVERY)
def a_task_in_every_mode(engine: Engine) -> Any:
    task = double(engine)

    @engine.func.entrypoint()
    def flow(x: int) -> int:
        return task(x).result() + task(x + 1).result()

    return flow


@scenario(3, stream_mode="values")
def values_come_once(engine: Engine) -> Any:
    task = double(engine)
    return engine.func.entrypoint()(lambda x: task(x).result())


@scenario(3, stream_mode=TASKS, version="v2")
def stream_parts_of_an_entrypoint(engine: Engine) -> Any:
    task = double(engine)
    return engine.func.entrypoint()(lambda x: [task(x).result()])


@scenario(3, stream_mode=TASKS)
def an_entrypoint_without_tasks(engine: Engine) -> Any:
    return engine.func.entrypoint()(lambda x: {"x": x})


@scenario({"a": 1}, stream_mode=TASKS)
def an_entrypoint_that_returns_none(engine: Engine) -> Any:
    return engine.func.entrypoint()(lambda _: None)


@scenario(3, sync=False, stream_mode=TASKS)
def an_async_task(engine: Engine) -> Any:
    @engine.func.task
    async def double(x: int) -> int:
        await asyncio.sleep(0)
        return x * 2

    @engine.func.entrypoint()
    async def flow(x: int) -> int:
        return await double(x) + await double(x + 1)

    return flow


@scenario(3, sync=False, stream_mode=TASKS)
def a_sync_task_is_awaited(engine: Engine) -> Any:
    task = double(engine)

    @engine.func.entrypoint()
    async def flow(x: int) -> int:
        return await task(x)

    return flow


@scenario(3, sync=False, stream_mode=["updates"])
def async_tasks_finish_in_their_own_order(engine: Engine) -> Any:
    @engine.func.task
    async def wait(x: float) -> float:
        await asyncio.sleep(x)
        return x

    @engine.func.entrypoint()
    async def flow(_: int) -> list[float]:
        return list(await asyncio.gather(wait(0.05), wait(0.0), wait(0.025)))

    return flow


@scenario(3, stream_mode=["updates"])
def tasks_finish_in_their_own_order(engine: Engine) -> Any:
    @engine.func.task
    def wait(x: float) -> float:
        time.sleep(x)
        return x

    @engine.func.entrypoint()
    def flow(_: int) -> list[float]:
        return [promise.result() for promise in [wait(0.08), wait(0.0), wait(0.04)]]

    return flow


@scenario(3, stream_mode=TASKS)
def a_task_calls_a_task(engine: Engine) -> Any:
    task = double(engine)

    @engine.func.task
    def outer(x: int) -> int:
        return task(x).result() + 1

    return engine.func.entrypoint()(lambda x: outer(x).result())


@scenario(3, stream_mode=TASKS)
def the_same_call_twice(engine: Engine) -> Any:
    task = double(engine)
    return engine.func.entrypoint()(lambda x: task(x).result() + task(x).result())


@scenario(3, stream_mode=TASKS)
def a_task_with_a_name(engine: Engine) -> Any:
    task = double(engine, name="twice")
    return engine.func.entrypoint()(lambda x: task(x).result())


@scenario(3, stream_mode=TASKS)
def a_task_that_fails(engine: Engine) -> Any:
    task = failing(engine, 1)
    return engine.func.entrypoint()(lambda x: task(x).result())


@scenario(3, stream_mode=TASKS)
def an_entrypoint_that_catches(engine: Engine) -> Any:
    task = failing(engine, 1)

    @engine.func.entrypoint()
    def flow(x: int) -> str:
        try:
            return str(task(x).result())
        except ConnectionError as error:
            return repr(error)

    return flow


@scenario(3, stream_mode=TASKS)
def an_entrypoint_that_fails(engine: Engine) -> Any:
    return engine.func.entrypoint()(lambda _: 1 / 0)


@scenario(3, stream_mode=TASKS)
def a_task_that_is_retried(engine: Engine) -> Any:
    policy = engine.types.RetryPolicy(initial_interval=0.001, jitter=False)
    task = failing(engine, 2, retry_policy=policy)
    return engine.func.entrypoint()(lambda x: task(x).result())


@scenario(3, stream_mode=TASKS)
def a_task_that_is_retried_in_vain(engine: Engine) -> Any:
    policy = engine.types.RetryPolicy(initial_interval=0.001, jitter=False, max_attempts=2)
    task = failing(engine, 5, retry_policy=[policy])
    return engine.func.entrypoint()(lambda x: task(x).result())


@scenario(3, stream_mode=TASKS)
def a_task_from_the_cache(engine: Engine) -> Any:
    task = double(engine, cache_policy=engine.types.CachePolicy())
    flow = engine.func.entrypoint(cache=InMemoryCache())(lambda x: task(x).result())
    flow.invoke(3)
    return flow


@scenario(3, stream_mode=TASKS)
def a_cache_that_was_cleared(engine: Engine) -> Any:
    task = double(engine, cache_policy=engine.types.CachePolicy())
    cache: Any = InMemoryCache()
    flow = engine.func.entrypoint(cache=cache)(lambda x: task(x).result())
    flow.invoke(3)
    task.clear_cache(cache)
    return flow


@scenario(3, stream_mode=TASKS)
def an_entrypoint_from_the_cache(engine: Engine) -> Any:
    policy = engine.types.CachePolicy()
    flow = engine.func.entrypoint(cache=InMemoryCache(), cache_policy=policy)(lambda x: x + 1)
    flow.invoke(3)
    return flow


@scenario(3, stream_mode=["custom", "updates"])
def custom_items_of_tasks(engine: Engine) -> Any:
    @engine.func.task
    def tell(x: int, *, writer: Any = None) -> int:
        writer({"injected": x})
        engine.config.get_stream_writer()({"asked": x})
        return x

    @engine.func.entrypoint()
    def flow(x: int, *, writer: Any = None) -> int:
        writer("flow")
        return tell(x).result()

    return flow


@scenario(3, stream_mode=["messages", "updates"])
def tokens_of_tasks(engine: Engine) -> Any:
    model = says("hello there world")

    @engine.func.task
    def ask(x: int) -> str:
        return str(model.invoke(str(x)).content)

    return engine.func.entrypoint()(lambda x: ask(x).result())


@scenario(3, sync=False, stream_mode=["messages", "updates"])
def tokens_of_async_tasks(engine: Engine) -> Any:
    model: GenericFakeChatModel = says("hello there world")

    @engine.func.task
    async def ask(x: int) -> str:
        return str((await model.ainvoke(str(x))).content)

    @engine.func.entrypoint()
    async def flow(x: int) -> str:
        return await ask(x)

    return flow


@scenario(3, stream_mode="updates")
def what_is_injected_into_tasks(engine: Engine) -> Any:
    @engine.func.task
    def look(a: int, *, b: int = 2, config: Any = None, store: Any = None) -> Any:
        store.put(("n",), str(a), {"v": a})
        return [a, b, sorted(config["metadata"]), store.get(("n",), str(a)).value]

    @engine.func.entrypoint(store=InMemoryStore())
    def flow(x: int, *, store: Any = None, runtime: Any = None) -> Any:
        return [look(x).result(), look(a=x, b=3).result(), store is runtime.store]

    return flow


class Context(TypedDict):
    user: str


@scenario(3, stream_mode="updates", context={"user": "ada"})
def the_context_of_an_entrypoint(engine: Engine) -> Any:
    @engine.func.task
    def who() -> Any:
        return engine.runtime.get_runtime().context["user"]

    @engine.func.entrypoint(context_schema=Context)
    def flow(_: int, runtime: Any = None) -> Any:
        return [who().result(), runtime.context["user"]]

    return flow


@scenario({"a": 1}, stream_mode=TASKS)
def a_node_calls_a_task(engine: Engine) -> Any:
    task = double(engine)
    return chain(engine, lambda s: {"a": task(s["a"]).result()}, lambda s: {"log": [s["a"]]})


@scenario({"a": 1}, stream_mode=TASKS, subgraphs=True)
def a_node_calls_an_entrypoint(engine: Engine) -> Any:
    task = double(engine)
    flow = engine.func.entrypoint()(lambda x: task(x).result())
    return chain(engine, lambda s: {"a": flow.invoke(s["a"])})


@scenario(4, stream_mode=TASKS, subgraphs=True)
def an_entrypoint_is_a_node(engine: Engine) -> Any:
    task = double(engine)
    flow = engine.func.entrypoint()(lambda x: task(x).result())
    graph = engine.graph.StateGraph(int).add_node("flow", flow)
    return graph.add_edge(engine.graph.START, "flow").compile()


@scenario({"a": 1}, stream_mode=["updates", "values"], subgraphs=True)
def an_entrypoint_calls_a_graph(engine: Engine) -> Any:
    inner = chain(engine, lambda s: {"a": s["a"] + 1})

    @engine.func.task
    def run(state: State) -> Any:
        return inner.invoke(state)

    return engine.func.entrypoint()(lambda state: run(state).result())


@scenario(3, stream_mode=TASKS, config={"tags": ["t"], "metadata": {"k": 1}})
def tags_and_metadata_reach_tasks(engine: Engine) -> Any:
    task = double(engine)
    return engine.func.entrypoint()(lambda x: task(x).result())


@scenario(3)
def a_generator_is_no_entrypoint(engine: Engine) -> Any:
    def flow(x: int) -> Any:
        yield x

    return engine.func.entrypoint()(flow)


@scenario(3)
def an_entrypoint_needs_a_parameter(engine: Engine) -> Any:
    return engine.func.entrypoint()(lambda: 1)


@scenario(3, stream_mode=TASKS)
def what_an_entrypoint_saves_is_not_its_output(engine: Engine) -> Any:
    final = engine.func.entrypoint.final
    return engine.func.entrypoint()(lambda x: final(value=x, save=x + 1))


@scenario(3)
def a_sync_task_with_a_timeout(engine: Engine) -> Any:
    task = double(engine, timeout=1)
    return engine.func.entrypoint()(lambda x: task(x).result())


@scenario(3, sync=False, stream_mode=["updates"])
def an_async_task_that_takes_too_long(engine: Engine) -> Any:
    @engine.func.task(timeout=0.02)
    async def slow() -> None:
        await asyncio.sleep(5)

    @engine.func.entrypoint()
    async def flow(x: int) -> str:
        try:
            await slow()
        except engine.errors.NodeTimeoutError as error:
            return error.kind
        return str(x)

    return flow


@scenario(3, stream_mode=TASKS)
def a_command_for_nobody(engine: Engine) -> Any:
    return engine.func.entrypoint()(lambda _: engine.types.Command(goto="nowhere"))
