"""Agents, tokens and custom items: workloads in which langchain-core has a large part."""

from __future__ import annotations

import asyncio
import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from _graphs import CONFIG, State, drained
from _runner import QUICK, Goal, Run, Workload, size
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.tools import tool
from langchain_core.tracers._streaming import _StreamingCallbackHandler

CALLS = size(100)


@tool
def search(query: str) -> str:
    """Search."""
    return f"found {query}"


class Caller(BaseChatModel):
    """Calls the tool until it has called it often enough."""

    @property
    def _llm_type(self) -> str:
        return "caller"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        turn = len(messages) // 2
        calls = [{"name": "search", "args": {"query": str(turn)}, "id": f"call_{turn}"}]
        message = AIMessage("", tool_calls=calls if turn < CALLS else [], id=f"answer_{turn}")
        return ChatResult(generations=[ChatGeneration(message=message)])


class AsyncCaller(Caller):
    """The same, with an async form of its own."""

    async def _agenerate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> Any:
        return self._generate(messages)


def _agent(engine: str, asynchronous: bool, saved: bool) -> Run:
    model = AsyncCaller() if asynchronous else Caller()
    with _quiet():
        agent = import_module(f"{engine}.prebuilt").create_react_agent(model, [search])
    given = {"messages": [HumanMessage("go", id="go")]}
    return drained(agent, given, "values", asynchronous=asynchronous, saved=saved)


