"""The pieces of an answer: copied for each call, added up, and cut off at a stop sequence.

A piece is a message chunk, or a text where the chunk is nothing but text. A program may change
whatever a model hands out, so each call gets chunks of its own. To build one takes pydantic longer
than all the rest of a token's way through langchain-core; the chunk of nothing but text, which
nearly all chunks are, is therefore put together from its fields.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias, cast

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.ai import add_ai_message_chunks
from langchain_core.outputs import ChatGenerationChunk

Piece: TypeAlias = AIMessageChunk | str


class Common(NamedTuple):
    """What the chunks that are nothing but text have in common.

    Args:
        id: The id of the message.
        metadata: Their response metadata, such as `{"model_provider": "openai"}`.
    """

    id: str | None = None
    metadata: Mapping[str, str] = MappingProxyType({})

    def chunk(self, text: str) -> AIMessageChunk:
        """Return such a chunk."""
        metadata = dict(self.metadata)
        return AIMessageChunk(content=text, id=self.id, response_metadata=metadata)


_new = object.__new__
_put = object.__setattr__


def handed_out(piece: Piece, common: Common) -> ChatGenerationChunk:
    """Return a chunk that shares nothing mutable with the piece."""
    if type(piece) is not str:
        chunk = cast("AIMessageChunk", piece).model_copy(deep=True)
        return ChatGenerationChunk(message=chunk)
    # What pydantic does in the end, in one place: a call for each object would cost a third more.
    chunk = _new(AIMessageChunk)
    fields: dict[str, Any] = {
        "content": piece,
        "additional_kwargs": {},
        "response_metadata": {**common.metadata},
        "type": "AIMessageChunk",
        "name": None,
        "id": common.id,
        "tool_calls": [],
        "invalid_tool_calls": [],
        "usage_metadata": None,
        "tool_call_chunks": [],
        "chunk_position": None,
    }
    _put(chunk, "__dict__", fields)
    _put(chunk, "__pydantic_fields_set__", {"content", "id", "response_metadata"})
    _put(chunk, "__pydantic_extra__", {})
    _put(chunk, "__pydantic_private__", None)
    made = _new(ChatGenerationChunk)
    fields = {"text": piece, "generation_info": None, "type": _TYPE, "message": chunk}
    _put(made, "__dict__", fields)
    _put(made, "__pydantic_fields_set__", {"message", "text"})
    _put(made, "__pydantic_extra__", None)
    _put(made, "__pydantic_private__", None)
    return made


_TYPE = "ChatGenerationChunk"


def total(pieces: Sequence[Piece], common: Common) -> AIMessage:
    """Add the pieces up to the message that they are, as langchain-core does after a stream."""
    chunks = list(_fewer(pieces, common))
    end = AIMessageChunk(content=_empty_like(chunks[-1]), chunk_position="last")
    added = add_ai_message_chunks(*chunks, end)
    left_out = {"type", "tool_call_chunks", "chunk_position"}
    message = AIMessage(**{k: v for k, v in added.__dict__.items() if k not in left_out})
    return message.model_copy(deep=True)  # what did not have to be merged was not copied


def _fewer(pieces: Sequence[Piece], common: Common) -> Iterator[AIMessageChunk]:
    """Join neighbouring texts, which does not change the sum."""
    for is_text, group in groupby(pieces, key=lambda piece: isinstance(piece, str)):
        if is_text:
            yield common.chunk("".join(cast("Iterator[str]", group)))
        else:
            yield from cast("Iterator[AIMessageChunk]", group)


def stopped(pieces: Sequence[Piece], stop: Sequence[str]) -> list[Piece]:
    """Cut the text off before the first of the stop sequences, wherever the pieces are cut.

    Behind it, no text and no tool call is left; usage and metadata are.
    """
    texts = [piece if isinstance(piece, str) else str(piece.text) for piece in pieces]
    text = "".join(texts)
    ends = [at for word in stop if word and (at := text.find(word)) >= 0]
    if not ends:
        return list(pieces)
    left: int | None = min(ends)
    kept: list[Piece] = []
    for piece, own in zip(pieces, texts, strict=True):
        if left is None:
            kept += _without_words(piece)
        elif len(own) < left:
            kept.append(piece)
            left -= len(own)
        else:
            kept.append(_shortened(piece, left))
            left = None
    return kept


def closed(pieces: list[Piece], message_id: str | None) -> list[Piece]:
    """Let the last chunk say that it is the last.

    langchain-core would append an empty one that does, with an id that is another in each run.
    """
    last = pieces[-1] if pieces else ""
    if not isinstance(last, str) and last.chunk_position == "last":
        return pieces
    content = "" if isinstance(last, str) else _empty_like(last)
    return [*pieces, AIMessageChunk(content=content, id=message_id, chunk_position="last")]


def _without_words(piece: Piece) -> list[Piece]:
    if isinstance(piece, str) or not (
        piece.usage_metadata or piece.response_metadata or piece.chunk_position
    ):
        return []
    empty: dict[str, Any] = {"tool_calls": [], "invalid_tool_calls": [], "tool_call_chunks": []}
    return [piece.model_copy(update={"content": _empty_like(piece), **empty})]


def _shortened(piece: Piece, size: int) -> Piece:
    if isinstance(piece, str):
        return piece[:size]
    content: Any = piece.content
    shorter = content[:size] if isinstance(content, str) else [*_shortened_blocks(content, size)]
    return piece.model_copy(update={"content": shorter})


def _shortened_blocks(blocks: Sequence[Any], size: int) -> Iterator[Any]:
    for block in blocks:
        if size <= 0:
            return
        if isinstance(block, str):
            yield block[:size]
            size -= len(block)
        elif block.get("type") == "text":
            yield {**block, "text": block["text"][:size]}
            size -= len(block["text"])
        else:
            yield block


def _empty_like(chunk: AIMessageChunk) -> Any:
    return "" if isinstance(chunk.content, str) else []
