"""Take the lines of a snapshot apart: what belongs together, which chunk stands there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from harness.transcript._text.entries import SAFE_LABEL, WITHOUT_TEXT, Entry
from harness.transcript._text.layout import first_value, joined
from harness.transcript._text.notation import LITERAL

_PIECE = re.compile(rf"{LITERAL.pattern}|(?<=\s){re.escape(WITHOUT_TEXT)}(?=\s|$)")
_LABEL = re.compile(rf"{LITERAL.pattern}|\(no id\)|{SAFE_LABEL.pattern}", re.ASCII)


def items(lines: Iterable[str], indent: str = "") -> Iterator[list[str]]:
    """Groups of lines: one that is indented so, and all that belong to it."""
    item: list[str] = []
    for line in lines:
        if not line:
            continue
        begins = line.startswith(indent) and line[len(indent) :][:1] not in (*" )]}",)
        if begins and item:
            yield item
            item = []
        item.append(line)
    if item:
        yield item


def chunk(lines: list[str]) -> Entry:
    """The chunk that stands alone on these lines."""
    mode, namespace, rest = place(lines[0])
    body = joined(lines[1:]) if lines[1:] else rest
    return Entry(mode, namespace, body.lstrip(" ") if lines[1:] else body)


def place(line: str) -> tuple[str, str, str]:
    """The mode and the namespace at the beginning of a line, and what follows."""
    quoted = LITERAL.match(line)
    mode = quoted[0] if quoted else line.partition(" ")[0]
    rest = line[len(mode) :].removeprefix(" ")
    if not rest.startswith("@ ("):
        return mode, "", rest
    namespace, rest = first_value(rest.removeprefix("@ "))
    return mode, namespace, rest


def label(text: str) -> tuple[str, str]:
    """The id of a message at the beginning of a text, and what follows."""
    match = _LABEL.match(text)
    found = match[0] if match else ""
    return found, text[len(found) :].removeprefix(" ")


def pieces(text: str) -> list[str]:
    """The tokens on a line."""
    return _PIECE.findall(f" {text}")
