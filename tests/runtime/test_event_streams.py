"""Event streams, where they do more than LangGraph's; what is the same stands in `tests/parity`."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from runtime_graphs import chain

from harness import ScriptedChatModel
from runtime.graph import START, MessagesState, StateGraph
from runtime.stream import StreamTransformer


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """Fail a test that leaves a thread of a graph behind."""
    yield
    assert not [t for t in threading.enumerate() if t.name.startswith("graph") and t.is_alive()]


def speaking(*texts: str) -> Any:
    """Return a graph whose one node asks a model."""
    model = ScriptedChatModel([AIMessage(text, id=f"own-{n}") for n, text in enumerate(texts)])

    def say(state: MessagesState) -> Any:
        return {"messages": [model.invoke(state["messages"])]}

    return StateGraph(MessagesState).add_node(say).add_edge(START, "say").compile()


def test_the_state_is_that_of_a_plain_run_if_it_is_to_be() -> None:
    """With `same_messages` the model's message lands in the state as it made it, id included."""
    graph = speaking("hello there", "hello there")
    given: Any = {"messages": [("user", "hi")]}
    plain = graph.invoke(given)["messages"][-1].model_copy(update={"id": None})
    run = graph.stream_events(given, version="v3", same_messages=True)
    texts = [list(message.text) for message in run.messages]
    kept = run.output["messages"][-1]
    assert texts == [["hello", " there"]]
    assert kept.id == "own-1"
    assert kept.model_copy(update={"id": None}) == plain


def test_the_state_has_content_blocks_by_default() -> None:
    """As in LangGraph, nodes get what the events say."""
    run = speaking("hello there").stream_events({"messages": [("user", "hi")]}, version="v3")
    kept = run.output["messages"][-1]
    assert kept.content == [{"type": "text", "text": "hello there", "index": 0}]
    assert kept.id.startswith("lc_run--")


@pytest.mark.parametrize("keep", [True, False])
def test_projections_keep_what_came_before_if_they_are_to(keep: bool) -> None:
    """With `keep_items` whoever subscribes late gets everything, in graphs inside, too."""
    graph = chain(chain(lambda _: {"log": ["x"]}))
    run = graph.stream_events({"a": 1}, version="v3", keep_items=keep)
    inside = list(run.subgraphs)
    assert len(list(run.values)) == (2 if keep else 0)
    assert bool(list(inside[0].values)) is keep


def test_nothing_happens_before_somebody_reads() -> None:
    """Opening a run does not start it."""
    ran: list[str] = []
    run = chain(lambda _: ran.append("ran")).stream_events({"a": 1}, version="v3")
    assert not ran
    assert run.output
    assert ran


def test_tokens_come_while_the_model_speaks() -> None:
    """The first token is there before the model has made the second."""
    made: list[str] = []

    class Counting(ScriptedChatModel):
        def _stream(self, *args: Any, **kwargs: Any) -> Any:
            for chunk in super()._stream(*args, **kwargs):
                made.append(chunk.text)
                yield chunk
                heard.wait(10)

    heard = threading.Event()
    model = Counting(["one two three"])
    graph = chain(lambda _: model.invoke("q") and {"a": 1})
    run = graph.stream_events({"a": 1}, version="v3")
    texts = iter(next(iter(run.messages)).text)
    first, so_far = next(texts), list(made)
    heard.set()
    assert (first, so_far) == ("one", ["one"])
    assert list(texts) == [" two", " three"]
    assert run.output["a"] == 1


def test_an_unknown_argument_is_named() -> None:
    """LangGraph ignores it."""
    with pytest.raises(TypeError, match=r"unexpected keyword argument 'contxt'.*context"):
        chain(lambda _: None).stream_events({"a": 1}, version="v3", contxt=1)


class Endless:
    """A graph that invokes a graph without end, and what is seen of that one."""

    def __init__(self) -> None:
        self.steps = 0
        self.going, self.ended, self.over = (threading.Event() for _ in range(3))

        def step(_: Any) -> None:
            self.steps += 1
            self.going.set()
            time.sleep(0.001)

        inner = StateGraph(dict).add_node("step", step).add_edge(START, "step")
        inner.add_conditional_edges("step", lambda _: "__end__" if self.over.is_set() else "step")
        compiled = inner.compile()

        def invoke(_: Any) -> None:
            # a config and a thread of its own: the graph around does not know of the run
            try:
                compiled.invoke({}, {"recursion_limit": 1_000_000})
            finally:
                self.ended.set()

        self.graph = chain(invoke)


