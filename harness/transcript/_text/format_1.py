"""Read a text of format 1, which had no head and no lanes: every line named its message.

# stream transcript, format 1

messages m1 begins
langgraph_node: "joke"
messages m1 "Why" " was"
messages m1 as AIMessageChunk(_, chunk_position="last")
messages m1 ""
messages m1 changes
tags: (gone)
"""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.transcript._text.entries import MESSAGES, NAMESPACE, PLAIN_SHAPE, Entry, Page
from harness.transcript._text.format_2 import pair
from harness.transcript._text.layout import joined
from harness.transcript._text.lines import chunk, items, label, pieces
from harness.transcript._text.write import GONE, INDENT


def read_format_1(lines: list[str]) -> Page:
    """Read all lines but the first."""
    reader = _Reader()
    for item in items(lines):
        if not reader.message(item):
            reader.entries.append(chunk(item))
    return Page((), tuple(reader.entries))


@dataclass
class _Reader:
    entries: list[Entry] = field(default_factory=list)
    _metadata: dict[str, dict[str, str]] = field(default_factory=dict)
    _shapes: dict[str, str] = field(default_factory=dict)

    def message(self, lines: list[str]) -> bool:
        """Read lines of a message; false if they are of something else."""
        if not lines[0].startswith(f"{MESSAGES} ") or lines[0].startswith(f"{MESSAGES} @ "):
            return False
        name, rest = label(lines[0].removeprefix(f"{MESSAGES} "))
        word, _, shape = rest.partition(" ")
        if word in ("begins", "changes"):
            self._change(name, lines[1:])
        elif word == "as":
            self._shapes[name] = shape or joined(lines[1:]).lstrip(" ")
        elif not rest or not name:
            return False
        else:
            now = tuple(sorted(self._metadata.get(name, {}).items()))
            look = self._shapes.get(name, PLAIN_SHAPE)
            self.entries += (Entry(MESSAGES, "", look, name, p, now) for p in pieces(rest))
        return True

    def _change(self, name: str, lines: list[str]) -> None:
        metadata = self._metadata.setdefault(name, {})
        for item in items(lines, INDENT):
            text = joined(item).lstrip(" ")
            if text.startswith(f"{NAMESPACE} "):
                text = f"{NAMESPACE}: {text[2:]}"
            key, value = pair(text)
            metadata.pop(key, None)
            if value != GONE:
                metadata[key] = value
