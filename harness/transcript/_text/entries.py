"""What a snapshot says of a stream, before it is laid out: one entry per chunk.

An entry is text already, a value on one line in each place, so that a stream that just ran and a
file that was read are the same thing. Laying out (`write`), reading back (`read`) and comparing
(`_compare`) work on entries alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from langchain_core.messages import BaseMessage

from harness.transcript._model import Head, StreamEvent, is_message_pair
from harness.transcript._records import Described, Record
from harness.transcript._text.notation import message_fields, one_line, quoted

MESSAGES = "messages"
TURNS = "turns"
PLAIN_SHAPE = "AIMessageChunk(_)"
WITHOUT_TEXT = "."
NAMESPACE = "@"
"""The namespace of a message is written like a key that no metadata can have."""

SAFE_LABEL = re.compile(r"[\w.:-]*(?:<\w+ \d+>)?[\w.:-]*", re.ASCII)

_SLOT = Described("_")
_SLOT_KEYS = ("text", "partial_json", "thinking", "reasoning", "summary", "arguments", "args")


class Entry(NamedTuple):
    """One chunk.

    Args:
        mode: Its stream mode.
        namespace: Of its subgraph; empty for the graph itself, and for messages, whose metadata
            holds it.
        body: The payload; of a message all of its fields, with `_` where its text goes.
        label: The id of the message; empty for anything else.
        piece: The text of the message, quoted, or `WITHOUT_TEXT`; empty for anything else.
        metadata: Of the message, sorted by key.
    """

    mode: str
    namespace: str
    body: str
    label: str = ""
    piece: str = ""
    metadata: tuple[tuple[str, str], ...] = ()


class Page(NamedTuple):
    """A stream: what was asked for, as pairs of a word and its text, and every chunk."""

    head: tuple[tuple[str, str], ...]
    entries: tuple[Entry, ...]


def page_of(head: Head | None, events: Iterable[StreamEvent]) -> Page:
    """Describe a normalized stream."""
    return Page(tuple(_head(head)), tuple(map(_entry, events)))


def _head(head: Head | None) -> Iterator[tuple[str, str]]:
    if head is not None:
        yield "graph", one_line(Record(_name(head.graph), head.nodes))
        yield "input", one_line(head.input)
        if head.modes:
            yield "modes", ", ".join(head.modes)


def _name(name: str) -> str:
    return name if re.fullmatch(r"[\w.-]+", name) else quoted(name)


def _entry(event: StreamEvent) -> Entry:
    if is_message_pair(event) and isinstance(event.payload[0], BaseMessage):
        return _message(event)
    safe = event.mode and event.mode != TURNS and SAFE_LABEL.fullmatch(event.mode)
    mode = event.mode if safe else quoted(event.mode)
    namespace = one_line(event.namespace) if event.namespace else ""
    return Entry(mode, namespace, one_line(event.payload))


def _message(event: StreamEvent) -> Entry:
    message, metadata = event.payload
    pairs = {_key(key): one_line(value) for key, value in metadata.items()}
    if event.namespace:
        pairs[NAMESPACE] = one_line(event.namespace)
    shape, text = _cut(message)
    piece = WITHOUT_TEXT if text is None else quoted(text)
    return Entry(
        MESSAGES, "", one_line(shape), _label(message.id), piece, tuple(sorted(pairs.items()))
    )


def _label(identity: object) -> str:
    if identity is None:
        return "(no id)"
    text = str(identity)
    return text if text and SAFE_LABEL.fullmatch(text) else quoted(text)


def _key(key: object) -> str:
    return key if isinstance(key, str) and re.fullmatch(r"\w+", key, re.ASCII) else one_line(key)


def _cut(message: BaseMessage) -> tuple[Record, str | None]:
    """Cut the one text that a chunk streams out of its fields.

    That is its content; or the text of its only content block; or the arguments of its only tool
    call chunk. A provider that sends the same text in two places has two slots for it.
    """
    shown = message_fields(message)
    shown.pop("id", None)
    content = shown.pop("content", "")
    calls = shown.get("tool_call_chunks", [])
    if isinstance(content, str) and (content or len(calls) != 1):
        return _shape(message, _SLOT, shown), content
    text = next((text for part in (content, calls) for text in _texts(part)), None)
    if text is None:
        return _shape(message, content, shown), None
    if calls:
        shown["tool_call_chunks"] = _with_slot(calls, text)
    return _shape(message, _with_slot(content, text), shown), text


def _shape(message: BaseMessage, content: object, shown: dict[str, Any]) -> Record:
    return Record(type(message).__name__, (content,), tuple(shown.items()))


def _texts(part: object) -> Iterator[str]:
    """The streamed texts inside a content block, or inside a list of only one."""
    if type(part) is list and len(part) == 1:
        yield from _texts(part[0])
    elif type(part) is dict:
        for key in _SLOT_KEYS:
            item = part.get(key)
            yield from (item,) if isinstance(item, str) else _texts(item)


def _with_slot(part: object, text: str) -> object:
    if type(part) is list and len(part) == 1:
        return [_with_slot(part[0], text)]
    if type(part) is not dict:
        return part
    return {
        key: item if key not in _SLOT_KEYS else _SLOT if item == text else _with_slot(item, text)
        for key, item in part.items()
    }