@contextmanager
def _quiet() -> Iterator[None]:
    """Have no warnings: LangGraph's agent is deprecated, its event streams are experimental."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _bare_agent(asynchronous: bool) -> Run:
    """Return the same model and tool calls, without an engine."""

    def run() -> None:
        model, messages = Caller(), [HumanMessage("go", id="go")]
        while True:
            messages.append(model.invoke(messages))
            if not messages[-1].tool_calls:
                return
            messages.append(search.invoke({**messages[-1].tool_calls[0], "type": "tool_call"}))

    async def arun() -> None:
        model, messages = AsyncCaller(), [HumanMessage("go", id="go")]
        while True:
            messages.append(await model.ainvoke(messages))
            if not messages[-1].tool_calls:
                return
            call = {**messages[-1].tool_calls[0], "type": "tool_call"}
            messages.append(await search.ainvoke(call))

    return arun if asynchronous else run


def agents() -> Iterator[Workload]:
    """The prebuilt agent."""
    for asynchronous in (False, True):
        for saved in (False, True):

            def prepare(engine: str, of: tuple[bool, bool] = (asynchronous, saved)) -> Run:
                return _agent(engine, *of)

            kind = "async" if asynchronous else "sync"
            yield Workload(
                f"agent, {CALLS} tool calls, {kind}{', memory' * saved}: call",
                prepare,
                (Goal("times", 1.7 if saved else 2), Goal("share", 4)),
                floor=lambda asynchronous=asynchronous: _bare_agent(asynchronous),
                units=CALLS,
                computes=True,
            )


class Speaker(BaseChatModel):
    """Streams words, and counts them. In a loop it waits now and then, as for a network."""

    words: int
    spoken: int = 0

    @property
    def _llm_type(self) -> str:
        return "speaker"

    def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
        raise AssertionError("the model is to stream")

    def _stream(self, messages: Any, stop: Any = None, run_manager: Any = None, **_: Any) -> Any:
        self.spoken = 0
        for _number in range(self.words):
            self.spoken += 1
            chunk = ChatGenerationChunk(message=AIMessageChunk("word "))
            if run_manager:
                run_manager.on_llm_new_token("word ", chunk=chunk)
            yield chunk

    async def _astream(
        self, messages: Any, stop: Any = None, run_manager: Any = None, **_: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        self.spoken = 0
        for number in range(self.words):
            if number % 100 == 99:
                await asyncio.sleep(0)
            self.spoken += 1
            chunk = ChatGenerationChunk(message=AIMessageChunk("word "))
            if run_manager:
                await run_manager.on_llm_new_token("word ", chunk=chunk)
            yield chunk


class Listener(BaseCallbackHandler, _StreamingCallbackHandler):
    """Makes a model stream, and does nothing."""

    run_inline = True

    def tap_output_iter(self, run_id: Any, output: Any) -> Any:
        return output

    def tap_output_aiter(self, run_id: Any, output: Any) -> Any:
        return output


def speaking(engine: str, model: Speaker, asynchronous: bool) -> Any:
    """Return a graph whose one node calls a model."""
    module = import_module(f"{engine}.graph")

    def speak(_: State) -> dict:
        model.invoke("q")
        return {"a": 1}

    async def aspeak(_: State) -> dict:
        await model.ainvoke("q")
        return {"a": 1}

    action = aspeak if asynchronous else speak
    return module.StateGraph(State).add_node("n", action).add_edge(module.START, "n").compile()


def heard(engine: str, words: int, asynchronous: bool) -> Run:
    """Return what reads all tokens, and fails unless the first one comes while the model speaks."""
    model = Speaker(words=words)
    graph = speaking(engine, model, asynchronous)

    def check() -> None:
        if not QUICK:
            assert model.spoken < words, f"{engine}: no token came before the last was spoken"

    def run() -> int:
        read = 0
        for _ in graph.stream({"a": 0}, CONFIG, stream_mode="messages"):
            if not read:
                check()
            read += 1
        return read

    async def arun() -> int:
        read = 0
        async for _ in graph.astream({"a": 0}, CONFIG, stream_mode="messages"):
            if not read:
                check()
            read += 1
        return read

    return arun if asynchronous else run


def bare_speech(words: int, asynchronous: bool) -> Run:
    """Return a bare call of the same model with a streaming handler that does nothing."""
    model, config = Speaker(words=words), {"callbacks": [Listener()]}
    return (
        (lambda: model.ainvoke("q", config)) if asynchronous else lambda: model.invoke("q", config)
    )


def _first_token(engine: str, asynchronous: bool) -> Run:
    """Return what takes the time from the call of `stream` to the first token."""
    graph = speaking(engine, Speaker(words=3), asynchronous)

    def run() -> float:
        start = time.perf_counter()
        stream = graph.stream({"a": 0}, CONFIG, stream_mode="messages")
        next(stream)
        taken = time.perf_counter() - start
        list(stream)
        return taken

    async def arun() -> float:
        start = time.perf_counter()
        stream = graph.astream({"a": 0}, CONFIG, stream_mode="messages")
        await anext(stream)
        taken = time.perf_counter() - start
        async for _ in stream:
            pass
        return taken

    return arun if asynchronous else run


def _bare_first_token(asynchronous: bool) -> Run:
    model = Speaker(words=3)

    def run() -> float:
        start = time.perf_counter()
        stream = model.stream("q")
        next(stream)
        taken = time.perf_counter() - start
        list(stream)
        return taken

    async def arun() -> float:
        start = time.perf_counter()
        stream = model.astream("q")
        await anext(stream)
        taken = time.perf_counter() - start
        async for _ in stream:
            pass
        return taken

    return arun if asynchronous else run


def tokens() -> Iterator[Workload]:
    """Tokens and custom items."""
    for asynchronous in (False, True):
        kind = "async" if asynchronous else "sync"

        def prepare(engine: str, asynchronous: bool = asynchronous) -> Run:
            return heard(engine, size(4000), asynchronous)

        yield Workload(
            f"messages, 4000 tokens, {kind}: token",
            prepare,
            (Goal("floors", 1.15),),
            floor=lambda asynchronous=asynchronous: bare_speech(size(4000), asynchronous),
            units=size(4000),
            computes=True,  # as `heard` sees to it that none comes late
        )
    for asynchronous in (False, True):
        kind = "async" if asynchronous else "sync"
        yield Workload(
            f"first token, {kind}",
            lambda engine, asynchronous=asynchronous: _first_token(engine, asynchronous),
            (Goal("share", 4),),
            floor=lambda asynchronous=asynchronous: _bare_first_token(asynchronous),
            repeat=10,
            timed=True,
        )
    for asynchronous in (False, True):
        kind = "async" if asynchronous else "sync"
        yield Workload(
            f"custom, 20000 items, {kind}: item",
            lambda engine, asynchronous=asynchronous: custom(engine, size(20_000), asynchronous),
            (Goal("times", 5),),
            units=size(20_000),
        )


def _events(engine: str, words: int, asynchronous: bool) -> Run:
    """Return what reads the texts of the messages of an event stream, token by token."""
    graph = speaking(engine, Speaker(words=words), asynchronous)

    def run() -> int:
        with _quiet():
            events = graph.stream_events({"a": 0}, CONFIG, version="v3")
            return sum(1 for message in events.messages for _ in message.text)

    async def arun() -> int:
        with _quiet():
            events = await graph.astream_events({"a": 0}, CONFIG, version="v3")
            tokens = 0
            async for message in events.messages:
                async for _ in message.text:
                    tokens += 1
            return tokens

    return arun if asynchronous else run


def event_streams() -> Iterator[Workload]:
    """Tokens of an event stream (`version="v3"`), as its `.messages` have them."""
    for asynchronous in (False, True):
        kind = "async" if asynchronous else "sync"

        def prepare(engine: str, asynchronous: bool = asynchronous) -> Run:
            return _events(engine, size(4000), asynchronous)

        yield Workload(
            f"event stream, 4000 tokens, {kind}: token",
            prepare,
            (Goal("times", 2),),
            floor=lambda asynchronous=asynchronous: bare_speech(size(4000), asynchronous),
            units=size(4000),
            computes=True,
        )


def custom_graph(engine: str, items: int, asynchronous: bool) -> Any:
    """Return a graph whose one node emits items."""
    module, types = import_module(f"{engine}.graph"), import_module(f"{engine}.types")

    def emit(_: State, writer: types.StreamWriter) -> dict:
        for number in range(items):
            writer(number)
        return {"a": 1}

    async def aemit(_: State, writer: types.StreamWriter) -> dict:
        for number in range(items):
            writer(number)
            if number % 100 == 0:
                await asyncio.sleep(0)
        return {"a": 1}

    # annotations are read from the module in which a function is defined
    emit.__annotations__ = aemit.__annotations__ = {"writer": types.StreamWriter}
    action = aemit if asynchronous else emit
    return module.StateGraph(State).add_node("n", action).add_edge(module.START, "n").compile()


def custom(engine: str, items: int, asynchronous: bool) -> Run:
    """Return what reads the items."""
    graph = custom_graph(engine, items, asynchronous)
    return drained(graph, {"a": 0}, "custom", asynchronous=asynchronous)


_PROGRAM = """
from {engine}.graph import StateGraph, START
from typing_extensions import TypedDict
class State(TypedDict):
    a: int
graph = StateGraph(State).add_node("n", lambda s: {{"a": 1}}).add_edge(START, "n").compile()
assert graph.invoke({{"a": 0}}) == {{"a": 1}}
"""
_BARE_PROGRAM = """
import langchain_core.runnables.base, langchain_core.messages, langchain_core.callbacks.manager
"""


def _process(program: str, bytecode: str) -> Run:
    """Return what runs a program in a process of its own, with all modules compiled beforehand.

    Those of an installed package are; ours may lie in a checkout that nothing may be written to.
    """
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def run() -> int:
        command = [sys.executable, "-c", program]
        done = subprocess.run(command, check=True, timeout=60, env=environment)  # noqa: S603 - ours
        return done.returncode

    return run


def processes() -> Iterator[Workload]:
    """A process from its start to its end."""
    if QUICK:  # the slowest to run, and the least likely to break
        return
    bytecode = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, bytecode)
    yield Workload(
        "process: import, build and run one node",
        lambda engine: _process(_PROGRAM.format(engine=engine), bytecode),
        (Goal("times", 1 / 0.6),),
        floor=lambda: _process(_BARE_PROGRAM, bytecode),
    )
