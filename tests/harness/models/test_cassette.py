"""`CassetteChatModel`: what a live model said, played again without it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asking_models import USAGE, calling, texts, time_in, weather
from generated_turns import CUTS, TURNS
from hypothesis import HealthCheck, given, settings
from langchain_core.language_models import (
    BaseChatModel,
    FakeListChatModel,
    FakeMessagesListChatModel,
)
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    ChatMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langgraph.prebuilt import create_react_agent
from pydantic import BaseModel

from harness import CassetteChatModel, ScriptedChatModel
from harness.errors import CassetteMissError, RecordedCallError
from harness.models import VirtualClock

pytestmark = pytest.mark.filterwarnings("ignore:create_react_agent")

RICH = calling(
    ("weather", {"city": "Paris"}),
    ("time_in", {"city": "Oslo"}),
    text="Let me\nsee.",
    usage_metadata=USAGE,
    response_metadata={"model_provider": "openai", "logprobs": {"a": [1, None]}},
)
BLOCKS = AIMessage([{"type": "reasoning", "reasoning": "a b"}, {"type": "text", "text": "c d"}])
TURNS_OF_ONE = [RICH, BLOCKS, "Why not?", ["a", AIMessageChunk(content="", id="own")]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the cassette is."""
    return tmp_path / "agent.yaml"


def recorded_then_played(path: Path, live: BaseChatModel) -> Iterator[CassetteChatModel]:
    """First a model that records the live one, then one that plays what was recorded."""
    yield CassetteChatModel(path, model=live, record_mode="once")
    yield CassetteChatModel(path)


def plain(answers: Any) -> Any:
    """Every field of chunks and messages."""
    return [[c.model_dump() for c in a] if isinstance(a, list) else a.model_dump() for a in answers]


@pytest.mark.parametrize("turn", TURNS_OF_ONE, ids=["rich", "blocks", "text", "chunks"])
def test_a_recorded_stream_is_played_chunk_for_chunk(drive, path, turn) -> None:
    """Every field of every chunk, ids included; as a whole it is their sum."""
    live = ScriptedChatModel([turn])
    recorded = drive.stream(CassetteChatModel(path, model=live, record_mode="once"))
    played = drive.stream(CassetteChatModel(path))
    assert plain([played]) == plain([recorded])
    again = ScriptedChatModel([turn], ids=live.ids)
    assert drive.invoke(CassetteChatModel(path)) == drive.invoke(again)


def test_a_recorded_message_is_played_as_it_was(drive, path) -> None:
    """What did not stream is one message, and one chunk of a stream."""
    recorded = drive.invoke(
        CassetteChatModel(path, model=ScriptedChatModel([RICH]), record_mode="once")
    )
    assert drive.invoke(CassetteChatModel(path)) == recorded
    (chunk,) = drive.stream(CassetteChatModel(path))
    assert (chunk.text, chunk.tool_calls) == (recorded.text, recorded.tool_calls)


@pytest.mark.parametrize(
    "live",
    [FakeListChatModel(responses=["abc"]), FakeMessagesListChatModel(responses=[AIMessage("abc")])],
    ids=["streaming", "not streaming"],
)
def test_any_chat_model_can_be_recorded(drive, path, live) -> None:
    """Whatever langchain-core can ask, with the metadata of that model."""
    model = CassetteChatModel(path, model=live, record_mode="once")
    recorded = drive.stream(model)
    assert "".join(texts(recorded)) == "abc"
    assert plain([drive.stream(CassetteChatModel(path))]) == plain([recorded])
    told = CassetteChatModel(path, allow_unplayed=True)._get_ls_params()
    assert told["ls_provider"] == live._get_ls_params()["ls_provider"]


def test_bound_tools_reach_the_live_model(drive, path) -> None:
    """In a form that its own `bind_tools` takes; the request holds them."""
    live = ScriptedChatModel([RICH])
    model = CassetteChatModel(path, model=live, record_mode="once")
    drive.invoke(model.bind_tools([weather, time_in], tool_choice="any"))
    assert [t["function"]["name"] for t in live.calls[0].tools] == ["weather", "time_in"]
    assert live.calls[0].kwargs == {"tool_choice": "any"}
    with pytest.raises(CassetteMissError, match="tools"):
        drive.invoke(CassetteChatModel(path, allow_unplayed=True).bind_tools([weather]))
    bound = CassetteChatModel(path).bind_tools([weather, time_in], tool_choice="any")
    assert len(drive.invoke(bound).tool_calls) == 2


class Report(BaseModel):
    """A summary."""

    sunny: bool


@pytest.mark.parametrize("method", ["function_calling", "json_schema", "json_mode"])
def test_structured_output(drive, path, method) -> None:
    """The live model binds the schema in its own way; the replay needs only the file."""
    answer = calling(("Report", {"sunny": True})) if method[0] == "f" else '{"sunny": true}'
    live = ScriptedChatModel([answer])
    for model in recorded_then_played(path, live):
        chain = model.with_structured_output(Report, method=method)
        assert drive.invoke(chain) == Report(sunny=True)
    assert set(live.calls[0].kwargs) == {
        "tool_choice" if method == "function_calling" else "response_format"
    }


