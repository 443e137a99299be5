"""Write a normalized stream as one text: stable, diffable, read by people.

The grammar, from the first line on:

    # stream transcript, format 1

    updates {"joke": {"joke": AIMessage("Why?", id="lc_run--<message 1>")}}
    updates @ ("sub:<task 1>",)                 a chunk of a subgraph names its namespace
      {                                         a long payload follows as a block
        ...
      }

    messages lc_run--<message 1> begins         a message's first chunk: all its metadata
      langgraph_node: "joke"
    messages lc_run--<message 1> "Why" " was"   its tokens, cut as they were streamed
    messages lc_run--<message 1> changes        metadata that differs from the chunk before
      tags: (gone)
    messages lc_run--<message 1> as AIMessageChunk(_, chunk_position="last")
    messages lc_run--<message 1> ""             from here on, chunks of that message look so

The first chunks of a message look like `AIMessageChunk(_)`, where `_` is where the token goes;
every other field is written in an `as` line, and holds until the next one. A chunk without any
text is a `.`. A line ends after a sentence or at the width of a page, so that one changed token
leaves the lines of other sentences as they are. Two messages that stream at the same time take
turns line by line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from langchain_core.messages import BaseMessage

from harness.transcript._model import StreamEvent, is_message_pair
from harness.transcript._notation import (
    WIDTH,
    Described,
    Record,
    block,
    message_fields,
    one_line,
    quoted,
)

FORMAT = 1
HEADER = f"# stream transcript, format {FORMAT}"
PLAIN_SHAPE = "AIMessageChunk(_)"
GONE = "(gone)"
WITHOUT_TEXT = "."

SAFE_LABEL = re.compile(r"[\w.:-]*(?:<\w+ \d+>)?[\w.:-]*", re.ASCII)

_SLOT = Described("_")
_SLOT_KEYS = ("text", "partial_json", "thinking", "reasoning", "summary", "arguments", "args")


class Token(NamedTuple):
    """A messages chunk, cut into the text that it brings and everything else."""

    label: str
    shape: Record
    text: str | None


def render(events: Iterable[StreamEvent]) -> str:
    """Write a normalized stream."""
    page = _Page()
    for event in events:
        if is_message_pair(event) and isinstance(event.payload[0], BaseMessage):
            page.message(event)
        else:
            page.chunk(event)
    page.flush()
    return "\n".join([HEADER, *page.lines]) + "\n"


@dataclass
class _Page:
    """The text so far; the tokens of the open line; metadata and shape of each message by now."""

    lines: list[str] = field(default_factory=list)
    _mode: str = ""
    _tokens: list[Token] = field(default_factory=list)
    _metadata: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    _shapes: dict[str, str] = field(default_factory=dict)

    def chunk(self, event: StreamEvent) -> None:
        self.flush()
        self._gap(event.mode)
        mode = event.mode if SAFE_LABEL.fullmatch(event.mode) else quoted(event.mode)
        where = f" @ {one_line(event.namespace)}" if event.namespace else ""
        head = f"{mode}{where}"
        line = f"{head} {one_line(event.payload)}"
        if len(line) <= WIDTH:
            self.lines.append(line)
        else:
            self.lines += [head, *block(event.payload, indent="  ")]

    def message(self, event: StreamEvent) -> None:
        message, metadata = event.payload
        label = _label(message.id)
        # The namespace is written like a key that no metadata can have.
        now = {"@": block(event.namespace, prefix="@ ", indent="  ")} if event.namespace else {}
        for key in sorted(metadata, key=str):
            name = _key(key)
            now[name] = block(metadata[key], prefix=f"{name}: ", indent="  ")
        if now != self._metadata.get(label):
            self._change(label, now)
        token = _token(label, message)
        shape = one_line(token.shape)
        if shape != self._shapes.get(label, PLAIN_SHAPE):
            self._reshape(token, shape)
        if self._tokens and self._tokens[0].label != label:
            self.flush()
        self._tokens.append(token)

    def _change(self, label: str, now: dict[str, list[str]]) -> None:
        self.flush()
        self.lines.append("")
        self._mode = "messages"
        known = self._metadata.get(label)
        self.lines.append(f"messages {label} {'begins' if known is None else 'changes'}")
        known = known or {}
        for name in sorted({*now, *known}):
            if name not in now:
                self.lines.append(f"  {name}: {GONE}")
            elif now[name] != known.get(name):
                self.lines += now[name]
        self._metadata[label] = now

    def _reshape(self, token: Token, shape: str) -> None:
        self.flush()
        self._gap("messages")
        head = f"messages {token.label} as"
        if len(head) + len(shape) < WIDTH:
            self.lines.append(f"{head} {shape}")
        else:
            self.lines += [head, *block(token.shape, indent="  ")]
        self._shapes[token.label] = shape

    def flush(self) -> None:
        if self._tokens:
            self._gap("messages")
            head = f"messages {self._tokens[0].label}"
            self.lines += (f"{head} {row}" for row in _rows(self._tokens, WIDTH - len(head) - 1))
            self._tokens = []

    def _gap(self, mode: str) -> None:
        if mode != self._mode:
            self.lines.append("")
        self._mode = mode


def _label(identity: object) -> str:
    if identity is None:
        return "(no id)"
    text = str(identity)
    return text if text and SAFE_LABEL.fullmatch(text) else quoted(text)


def _key(key: object) -> str:
    return key if isinstance(key, str) and re.fullmatch(r"\w+", key, re.ASCII) else one_line(key)


def _piece(token: Token) -> str:
    return WITHOUT_TEXT if token.text is None else quoted(token.text)


def _rows(tokens: list[Token], room: int) -> Iterator[str]:
    row = ""
    for token in tokens:
        piece = _piece(token)
        if row and len(row) + len(piece) + 1 > room:
            yield row
            row = ""
        row = f"{row} {piece}" if row else piece
        text = token.text or ""
        if "\n" in text or text.rstrip().endswith((".", "!", "?", ";")):
            yield row
            row = ""
    if row:
        yield row


def _token(label: str, message: BaseMessage) -> Token:
    """Cut the one text that a chunk streams out of its fields.

    That is its content; or the text of its only content block; or the arguments of its only tool
    call chunk. A provider that sends the same text in two places has two slots for it.
    """
    shown = message_fields(message)
    shown.pop("id", None)
    content = shown.pop("content", "")
    calls = shown.get("tool_call_chunks", [])
    if isinstance(content, str) and (content or len(calls) != 1):
        return Token(label, _shape(message, _SLOT, shown), content)
    text = next((text for part in (content, calls) for text in _texts(part)), None)
    if text is None:
        return Token(label, _shape(message, content, shown), None)
    if calls:
        shown["tool_call_chunks"] = _with_slot(calls, text)
    return Token(label, _shape(message, _with_slot(content, text), shown), text)


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
