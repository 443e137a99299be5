"""Programs: graphs as data, so that another interpreter can run the same one.

A program is `{"nodes": [node, ...], "subgraphs": bool, "modes": [...]}`. Each node has a `kind`
(`sync`, `async`, `lambda` for a `RunnableLambda`, `graph` for a compiled graph), and `steps`: what
it does one after the other. A step is a dict with `do`; see `_DO` for what there is.
"""

from __future__ import annotations

import asyncio
import operator
from collections.abc import Callable
from typing import Annotated, Any

from engines import IDS, Engine
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import RunnableConfig, RunnableLambda
from langchain_core.tools import StructuredTool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore
from typing_extensions import TypedDict

MOST_ANSWERS = 3
_SHOWN = ("langgraph_node", "langgraph_step", "langgraph_path", "langgraph_checkpoint_ns", "tags")


class State(TypedDict):
    log: Annotated[list, operator.add]


def says(text: str) -> GenericFakeChatModel:
    """Return a model that streams one answer word by word."""
    return GenericFakeChatModel(messages=iter([AIMessage(text, id=text.replace(" ", "-"))]))


class Scope:
    """What the steps of one node can use.

    Args:
        engine: The engine.
        injected: What the node got as parameters: `config`, `writer`, `runtime`, `store`.
    """

    def __init__(self, engine: Engine, injected: dict[str, Any]) -> None:
        self.engine = engine
        self.injected = injected

    def config(self, step: dict[str, Any]) -> RunnableConfig | None:
        """Return the config to pass by hand, if the step passes it."""
        return self.injected.get("config") if step.get("config") else None


def _name_of(config: Any) -> str:
    return str(config["metadata"].get("langgraph_node"))


def _say(scope: Scope, step: dict[str, Any]) -> Any:
    return says(step.get("text", "one two")).invoke("q", scope.config(step)).content


async def _asay(scope: Scope, step: dict[str, Any]) -> Any:
    model, config = says(step.get("text", "one two")), scope.config(step)
    if step.get("how") == "astream":
        return [chunk.content async for chunk in model.astream("q", config)]
    return (await model.ainvoke("q", config)).content


def _write(scope: Scope, step: dict[str, Any]) -> Any:
    how = step.get("how", "function")
    if how == "parameter" and "writer" in scope.injected:
        write = scope.injected["writer"]
    elif how == "runtime" and "runtime" in scope.injected:
        write = scope.injected["runtime"].stream_writer
    else:
        write = scope.engine.config.get_stream_writer()
    write(how)
    return "written"


def _ask(scope: Scope, step: dict[str, Any]) -> Any:
    what = step["how"]
    if what == "config":
        return _name_of(scope.engine.config.get_config())
    if what == "store":
        return scope.engine.config.get_store().get(("n",), "k").value
    return scope.engine.runtime.get_runtime().context


def _interrupt(scope: Scope, step: dict[str, Any]) -> Any:
    return scope.engine.types.interrupt("?")


def _tool(scope: Scope, step: dict[str, Any]) -> Any:
    inner = Scope(scope.engine, {})

    def tool() -> Any:
        return perform(inner, step["steps"])

    return StructuredTool.from_function(tool, description="A tool.").invoke({}, scope.config(step))


async def _atool(scope: Scope, step: dict[str, Any]) -> Any:
    inner = Scope(scope.engine, {})

    async def tool() -> Any:
        return await aperform(inner, step["steps"])

    made = StructuredTool.from_function(coroutine=tool, name="tool", description="A tool.")
    return await made.ainvoke({}, scope.config(step))


def _task(scope: Scope, step: dict[str, Any]) -> Any:
    inner = Scope(scope.engine, {})

    @scope.engine.func.task
    def work() -> Any:
        return perform(inner, step["steps"])

    return work().result()


async def _atask(scope: Scope, step: dict[str, Any]) -> Any:
    inner = Scope(scope.engine, {})

    @scope.engine.func.task
    async def work() -> Any:
        return await aperform(inner, step["steps"])

    return await work()


def _graph(scope: Scope, step: dict[str, Any]) -> Any:
    graph = build_nodes(scope.engine, step["nodes"])
    return graph.invoke({"log": []}, scope.config(step))["log"]


async def _agraph(scope: Scope, step: dict[str, Any]) -> Any:
    graph = build_nodes(scope.engine, step["nodes"])
    return (await graph.ainvoke({"log": []}, scope.config(step)))["log"]


Step = Callable[[Scope, dict[str, Any]], Any]
_DO: dict[str, tuple[Step, Step | None]] = {
    "say": (_say, _asay),
    "write": (_write, None),
    "ask": (_ask, None),
    "interrupt": (_interrupt, None),
    "tool": (_tool, _atool),
    "task": (_task, _atask),
    "graph": (_graph, _agraph),
}


def perform(scope: Scope, steps: list[dict[str, Any]]) -> list[Any]:
    """Do the steps of a sync node, and return what came of each."""
    return [_guarded(lambda step=step: _DO[step["do"]][0](scope, step)) for step in steps]


