"""The documentation's example "two LLM calls in one node", replayed without keys or network.

`make record` records its cassettes anew, over real HTTP, from the small provider on loopback in
`two_calls_provider`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from loopback import serve
from two_calls_provider import JOKE, POEM, answer

from harness import acapture, capture, use_cassette
from harness.demo import CLIENT, LANGCHAIN, client_graph, langchain_graph, recording

CATS = {"topic": "cats"}


@pytest.fixture
def provider(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Give the record mode; while recording, a provider on loopback answers as OpenAI."""
    mode = request.config.getoption("--record-mode") or "none"
    monkeypatch.setenv("OPENAI_API_KEY", "replay")
    if mode == "none":
        yield mode
        return
    with serve(answer) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
        yield mode


def cassette(name: str, mode: str) -> Any:
    """Open the example's cassette; requests stand in it under the provider's address."""
    return use_cassette(recording(name), mode, recorded_as="https://api.openai.com")


async def test_tokens_of_two_models(provider: str, stream_snapshot: Any) -> None:
    """Every token, its metadata and the state are what a person has accepted."""
    async with cassette(LANGCHAIN, provider):
        transcript = await acapture(langchain_graph(), CATS)
    assert "|".join(transcript.tokens(tag="joke")) == JOKE
    assert "|".join(transcript.tokens(tag="poem")) == POEM
    assert transcript == stream_snapshot


async def test_sync_gives_the_same_stream(provider: str) -> None:
    """The graph with a sync node streams what the one with an async node does."""
    with cassette(LANGCHAIN, provider):
        sync = capture(langchain_graph(asynchronous=False), CATS)
    async with cassette(LANGCHAIN, provider):
        assert sync == await acapture(langchain_graph(), CATS)


async def test_metadata_of_a_token(provider: str) -> None:
    """A token says where in the graph its model was called, and which model it was."""
    async with cassette(LANGCHAIN, provider):
        transcript = await acapture(langchain_graph(), CATS, stream_mode=["messages"])
    metadata = transcript.normalized().events[-1].payload[1]
    assert {key: metadata[key] for key in METADATA} == METADATA


METADATA = {
    "langgraph_step": 1,
    "langgraph_node": "call_model",
    "langgraph_triggers": ("branch:to:call_model",),
    "langgraph_path": ("__pregel_pull", "call_model"),
    "langgraph_checkpoint_ns": "call_model:<task 1>",
    "checkpoint_ns": "call_model:<task 1>",
    "ls_provider": "openai",
    "ls_model_name": "gpt-4o-mini",
    "ls_model_type": "chat",
    "ls_temperature": 0.7,
    "tags": ["poem"],
}


async def test_filters(provider: str) -> None:
    """Tokens can be filtered by the tag of their model, by node and by step."""
    by_tag, by_node, by_step = "", "", ""
    async with cassette(LANGCHAIN, provider):
        stream = langchain_graph().astream(CATS, stream_mode="messages")
        async for message, metadata in stream:
            if "joke" in metadata.get("tags", []):
                by_tag += message.content
            if metadata["langgraph_node"] == "call_model":
                by_node += message.content
            if metadata["langgraph_step"] > 1:
                by_step += message.content
    joke, poem = JOKE.replace("|", ""), POEM.replace("|", "")
    assert (by_tag, by_node, by_step) == (joke, joke + poem, "")


async def test_without_langchain(provider: str, stream_snapshot: Any) -> None:
    """Tokens of the plain OpenAI client reach the consumer in custom mode, with metadata."""
    async with cassette(CLIENT, provider):
        transcript = await acapture(client_graph(), CATS, stream_mode=["custom", "updates"])
    tokens = [item[0]["content"] for item in transcript.payloads("custom")]
    assert "|".join(tokens) == f"{JOKE}|{POEM}"
    assert transcript == stream_snapshot
