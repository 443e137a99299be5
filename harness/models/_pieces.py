"""From a whole message to the pieces in which a provider would stream it.

Reasoning and refusals come as text in pieces, tool calls one after the other with their arguments
in fragments, images and the like whole; usage and metadata come last, in a chunk of their own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.tool import tool_call_chunk

from harness.models._chunks import Piece
from harness.models._cut import Cut, pieces

# What a provider repeats in each chunk, because it says how to read the chunk.
_VERSION = "output_version"
_IN_EACH_CHUNK = ("model_provider", _VERSION)
_TEXT_OF_BLOCK = {"text": "text", "reasoning": "reasoning", "thinking": "thinking"}
_TEXTS_BESIDE_CONTENT = ("reasoning_content", "refusal")


def message_pieces(message: AIMessage, cut: Cut) -> list[Piece]:
    """Cut a message into pieces that add up to it; mere texts have `in_each_chunk` as metadata."""
    metadata, common = message.response_metadata, in_each_chunk(message)
    empty: Any = "" if isinstance(message.content, str) else []
    same: dict[str, Any] = {"content": empty, "id": message.id, "response_metadata": common}
    found: list[Piece] = [AIMessageChunk(**{**same, **one}) for one in _before_text(message, cut)]
    if isinstance(message.content, str):
        found += pieces(message.content, cut)
    found += [AIMessageChunk(**{**same, **one}) for one in _behind_text(message, cut)]
    if message.usage_metadata or len(metadata) > len(common):
        same |= {"response_metadata": metadata, "usage_metadata": message.usage_metadata}
        found.append(AIMessageChunk(**same))
    last = found.pop() if found else AIMessageChunk(**same)
    if isinstance(last, str):
        last = AIMessageChunk(**{**same, "content": last})
    found.append(last.model_copy(update={"chunk_position": "last"}))
    return found


def in_each_chunk(message: AIMessage) -> dict[str, Any]:
    """Return the metadata that a provider repeats in each chunk."""
    metadata = message.response_metadata
    return {key: metadata[key] for key in _IN_EACH_CHUNK if key in metadata}


def _before_text(message: AIMessage, cut: Cut) -> Iterator[dict[str, Any]]:
    """Yield the fields of the chunks that come first."""
    beside = dict(message.additional_kwargs)
    for key in _TEXTS_BESIDE_CONTENT:
        if isinstance(text := beside.get(key), str) and text:
            del beside[key]
            yield from ({"additional_kwargs": {key: piece}} for piece in pieces(text, cut))
    if beside:
        yield {"additional_kwargs": beside}


def _behind_text(message: AIMessage, cut: Cut) -> Iterator[dict[str, Any]]:
    """Yield the fields of content blocks, then of tool calls.

    Both are merged by their index, in LangChain's format v1 in one list: tool calls count on.
    """
    blocks = [] if isinstance(message.content, str) else _without_calls(message)
    for index, block in enumerate(blocks):
        yield from ({"content": [piece]} for piece in _block(block, index, cut))
    texts = (message.content, message.additional_kwargs.get("reasoning_content"))
    before = len(blocks) or sum(map(bool, texts))
    within = isinstance(message.content, list) and message.response_metadata.get(_VERSION) == "v1"
    for index, call in enumerate((*message.tool_calls, *message.invalid_tool_calls), before):
        args: Any = call["args"]
        text = args if isinstance(args, str) else json.dumps(args, ensure_ascii=False)
        first = tool_call_chunk(name=call["name"], args="", id=call["id"], index=index)
        rest = [tool_call_chunk(args=piece, index=index) for piece in pieces(text, cut)]
        for fragment in (first, *rest):
            own = {"content": [dict(fragment)]} if within else {}
            yield {"tool_call_chunks": [fragment], **own}


def _without_calls(message: AIMessage) -> list[Any]:
    """Return the content without the tool calls in it, which are streamed in fragments."""
    calls = {"tool_call"} if message.tool_calls else set()
    return [b for b in message.content if not (isinstance(b, dict) and b.get("type") in calls)]


def _block(block: Any, index: int, cut: Cut) -> Iterator[Any]:
    """Yield the pieces of a content block; they are merged by their index."""
    key = _TEXT_OF_BLOCK.get(block.get("type", "")) if isinstance(block, dict) else None
    parts = pieces(block[key], cut) if key and isinstance(block.get(key), str) else []
    if key is None or len(parts) < 2:  # noqa: PLR2004 - a single piece is the block
        yield block
        return
    index = block.get("index", index)
    yield {**block, key: parts[0], "index": index}
    yield from ({"type": block["type"], key: part, "index": index} for part in parts[1:])