def _guarded(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except RuntimeError as error:
        return type(error).__name__


async def aperform(scope: Scope, steps: list[dict[str, Any]]) -> list[Any]:
    """Do the steps of an async node."""
    results: list[Any] = []
    for step in steps:
        try:
            work = _one(scope, step)
            if step.get("within") == "gather":
                results += await asyncio.gather(work)
            elif step.get("within") == "create_task":
                results.append(await asyncio.create_task(work))
            else:
                results.append(await work)
        except RuntimeError as error:
            results.append(type(error).__name__)
    return results


async def _one(scope: Scope, step: dict[str, Any]) -> Any:
    sync, async_ = _DO[step["do"]]
    if async_ is not None:
        return await async_(scope, step)
    if step.get("within") == "thread":
        return await asyncio.to_thread(sync, scope, step)
    return sync(scope, step)


def make_node(engine: Engine, node: dict[str, Any]) -> Any:
    """Return the action of a node."""
    steps, kind = node["steps"], node["kind"]
    runtime, writer = engine.runtime.Runtime, engine.types.StreamWriter

    def sync(state: State, config: RunnableConfig, writer: writer, runtime: runtime) -> Any:
        scope = Scope(engine, {"config": config, "writer": writer, "runtime": runtime})
        return {"log": [perform(scope, steps)]}

    async def async_(state: State, config: RunnableConfig, writer: writer, runtime: runtime) -> Any:
        scope = Scope(engine, {"config": config, "writer": writer, "runtime": runtime})
        return {"log": [await aperform(scope, steps)]}

    async def bare(state: State, config: RunnableConfig) -> Any:
        return {"log": [await aperform(Scope(engine, {"config": config}), steps)]}

    for function in (sync, async_):  # the annotations above are strings of this scope
        function.__annotations__.update(config=RunnableConfig, writer=writer, runtime=runtime)
    if kind == "graph":
        return build_nodes(engine, node["nodes"])
    return {"sync": sync, "async": async_, "lambda": RunnableLambda(bare)}[kind]


def build_nodes(engine: Engine, nodes: list[dict[str, Any]], **compiled: Any) -> Any:
    """Return a compiled chain of nodes, each with its conditional edge if it has one."""
    graph = engine.graph.StateGraph(State)
    names = [f"n{index}" for index, _ in enumerate(nodes)]
    graph.add_edge(engine.graph.START, names[0])
    for name, node, after in zip(names, nodes, [*names[1:], engine.graph.END], strict=True):
        timeout = {"timeout": 60} if node.get("timeout") else {}
        graph.add_node(name, make_node(engine, {"steps": [], **node}), **timeout)
        if "path" in node:
            graph.add_conditional_edges(name, _path(engine, node["path"], after), [after])
        else:
            graph.add_edge(name, after)
    return graph.compile(**compiled)


def _path(engine: Engine, path: dict[str, Any], after: str) -> Any:
    def sync(state: State) -> str:
        perform(Scope(engine, {}), path["steps"])
        return after

    async def async_(state: State) -> str:
        await aperform(Scope(engine, {}), path["steps"])
        return after

    return sync if path["kind"] == "sync" else async_


async def observe(engine: Engine, program: dict[str, Any]) -> list[str]:
    """Run a program, answer its questions, and return a line for each chunk."""
    store = InMemoryStore()
    store.put(("n",), "k", {"stored": 1})
    graph = build_nodes(engine, program["nodes"], store=store, checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "1", "user": "u"}, "tags": ["mine"]}
    kwargs = {"stream_mode": program["modes"], "subgraphs": program["subgraphs"]}
    given: Any = {"log": []}
    ids: dict[str, str] = {}
    lines: list[str] = []
    for _ in range(1 + MOST_ANSWERS):
        asked = False
        try:
            async for chunk in graph.astream(given, config, **kwargs):
                lines.append(line(chunk, ids))
                asked = asked or "Interrupt(" in lines[-1]
        except Exception as error:  # noqa: BLE001 - which one it is, is the point
            lines.append(f"raised {type(error).__name__}")
        if not asked:
            break
        given = engine.types.Command(resume="yes")
        lines.append("answer")
    return lines


def line(chunk: Any, ids: dict[str, str]) -> str:
    """Return a chunk as text: what does not depend on versions of packages, ids numbered."""

    def show(value: Any) -> str:
        if isinstance(value, BaseMessage):
            return f"{type(value).__name__}({value.content!r})"
        if isinstance(value, dict):
            shown = _SHOWN if "langgraph_node" in value else sorted(value)
            return "{" + ", ".join(f"{k!r}: {show(value[k])}" for k in shown if k in value) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(map(show, value)) + "]"
        if isinstance(value, tuple):
            return "(" + ", ".join(map(show, value)) + ")"
        if type(value).__name__ == "Interrupt":
            return f"Interrupt({value.value!r})"
        return repr(value)

    return IDS.sub(lambda match: ids.setdefault(match[0], f"<{len(ids)}>"), show(chunk))
