"""Streams that no local graph made: a chain, its events, an HTTP endpoint, a remote graph."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langgraph.pregel.remote import RemoteGraph
from langgraph_sdk.schema import StreamPart

from harness import acapture, acapture_chunks, capture, capture_chunks


def chain() -> Any:
    """A prompt and a model."""
    model = GenericFakeChatModel(messages=iter([AIMessage("Why was it?", id="m1")]))
    return ChatPromptTemplate.from_template("About {topic}") | model


async def test_a_chain() -> None:
    """Messages of a chain are tokens; other chunks are its output."""
    assert capture(chain(), {"topic": "cats"}).tokens() == ["Why", " ", "was", " ", "it?"]
    parsed = await acapture(chain() | StrOutputParser(), {"topic": "cats"})
    assert parsed.payloads("output") == ["Why", " ", "was", " ", "it?"]


async def test_events_of_a_chain() -> None:
    """Of `astream_events`, tokens are tokens, and every event is compared."""
    first, second = [
        await acapture_chunks(chain().astream_events({"topic": "cats"}, version="v2"))
        for _ in range(2)
    ]
    assert first.tokens() == ["Why", " ", "was", " ", "it?"]
    names = [event["event"] for event in first.payloads("events")]
    assert names[0] == "on_chain_start"
    assert "on_chat_model_end" in names
    assert first == second
    assert len([line for line in first.text().splitlines() if "was" in line]) < 10


BODY = (
    b': hello\r\n\r\nevent: token\ndata: {"text": "Gr\xc3\xbc\xc3\x9fe"}\n\n'
    b"data: two\rdata: lines\r\rid: 7\ndata: [DONE]\n\n"
)


@pytest.mark.parametrize("size", [1, 2, 7, len(BODY)])
def test_server_sent_events(size: int) -> None:
    """An endpoint's body is read event by event, wherever it is cut."""
    pieces = [BODY[start : start + size] for start in range(0, len(BODY), size)]
    transcript = capture_chunks(pieces, form="server-sent")
    assert transcript.payloads("sse") == [
        {"comment": "hello"},
        {"event": "token", "data": {"text": "Grüße"}},
        {"data": "two\nlines"},
        {"id": "7", "data": "[DONE]"},
    ]


def test_a_form_is_one_of_two() -> None:
    """A misspelled form is an error."""
    with pytest.raises(ValueError, match="form='sse': expected 'chunks' or 'server-sent'"):
        capture_chunks([], form="sse")  # type: ignore[arg-type]  # the mistake


@pytest.mark.parametrize("subgraphs", [False, True])
def test_a_remote_graph(subgraphs: bool) -> None:
    """Its messages come as JSON, and its chunks in a shape of their own."""
    message = {"type": "AIMessageChunk", "content": "Why", "id": "m1"}
    metadata = {"langgraph_node": "joke", "langgraph_version": "1"}
    parts = [
        StreamPart("values", {"topic": "cats"}, "1"),
        StreamPart("messages", [message, metadata], "2"),
    ]
    runs = SimpleNamespace(stream=lambda **_: iter(parts))
    remote = RemoteGraph("agent", sync_client=SimpleNamespace(runs=runs))  # type: ignore[arg-type]

    transcript = capture(remote, {}, subgraphs=subgraphs)
    assert transcript.tokens(node="joke") == ["Why"]
    assert transcript.final == {"topic": "cats"}
    assert "langgraph_version: <set apart>" in transcript.text()
