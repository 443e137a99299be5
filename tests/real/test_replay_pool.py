"""Every streamed OpenAI chat and Anthropic messages recording of the pool, replayed.

The pool lies beside the repository, in `../shared/cassettes`. Its `expectations.json` was decoded
from the recorded bytes without any SDK.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk

from harness.cassettes import Recording, read_recording
from harness.commands._run import Heading, Refused, Replayed, replay_interaction

POOL = Path(__file__).resolve().parents[2].parent / "shared" / "cassettes"
pytestmark = pytest.mark.skipif(not POOL.is_dir(), reason="the pool of recordings is not here")

STREAMED = {("openai", "chat"): 48, ("anthropic", "messages"): 68}
KEPT_ARGUMENTS = 400  # expectations.json holds the beginning of longer arguments
AT_LEAST_RIGHT = {"openai": 39, "anthropic": 63}

# File (the part that tells it apart), interaction: a piece of the reason that the command gives.
LEFT_EARLY = "the recorded answer is empty"
ERROR_ANSWER = "the recorded answer is an error"
ERROR_IN_STREAM = "the recorded stream carries an error"
EXCEPTIONS = {
    # The program that was recorded stopped reading after the first chunks of the answer.
    ("openai__chat-stream__braintrust-sdk-python__test_litellm_async_streaming_with_break", 1): (
        LEFT_EARLY
    ),
    # Asked for a model that does not exist (404), or with a key that is not valid (401).
    **{
        ("openai__chat-stream__newrelic-python-agent__mlmodel_openai", k): ERROR_ANSWER
        for k in (8, 9, 23, 24, 25, 26)
    },
    ("anthropic__messages-stream__langsmith-sdk__test_anthropic_test_chat_sync_api_stream", 24): (
        ERROR_ANSWER
    ),
    # Status 200, then an event `overloaded_error`: at once, or after some text.
    **{
        ("anthropic__messages-stream__ruby_llm__" + name, k): ERROR_IN_STREAM
        for name, k in (
            ("20241022_can_use_tools_without_parameters_in_multi-turn_streaming_conversations", 1),
            ("claude-3-5-haiku-20241022_can_use_tools_with_multi-turn_streaming_conversations", 1),
            ("ng_responses_anthropic_claude-3-5-haiku-20241022_supports_streaming_error_chunks", 0),
            ("ng_responses_anthropic_claude-3-5-haiku-20241022_supports_streaming_error_events", 0),
        )
    },
}


@dataclass(frozen=True)
class Case:
    """One streamed interaction of the pool."""

    file: str
    k: int
    provider: str

    @property
    def name(self) -> tuple[str, int]:
        return self.file.split(".yaml")[0].split(".cassette")[0], self.k

    @property
    def expected(self) -> dict[str, Any]:
        return next(e for e in _expectations()[self.file] if e["k"] == self.k)

    @property
    def expected_chunks(self) -> int:
        """The chunks that `model.stream` gave: as many as graph.stream, the closing one included.

        Two OpenAI recordings were not replayed when the table was made. Of those that were, each
        event is one chunk, and the closing chunk stands for the event `[DONE]`.
        """
        return int(self.expected["verified"]["langchain_chunks"] or self.expected["n_events"])


@dataclass
class Seen:
    """Keeps what a replay shows."""

    chunks: list[AIMessage] = field(default_factory=list)
    drift: list[str] = field(default_factory=list)

    def start(self, heading: Heading) -> None: ...

    def chunk(self, chunk: AIMessage) -> None:
        self.chunks.append(chunk)

    def item(self, item: Any) -> None: ...

    def drifted(self, differences: list[str]) -> None:
        self.drift += differences

    def replayed(self, outcome: Replayed) -> None: ...

    def refused(self, outcome: Refused) -> None: ...


@cache
def _expectations() -> dict[str, list[dict[str, Any]]]:
    loaded: dict[str, list[dict[str, Any]]] = json.loads((POOL / "expectations.json").read_text())
    return loaded


@cache
def _recording(file: str) -> Recording:
    return read_recording(POOL / "pool" / file)


@cache
def _replay(case: Case) -> tuple[Replayed | Refused, list[AIMessage]]:
    seen = Seen()
    outcome = replay_interaction(_recording(case.file).interactions[case.k], "messages", seen)
    return outcome, seen.chunks


def _cases() -> list[Case]:
    if not POOL.is_dir():
        return []
    return [
        Case(file, e["k"], e["provider"])
        for file, entries in _expectations().items()
        for e in entries
        if (e["provider"], e["api"]) in STREAMED
        and (e["stream"] == "sse" or (e["request_stream"] and e["status"] >= 400))
    ]


def _arguments(chunks: list[AIMessage]) -> str:
    """Join the pieces of tool-call arguments, of the tools that the provider runs itself too."""
    blocks = [b for c in chunks if isinstance(c.content, list) for b in c.content]
    pieces = [b["partial_json"] for b in blocks if isinstance(b, dict) and "partial_json" in b]
    if not pieces:
        calls = [
            call for c in chunks if isinstance(c, AIMessageChunk) for call in c.tool_call_chunks
        ]
        pieces = [call["args"] or "" for call in calls]
    return "".join(pieces)


@pytest.mark.parametrize("case", _cases(), ids=lambda case: f"{case.file}-{case.k}")
def test_the_stream_of_graph_is_what_was_recorded(case: Case) -> None:
    """Text, tool calls, usage and number of chunks are those of the recorded bytes."""
    outcome, chunks = _replay(case)
    if case.name in EXCEPTIONS:
        assert isinstance(outcome, Refused)
        assert EXCEPTIONS[case.name] in outcome.error
        return
    assert isinstance(outcome, Replayed), outcome
    assert outcome.text == "".join(str(chunk.text) for chunk in chunks)
    assert hashlib.sha256(outcome.text.encode()).hexdigest() == case.expected["text_sha256"]
    assert _arguments(chunks)[:KEPT_ARGUMENTS] == case.expected["tool_args"]
    assert outcome.chunks == len(chunks) == case.expected_chunks
    verified = case.expected["verified"]
    assert len(outcome.tool_calls) == (verified["langchain_tool_calls"] or 0)
    assert (outcome.usage is not None) == bool(verified["langchain_usage"])
    assert outcome.metadata["langgraph_node"] == "model"
    assert outcome.metadata["ls_provider"] == case.provider


def test_no_more_exceptions_than_the_reviewed_ones() -> None:
    """All 116 interactions are there, and enough of them come out right."""
    cases = _cases()
    assert {c.name for c in cases} >= set(EXCEPTIONS)
    for (provider, _), count in STREAMED.items():
        mine = [case for case in cases if case.provider == provider]
        right = [case for case in mine if isinstance(_replay(case)[0], Replayed)]
        print(f"{provider}: {len(right)} of {len(mine)} streamed interactions replayed")  # noqa: T201
        assert len(mine) == count
        assert len(right) >= AT_LEAST_RIGHT[provider]