@pytest.mark.parametrize("failure", [TimeoutError("late"), ValueError("bad")])
def test_a_failure_is_played_after_the_same_chunks(drive, path, failure) -> None:
    """As an exception of the same class with the same text."""
    live = ScriptedChatModel([["Why", " was", failure], failure])
    for model in recorded_then_played(path, live):
        seen: list[Any] = []
        with pytest.raises(type(failure), match=str(failure)):
            drive.each(seen.append, model)
        assert texts(seen) == ["Why", " was"]
        with pytest.raises(type(failure), match=str(failure)):
            drive.invoke(model)


def test_a_failure_of_an_unknown_class(drive, path) -> None:
    """Nothing is imported by the name in a file; the error says what it was."""
    live = ScriptedChatModel([ValueError("no")])
    with pytest.raises(ValueError, match="no"):
        drive.invoke(CassetteChatModel(path, model=live, record_mode="once"))
    for kind in ("openai_of_old.RateLimitError", "builtins.print", "os.system", "SystemExit"):
        changed = path.with_name(f"{kind}.yaml")
        changed.write_text(path.read_text().replace("type: ValueError", f"type: {kind}"))
        with pytest.raises(RecordedCallError, match=f"{kind}: no"):
            drive.invoke(CassetteChatModel(changed))


def test_a_stream_that_was_left(drive, path) -> None:
    """It can be left again; reading on is an error that says so."""
    live = ScriptedChatModel(["one two three"])
    for model in recorded_then_played(path, live):
        seen: list[Any] = []
        drive.each(lambda c, seen=seen: bool(seen.append(c)) or len(seen) == 2, model)
        assert texts(seen) == ["one", " two"]
    assert "end: cancelled" in path.read_text()
    with pytest.raises(CassetteMissError, match="left interaction 0 after 2 chunks"):
        drive.stream(CassetteChatModel(path))


async def test_a_cancelled_recording_keeps_what_came(path) -> None:
    """The file says that it was cancelled."""
    live = ScriptedChatModel(["one two three"], latency=5, realtime=False)
    model = CassetteChatModel(path, model=live, record_mode="once")
    came = asyncio.Event()

    async def follow() -> None:
        async for _ in model.astream("q"):
            came.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(follow())
    await asyncio.wait_for(came.wait(), 30)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    for _ in range(1000):  # the loop closes the stream when nobody holds it any more
        if path.exists():
            break
        await asyncio.sleep(0.01)
    assert "end: cancelled" in path.read_text()


def test_arrival_times_are_recorded_and_can_be_played(drive, path) -> None:
    """At once by default, really on request, or on a virtual clock."""
    live = ScriptedChatModel(["one two three"], latency=0.015, realtime=True)
    drive.stream(CassetteChatModel(path, model=live, record_mode="once"))
    started = time.perf_counter()
    drive.stream(CassetteChatModel(path, realtime=True))
    assert time.perf_counter() - started >= 0.04
    clock = VirtualClock()
    drive.stream(CassetteChatModel(path, clock=clock))
    assert 0.04 <= clock.now < 5


def test_requests_match_by_meaning(drive, path) -> None:
    """Ids of messages, order of keys and the form of a text do not matter."""
    messages = [
        SystemMessage("s"),
        HumanMessage("q", id="1"),
        AIMessage("", tool_calls=[{"name": "w", "args": {"a": 1, "b": 2}, "id": "c"}], id="x"),
    ]
    live = ScriptedChatModel(["ok"])
    drive.invoke(CassetteChatModel(path, model=live, record_mode="once"), messages)
    same = [
        SystemMessage([{"type": "text", "text": "s"}]),
        {"role": "user", "content": "q"},
        AIMessage(
            "",
            tool_calls=[{"name": "w", "args": {"b": 2.0, "a": 1}, "id": "c"}],
            usage_metadata=USAGE,
            response_metadata={"k": 1},
        ),
    ]
    assert drive.invoke(CassetteChatModel(path), same).text == "ok"


ANSWERS = [
    ToolMessage("no", tool_call_id="c", name="w", status="error"),
    ChatMessage(role="critic", content="q"),
    HumanMessage("q", name="me"),
    HumanMessage([{"type": "image", "url": "https://example.com/cat.png"}]),
    HumanMessage([]),
]


@pytest.mark.parametrize("message", ANSWERS, ids=lambda m: m.type)
def test_every_kind_of_message_is_matched(drive, path, message) -> None:
    """By everything that means something to a model."""
    live = ScriptedChatModel(["ok"])
    drive.invoke(CassetteChatModel(path, model=live, record_mode="once"), [message])
    assert drive.invoke(CassetteChatModel(path), [message]).text == "ok"
    other = message.model_copy(update={"content": "other"})
    with pytest.raises(CassetteMissError, match=r"messages\[0\].content"):
        drive.invoke(CassetteChatModel(path, allow_unplayed=True), [other])


