"""What a provider streams, streamed: cuts, tool calls, usage, reasoning, `stop`."""

from __future__ import annotations

import asyncio
import threading

import pytest
from asking_models import USAGE, added, calling, texts
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage
from langchain_core.messages.tool import invalid_tool_call

from harness import ScriptedChatModel

JOKE = "Why was  the cat\n\non it?! Don't ask."


@pytest.mark.parametrize(
    ("cut", "expected"),
    [
        (
            "words",
            ["Why", " was", "  ", "the", " cat", "\n\n", "on", " it", "?!", " Don", "'", "t"],
        ),
        ("given", [JOKE]),
        (20, [JOKE[:20], JOKE[20:]]),
    ],
)
def test_the_cut_is_a_choice(drive, cut, expected) -> None:
    """Like a provider's tokens, not at all, or by a number of characters."""
    got = texts(drive.stream(ScriptedChatModel([JOKE], cut=cut)))
    assert got[: len(expected)] == expected
    assert "".join(got) == JOKE


@pytest.mark.parametrize("cut", [0, -1, "letters", True, None])
def test_other_cuts_are_refused(cut) -> None:
    """The message names what there is."""
    with pytest.raises(ValueError, match="'words', 'given', a number of characters"):
        ScriptedChatModel(["x"], cut=cut)


def test_the_last_chunk_says_that_it_is(drive) -> None:
    """So langchain-core appends none of its own to a whole text."""
    chunks = drive.stream(ScriptedChatModel(["Why not?"]))
    assert [c.chunk_position for c in chunks] == [None, None, "last"]


def test_tool_calls_come_in_fragments_one_after_the_other(drive) -> None:
    """Name and id first, then pieces of the arguments, by index, as providers do."""
    model = ScriptedChatModel(
        [calling(("weather", {"city": "Paris"}), ("time_in", {"city": "Oslo"}))]
    )
    fragments = [f for chunk in drive.stream(model) for f in chunk.tool_call_chunks]
    named = [(f["name"], f["id"], f["index"]) for f in fragments if f["name"]]
    assert named == [
        ("weather", "scripted-1-1-call-1", 0),
        ("time_in", "scripted-1-1-call-2", 1),
    ]
    args = ["".join(f["args"] for f in fragments if f["index"] == k) for k in (0, 1)]
    assert args == ['{"city": "Paris"}', '{"city": "Oslo"}']
    assert len(fragments) > 8
    assert [f["index"] for f in fragments] == sorted(f["index"] for f in fragments)


def test_usage_and_metadata_come_last(drive) -> None:
    """In a chunk of their own without text."""
    message = AIMessage("Why?", usage_metadata=USAGE, response_metadata={"model_name": "m"})
    *said, last = drive.stream(ScriptedChatModel([message]))
    assert (last.content, last.usage_metadata, last.response_metadata) == (
        "",
        USAGE,
        {"model_name": "m"},
    )
    assert all(c.usage_metadata is None and c.response_metadata == {} for c in said)


def test_content_blocks_stream_in_order(drive) -> None:
    """Reasoning and text in pieces that langchain-core puts together again, images whole."""
    blocks = [
        {"type": "reasoning", "reasoning": "cats are funny"},
        {"type": "text", "text": "Why was it?"},
        {"type": "image", "url": "https://example.com/cat.png"},
    ]
    chunks = drive.stream(ScriptedChatModel([AIMessage(content_blocks=blocks)]))
    kinds = [block["type"] for chunk in chunks for block in chunk.content]
    assert kinds == ["reasoning"] * 3 + ["text"] * 4 + ["image"]
    whole = added(chunks)
    assert [{k: v for k, v in b.items() if k != "index"} for b in whole.content] == blocks
    assert [b["type"] for b in whole.content_blocks] == ["reasoning", "text", "image"]


def test_refusals_and_reasoning_beside_the_content(drive) -> None:
    """OpenAI's and DeepSeek's fields stream as text, too."""
    message = AIMessage("", additional_kwargs={"refusal": "I will not", "other": {"k": 1}})
    chunks = drive.stream(ScriptedChatModel([message]))
    pieces = [c.additional_kwargs.get("refusal") for c in chunks]
    assert pieces[:3] == ["I", " will", " not"]
    assert added(chunks).additional_kwargs == {"refusal": "I will not", "other": {"k": 1}}


def test_the_provider_stands_in_every_chunk(drive) -> None:
    """Each chunk's `content_blocks` are read by the rules of its provider."""
    message = AIMessage("Why not", response_metadata={"model_provider": "openai", "id": "x"})
    chunks = drive.stream(ScriptedChatModel([message]))
    assert {c.response_metadata.get("model_provider") for c in chunks} == {"openai"}
    assert added(chunks).response_metadata == {"model_provider": "openai", "id": "x"}


def test_broken_arguments_can_be_scripted(drive) -> None:
    """What is not JSON arrives as an invalid tool call."""
    broken = invalid_tool_call(name="weather", args="no json", id="c1", error=None)
    model = ScriptedChatModel([AIMessage("", invalid_tool_calls=[broken])])
    (got,) = drive.invoke(model).invalid_tool_calls
    assert (got["name"], got["args"], got["id"]) == ("weather", "no json", "c1")


