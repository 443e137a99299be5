"""From the chunks of a model that streams to the events of a message, one chunk at a time.

What a chunk consists of, and what a message is made of at its end, langchain-core knows. It makes
events of a whole iterator of chunks; here chunks come one by one, from a callback. So each chunk is
shown to it alone, and at the end all of them. Most chunks are like the one before but for their
text; their events are like those of that one, and langchain-core is not asked again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.language_models._compat_bridge import chunks_to_events
from langchain_core.language_models.chat_model_stream import ChatModelStream
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk

__all__ = ("ChunkEvents",)

Event = dict[str, Any]

_AT_THE_END = frozenset({"content-block-finish", "message-finish"})


class ChunkEvents:
    """The events of one answer of a model.

    Args:
        message_id: What the message is called.
    """

    __slots__ = ("_chunks", "_events", "_id", "_indexes", "_like", "_texts")

    def __init__(self, message_id: str) -> None:
        self._id = message_id
        self._chunks: list[ChatGenerationChunk] = []  # what came, with runs of text in one piece
        self._indexes: dict[Any, int] = {}  # the numbers of blocks, by what tells them apart
        self._like: _PlainText | None = None  # what the last chunk was like, if only text
        self._texts: list[str] = []  # what came since that was like it
        self._events: list[Event] = []

    def take(self, chunk: ChatGenerationChunk) -> Sequence[Event]:
        """Return the events of the next chunk."""
        message = chunk.message
        if not isinstance(message, AIMessageChunk):
            return ()
        if message.chunk_position == "last" and message.tool_call_chunks:
            # langchain-core takes a piece of a call in a last chunk for a whole call, and loses it
            message = message.model_copy(update={"chunk_position": None})
            chunk = ChatGenerationChunk(message=message)
        plain = _text_of(message)
        like = self._like
        if like is not None and plain is not None and like.is_same_as(message, plain):
            text = plain[0]
            self._texts.append(text)
            delta = {"type": "text-delta", "text": text}
            return ({"event": "content-block-delta", "index": like.index, "delta": delta},)
        self._join_texts()
        is_first = not self._chunks
        self._chunks.append(chunk)
        events = self._first_seen(message, is_first)
        self._like = None
        # its last event is its text, unless langchain-core found something else in it
        if plain is not None and events and "text" in events[-1].get("delta", ()):
            self._like = _PlainText(chunk, plain, events[-1]["index"])
        return events

    def end(self) -> Sequence[Event]:
        """Return the events that end the message."""
        self._join_texts()
        self._events = [
            dict(event) for event in chunks_to_events(iter(self._chunks), message_id=self._id)
        ]
        return [event for event in self._events if event["event"] in _AT_THE_END]

    def message(self) -> AIMessage | None:
        """Return the message as its content blocks, after the end; `None` if nothing came."""
        stream = ChatModelStream(message_id=self._id)
        for event in self._events:
            stream.dispatch(event)
        return stream.output_message

    def _first_seen(self, message: AIMessageChunk, is_first: bool) -> list[Event]:
        """Return the events of a chunk as langchain-core has them, with our numbers of blocks."""
        alone = chunks_to_events(iter(self._chunks[-1:]), message_id=self._id)
        keys = list(dict.fromkeys(_keys_of(message)))
        events: list[Event] = []
        for made in alone:
            event: Event = dict(made)
            kind = event["event"]
            if kind in _AT_THE_END or (kind == "message-start" and not is_first):
                continue
            if kind != "message-start":
                key = keys[event["index"]]
                if kind == "content-block-start":
                    if key in self._indexes:
                        continue
                    self._indexes[key] = len(self._indexes)
                event["index"] = self._indexes[key]
            events.append(event)
        return events

    def _join_texts(self) -> None:
        """Put the texts that came since into one chunk."""
        if self._texts and self._like is not None:
            self._chunks.append(self._like.with_text("".join(self._texts)))
            self._texts.clear()


class _PlainText:
    """What a chunk was like that was nothing but a piece of a text.

    Args:
        chunk: The chunk.
        plain: Its text, and what else its content has.
        index: The number of its block.
    """

    __slots__ = ("_chunk", "_rest", "index")

    def __init__(
        self, chunk: ChatGenerationChunk, plain: tuple[str, dict[str, Any] | None], index: int
    ) -> None:
        self._chunk = chunk
        self._rest = plain[1]
        self.index = index

    def is_same_as(self, message: AIMessageChunk, plain: tuple[str, dict[str, Any] | None]) -> bool:
        """Return whether another one is like it but for the text."""
        known = self._chunk.message.response_metadata
        return plain[1] == self._rest and message.response_metadata == known

    def with_text(self, text: str) -> ChatGenerationChunk:
        """Return one like it with another text."""
        content = text if self._rest is None else [{**self._rest, "text": text}]
        message = self._chunk.message.model_copy(update={"content": content})
        return ChatGenerationChunk(message=message)


def _text_of(message: AIMessageChunk) -> tuple[str, dict[str, Any] | None] | None:
    """Return the text of a chunk that has nothing else, and what else its one block says."""
    if message.tool_call_chunks or message.additional_kwargs or message.usage_metadata:
        return None
    content = message.content
    if isinstance(content, str):
        return (content, None) if content else None
    if len(content) != 1 or not isinstance(block := content[0], dict) or not block.get("text"):
        return None
    rest = {key: value for key, value in block.items() if key != "text"}
    return (block["text"], rest) if rest.get("type") == "text" else None


def _keys_of(message: AIMessageChunk) -> list[Any]:
    """Return what tells the blocks of a chunk from those of the chunks around it.

    That is the index which the provider gave them, or else their type and place.
    """
    blocks: list[dict[str, Any]] = [dict(block) for block in message.content_blocks]
    return [
        (block.get("type"), place) if block.get("index") is None else block["index"]
        for place, block in enumerate(blocks)
    ]
