"""Small recordings for the tests of the command line, in the form that vcrpy writes."""

from __future__ import annotations

import json
from typing import Any

OPENAI_URL = "https://api.openai.com/v1/chat/completions"
RESPONSES_URL = "https://api.openai.com/v1/responses"
ANTHROPIC_URL = "https://api.anthropic.com/v1/messages"


def interaction(url: str, request: Any, answer: str, status: int = 200) -> dict[str, Any]:
    """One interaction as vcrpy writes it."""
    kind = "text/event-stream" if answer.startswith(("data:", "event:")) else "application/json"
    return {
        "request": {
            "method": "POST",
            "uri": url,
            "headers": {"content-type": ["application/json"]},
            "body": json.dumps(request),
        },
        "response": {
            "status": {"code": status, "message": ""},
            "headers": {"content-type": [kind]},
            "body": {"string": answer},
        },
    }


def openai_stream(*tokens: str) -> dict[str, Any]:
    """A question to OpenAI whose answer streams these tokens."""
    chunks = [
        *({"delta": {"content": token}, "finish_reason": None} for token in tokens),
        {"delta": {}, "finish_reason": "stop"},
    ]
    lines = [
        "data: " + json.dumps({"id": "c1", "model": "gpt-4o-mini", "choices": [{"index": 0, **c}]})
        for c in chunks
    ]
    request = {
        "model": "gpt-4o-mini",
        "messages": [{"role": "user", "content": "Is the tea ready?"}],
        "stream": True,
    }
    return interaction(OPENAI_URL, request, "\n\n".join([*lines, "data: [DONE]", ""]))


def responses_stream(*tokens: str) -> dict[str, Any]:
    """A question to OpenAI's Responses API whose answer streams these tokens."""
    response = {"id": "resp_1", "object": "response", "created_at": 1, "model": "gpt-4o-mini"}
    response |= {"output": [], "tools": [], "tool_choice": "auto", "parallel_tool_calls": True}
    part = {"type": "output_text", "text": "", "annotations": []}
    item = {"id": "msg_1", "type": "message", "role": "assistant"}
    at = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    whole = {**item, "status": "completed", "content": [{**part, "text": "".join(tokens)}]}
    events = [
        {"type": "response.created", "response": {**response, "status": "in_progress"}},
        {
            "type": "response.output_item.added",
            "output_index": 0,
            "item": {**item, "status": "in_progress", "content": []},
        },
        {"type": "response.content_part.added", **at, "part": part},
        *(
            {"type": "response.output_text.delta", **at, "delta": token, "logprobs": []}
            for token in tokens
        ),
        {"type": "response.output_item.done", "output_index": 0, "item": whole},
        {
            "type": "response.completed",
            "response": {**response, "status": "completed", "output": [whole]},
        },
    ]
    numbered = [{**event, "sequence_number": k} for k, event in enumerate(events)]
    request = {
        "model": "gpt-4o-mini",
        "input": [{"role": "user", "content": "Is the tea ready?", "type": "message"}],
        "stream": True,
    }
    answer = "".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in numbered)
    return interaction(RESPONSES_URL, request, answer)


def anthropic_stream(*tokens: str) -> dict[str, Any]:
    """A question to Anthropic whose answer streams these tokens."""
    usage = {"input_tokens": 9, "output_tokens": 1}
    message = {"id": "m1", "type": "message", "role": "assistant", "content": []}
    message |= {"model": "claude-haiku-4-5", "stop_reason": None, "usage": usage}
    block = {"type": "text", "text": ""}
    deltas = [{"type": "text_delta", "text": token} for token in tokens]
    events = [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": block},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage},
        {"type": "message_stop"},
    ]
    request = {
        "model": "claude-haiku-4-5",
        "max_tokens": 64,
        "system": "Answer briefly.",
        "messages": [{"role": "user", "content": "Is the tea ready?"}],
        "stream": True,
    }
    answer = "".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in events)
    return interaction(ANTHROPIC_URL, request, answer)


EMBEDDINGS = interaction("https://api.openai.com/v1/embeddings", {"input": "tea"}, '{"data": []}')
