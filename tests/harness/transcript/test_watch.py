"""A graph is watched while a program streams it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from harness import ScriptedChatModel, capture, watch
from harness.transcript import listening
from runtime.graph import START, MessagesState, StateGraph
from runtime.types import StreamWriter

INPUT = {"topic": "cats"}


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"stream_mode": "messages"},
        {"stream_mode": ["values", "messages"]},
        {"stream_mode": "updates", "subgraphs": True},
        {"stream_mode": ["values", "custom"], "subgraphs": True},
        {"stream_mode": ["values", "updates"], "version": "v2"},
    ],
)
async def test_the_program_gets_what_it_asked_for(
    two_calls: Any, arguments: dict[str, Any]
) -> None:
    """Each chunk is passed on in its shape, and kept in the transcript, sync and async."""
    watched, other = watch(two_calls), watch(two_calls)
    got = list(watched.stream(INPUT, **arguments))
    agot = [chunk async for chunk in other.astream(INPUT, **arguments)]

    assert [type(chunk) for chunk in got] == [type(chunk) for chunk in agot]
    assert len(got) == len(watched.transcript.events)
    modes = arguments.get("stream_mode", "updates")
    rest = {key: item for key, item in arguments.items() if key != "stream_mode"}
    assert watched.transcript == capture(two_calls, INPUT, stream_mode=modes, **rest)
    assert watched.transcript == other.transcript


def test_a_chunk_is_kept_when_it_passes(two_calls: Any) -> None:
    """The transcript is there while the stream runs, and after the program stops reading."""
    watched = watch(two_calls)
    for _ in watched.stream(INPUT, stream_mode="messages"):
        if len(watched.transcript.tokens()) == 2:
            break
    assert watched.transcript.tokens() == ["Why", " was"]


def test_later_runs_follow_their_input(two_calls: Any) -> None:
    """Everything that the graph streams is one transcript."""
    watched = watch(two_calls)
    for topic in ("cats", "dogs"):
        list(watched.stream({"topic": topic}, stream_mode="updates"))
    assert [event.mode for event in watched.transcript.events] == [
        *["updates", "updates", "input", "updates", "updates"]
    ]
    assert watched.transcript.payloads("input") == [{"topic": "dogs"}]


def test_an_exception_is_kept_and_raised() -> None:
    """The program sees it as ever."""

    class Unlucky:
        def stream(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
            yield 1
            raise OSError("lost")

    watched = watch(Unlucky())
    with pytest.raises(OSError, match="lost"):
        list(watched.stream(None, stream_mode="custom"))
    assert [event.mode for event in watched.transcript.events] == ["custom", "error"]


def test_everything_else_is_the_graphs(two_calls: Any) -> None:
    """The program may ask the graph whatever it likes."""
    assert watch(two_calls).invoke(INPUT)["topic"] == "cats"
    drawing = two_calls.get_graph().draw_mermaid()
    assert watch(two_calls).get_graph().draw_mermaid() == drawing


def asking(*answers: str) -> Any:
    """Return a graph that asks a model, inside another graph."""
    model = ScriptedChatModel([*answers], ids="m")

    def ask(state: MessagesState) -> Any:
        return {"messages": [model.invoke(state["messages"])]}

    inside = StateGraph(MessagesState).add_node(ask).add_edge(START, "ask").compile()
    return StateGraph(MessagesState).add_node("in", inside).add_edge(START, "in").compile()


QUESTION: Any = {"messages": [("user", "hi")]}


async def test_an_event_stream_is_kept_whatever_the_program_reads_of_it() -> None:
    """A program that reads one projection is watched like `capture`, sync and async."""
    read, awaited = watch(asking("Why not?")), watch(asking("Why not?"))
    run = read.stream_events(QUESTION, version="v3")
    assert run.output["messages"][-1].text == "Why not?"
    async with await awaited.astream_events(QUESTION, version="v3") as arun:
        async for _ in arun.values:
            pass
    modes = ["values", "messages", "tasks"]  # a graph inside needs `tasks`
    captured = capture(
        asking("Why not?"), QUESTION, stream_mode=modes, subgraphs=True, version="v3"
    )

    for watched in (read, awaited):
        seen = [(e.namespace, e.mode) for e in watched.transcript.normalized().events]
        assert [each for each in seen if each[1] in modes] == [
            (e.namespace, e.mode) for e in captured.normalized().events
        ]
        assert watched.transcript.tokens() == ["Why", " not", "?"]
        assert len(watched.transcript.origin.calls) == 1
    assert read.transcript == awaited.transcript


def test_an_event_stream_that_nobody_reads_on_hears_no_more() -> None:
    """Calls of models that come after it are not its own, whether it was left or failed."""
    watched = watch(asking("Why not?"))
    with watched.stream_events(QUESTION, version="v3") as run:
        next(iter(run.subgraphs))
    ScriptedChatModel(["aside"]).invoke("aside")
    assert len(watched.transcript.origin.calls) == 1


def test_the_error_of_an_event_stream_is_kept() -> None:
    """It is the last event, and the program sees it as ever."""
    graph = StateGraph(MessagesState).add_node("fail", lambda _: 1 / 0).add_edge(START, "fail")
    watched = watch(graph.compile())
    with pytest.raises(ZeroDivisionError):
        _ = watched.stream_events(QUESTION, version="v3").output
    assert isinstance(watched.transcript.error, ZeroDivisionError)


@pytest.mark.filterwarnings("ignore::langchain_core._api.LangChainBetaWarning")
def test_event_streams_of_langgraph_are_watched_too() -> None:
    """With the transformer that its own package knows."""
    langgraph = pytest.importorskip("langgraph.graph")
    model = ScriptedChatModel(["Why not?"])
    graph = langgraph.StateGraph(MessagesState)
    graph.add_node("ask", lambda state: {"messages": [model.invoke(state["messages"])]})
    watched = watch(graph.add_edge(langgraph.START, "ask").compile())
    assert watched.stream_events(QUESTION, version="v3").output["messages"][-1].text == "Why not?"
    assert watched.transcript.tokens(node="ask") == ["Why", " not", "?"]


@pytest.mark.filterwarnings("ignore::langchain_core._api.LangChainBetaWarning")
@pytest.mark.parametrize("package", ["runtime", "langgraph"])
async def test_items_that_transformers_make_are_kept(package: str) -> None:
    """Where they come, whatever the program reads, as `capture` keeps them."""
    graphs, streams = (pytest.importorskip(f"{package}.{part}") for part in ("graph", "stream"))

    class Lengths(streams.StreamTransformer):
        required_stream_modes = ("custom",)

        def init(self) -> Any:
            self.lengths = streams.StreamChannel("lengths")
            return {"lengths": self.lengths, "apart": streams.StreamChannel()}

        def process(self, event: Any) -> bool:
            if event["method"] == "custom":
                self.lengths.push(len(event["params"]["data"]))
            return True

    def say(_: MessagesState, writer: StreamWriter) -> None:
        for word in ("one", "three"):
            writer(word)

    builder = graphs.StateGraph(MessagesState).add_node("say", say)
    graph = builder.add_edge(graphs.START, "say").compile()
    asked: dict[str, Any] = {"version": "v3", "transformers": [Lengths]}
    read, awaited = watch(graph), watch(graph)
    assert list(read.stream_events(QUESTION, **asked).extensions["lengths"]) == [3, 5]
    if package == "langgraph" and sys.version_info < (3, 11):
        awaited = read  # its writer does not work in async runs there
    else:
        async for _ in await awaited.astream_events(QUESTION, **asked):
            pass

    modes = ["custom", "values"]
    captured = capture(graph, QUESTION, stream_mode=modes, **asked)
    items = [("custom:lengths", 3), ("custom", "one"), ("custom:lengths", 5), ("custom", "three")]
    for transcript in (captured, read.transcript, awaited.transcript):
        kept = [(e.mode, e.payload) for e in transcript.events]
        assert [each for each in kept if each[0].startswith("custom")] == items


def around(package: str, node: Any, after: Any) -> Any:
    """Return a graph with a graph inside it and a node after that, of one of the engines."""
    graphs = pytest.importorskip(f"{package}.graph")
    inside = graphs.StateGraph(MessagesState).add_node("node", node).add_edge(START, "node")
    graph = graphs.StateGraph(MessagesState).add_node("in", inside.compile())
    graph.add_node("after", after).add_edge(START, "in").add_edge("in", "after")
    return graph.compile()


@pytest.mark.filterwarnings("ignore::langchain_core._api.LangChainBetaWarning")
@pytest.mark.parametrize("package", ["runtime", "langgraph"])
@pytest.mark.parametrize("node", [lambda _: {}, lambda _: 1 / 0], ids=["ends", "fails"])
def test_when_graphs_inside_start_and_end_is_kept(package: str, node: Any) -> None:
    """As `capture` keeps it, whether they end or fail; an error is kept once."""
    graph = around(package, node, lambda _: {})
    modes: Any = ["values", "tasks", "lifecycle"]
    captured = capture(
        graph, QUESTION, stream_mode=modes, subgraphs=True, version="v3", errors="keep"
    )
    watched = watch(graph)
    with suppress(ZeroDivisionError):
        _ = watched.stream_events(QUESTION, version="v3").output

    kept, expected = (t.normalized().events for t in (watched.transcript, captured))
    assert [e.payload for e in kept if e.mode == "lifecycle"] == [
        e.payload for e in expected if e.mode == "lifecycle"
    ]
    assert Counter(e.mode for e in kept) == Counter(e.mode for e in expected)


def test_models_are_heard_after_a_graph_inside_has_ended() -> None:
    """Up to the end of the run."""
    model = ScriptedChatModel(["First.", "Second."])

    def ask(state: MessagesState) -> Any:
        return {"messages": [model.invoke(state["messages"])]}

    watched = watch(around("runtime", ask, ask))
    with watched.stream_events(QUESTION, version="v3") as run:
        for inside in run.subgraphs:
            list(inside.messages)
    assert len(watched.transcript.origin.calls) == 2


async def test_events_of_callbacks_are_kept() -> None:
    """A program that reads `astream_events` as langchain-core has them gets and shows them."""
    watched = watch(asking("Why not?"))
    events = [event async for event in watched.astream_events(QUESTION, version="v2")]
    assert len(watched.transcript.events) == len(events)
    assert watched.transcript.tokens(node="ask") == ["Why", " not", "?"]


def test_with_another_config_it_is_watched_still(two_calls: Any) -> None:
    """Programs bind config to a graph before they stream it."""
    watched = watch(two_calls)
    list(watched.with_config(tags=["t"]).stream(INPUT, stream_mode="messages"))
    assert watched.transcript.tokens(tag="t")


def test_who_listens_sees_one_stream_for_each_graph(two_calls: Any) -> None:
    """However many runs it has, as it is in the end; captures have theirs, failed ones included."""

    class Unlucky:
        def stream(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
            yield ("custom", 1)
            raise OSError("lost")

    watched = watch(two_calls)
    with listening() as heard:
        list(watched.stream(INPUT))
        with pytest.raises(OSError, match="lost"):
            capture(Unlucky(), None)
        list(watched.stream(INPUT))
    first, second = heard.transcripts
    assert first == watched.transcript
    assert [event.mode for event in second.events] == ["custom", "error"]
