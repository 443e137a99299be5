"""Tokens, of which langchain-core makes most of the cost, custom items, and event streams."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from importlib import import_module
from typing import Any

from _graphs import CONFIG, State, drained
from _runner import QUICK, Goal, Run, Workload, quiet, size
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.tracers._streaming import _StreamingCallbackHandler


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
    stream = graph.astream if asynchronous else graph.stream
    return _first_of(lambda: stream({"a": 0}, CONFIG, stream_mode="messages"), asynchronous)


def _bare_first_token(asynchronous: bool) -> Run:
    model = Speaker(words=3)
    stream = model.astream if asynchronous else model.stream
    return _first_of(lambda: stream("q"), asynchronous)


def _first_of(begin: Callable[[], Any], asynchronous: bool) -> Run:
    """Return what begins a stream, takes the time until its first item comes, and reads it out."""

    def run() -> float:
        start = time.perf_counter()
        stream = begin()
        next(stream)
        taken = time.perf_counter() - start
        list(stream)
        return taken

    async def arun() -> float:
        start = time.perf_counter()
        stream = begin()
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
        with quiet():
            events = graph.stream_events({"a": 0}, CONFIG, version="v3")
            return sum(1 for message in events.messages for _ in message.text)

    async def arun() -> int:
        with quiet():
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