def test_images_in_the_input_are_fine(drive) -> None:
    """The model sees them as they were sent."""
    image = {"type": "image", "url": "https://example.com/cat.png"}
    model = ScriptedChatModel(["a cat"])
    drive.invoke(model, [HumanMessage([{"type": "text", "text": "what?"}, image])])
    assert model.calls[0].messages[0].content[1] == image


@pytest.mark.parametrize("turn", [JOKE, ["Why was  t", "he ca", "t\n"], AIMessage([JOKE])])
def test_stop_cuts_the_text(drive, turn) -> None:
    """Before the first stop sequence, also where that lies across two pieces."""
    model = ScriptedChatModel([turn] * 2)
    assert "".join(texts(drive.stream(model, stop=["xyz", "the c"]))) == "Why was  "
    assert drive.invoke(model, stop=["the c"]).text == "Why was  "


def test_stop_at_once_leaves_usage(drive) -> None:
    """Nothing is said, and what was used is still told."""
    message = calling(("weather", {}), text="Why?", usage_metadata=USAGE)
    answer = drive.invoke(ScriptedChatModel([message]), stop=["W"])
    assert (answer.content, answer.tool_calls, answer.usage_metadata) == ("", [], USAGE)


def test_without_streaming_there_is_one_message(drive) -> None:
    """`disable_streaming` is honoured, also for tool calls only."""
    model = ScriptedChatModel(["Why not?"], disable_streaming=True)
    assert [c.content for c in drive.stream(model)] == ["Why not?"]
    model = ScriptedChatModel(["Why not?"] * 2, disable_streaming="tool_calling")
    assert len(drive.stream(model)) == 3
    assert len(drive.stream(model.bind_tools([{"name": "t", "parameters": {}}]))) == 1


def test_output_version_v1_gives_content_blocks(drive) -> None:
    """langchain-core's newer format works as with a provider."""
    chunks = drive.stream(ScriptedChatModel(["Why not?"], output_version="v1"))
    assert [block["text"] for c in chunks for block in c.content] == ["Why", " not", "?"]


def test_a_stream_can_be_left(drive) -> None:
    """The turn is played, and the next call gets the next one."""
    model = ScriptedChatModel(["one two three", "four"])
    drive.each(lambda _chunk: True, model)
    assert drive.invoke(model).text == "four"


V1 = {"output_version": "v1"}


@pytest.mark.parametrize(("of_message", "of_model"), [({}, {}), (V1, {}), ({}, V1)])
def test_tool_calls_among_content_blocks(drive, of_message, of_model) -> None:
    """Each block comes once, whole in the end, by every setting of LangChain's format v1."""
    blocks = [
        {"type": "reasoning", "reasoning": "a b"},
        {"type": "text", "text": "hi there"},
        {"type": "tool_call", "name": "weather", "args": {"city": "Paris"}, "id": "c1"},
    ]
    turn = AIMessage(content_blocks=blocks, response_metadata=of_message)
    model = ScriptedChatModel([turn] * 2, **of_model)
    for answer in (added(drive.stream(model)), drive.invoke(model)):
        found = [{k: v for k, v in b.items() if k != "index"} for b in answer.content_blocks]
        assert found == blocks
        assert [(c["name"], c["args"], c["id"]) for c in answer.tool_calls] == [
            ("weather", {"city": "Paris"}, "c1")
        ]


def test_a_text_and_a_tool_call_do_not_merge(drive) -> None:
    """Where LangChain puts both into one list of blocks."""
    beside = {"reasoning_content": "let me see"}
    turn = calling(("weather", {"city": "Paris"}), text="hi there", additional_kwargs=beside)
    model = ScriptedChatModel([turn] * 2, output_version="v1")
    for answer in (added(drive.stream(model)), drive.invoke(model)):
        assert [b["type"] for b in answer.content] == ["reasoning", "text", "tool_call"]
        assert answer.text == "hi there"


async def test_an_async_stream_needs_no_thread() -> None:
    """Every chunk is made in the event loop's own thread."""
    seen = set()

    def reply(messages, **kwargs):
        seen.add(threading.get_ident())
        return "Why not?"

    model = ScriptedChatModel(reply)
    before = set(threading.enumerate())
    await model.ainvoke("q")
    assert [c async for c in model.astream("q")]
    assert seen == {threading.get_ident()}
    assert set(threading.enumerate()) <= before


async def test_parallel_streams_take_turns() -> None:
    """A stream gives the event loop back between two chunks."""
    order: list[str] = []

    async def follow(text: str) -> None:
        async for chunk in ScriptedChatModel([text], cut=1).astream("q"):
            order.append(chunk.content)  # noqa: PERF401 - the order of two loops is the point

    await asyncio.gather(follow("aaa"), follow("bbb"))
    assert order == ["a", "b"] * 3


async def test_a_stream_can_be_cancelled() -> None:
    """The task ends where it is, with the chunks it has."""
    got: list[AIMessageChunk] = []

    third = asyncio.Event()

    async def follow() -> None:
        async for chunk in ScriptedChatModel(["word " * 500]).astream("q"):
            got.append(chunk)
            if len(got) == 3:
                third.set()

    task = asyncio.create_task(follow())
    await asyncio.wait_for(third.wait(), 30)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert 3 <= len(got) < 10
