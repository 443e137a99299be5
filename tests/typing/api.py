# ruff: noqa: D103 - what is here is checked for its types, not read for what it does
"""The public API of the runtime as a typed program: checked by mypy, never run."""

from __future__ import annotations

import operator
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.runnables import RunnableConfig
from langgraph.store.base import BaseStore
from typing_extensions import TypedDict, assert_type

from harness import CassetteChatModel, ScriptedChatModel, deterministic
from harness.models import Call, override_models, resolve, walk_tools
from runtime.config import get_config, get_store, get_stream_writer
from runtime.errors import GraphRecursionError, InvalidUpdateError
from runtime.graph import END, START, MessagesState, StateGraph, add_messages
from runtime.graph.state import CompiledStateGraph
from runtime.prebuilt import (
    InjectedState,
    ToolNode,
    ToolRuntime,
    create_react_agent,
    tools_condition,
)
from runtime.pregel import Pregel
from runtime.runtime import Runtime, get_runtime
from runtime.stream import AsyncGraphRunStream, GraphRunStream
from runtime.types import Command, Overwrite, Send, StreamMode, StreamWriter


class State(TypedDict):
    topic: str
    log: Annotated[list[str], operator.add]


class Answer(TypedDict):
    log: list[str]


@dataclass
class Context:
    user: str


def plain(state: State) -> Answer:
    return {"log": [state["topic"]]}


def with_everything(
    state: State,
    config: RunnableConfig,
    *,
    writer: StreamWriter,
    runtime: Runtime[Context],
    store: BaseStore,
) -> dict[str, Any]:
    writer(runtime.context.user)
    return {"log": Overwrite([])}


async def choosing(state: State) -> Command[Literal["plain"]]:
    return Command(update={"log": ["x"]}, goto="plain")


def path(state: State) -> list[Send]:
    return [Send("plain", {"topic": topic}) for topic in state["log"]]


graph = StateGraph(State, Context, output_schema=Answer)
graph.add_node(plain).add_node("all", with_everything, metadata={"k": 1}).add_node(choosing)
graph.add_edge(START, "all").add_edge(["all", "choosing"], "plain").add_edge("plain", END)
graph.add_conditional_edges("all", path, ["plain"]).set_entry_point("choosing")
compiled = graph.compile(name="typed")
assert_type(compiled, CompiledStateGraph[State, Context, State, Answer])
as_pregel: Pregel[State, Context, State, Answer] = compiled

modes: list[StreamMode] = ["values", "updates", "messages", "custom"]
config: RunnableConfig = {"recursion_limit": 5}
given: State = {"topic": "cats", "log": []}

result = compiled.invoke(given, config, context=Context("u"), output_keys=["log"])
chunks: Iterator[Any] = compiled.stream(given, config, stream_mode=modes, subgraphs=True)
single: Iterator[Any] = compiled.stream(given, stream_mode="messages")
events: GraphRunStream = compiled.stream_events(given, version="v3", keep_items=True)
texts: list[str] = [text for message in events.messages for text in message.text]
bound: CompiledStateGraph[State, Context, State, Answer] = compiled.with_config(tags=["t"])


async def run() -> None:
    aevents: AsyncGraphRunStream = await compiled.astream_events(given, version="v3")
    async for _ in aevents.values:
        break
    astream: AsyncIterator[Any] = compiled.astream(given, stream_mode=("values", "custom"))
    async for _ in astream:
        break
    await compiled.ainvoke(given)


def below() -> None:
    get_stream_writer()("item")
    assert_type(get_config(), RunnableConfig)
    assert_type(get_store(), BaseStore)
    assert_type(get_runtime(Context), Runtime[Context])


messages: MessagesState = {"messages": []}
add_messages([], "hi")
try:
    with deterministic(now="2024-05-06T07:08:09Z"):
        compiled.invoke(given)
except (GraphRecursionError, InvalidUpdateError):
    pass


def lookup(city: str, topic: Annotated[str, InjectedState("topic")]) -> str:
    return f"{city} {topic}"


def greet(runtime: ToolRuntime[Context, State]) -> str:
    return runtime.context.user + runtime.state["topic"]


def agents() -> None:
    node = ToolNode([lookup, greet], handle_tool_errors=(ValueError, KeyError))
    agent = create_react_agent("openai:gpt-4o-mini", node, prompt="Be brief.", name="agent")
    assert_type(agent, CompiledStateGraph[Any, Any, Any, Any])
    create_react_agent("openai:gpt-4o-mini", [lookup, {"type": "web_search"}], version="v1")
    graph = StateGraph(MessagesState).add_node(node)
    graph.add_conditional_edges(START, tools_condition)


def models(live: BaseChatModel) -> None:
    scripted = ScriptedChatModel(
        ["a", AIMessage("b"), ["c", AIMessageChunk(content="d"), OSError()], OSError],
        cut=3,
        latency=(1.0, 0.1),
        tags=["t"],
    )
    assert_type(scripted.invoke("q"), AIMessage)
    assert_type(scripted.calls, tuple[Call, ...])
    ScriptedChatModel(walk_tools(parallel=False))
    ScriptedChatModel([lambda messages, **kwargs: "a"])
    with CassetteChatModel("c.yaml", model=live, record_mode="once") as cassette:
        assert_type(cassette, CassetteChatModel)
    with override_models({"openai:*": scripted}):
        assert_type(resolve("openai:x"), BaseChatModel)
