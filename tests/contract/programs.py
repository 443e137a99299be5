"""Programs: graphs as data, so that another interpreter can run the same one.

A graph is one of

- `{"nodes": [node, ...]}`: a chain of nodes; with `"parallel": True` they run at the same time;
- `{"entrypoint": "sync" | "async", "steps": [...]}`;
- `{"agent": [step, ...]}`: a ReAct agent with one tool, which does the steps.

Each node has a `kind` (`sync`, `async`, `lambda` for a `RunnableLambda`, `graph` for a compiled
graph, whose keys it has then), and `steps`: what it does one after the other. A step is a dict with
`do`; see `_DO` for what there is. A program is a graph and how it is streamed; see `streams`.
"""

from __future__ import annotations

import asyncio
import json
import operator
import re
import warnings
from collections.abc import Awaitable, Callable, Iterator
from typing import Annotated, Any

from engines import Engine
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk
from langchain_core.runnables import RunnableConfig, RunnableLambda
from langchain_core.tools import StructuredTool
from langgraph.store.base import BaseStore
from typing_extensions import TypedDict

CONTEXT = {"who": "me"}
STORED = ("n",), "k", {"stored": 1}


class State(TypedDict):
    log: Annotated[list, operator.add]


# --- models and tools --------------------------------------------------------------------------


def says(text: str) -> GenericFakeChatModel:
    """Return a model that streams one answer word by word."""
    return GenericFakeChatModel(messages=iter([AIMessage(text, id=text.replace(" ", "-"))]))