def test_volatile_ids_can_be_ignored(drive, path) -> None:
    """By rule, with `*` for any name or number."""
    live = ScriptedChatModel(["ok"])

    def asked(tool_id: str) -> list[Any]:
        return [AIMessage("", tool_calls=[{"name": "w", "args": {}, "id": tool_id}])]

    drive.invoke(CassetteChatModel(path, model=live, record_mode="once"), asked("a"))
    with pytest.raises(CassetteMissError, match=r"tool_calls\[0\].id: recorded \"a\", sent \"b\""):
        drive.invoke(CassetteChatModel(path, allow_unplayed=True), asked("b"))
    rule = "messages[*].tool_calls[*].id"
    assert drive.invoke(CassetteChatModel(path, ignore=[rule]), asked("b")).text == "ok"


def test_repeats_are_served_in_order(drive, path) -> None:
    """Equal requests get their answers one after the other, others in any order."""
    live = ScriptedChatModel(["1", "2", "other"])
    model = CassetteChatModel(path, model=live, record_mode="once")
    for question in ("q", "q", "o"):
        drive.invoke(model, question)
    replay = CassetteChatModel(path)
    assert [drive.invoke(replay, q).text for q in ("o", "q", "q")] == ["other", "1", "2"]
    with pytest.raises(CassetteMissError, match=r"interaction 1 is the same .* recorded 2 times"):
        drive.invoke(replay, "q")


async def test_parallel_requests_get_their_own_answers(path) -> None:
    """Recorded and played at the same time."""
    live = ScriptedChatModel(lambda m, **_: f"about {m[-1].text}")
    for model in recorded_then_played(path, live):
        answers = await asyncio.gather(*(model.ainvoke(f"{k}") for k in range(8)))
        assert [a.text for a in answers] == [f"about {k}" for k in range(8)]


async def test_parallel_repeats_stand_in_the_order_of_the_requests(path) -> None:
    """Whichever of them ends first."""
    live = ScriptedChatModel([["slow", " one"], ["quick"]])
    model = CassetteChatModel(path, model=live, record_mode="once")
    slow = model.astream("q")
    assert (await anext(slow)).text == "slow"
    assert (await model.ainvoke("q")).text == "quick"
    assert [c.text async for c in slow if c.text] == [" one"]
    replay = CassetteChatModel(path)
    assert [(await replay.ainvoke("q")).text for _ in range(2)] == ["slow one", "quick"]


MODES = ["values", "updates", "messages", "custom", "tasks", "debug", "checkpoints", "tools"]
SCRIPT = [
    calling(("weather", {"city": "Paris"}), ("time_in", {"city": "Oslo"}), text="Let me see."),
    ["It is", " sunny."],
    calling(("Report", {"sunny": True})),
]


@pytest.mark.parametrize("mode", MODES)
def test_an_agent_runs_from_a_cassette(drive, path, mode) -> None:
    """Parallel tools and structured output, in every stream mode; the same answers."""
    states = []
    for model in recorded_then_played(path, ScriptedChatModel(SCRIPT)):
        agent = create_react_agent(model, [weather, time_in], response_format=Report)
        given_ = {"messages": [("user", "go")]}
        chunks = drive.stream(agent, given_, stream_mode=[mode, "values"])
        *_, last = [state for got, state in chunks if got == "values"]
        assert last["structured_response"] == Report(sunny=True)
        answers = [m for m in last["messages"] if isinstance(m, AIMessage)]
        states.append((plain(answers), sum(got == mode for got, _ in chunks)))
    assert states[0] == states[1]


@pytest.mark.parametrize("mode", MODES)
def test_an_agent_fails_in_the_middle_of_a_stream(drive, path, mode) -> None:
    """As it did live."""
    live = ScriptedChatModel([["It is", " sun", ConnectionError("gone")]])
    for model in recorded_then_played(path, live):
        seen: list[Any] = []
        agent = create_react_agent(model, [weather])
        with pytest.raises(ConnectionError, match="gone"):
            drive.each(seen.append, agent, {"messages": [("user", "go")]}, stream_mode=mode)
        if mode == "messages":
            assert texts([c for c, _ in seen]) == ["It is", " sun"]


@given(turn=TURNS, cut=CUTS)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_streams_is_played_as_it_was(tmp_path, turn, cut) -> None:
    """Over generated turns: recorded, written, read and played, every field is the same."""
    path = tmp_path / "generated.yaml"
    path.unlink(missing_ok=True)
    live = ScriptedChatModel([turn], cut=cut)
    model = CassetteChatModel(path, model=live, record_mode="rewrite")
    recorded = list(model.stream("q"))
    assert plain([list(CassetteChatModel(path).stream("q"))]) == plain([recorded])


def test_two_calls_share_nothing(drive, path) -> None:
    """What a program does to a chunk is its own affair."""
    live = ScriptedChatModel([RICH, RICH])
    model = CassetteChatModel(path, model=live, record_mode="once")
    for _ in range(2):
        drive.each(lambda c: c.tool_call_chunks.clear(), model)
    replay = CassetteChatModel(path)
    drive.each(lambda c: c.response_metadata.clear(), replay)
    assert len(drive.invoke(replay).tool_calls) == 2
