"""What `harness replay` asks the provider's class to send is what was recorded."""

from __future__ import annotations

from typing import Any

import pytest
from tea_recordings import ANTHROPIC_URL, OPENAI_URL, anthropic_stream, interaction, openai_stream

OPENAI_ANSWER = openai_stream("ready")["response"]["body"]["string"]
ANTHROPIC_ANSWER = anthropic_stream("ready")["response"]["body"]["string"]
PICTURE = "data:image/png;base64,iVBORw0KGgo="
BREW = {"name": "brew", "parameters": {"type": "object", "properties": {}}}
BREW_CALL = {"name": "brew", "arguments": '{"minutes": 4}'}

OPENAI_BODIES: dict[str, dict[str, Any]] = {
    "sampling": {"temperature": 0.7, "top_p": 0.9, "seed": 7, "n": 2, "stop": ["END"]},
    "a model that takes no temperature": {"model": "gpt-5.1", "temperature": 0.7},
    "a model that LangChain gives one": {"model": "o1-mini"},
    "the older name of the limit": {"max_tokens": 9},
    "the newer name of the limit": {"max_completion_tokens": 9},
    "usage": {"stream_options": {"include_usage": True}},
    "other stream options": {"stream_options": {"include_obfuscation": False}},
    "metadata": {"metadata": {"user": "ann"}, "store": True},
    "nulls": {"stop": None, "reasoning_effort": None},
    "parameters of other servers": {"enable_thinking": False, "reasoning": {"effort": "low"}},
    "tools": {"tools": [{"type": "function", "function": BREW}], "tool_choice": "auto"},
    "a conversation": {
        "messages": [
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "name": "ann", "content": [{"type": "text", "text": "Tea?"}]},
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": PICTURE}}]},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "call_1", "type": "function", "function": BREW_CALL}],
            },
            {"role": "tool", "tool_call_id": "call_1", "content": "done"},
            {"role": "assistant", "content": "Ready."},
        ]
    },
}

ANTHROPIC_BODIES: dict[str, dict[str, Any]] = {
    "sampling": {"temperature": 0.7, "top_k": 3, "top_p": 0.9, "stop_sequences": ["END"]},
    "thinking": {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2048},
    "tools": {
        "tools": [{"name": "brew", "input_schema": {"type": "object"}}],
        "tool_choice": {"type": "auto", "disable_parallel_tool_use": True},
    },
    "a cached system prompt": {
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}]
    },
    "parameters of other servers": {"reasoning_split": True, "metadata": {"user_id": "u"}},
    "a conversation": {
        "messages": [
            {"role": "user", "content": "Tea?"},
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "Yes.", "signature": "c2ln"},
                    {"type": "tool_use", "id": "toolu_1", "name": "brew", "input": {}},
                ],
            },
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "done"}],
            },
        ]
    },
}


@pytest.mark.parametrize("body", OPENAI_BODIES.values(), ids=OPENAI_BODIES.keys())
def test_chat_openai_sends_the_recorded_body(run, write, body: dict[str, Any]) -> None:
    """The request matches by meaning, without the drift that would be told."""
    question = {"messages": [{"role": "user", "content": "Tea?"}], "model": "m", "stream": True}
    ran = run("replay", write(interaction(OPENAI_URL, {**question, **body}, OPENAI_ANSWER)))
    assert "\nready\nchunks: " in ran.out
    assert ran.status == 0


@pytest.mark.parametrize("body", ANTHROPIC_BODIES.values(), ids=ANTHROPIC_BODIES.keys())
def test_chat_anthropic_sends_the_recorded_body(run, write, body: dict[str, Any]) -> None:
    """The request matches by meaning, without the drift that would be told."""
    question = {"messages": [{"role": "user", "content": "Tea?"}], "model": "m", "stream": True}
    recorded = {**question, "max_tokens": 9, **body}
    ran = run("replay", write(interaction(ANTHROPIC_URL, recorded, ANTHROPIC_ANSWER)))
    assert "\nready\nchunks: " in ran.out
    assert ran.status == 0


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000/v1/chat/completions",
        "https://example.test/openai/deployments/tea/chat/completions?api-version=2024-02-01",
        "<API_BASE>/chat/completions",
        "**REDACTED**",
    ],
)
def test_any_server_of_the_same_api(run, write, url: str) -> None:
    """The host may be another, or be scrubbed, and so may the whole address."""
    recorded = openai_stream("ready")
    recorded["request"]["uri"] = url
    ran = run("replay", write(recorded))
    assert ran.out.startswith("[0] OpenAI chat completions, gpt-4o-mini\nready\nchunks: ")


def test_a_scrubbed_address_of_anthropic(run, write) -> None:
    """Without an address, the header that every Anthropic request has tells the API."""
    recorded = anthropic_stream("ready")
    recorded["request"]["uri"] = "**REDACTED**"
    recorded["request"]["headers"]["anthropic-version"] = ["**REDACTED**"]
    ran = run("replay", write(recorded))
    assert ran.out.startswith("[0] Anthropic messages, claude-haiku-4-5\nready\n")


def test_the_beta_features_of_a_recording_are_asked_for_again(run, write) -> None:
    """Older SDKs marked such requests in the query; newer ones do not, and that is no miss."""
    recorded = anthropic_stream("ready")
    recorded["request"]["uri"] += "?beta=true"
    recorded["request"]["headers"]["anthropic-beta"] = ["context-management-2025-06-27"]
    assert run("replay", write(recorded)).status == 0


def test_what_the_class_leaves_out_is_told_as_drift(run, write) -> None:
    """`ChatOpenAI` does not send other servers' `reasoning_content`; the answer is still shown."""
    recorded = {"role": "assistant", "content": "Yes.", "reasoning_content": "Tea is good."}
    body = {"model": "m", "messages": [recorded], "stream": True}
    ran = run("replay", write(interaction(OPENAI_URL, body, OPENAI_ANSWER)))
    assert "drift: body.messages[0].reasoning_content: recorded " in ran.out
    assert ran.status == 0


def test_what_the_class_cannot_send_is_a_miss_in_one_line(run, write) -> None:
    """A request that comes out different is not answered: status 1, and where it differs."""
    body = {"messages": [{"role": "user", "content": "Tea?"}], "stream": True}
    ran = run("replay", write(interaction(OPENAI_URL, body, OPENAI_ANSWER)))
    heading, reason = ran.out.splitlines()
    assert heading.startswith("[0]")
    assert reason.startswith("[0] not replayed: ")
    assert "body.model: recorded nothing" in reason
    assert ran.status == 1