class _Calling(GenericFakeChatModel):
    """A model that can call tools: it streams its words, and its calls in one piece."""

    def bind_tools(self, tools: Any, **kwargs: Any) -> _Calling:
        return self

    def _stream(self, messages: Any, *_: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
        return (ChatGenerationChunk(message=chunk) for chunk in _pieces(next(self.messages)))


def _pieces(message: AIMessage) -> Iterator[AIMessageChunk]:
    for word in re.findall(r"\s*\S+", message.content):
        yield AIMessageChunk(word, id=message.id)
    for call in message.tool_calls:
        called = {**call, "args": json.dumps(call["args"]), "index": 0, "type": "tool_call_chunk"}
        yield AIMessageChunk("", id=message.id, tool_call_chunks=[called])


def _calling() -> AIMessage:
    return AIMessage("", id="calls", tool_calls=[{"name": "tool", "args": {}, "id": "c1"}])


def _make_tool(engine: Engine, steps: list[dict[str, Any]], *, sync: bool = False) -> Any:
    """Return a tool that does steps; it takes nothing."""

    def tool() -> Any:
        return json.dumps(perform(Scope(engine, {}), steps))

    async def atool() -> Any:
        return json.dumps(await aperform(Scope(engine, {}), steps))

    if sync:
        return StructuredTool.from_function(tool, name="tool", description="A tool.")
    return StructuredTool.from_function(coroutine=atool, name="tool", description="A tool.")


# --- steps -------------------------------------------------------------------------------------


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


def _model(step: dict[str, Any]) -> Any:
    model = says(step.get("text", "one two"))
    if step.get("how") == "chain":
        return RunnableLambda(lambda given: given) | model
    if step.get("how") == "with_config":
        return model.with_config(tags=["bound"])
    return model


def _say(scope: Scope, step: dict[str, Any]) -> Any:
    return _model(step).invoke("q", scope.config(step)).content


async def _asay(scope: Scope, step: dict[str, Any]) -> Any:
    model, config = _model(step), scope.config(step)
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
    write(step.get("text", how))
    return "written"


def _ask(scope: Scope, step: dict[str, Any]) -> Any:
    """Ask for something, by a function or in what was injected."""
    what, injected = step["how"], scope.injected if step.get("injected") else {}
    if what == "config":
        config = injected.get("config") or scope.engine.config.get_config()
        return str(config["metadata"].get("langgraph_node"))
    if what == "store":
        store = injected.get("store") or scope.engine.config.get_store()
        return store.get(*STORED[:2]).value
    runtime = injected.get("runtime") or scope.engine.runtime.get_runtime()
    return runtime.store.get(*STORED[:2]).value if what == "runtime_store" else runtime.context


def _interrupt(scope: Scope, step: dict[str, Any]) -> Any:
    return scope.engine.types.interrupt("?")


def _tool(scope: Scope, step: dict[str, Any]) -> Any:
    return _make_tool(scope.engine, step["steps"], sync=True).invoke({}, scope.config(step))


async def _atool(scope: Scope, step: dict[str, Any]) -> Any:
    return await _make_tool(scope.engine, step["steps"]).ainvoke({}, scope.config(step))


async def _atool_node(scope: Scope, step: dict[str, Any]) -> Any:
    node = scope.engine.prebuilt.ToolNode([_make_tool(scope.engine, step["steps"])])
    answered = await node.ainvoke({"messages": [_calling()]}, scope.config(step))
    return [message.content for message in answered["messages"]]


def _task(scope: Scope, step: dict[str, Any]) -> Any:
    @scope.engine.func.task
    def work() -> Any:
        return perform(Scope(scope.engine, {}), step["steps"])

    return work().result()


async def _atask(scope: Scope, step: dict[str, Any]) -> Any:
    @scope.engine.func.task
    async def work() -> Any:
        return await aperform(Scope(scope.engine, {}), step["steps"])

    return await work()


def _runnable(scope: Scope, step: dict[str, Any]) -> Any:
    work = RunnableLambda(lambda _: perform(Scope(scope.engine, {}), step["steps"]))
    return work.invoke("q", scope.config(step))


async def _arunnable(scope: Scope, step: dict[str, Any]) -> Any:
    async def work(_: Any) -> Any:
        return await aperform(Scope(scope.engine, {}), step["steps"])

    return await RunnableLambda(work).ainvoke("q", scope.config(step))


def _graph(scope: Scope, step: dict[str, Any]) -> Any:
    return answer(build(scope.engine, step).invoke(given(step), scope.config(step)))


async def _agraph(scope: Scope, step: dict[str, Any]) -> Any:
    return answer(await build(scope.engine, step).ainvoke(given(step), scope.config(step)))


async def _agather(scope: Scope, step: dict[str, Any]) -> Any:
    return list(await asyncio.gather(*(aperform(scope, [inner]) for inner in step["steps"])))


Step = Callable[[Scope, dict[str, Any]], Any]
AsyncStep = Callable[[Scope, dict[str, Any]], Awaitable[Any]]
_DO: dict[str, tuple[Step | None, AsyncStep | None]] = {
    "say": (_say, _asay),
    "write": (_write, None),
    "ask": (_ask, None),
    "interrupt": (_interrupt, None),
    "tool": (_tool, _atool),
    "tool_node": (None, _atool_node),
    "task": (_task, _atask),
    "runnable": (_runnable, _arunnable),
    "graph": (_graph, _agraph),
    "gather": (None, _agather),
}


def perform(scope: Scope, steps: list[dict[str, Any]]) -> list[Any]:
    """Do the steps of a sync node, and return what came of each."""
    return [_guarded(scope, step) for step in steps]


def _guarded(scope: Scope, step: dict[str, Any]) -> Any:
    sync, _ = _DO[step["do"]]
    if sync is None:
        return "only in async code"
    try:
        return sync(scope, step)
    except (RuntimeError, KeyError, ValueError) as error:
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
        except (RuntimeError, KeyError, ValueError) as error:
            results.append(type(error).__name__)
    return results


async def _one(scope: Scope, step: dict[str, Any]) -> Any:
    sync, async_ = _DO[step["do"]]
    if async_ is not None:
        return await async_(scope, step)
    if step.get("within") == "thread":
        return await asyncio.to_thread(sync, scope, step)
    return sync(scope, step)


# --- graphs ------------------------------------------------------------------------------------


def build(engine: Engine, graph: dict[str, Any], **compiled: Any) -> Any:
    """Return a graph, compiled."""
    if "agent" in graph:
        return _build_agent(engine, graph["agent"], **compiled)
    if "entrypoint" in graph:
        workflow = _action(engine, graph["entrypoint"], graph["steps"])
        return engine.func.entrypoint(**compiled)(workflow)
    return _build_nodes(engine, graph, **compiled)


def given(graph: dict[str, Any]) -> dict[str, Any]:
    """Return the input of a graph."""
    return {"messages": [("user", "q")]} if "agent" in graph else {"log": []}


def answer(output: dict[str, Any]) -> Any:
    """Return what a graph has come to."""
    return output["log"] if "log" in output else output["messages"][-1].content


def _build_agent(engine: Engine, steps: list[dict[str, Any]], **compiled: Any) -> Any:
    model = _Calling(messages=iter([_calling(), AIMessage("one two", id="answers")]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # LangGraph says where agents have moved
        make = engine.prebuilt.create_react_agent
        return make(model, [_make_tool(engine, steps)], **compiled)


def _build_nodes(engine: Engine, graph: dict[str, Any], **compiled: Any) -> Any:
    """Return a graph of nodes, each with its conditional edge if it has one."""
    made, nodes = engine.graph.StateGraph(State), graph["nodes"]
    start, end, parallel = engine.graph.START, engine.graph.END, graph.get("parallel")
    names = [f"n{index}" for index, _ in enumerate(nodes)]
    following = [end for _ in names] if parallel else [*names[1:], end]
    for name in names if parallel else names[:1]:
        made.add_edge(start, name)
    for name, node, after in zip(names, nodes, following, strict=True):
        timeout = {"timeout": 60} if node.get("timeout") else {}
        if node["kind"] == "graph":
            made.add_node(name, build(engine, node))
        else:
            made.add_node(name, _action(engine, node["kind"], node.get("steps", [])), **timeout)
        if "path" in node:
            made.add_conditional_edges(name, _path(engine, node["path"], after), [after])
        else:
            made.add_edge(name, after)
    return made.compile(**compiled)


def _action(engine: Engine, kind: str, steps: list[dict[str, Any]]) -> Any:
    """Return what a node does, or a workflow."""

    def sync(state: Any, config, writer, runtime, store) -> Any:
        scope = Scope(
            engine, {"config": config, "writer": writer, "runtime": runtime, "store": store}
        )
        return {"log": [perform(scope, steps)]}

    async def async_(state: Any, config, writer, runtime, store) -> Any:
        scope = Scope(
            engine, {"config": config, "writer": writer, "runtime": runtime, "store": store}
        )
        return {"log": [await aperform(scope, steps)]}

    async def bare(state: Any, config: RunnableConfig) -> Any:
        return {"log": [await aperform(Scope(engine, {"config": config}), steps)]}

    for function in (sync, async_):  # which parameters are injected, their annotations say
        function.__annotations__.update(
            config=RunnableConfig,
            writer=engine.types.StreamWriter,
            runtime=engine.runtime.Runtime,
            store=BaseStore,
        )
    return {"sync": sync, "async": async_, "lambda": RunnableLambda(bare)}[kind]


def _path(engine: Engine, path: dict[str, Any], after: str) -> Any:
    def sync(state: State) -> str:
        perform(Scope(engine, {}), path["steps"])
        return after

    async def async_(state: State) -> str:
        await aperform(Scope(engine, {}), path["steps"])
        return after

    return sync if path["kind"] == "sync" else async_
