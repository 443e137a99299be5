"""The questions that tests ask a transcript."""

from __future__ import annotations

from typing import Any

from langchain_core.messages import AIMessageChunk

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
