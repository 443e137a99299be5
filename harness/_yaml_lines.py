"""YAML in the shape in which vcrpy and we write it, read line by line, some times as fast.

That shape is `key: value` and `- value`, whose values are plain or single-quoted texts, literal
blocks, lists of numbers in brackets, or further such lines. A suite opens a cassette for each of
its tests, and the general reader (`_yaml_events`) was half of what that cost. Where a text holds
anything else, or is wrong, nothing is returned and the general reader decides. A test holds the
two equal.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any, TypeAlias

from harness._yaml_scalar import MAX_NODES, plain

_Found: TypeAlias = tuple[Any, int]
"""A value, and where the line after it begins."""

_DEEPEST = 40
"""In columns, which keeps the recursion in bounds: what is nested begins further to the right."""

_REST = r"[^\n:#]*(?::(?=[^ \n])[^\n:#]*)*(?<! )"  # of a plain text: no `: `, no `#`
_NAME = r"([A-Za-z_][\w.-]{0,100}):"
_PLAIN = rf"(?:[\w/.(<$~]|-(?=\w)){_REST}"
_KEY = re.compile(rf"{_NAME}(?: (?! )|(?=\n))")
_VALUE = re.compile(
    "(?:"
    rf"(?P<plain>{_PLAIN})"
    r"|'(?P<quoted>[^']*(?:''[^']*)*)'"
    r"|(?P<numbers>\[[0-9., \n]*\])"
    r"|\|(?P<block>[1-9]?[+-]?)"
    r"|(?P<nested>)"
    r")\n"
)
_MORE = re.compile(rf" +([^ \n:#]{_REST})\n")
_PRINTABLE = bytes((ord("\n"), *range(ord(" "), ord("~") + 1)))
_SPACES = re.compile(" *")
_BREAK = re.compile(r" *(\n[ \n]*)")


class _OtherShapeError(ValueError):
    """Only the general reader can tell what this is."""


@cache
def _header_field(margin: str) -> re.Pattern[str]:
    """Return what finds a key with one item, and another key below it: most of a cassette."""
    return re.compile(rf"{_NAME}\n{margin}- (?:({_PLAIN})|'([^'\n]*)')\n{margin}(?=[A-Za-z_])")


def read_lines(text: str) -> dict[Any, Any] | None:
    """Build the mapping that a YAML text is; None if it is not of the shape."""
    most = len(text) if len(text) <= MAX_NODES else _most_nodes(text)
    if most > MAX_NODES or not _is_printable(text):
        return None
    try:
        found, end = _Lines(text).mapping(0, 0)
    except ValueError:
        return None
    return found if end == len(text) else None


def _most_nodes(text: str) -> int:
    return 2 * text.count("\n") + text.count(",")  # a line holds a key and a value, or numbers


def _is_printable(text: str) -> bool:
    if text.isascii():  # most are, and this is some times as fast
        return not text.encode().translate(None, _PRINTABLE)
    return text.replace("\n", "").isprintable()


class _Lines:
    def __init__(self, text: str) -> None:
        self._text = text

    def mapping(self, at: int, indent: int) -> tuple[dict[Any, Any], int]:
        """Read a mapping whose first key is there; the others stand below it."""
        text, margin = self._text, " " * indent
        if indent > _DEEPEST:
            raise _OtherShapeError
        found: dict[Any, Any] = {}
        field = _header_field(margin)
        while True:
            while header := field.match(text, at):
                name, value, quoted = header.groups()
                found[plain(name)] = [plain(value) if quoted is None else quoted]
                at = header.end()
            entry = _KEY.match(text, at)
            if entry is None:
                raise _OtherShapeError
            found[plain(entry[1])], at = self._value(entry.end(), indent)
            if at == len(text) or not text.startswith(margin, at):
                return found, at
            at += indent

    def _sequence(self, at: int, indent: int) -> _Found:
        text, dash = self._text, " " * indent + "- "
        found = []
        while True:
            at += 2
            if _KEY.match(text, at):
                item, at = self.mapping(at, indent + 2)
            elif text.startswith("\n", at):
                raise _OtherShapeError
            else:
                item, at = self._value(at, indent)
            found.append(item)
            if not text.startswith(dash, at):
                return found, at
            at += indent

    def _value(self, at: int, indent: int) -> _Found:
        """Read what stands behind a key or a dash in that column."""
        match = _VALUE.match(self._text, at)
        if match is None:
            raise _OtherShapeError
        kind, end = match.lastgroup, match.end()
        if kind == "plain":
            return self._plain(match["plain"], end, indent)
        if kind == "quoted":
            return _folded(match["quoted"].replace("''", "'")), end
        if kind == "numbers":
            return json.loads(match["numbers"]), end
        if kind == "block":
            return self._block(match["block"], end, indent)
        return self._nested(end, indent)

    def _plain(self, value: str, end: int, indent: int) -> _Found:
        deeper = " " * (indent + 1)
        while self._text.startswith(deeper, end):
            more = _MORE.match(self._text, end)
            if more is None:
                raise _OtherShapeError
            value, end = f"{value} {more[1]}", more.end()
        return plain(value), end

    def _block(self, header: str, start: int, indent: int) -> _Found:
        text, chomping = self._text, header[-1:]
        margin = self._margin(start)
        if header[:1].isdigit():
            margin = indent + int(header[0])
        elif text.startswith("\n", start + margin):
            raise _OtherShapeError
        last = re.compile(rf"\n(?! {{{margin}}}|\n)").search(text, start - 1)
        if last is None or last.start() < start or margin <= indent:
            raise _OtherShapeError
        end = last.end()
        block = text[start - 1 : end].replace("\n" + " " * margin, "\n")[1:]
        ended = block.rstrip("\n")
        if not ended:
            raise _OtherShapeError
        if chomping == "+":
            return block, end
        return (ended if chomping == "-" else f"{ended}\n"), end

    def _nested(self, start: int, indent: int) -> _Found:
        margin = self._margin(start)
        first = start + margin
        if margin >= indent and self._text.startswith("- ", first):
            return self._sequence(first, margin)
        return self.mapping(first, margin) if margin > indent else (None, start)

    def _margin(self, start: int) -> int:
        spaces = _SPACES.match(self._text, start)
        return spaces.end() - start if spaces else 0


def _folded(quoted: str) -> str:
    """Undo the line breaks that stand for a space, or for one break less."""
    if "\n" not in quoted:
        return quoted
    if "\n-" in quoted or "\n." in quoted:  # it could be the end of the document
        raise _OtherShapeError
    return _BREAK.sub(lambda gap: "\n" * (gap[1].count("\n") - 1) or " ", quoted)
