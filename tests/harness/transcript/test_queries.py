"""The questions that tests ask a transcript."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.messages import AIMessageChunk, ToolCallChunk

from harness import Transcript, capture
from harness.transcript import StreamEvent


def test_tokens_by_node_tag_and_step(two_calls: Any) -> None:
    """Tokens are the pieces as they were streamed; each filter narrows them."""
    transcript = capture(two_calls, {"topic": "cats"})
    joke, poem = ["Why", " was", " the", " cat", "?"], ["In", " sun", "lit", " patches"]

    assert transcript.tokens() == joke + poem
    assert transcript.tokens(node="tell_joke") == joke
    assert transcript.tokens(tag="poem") == poem
    assert transcript.tokens(step=1) == joke
    assert transcript.tokens(node="tell_joke", step=2) == []


def test_updates_by_node(two_calls: Any) -> None:
    """Without a node: the payloads. With one: what it wrote each time."""
    transcript = capture(two_calls, {"topic": "cats"})

    assert [list(update) for update in transcript.updates()] == [["tell_joke"], ["tell_poem"]]
    (update,) = transcript.updates("tell_poem")
    assert update["poem"].content == "In sunlit patches"


def test_final_state(two_calls: Any) -> None:
    """The last state of the graph itself; `None` when values mode was not streamed."""
    assert capture(two_calls, {"topic": "cats"}).final["joke"].content == "Why was the cat?"
    assert capture(two_calls, {"topic": "cats"}, stream_mode="updates").final is None


def test_tokens_of_content_blocks() -> None:
    """The text of a content block is a token; a block without text is none."""
    chunks = [
        [{"type": "text", "text": "Hi", "index": 0}],
        [{"type": "input_json_delta", "partial_json": "{", "index": 1}],
    ]
    events = [
        StreamEvent(number, (), "messages", (AIMessageChunk(content=chunk), {}))
        for number, chunk in enumerate(chunks, 1)
    ]
    assert Transcript(tuple(events)).tokens() == ["Hi"]


def test_namespaces(build: Callable[..., Any], two_calls: Any) -> None:
    """A subgraph is named by the nodes that lead to it; the graph itself is `()`."""

    def outer(state: dict[str, Any]) -> Any:
        return two_calls.invoke(state)

    transcript = capture(build(outer), {"topic": "cats"}, subgraphs=True)
    assert [list(u) for u in transcript.updates(namespace="outer")] == [
        ["tell_joke"],
        ["tell_poem"],
    ]
    assert [list(u) for u in transcript.updates(namespace=())] == [["outer"]]
    assert transcript.count("values", namespace=("outer",)) == 3
    assert transcript.tokens(namespace=("outer", "deeper")) == []


def test_tool_calls_and_usage() -> None:
    """Calls are put together from their pieces; usage is added up over all messages."""

    def message(id: str, *chunks: AIMessageChunk) -> list[tuple[Any, Any]]:  # noqa: A002
        return [(c.model_copy(update={"id": id}), {"langgraph_node": id}) for c in chunks]

    def piece(args: str, name: str | None = None) -> AIMessageChunk:
        call = ToolCallChunk(type="tool_call_chunk", name=name, args=args, id=name and "1", index=0)
        return AIMessageChunk("", tool_call_chunks=[call])

    def end(count: int) -> AIMessageChunk:
        usage = {"input_tokens": count, "output_tokens": 1, "total_tokens": count + 1}
        return AIMessageChunk("", usage_metadata=usage)

    pairs = [
        *message("a", piece('{"city"', "weather"), piece(': "Rome"}'), end(4)),
        *message("b", end(10)),
    ]
    events = [StreamEvent(n, (), "messages", pair) for n, pair in enumerate(pairs, 1)]
    transcript = Transcript(tuple(events))

    (call,) = transcript.tool_calls()
    assert (call["name"], call["args"]) == ("weather", {"city": "Rome"})
    assert transcript.tool_calls("search") == transcript.tool_calls(node="b") == []
    assert transcript.usage()["total_tokens"] == 16
    assert transcript.usage(node="b")["input_tokens"] == 10
    assert [message.id for message in transcript.messages()] == ["a", "b"]


def test_order(two_calls: Any) -> None:
    """`before` compares all of one with all of another; a misspelled node is an error."""
    transcript = capture(two_calls, {"topic": "cats"})
    assert transcript.before("tell_joke", "tell_poem")
    assert not transcript.before("tell_poem", "tell_joke")
    assert transcript.before(lambda event: event.number == 1, "tell_joke")
    with pytest.raises(ValueError, match="by 'tell_poms'; did you mean 'tell_poem'"):
        transcript.before("tell_poms", "tell_joke")


def test_custom_items_and_times() -> None:
    """Custom items are listed; times are there and change nothing."""

    def made(seconds: float) -> Transcript:
        return Transcript((StreamEvent(1, (), "custom", {"progress": 1}, seconds),))

    assert made(0.5).custom() == [{"progress": 1}]
    assert made(0.5).seconds == [0.5]
    assert made(0.5) == made(0.7)
