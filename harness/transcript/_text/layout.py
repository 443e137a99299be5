"""Lay one line of notation out over several lines, and join them again.

A value that is too long for a page is written one item a line, indented; a string that is too long
goes on in the next lines. `joined` gives back the line that was laid out, character by character:
what cannot be laid out so that it can be read back (a `repr` with brackets of its own) stays as
long as it is.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from harness.transcript._text.notation import LITERAL, quoted

WIDTH = 100

_HEAD = re.compile(r"[^\"'()\[\]{}, ]*(?:\[[^\"()\[\]{}]*\])?(?=[(\[{])")
_NAMED = re.compile(rf"(?:\w+=|(?:{LITERAL.pattern}|[^\"()\[\]{{}}]+?): )")
_CLOSES = {"(": ")", "[": "]", "{": "}"}
_SIGN = re.compile(rf"{LITERAL.pattern}|[()\[\]{{}}]|, ")


def spread(text: str, prefix: str = "", indent: str = "") -> list[str]:
    """The text as indented lines of about `WIDTH` columns.

    Args:
        text: A value as `one_line` writes it.
        prefix: What stands before it on the first line.
        indent: What stands before every line.
    """
    lines = _lines(text, prefix, indent, "")
    if len(lines) == 1 or joined(lines) == f"{prefix}{text}":
        return lines
    return [f"{indent}{prefix}{text}"]


def joined(lines: list[str]) -> str:
    """The one line that was laid out as these."""
    text, end = _joined(lines, 0)
    return text if end == len(lines) else "\n".join(lines)


def first_value(text: str) -> tuple[str, str]:
    """The container at the beginning of a line, and what follows it after a space."""
    depth = 0
    for match in _SIGN.finditer(text):
        depth += (match[0] in _CLOSES) - (match[0] in ")]}")
        if depth == 0:
            return text[: match.end()], text[match.end() :].removeprefix(" ")
    return text, ""


def named_items(text: str) -> dict[str, str] | None:
    """The items of a container or a record by key, or by number; None if it has none."""
    group = _group(text)
    if group is None:
        return None
    found: dict[str, str] = {}
    for number, item in enumerate(group.items):
        match = _NAMED.match(item)
        key = match[0].rstrip(" :=") if match else str(number)
        if key == "0" and re.search(r"Message(?:Chunk)?\($", group.head):
            key = "content"  # the only argument of a message that is not named
        found[key] = item[match.end() :] if match else item
    return found


class _Group(NamedTuple):
    head: str
    items: list[str]
    tail: str


def _lines(text: str, prefix: str, indent: str, comma: str) -> list[str]:
    line = f"{indent}{prefix}{text}{comma}"
    if len(line) <= WIDTH:
        return [line]
    if LITERAL.fullmatch(text):
        first, *rest = _pieces(json.loads(text), WIDTH - len(indent) - 4)
        lines = [f"{indent}{prefix}{quoted(first)}"]
        lines += [f"{indent}  {quoted(piece)}" for piece in rest]
        lines[-1] += comma
        return lines
    group = _group(text)
    if group is None:
        return [line]
    lines = [f"{indent}{prefix}{group.head}"]
    for item in group.items:
        name = match[0] if (match := _NAMED.match(item)) else ""
        lines += _lines(item[len(name) :], name, f"{indent}  ", ",")
    lines.append(f"{indent}{group.tail}{comma}")
    return lines


def _group(text: str) -> _Group | None:
    """The parts of a container, a message or a record; None of anything else."""
    head = _HEAD.match(text)
    if head is None or text[-1] not in ")]}":
        return None
    start = begin = head.end() + 1
    open_now, items = [text[start - 1]], []
    for match in _SIGN.finditer(text, start):
        sign = match[0]
        if sign in _CLOSES:
            open_now.append(sign)
        elif sign == ", " and len(open_now) == 1:
            items.append(text[begin : match.start()])
            begin = match.end()
        elif sign in ")]}":
            if _CLOSES[open_now.pop()] != sign:
                return None
            if not open_now:
                if match.end() != len(text):
                    return None
                items.append(text[begin : match.start()].removesuffix(","))
                return _Group(text[:start], items, sign) if items != [""] else None
    return None


def _pieces(text: str, room: int) -> list[str]:
    """Cut a long string after line breaks and between words; the pieces add up to it."""
    pieces = []
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        rest = line
        while len(rest) > room:
            cut = rest.rfind(" ", room // 2, room) + 1 or room
            pieces.append(rest[:cut])
            rest = rest[cut:]
        pieces.append(rest)
    return pieces


def _joined(lines: list[str], at: int) -> tuple[str, int]:
    """What begins on a line, and the line after it; more indented lines belong to it."""
    indent, text = _indent(lines[at]), lines[at].lstrip(" ")
    at += 1
    inner: list[str] = []
    while at < len(lines) and _indent(lines[at]) > indent:
        item, at = _joined(lines, at)
        inner.append(item)
    if not inner:
        return text, at
    if text.endswith('"'):  # a string that goes on
        return text[:-1] + "".join(piece[1:-1] for piece in inner[:-1]) + inner[-1][1:], at
    tail = lines[at].lstrip(" ") if at < len(lines) else ""
    if len(inner) > 1 or not _is_tuple(text):
        inner[-1] = inner[-1].removesuffix(",")
    return f"{text}{' '.join(inner)}{tail}", at + 1


def _is_tuple(text: str) -> bool:
    """Whether a line opens a tuple, and not the arguments of a class."""
    return re.search(r"(?:^|[ =])\($", text) is not None


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
