"""A provider on loopback that answers what the examples of the documents ask."""

from __future__ import annotations

from typing import Any

import two_calls_provider
from loopback import Reply, Request, openai_chat, plain_json, sse

ANSWER = ["It's", " always", " sunny", " in", " San", " Francisco", "!"]
CALL = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {}}
FROM = {"x-recorded-from": two_calls_provider.ORIGIN, "connection": "close"}


def answer(request: Request) -> Reply:
    """Answer as OpenAI or as Anthropic, whoever is asked."""
    reply = _anthropic(request.json) if request.path.endswith("/messages") else _openai(request)
    return Reply(reply.steps, reply.status, {**reply.headers, **FROM})


def _openai(request: Request) -> Reply:
    question = request.json["messages"][-1]["content"]
    if "cats" in question:
        reply = two_calls_provider.answer(request)
    else:
        reply = openai_chat(["Why", " did", " the", " ice", " cream", " melt", "?"])
    events = [step for step in reply.steps if isinstance(step, bytes)]
    if "stream_options" not in request.json:
        events = [event for event in events if b'"usage"' not in event]
    return Reply(events)


def _anthropic(asked: Any) -> Reply:
    calls = bool(asked.get("tools")) and "tool_result" not in str(asked["messages"][-1])
    usage = {"input_tokens": 9, "output_tokens": 7}
    message = {
        "id": "msg_call" if calls else "msg_answer",
        "type": "message",
        "role": "assistant",
        "model": asked["model"],
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage,
    }
    stop = {"stop_reason": "tool_use" if calls else "end_turn", "stop_sequence": None}
    if not asked.get("stream"):
        whole = {**CALL, "input": {"city": "San Francisco"}}
        text = {"type": "text", "text": "".join(ANSWER)}
        return plain_json({**message, **stop, "content": [whole if calls else text]})
    if calls:
        block: Any = CALL
        pieces = ['{"city": ', '"San Francisco"}']
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    else:
        block = {"type": "text", "text": ""}
        deltas = [{"type": "text_delta", "text": piece} for piece in ANSWER]
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": block},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": stop, "usage": {"output_tokens": 7}},
        {"type": "message_stop"},
    ]
    return Reply([sse(event, event["type"]) for event in events])
