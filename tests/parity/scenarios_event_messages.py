"""Scenarios of messages and tool calls in event streams."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from typing import Any

from engines import Engine
from event_streams import Drive, attempt, events
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models.fake_chat_models import FakeMessagesListChatModel
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.outputs import ChatGenerationChunk
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import tool
from scenarios_events import State, built, raw, saying
from scripted import Scripted, call, calls, scripted


class Pieces(Scripted):
    """A model whose answers are the very chunks that it streams."""

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for piece in self.answers:
            if isinstance(piece, Exception):
                raise piece
            yield ChatGenerationChunk(message=piece.model_copy())


def streaming(*pieces: Any) -> Any:
    """Return a node that asks a model which streams these chunks."""
    model = Pieces(answers=[AIMessageChunk(p) if isinstance(p, str) else p for p in pieces])
    return lambda _: {"messages": [model.invoke("q")]}


def part(kind: str, index: int, **said: Any) -> AIMessageChunk:
    """Return a chunk that is a piece of one content block."""
    return AIMessageChunk(content=[{"type": kind, "index": index, **said}])


def tool_part(args: str, index: int = 0, **said: Any) -> AIMessageChunk:
    """Return a chunk that is a piece of one tool call."""
    piece = {"type": "tool_call_chunk", "args": args, "index": index, "id": None, "name": None}
    return AIMessageChunk(content="", tool_call_chunks=[{**piece, **said}])  # type: ignore[list-item]


async def told(drive: Drive, graph: Any, given: Any = None, **kwargs: Any) -> list[Any]:
    """Return everything that can be read of each message of a run."""
    run = await drive.open(graph, {"a": 0} if given is None else given, **kwargs)
    return [
        [
            message.node,
            message.message_id,
            await drive.all(message.text),
            await drive.all(message.reasoning),
            await drive.all(message.tool_calls),
            await drive.whole(message.text),
            await drive.whole(message.tool_calls),
            await drive.message(message),
            message.done,
        ]
        async for message in drive.each(run.messages)
    ]


REASONING = (
    part("reasoning", 0, reasoning="let me "),
    part("reasoning", 0, reasoning="see"),
    part("text", 1, text="It is "),
    part("text", 1, text="so."),
)
TWO_CALLS = (
    "Let me ask.",
    tool_part("", 0, id="c1", name="weather"),
    tool_part('{"city":', 0),
    tool_part("", 1, id="c2", name="time"),
    tool_part(' "rome"}', 0),
    tool_part('{"zone": 1}', 1),
)
USAGE: Any = {"input_tokens": 3, "output_tokens": 5, "total_tokens": 8}
FACTS = (
    AIMessageChunk("one ", response_metadata={"model_provider": "openai"}),
    AIMessageChunk("two ", response_metadata={"model_provider": "openai"}),
    AIMessageChunk("three", response_metadata={"model_provider": "openai"}),
    AIMessageChunk("", response_metadata={"finish_reason": "stop", "model_name": "m"}),
    AIMessageChunk("", usage_metadata=USAGE),
)


@events()
async def reasoning_in_raw_events(engine: Engine, drive: Drive) -> Any:
    return await raw(drive, built(engine, streaming(*REASONING)).compile())


@events()
async def reasoning_of_a_message(engine: Engine, drive: Drive) -> Any:
    return await told(drive, built(engine, streaming(*REASONING)).compile())


@events()
async def tool_calls_in_raw_events(engine: Engine, drive: Drive) -> Any:
    return await raw(drive, built(engine, streaming(*TWO_CALLS)).compile())


@events()
async def tool_calls_of_a_message(engine: Engine, drive: Drive) -> Any:
    return await told(drive, built(engine, streaming(*TWO_CALLS)).compile())


@events()
async def arguments_that_end_with_the_last_chunk(engine: Engine, drive: Drive) -> Any:
    last = tool_part('{"city": "rome"}', 0).model_copy(update={"chunk_position": "last"})
    pieces = (tool_part("", 0, id="c1", name="weather"), last)
    return (await told(drive, built(engine, streaming(*pieces)).compile()))[0][6]


@events()
async def arguments_that_are_no_json(engine: Engine, drive: Drive) -> Any:
    broken = (tool_part("", 0, id="c1", name="weather"), tool_part('{"city', 0))
    return await told(drive, built(engine, streaming(*broken)).compile())


@events()
async def usage_and_metadata(engine: Engine, drive: Drive) -> Any:
    return await raw(drive, built(engine, streaming(*FACTS)).compile())


@events()
async def usage_of_a_message(engine: Engine, drive: Drive) -> Any:
    return await told(drive, built(engine, streaming(*FACTS)).compile())


@events()
async def text_as_blocks(engine: Engine, drive: Drive) -> Any:
    pieces = [part("text", 0, text=word) for word in ("a ", "b ", "c")]
    return await raw(drive, built(engine, streaming(*pieces)).compile())


@events()
async def blocks_of_several_kinds(engine: Engine, drive: Drive) -> Any:
    pieces = (
        part("text", 0, text="see "),
        part("image", 1, url="https://example.com/cat.png"),
        part("text", 2, text="this"),
        part("text", 0, text=" and"),
    )
    return await raw(drive, built(engine, streaming(*pieces)).compile())


@events()
async def text_before_and_after_a_tool_call(engine: Engine, drive: Drive) -> Any:
    pieces = ("a ", "b ", tool_part("{}", 1, id="c1", name="weather"), "c ", "d")
    return await raw(drive, built(engine, streaming(*pieces)).compile())


@events()
async def additional_kwargs_of_chunks(engine: Engine, drive: Drive) -> Any:
    pieces = (
        AIMessageChunk("a ", additional_kwargs={"refusal": "n"}),
        AIMessageChunk("b ", additional_kwargs={"refusal": "o"}),
        "c",
    )
    return await raw(drive, built(engine, streaming(*pieces)).compile())


@events()
async def an_answer_of_nothing(engine: Engine, drive: Drive) -> Any:
    return await raw(drive, built(engine, streaming("")).compile())


@events()
async def empty_chunks_in_between(engine: Engine, drive: Drive) -> Any:
    return await raw(drive, built(engine, streaming("", "a ", "", "b", "")).compile())


@events()
async def ids_of_a_provider(engine: Engine, drive: Drive) -> Any:
    pieces = [AIMessageChunk(word, id="msg_1") for word in ("a ", "b")]
    return await raw(drive, built(engine, streaming(*pieces)).compile())


@events()
async def a_model_that_fails_in_the_middle(engine: Engine, drive: Drive) -> Any:
    return await raw(drive, built(engine, streaming("a ", "b ", ValueError("cut"))).compile())


@events()
async def a_message_that_fails_in_the_middle(engine: Engine, drive: Drive) -> Any:
    graph = built(engine, streaming("a ", "b ", ValueError("cut"))).compile()
    run = await drive.open(graph, {"a": 0})
    message = await drive.first(run.messages)
    return [await attempt(drive.all(message.text)), await attempt(drive.message(message))]


@events()
async def messages_that_nobody_reads(engine: Engine, drive: Drive) -> Any:
    run = await drive.open(built(engine, saying("a b"), saying("c d")).compile(), {"a": 0})
    found = await drive.all(run.messages)
    return [[m.done, await drive.all(m.text), await drive.message(m)] for m in found]


@events()
async def the_events_of_a_message(engine: Engine, drive: Drive) -> Any:
    run = await drive.open(built(engine, saying("a b")).compile(), {"a": 0})
    return [await drive.all(message) async for message in drive.each(run.messages)]


@events()
async def whole_messages_of_a_node(engine: Engine, drive: Drive) -> Any:
    def node(_: Any) -> Any:
        said = [
            AIMessage("ai", id="1"),
            HumanMessage("human", id="2"),
            SystemMessage("system", id="3"),
            ToolMessage("tool", tool_call_id="c", id="4"),
            AIMessage("no id"),
        ]
        return {"messages": said}

    graph = built(engine, node).compile()
    return [await raw(drive, graph), await told(drive, graph)]


@events()
async def a_whole_message_with_tool_calls(engine: Engine, drive: Drive) -> Any:
    made = calls(call("weather", city="rome"), text="Let me see.")
    graph = built(engine, lambda _: {"messages": [made.model_copy(update={"id": "1"})]}).compile()
    return await told(drive, graph)


@events()
async def messages_that_were_there(engine: Engine, drive: Drive) -> Any:
    def node(state: Any) -> Any:
        return {"messages": [*state["messages"], AIMessage("new", id="2")]}

    given = {"messages": [HumanMessage("old", id="1")]}
    return await raw(drive, built(engine, node).compile(), given)


@events()
async def a_message_that_is_removed(engine: Engine, drive: Drive) -> Any:
    graph = engine.graph.StateGraph(engine.graph.MessagesState)
    graph.add_node("n", lambda _: {"messages": [RemoveMessage(id="1")]})
    graph.add_edge(engine.graph.START, "n")
    given = {"messages": [HumanMessage("old", id="1")]}
    return await raw(drive, graph.compile(), given)


@events()
async def a_message_under_another_id(engine: Engine, drive: Drive) -> Any:
    model = scripted("a b")

    def node(_: Any) -> Any:
        return {"messages": [model.invoke("q").model_copy(update={"id": "other"})]}

    return await told(drive, built(engine, node).compile())


@events()
async def a_message_that_is_pushed(engine: Engine, drive: Drive) -> Any:
    push = engine.message.push_message

    def node(_: Any) -> Any:
        push(AIMessage("pushed", id="p"), state_key=None)
        return {"a": 1}

    return await raw(drive, built(engine, node).compile())


@events()
async def a_model_that_cannot_stream(engine: Engine, drive: Drive) -> Any:
    model = FakeMessagesListChatModel(responses=[AIMessage("flat", id="f")])
    return await raw(drive, built(engine, lambda _: {"messages": [model.invoke("q")]}).compile())


@events()
async def a_model_that_is_not_to_stream(engine: Engine, drive: Drive) -> Any:
    model = scripted("a b")
    model.disable_streaming = True
    return await raw(drive, built(engine, lambda _: {"messages": [model.invoke("q")]}).compile())


@events()
async def a_model_whose_tokens_are_not_wanted(engine: Engine, drive: Drive) -> Any:
    model = scripted("a b").with_config(tags=["nostream"])
    return await raw(drive, built(engine, lambda _: {"messages": [model.invoke("q")]}).compile())


@events()
async def a_model_that_a_node_streams(engine: Engine, drive: Drive) -> Any:
    model = scripted("a b")

    def node(_: Any) -> Any:
        pieces = list(model.stream("q"))
        return {"a": len(pieces)}

    return await raw(drive, built(engine, node).compile())


@events()
async def a_model_that_a_node_streams_events_of(engine: Engine, drive: Drive) -> Any:
    model = scripted("a b")

    def node(_: Any) -> Any:
        return {"messages": [model.stream_events("q", version="v3").output]}

    return await raw(drive, built(engine, node).compile())


@events()
async def structured_output(engine: Engine, drive: Drive) -> Any:
    made = streaming(tool_part('{"city": "rome"}', 0, id="c1", name="weather"))
    return await told(drive, built(engine, made).compile())


@events("async")
async def models_awaited_with_their_config(engine: Engine, drive: Drive) -> Any:
    model = scripted("a b")

    async def node(_: Any, config: RunnableConfig) -> Any:
        return {"messages": [await model.ainvoke("q", config)]}

    return await raw(drive, built(engine, node).compile())


@events()
async def models_of_parallel_nodes(engine: Engine, drive: Drive) -> Any:
    graph = engine.graph.StateGraph(engine.graph.MessagesState)
    begun = threading.Barrier(2, timeout=10)
    for name in ("x", "y"):
        model = scripted(f"{name} one {name} two")

        def node(_: Any, model: Any = model) -> Any:
            begun.wait()
            return {"messages": [model.invoke("q")]}

        graph.add_node(name, node).add_edge(engine.graph.START, name)
    run = await drive.open(graph.compile(), {"messages": []})
    texts = {m.node: await drive.whole(m.text) async for m in drive.each(run.messages)}
    output = await drive.get(run, "output")
    return [sorted(texts.items()), [m.text for m in output["messages"]]]


@events()
async def an_event_stream_in_a_node(engine: Engine, drive: Drive) -> Any:
    inner = built(engine, saying("in side")).compile()

    def node(_: Any) -> Any:
        run = inner.stream_events({"a": 0}, version="v3")
        return {"log": [[list(m.text) for m in run.messages], run.output["a"]]}

    return await raw(drive, built(engine, node).compile())


@events()
async def where_messages_of_graphs_inside_are(engine: Engine, drive: Drive) -> Any:
    inner = built(engine, saying("in side")).compile()
    run = await drive.open(built(engine, inner).compile(), {"a": 0})
    return [
        [len(message.namespace), await drive.all(message.text)]
        async for each in drive.each(run.subgraphs)
        async for message in drive.each(each.messages)
    ]


# --- tools -----------------------------------------------------------------------------------


@tool
def weather(city: str) -> str:
    """Tell the weather."""
    return f"sunny in {city}"


@tool
def broken(city: str) -> str:
    """Fail."""
    raise ValueError(f"no weather in {city}")


def using(engine: Engine, *made: Any, tools: Any = (weather, broken), **kwargs: Any) -> Any:
    """Return a graph that makes these tool calls, one after the other."""
    prebuilt = engine.prebuilt
    graph = engine.graph.StateGraph(engine.graph.MessagesState)
    previous = engine.graph.START
    for number, each in enumerate(made):
        message = calls(each).model_copy(update={"id": f"m{number}"})
        graph.add_node(f"call{number}", lambda _, m=message: {"messages": [m]})
        node = prebuilt.ToolNode(list(tools), handle_tool_errors=True)
        graph.add_node(f"tools{number}", node)
        graph.add_edge(previous, f"call{number}").add_edge(f"call{number}", f"tools{number}")
        previous = f"tools{number}"
    return graph.compile(**kwargs)


TOOLS_ARE_THERE = {"messages": []}


@events()
async def tools_in_raw_events(engine: Engine, drive: Drive) -> Any:
    tools = [engine.prebuilt.ToolCallTransformer]
    graph = using(engine, call("weather", city="rome"), call("broken", "c2", city="x"))
    return await raw(drive, graph, TOOLS_ARE_THERE, transformers=tools)


@events()
async def tools_that_nobody_asked_for(engine: Engine, drive: Drive) -> Any:
    return await raw(drive, using(engine, call("weather", city="rome")), TOOLS_ARE_THERE)


@events()
async def tool_calls_as_a_projection(engine: Engine, drive: Drive) -> Any:
    tools = [engine.prebuilt.ToolCallTransformer]
    made = call("weather", city="rome"), call("broken", "c2", city="x")
    run = await drive.open(using(engine, *made, transformers=tools), TOOLS_ARE_THERE)
    seen = []
    async for each in drive.each(run.tool_calls):
        known = [each.tool_call_id, each.tool_name, each.input, repr(each)]
        pieces = await drive.all(each)
        seen.append([known, pieces, each.output, each.error, each.completed, repr(each)])
    return seen


@events()
async def pieces_of_the_output_of_a_tool(engine: Engine, drive: Drive) -> Any:
    @tool
    def slow(city: str, runtime: Any) -> str:
        """Tell the weather."""
        for word in ("sunny", "in", city):
            runtime.emit_output_delta(word)
        return f"sunny in {city}"

    slow.func.__annotations__["runtime"] = engine.prebuilt.ToolRuntime
    slow.args_schema.model_fields["runtime"].annotation = engine.prebuilt.ToolRuntime
    slow.args_schema.model_rebuild(force=True)
    tools = [engine.prebuilt.ToolCallTransformer]
    graph = using(engine, call("slow", city="rome"), tools=[slow], transformers=tools)
    run = await drive.open(graph, TOOLS_ARE_THERE)
    return [
        [each.tool_name, await drive.all(each.output_deltas), each.output]
        async for each in drive.each(run.tool_calls)
    ]


@events()
async def tool_calls_read_late(engine: Engine, drive: Drive) -> Any:
    tools = [engine.prebuilt.ToolCallTransformer]
    graph = using(engine, call("weather", city="rome"), transformers=tools)
    run = await drive.open(graph, TOOLS_ARE_THERE)
    found = await drive.all(run.tool_calls)
    return [[repr(each), await drive.all(each), each.output] for each in found]


@events()
async def a_tool_that_calls_an_agent(engine: Engine, drive: Drive) -> Any:
    inner = built(engine, lambda _: {"a": 5}, schema=State).compile()
    agent = inner.with_config(metadata={"lc_agent_name": "Bob"})

    @tool
    def ask(question: str) -> str:
        """Ask the agent."""
        return str(agent.invoke({"a": 0})["a"])

    send = engine.types.Send
    made = calls(call("ask", "c9", question="what"))
    node = engine.prebuilt.ToolNode([ask])
    graph = engine.graph.StateGraph(engine.graph.MessagesState)
    graph.add_node("call", lambda _: {"messages": [made.model_copy(update={"id": "m"})]})
    graph.add_node("tools", node).add_edge(engine.graph.START, "call")
    graph.add_conditional_edges(
        "call", lambda _: [send("tools", [{**each}]) for each in made.tool_calls]
    )
    run = await drive.open(graph.compile(), TOOLS_ARE_THERE)
    return await drive.all(run.lifecycle)


@events()
async def an_agent_with_its_tools(engine: Engine, drive: Drive) -> Any:
    model = scripted(calls(call("weather", city="rome")), "It is sunny.")
    model.disable_streaming = "tool_calling"
    with warnings.catch_warnings():  # LangGraph's is deprecated
        warnings.simplefilter("ignore", DeprecationWarning)
        agent = engine.prebuilt.create_react_agent(model, [weather])
    tools = [engine.prebuilt.ToolCallTransformer]
    return await raw(drive, agent, {"messages": [HumanMessage("hi", id="1")]}, transformers=tools)
