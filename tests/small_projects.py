"""What the projects of these tests are made of: a graph, cassettes, expected outcomes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

INI = """
[pytest]
addopts = -p no:hypothesispytest -p no:cacheprovider
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
filterwarnings = error
"""

GRAPH = """
from typing import TypedDict

from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, StateGraph

from harness import capture


class State(TypedDict, total=False):
    topic: str
    answer: object


def graph_of(model):
    def answer(state: State, config: RunnableConfig):  # by hand: LangGraph on Python 3.10
        return {"answer": model.invoke(f"Write about {state['topic']}", config)}

    return StateGraph(State).add_node(answer).add_edge(START, "answer").compile()


def says(text):
    return graph_of(GenericFakeChatModel(messages=iter([AIMessage(text, id="m1")])))
"""


def outcome(result: pytest.RunResult, **expected: int) -> None:
    """Assert how many tests passed, failed and so on; nothing else may have happened."""
    found = {name: count for name, count in result.parseoutcomes().items() if count}
    found.pop("snapshots", None)
    assert found == expected


def write_cassette(path: Path, *interactions: dict[str, Any]) -> None:
    """Write interactions as vcrpy does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump({"version": 1, "interactions": list(interactions)}))


def sse(url: str, request: dict[str, Any], events: Iterable[str]) -> dict[str, Any]:
    """One recorded streaming call."""
    return {
        "request": {
            "method": "POST",
            "uri": url,
            "body": json.dumps(request),
            "headers": {"content-type": ["application/json"]},
        },
        "response": {
            "status": {"code": 200, "message": "OK"},
            "headers": {"content-type": ["text/event-stream"]},
            "body": {"string": "".join(f"{event}\n\n" for event in events)},
        },
    }


def openai_call(question: str, words: Iterable[str]) -> dict[str, Any]:
    """A chat completion that streams the given words."""
    deltas = [{"role": "assistant", "content": ""}, *({"content": word} for word in words), {}]
    chunks = [
        {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "gpt-4o-mini",
            "choices": [{"index": 0, "delta": delta, "finish_reason": None if delta else "stop"}],
        }
        for delta in deltas
    ]
    request = {
        "messages": [{"content": question, "role": "user"}],
        "model": "gpt-4o-mini",
        "stream": True,
    }
    events = [*(f"data: {json.dumps(chunk)}" for chunk in chunks), "data: [DONE]"]
    return sse("https://api.openai.com/v1/chat/completions", request, events)


def anthropic_call(question: str, words: Iterable[str]) -> dict[str, Any]:
    """A message of Anthropic that streams the given words."""
    usage = {"input_tokens": 1, "output_tokens": 1}
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-haiku-4-5",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage,
    }
    payloads = [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *(
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": w}}
            for w in words
        ),
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"output_tokens": 3},
        },
        {"type": "message_stop"},
    ]
    request = {
        "max_tokens": 64,
        "messages": [{"role": "user", "content": question}],
        "model": "claude-haiku-4-5",
        "stream": True,
    }
    events = [f"event: {item['type']}\ndata: {json.dumps(item)}" for item in payloads]
    return sse("https://api.anthropic.com/v1/messages", request, events)