@pytest.fixture
def endless() -> Iterator[Endless]:
    """A graph that the test is to stop; if it does not, the end of the test does."""
    made = Endless()
    yield made
    made.over.set()


def test_an_aborted_run_leaves_no_graph_inside_running(endless: Endless) -> None:
    """The graph inside stops before its next superstep, and `abort` waits for that."""
    run = endless.graph.stream_events({"a": 1}, version="v3")
    next(iter(run.subgraphs))
    assert endless.going.wait(10)
    run.abort()
    assert endless.ended.is_set()


async def test_an_aborted_async_run_leaves_no_graph_inside_running(endless: Endless) -> None:
    """Also where the graph inside runs in a thread, which cannot be cancelled."""
    run = await endless.graph.astream_events({"a": 1}, version="v3")
    await anext(aiter(run.subgraphs))
    await run.abort()
    assert await asyncio.to_thread(endless.ended.wait, 10)


async def test_abort_wakes_whoever_waits() -> None:
    """A consumer that waits for the next event comes to its end; the node is cancelled."""
    begun, cancelled = asyncio.Event(), []

    async def node(_: Any) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    run = await chain(node).astream_events({"a": 1}, version="v3")

    async def read() -> list[Any]:
        return [value async for value in run.values]

    reader = asyncio.create_task(read())
    await asyncio.wait_for(begun.wait(), 10)
    await asyncio.wait_for(run.abort(), 10)
    assert len(await asyncio.wait_for(reader, 10)) == 1
    assert cancelled


async def test_a_cancelled_consumer_is_told_to_the_others() -> None:
    """The run ends with it, and those who read it, too, are not left to take that for its end."""

    async def node(_: Any) -> None:
        await asyncio.Event().wait()

    run = await chain(node).astream_events({"a": 1}, version="v3")
    first = await anext(aiter(run.values))
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(anext(aiter(run)), 0.05)
    with pytest.raises(RuntimeError, match="was cancelled"):
        await run.output()
    assert first["a"] == 1


async def test_async_runs_can_be_interleaved() -> None:
    """LangGraph has that for sync runs only."""
    run = await chain(chain(lambda _: {"log": ["x"]})).astream_events({"a": 1}, version="v3")
    names = [name async for name, _ in run.interleave("values", "lifecycle")]
    assert names == ["values", "lifecycle", "lifecycle", "values"]


async def test_scheduled_work_that_fails_fails_the_run_if_it_is_to() -> None:
    """Whenever it fails; LangGraph forgets what failed before the end."""

    class Scheduling(StreamTransformer):
        requires_async = True

        def init(self) -> Any:
            return {}

        def process(self, event: Any) -> bool:
            self.schedule(self.later(), on_error="raise")
            return True

        async def later(self) -> None:
            raise KeyError("later")

    run = await chain(lambda _: None).astream_events(
        {"a": 1}, version="v3", transformers=[Scheduling]
    )
    with pytest.raises(KeyError, match="later"):
        await run.output()


async def test_a_transformer_that_fails_at_the_end_fails_the_run() -> None:
    """Whoever asks for the output gets the error, in async runs as in sync ones."""

    class Failing(StreamTransformer):
        def init(self) -> Any:
            return {}

        def process(self, event: Any) -> bool:
            return True

        def finalize(self) -> None:
            raise KeyError("at the end")

    run = await chain(lambda _: None).astream_events({"a": 1}, version="v3", transformers=[Failing])
    with pytest.raises(KeyError, match="at the end"):
        await run.output()


def test_an_inner_stream_of_chunks_has_its_tokens() -> None:
    """A node may stream a graph in `messages` mode; in LangGraph it then gets whole messages."""
    inner = speaking("hello there")

    def node(_: Any) -> Any:
        chunks = inner.stream({"messages": [("user", "hi")]}, stream_mode="messages")
        return {"log": [message.text for message, _ in chunks]}

    output = chain(node).stream_events({"a": 1}, version="v3").output
    assert output["log"][:2] == ["hello", " there"]
