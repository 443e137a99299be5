"""`harness replay FILE --json`: what a script reads."""

from __future__ import annotations

import json

from tea_recordings import EMBEDDINGS, OPENAI_URL, anthropic_stream, interaction, openai_stream


def test_each_interaction_is_one_object_on_its_own_line(run, write) -> None:
    """The keys are those of the documentation, for every provider."""
    ran = run("replay", write(openai_stream("Re", "ady"), anthropic_stream("Yes")), "--json")
    first, second = [json.loads(line) for line in ran.out.splitlines()]
    keys = ["interaction", "text", "tool_calls", "usage", "chunks", "metadata"]
    assert list(first) == list(second) == keys
    assert (first["interaction"], first["text"], first["usage"]) == (0, "Ready", None)
    assert (second["interaction"], second["text"]) == (1, "Yes")
    assert second["usage"]["input_tokens"] == 9
    assert second["metadata"]["langgraph_node"] == "model"
    assert ran.status == 0


def test_tool_calls_are_put_together_from_their_chunks(run, write) -> None:
    """A call whose arguments stream in pieces comes out as one call."""
    start = {"index": 0, "id": "call_1", "type": "function"}
    pieces = [
        {"tool_calls": [{**start, "function": {"name": "brew", "arguments": ""}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"minutes"'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": ": 4}"}}]},
    ]
    data = [json.dumps({"id": "c1", "choices": [{"index": 0, "delta": d}]}) for d in pieces]
    request = {"model": "gpt-4o-mini", "messages": [], "stream": True}
    answer = "\n\n".join(f"data: {line}" for line in [*data, "[DONE]", ""])
    ran = run("replay", write(interaction(OPENAI_URL, request, answer)), "--json")
    (call,) = json.loads(ran.out)["tool_calls"]
    assert (call["name"], call["args"], call["id"]) == ("brew", {"minutes": 4}, "call_1")


def test_a_refused_interaction_is_an_object_with_its_reason(run, write) -> None:
    """A script finds `error` in place of the answer."""
    ran = run("replay", write(EMBEDDINGS, openai_stream("ready")), "--json")
    refused, replayed = [json.loads(line) for line in ran.out.splitlines()]
    assert list(refused) == ["interaction", "error"]
    assert "/v1/embeddings is none of" in refused["error"]
    assert replayed["text"] == "ready"


def test_plain_answers_are_one_chunk(run, write) -> None:
    """A recording that was not streamed gives the whole message at once."""
    message = {"role": "assistant", "content": "The tea is ready."}
    answer = {"id": "c1", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    request = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Is it ready?"}]}
    path = write(interaction(OPENAI_URL, request, json.dumps(answer)))
    shown = json.loads(run("replay", path, "--json").out)
    assert (shown["text"], shown["chunks"]) == ("The tea is ready.", 1)
