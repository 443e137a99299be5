"""Say in the words of the domain how two transcript texts differ.

Works on texts, because one of the two is usually a snapshot file. The words point to the change;
the lines in context show it, also where no word fits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher, unified_diff
from typing import NamedTuple

from harness.transcript._text import HEADER, PLAIN_SHAPE, SAFE_LABEL, WITHOUT_TEXT

_PIECE = re.compile(rf'"(?:[^"\\]|\\.)*"|{re.escape(WITHOUT_TEXT)}')
_BLOCKS = ("begins", "changes")
_SHOWN = 70


@dataclass(frozen=True)
class Difference:
    """How a transcript text became another one; false when it did not.

    Args:
        summary: Sentences about what changed, the most telling one first.
        context: The changed lines between unchanged ones, as in a unified diff.
    """

    summary: tuple[str, ...] = ()
    context: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.context)

    def __str__(self) -> str:
        return "\n".join([*self.summary, "", *self.context]) if self else ""


def compare_texts(old: str, new: str) -> Difference:
    """Compare two transcript texts; `old` is what was expected."""
    if old == new:
        return Difference()
    lines = unified_diff(old.splitlines(), new.splitlines(), "expected", "received", lineterm="")
    return Difference(tuple(_sentences(old, new)), tuple(lines))


def _sentences(old: str, new: str) -> Iterator[str]:
    if not old.startswith(HEADER + "\n"):
        first = old.split("\n", 1)[0]
        yield f"format: the expected text begins with {_short(first)}, not {HEADER!r}"
        return
    before, after = _parse(old), _parse(new)
    found = [
        *_metadata_sentences(before, after),
        *_token_sentences(before, after),
        *_chunk_sentences(before, after),
    ]
    if not found and before.turns != after.turns:
        found = [_turn_sentence(before, after)]
    yield from found or ["the order or the form of the chunks changed"]


class _Piece(NamedTuple):
    shape: str
    text: str

    def __str__(self) -> str:
        return self.text if self.shape == PLAIN_SHAPE else f"{_short(self.shape)} {self.text}"


@dataclass
class _Parsed:
    """A text as what it is about: tokens and metadata by message, payloads by mode."""

    tokens: dict[str, list[_Piece]] = field(default_factory=dict)
    metadata: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    chunks: dict[str, list[str]] = field(default_factory=dict)
    shapes: dict[str, str] = field(default_factory=dict)
    turns: list[str] = field(default_factory=list)

    def name(self, label: str) -> str:
        node = self.metadata.get(label, [{}])[0].get("langgraph_node")
        return f"{label} (node {node})" if node else label


def _parse(text: str) -> _Parsed:
    parsed = _Parsed()
    for entry in re.split(r"\n+(?=[^\s])", text.split("\n", 1)[1].strip("\n")):
        head, *rest = entry.split("\n")
        if head.startswith("messages ") and not head.startswith("messages @"):
            _parse_message(parsed, head.removeprefix("messages "), rest)
        elif entry:
            mode, _, body = " ".join([head, *(line.strip() for line in rest)]).partition(" ")
            parsed.chunks.setdefault(mode, []).append(body)
            parsed.turns.append(mode)
    return parsed


def _parse_message(parsed: _Parsed, head: str, rest: list[str]) -> None:
    label = _read_label(head)
    word, _, row = head[len(label) :].strip().partition(" ")
    if word in _BLOCKS:
        parsed.metadata.setdefault(label, []).append(_keys(rest))
    elif word == "as":
        parsed.shapes[label] = " ".join([row, *(line.strip() for line in rest)]).strip()
    else:
        shape = parsed.shapes.get(label, PLAIN_SHAPE)
        for text in _PIECE.findall(head[len(label) :]):
            parsed.tokens.setdefault(label, []).append(_Piece(shape, text))
            parsed.turns.append(label)


def _read_label(head: str) -> str:
    quoted = re.match(r'"(?:[^"\\]|\\.)*"|\(no id\)', head)
    match = quoted or SAFE_LABEL.match(head)
    return match[0] if match else ""


def _keys(lines: list[str]) -> dict[str, str]:
    keys: dict[str, str] = {}
    key = ""
    for line in lines:
        if re.match(r"  [^\s\])}]", line):
            match = re.match(r'  ("(?:[^"\\]|\\.)*"|[^\s:]+):? (.*)', line)
            key, value = (match[1], match[2]) if match else (line.strip(), "")
            keys[key] = value
        else:
            keys[key] = f"{keys.get(key, '')} {line.strip()}"
    return keys


def _metadata_sentences(before: _Parsed, after: _Parsed) -> Iterator[str]:
    for label, old in before.metadata.items():
        new = after.metadata.get(label, old)
        name = before.name(label)
        for key in sorted({*old[0], *new[0]}):
            if key not in new[0]:
                yield f"metadata: {key} is gone from {name}"
            elif key not in old[0]:
                yield f"metadata: {key} is new in {name}: {_short(new[0][key])}"
            elif old[0][key] != new[0][key]:
                change = f"{_short(old[0][key])} -> {_short(new[0][key])}"
                yield f"metadata: {key} of {name} changed: {change}"
        if old[1:] != new[1:]:
            yield f"metadata: the metadata of {name} changes differently while it streams"


def _token_sentences(before: _Parsed, after: _Parsed) -> Iterator[str]:
    for label in dict.fromkeys([*before.tokens, *after.tokens]):
        old, new = before.tokens.get(label, []), after.tokens.get(label, [])
        if old == new:
            continue
        if not new:
            yield f"messages: {before.name(label)} is gone"
        elif not old:
            yield f"messages: {after.name(label)} is new"
        elif [piece.text for piece in old] == [piece.text for piece in new]:
            yield _shape_sentence(before.name(label), old, new)
        else:
            yield from _changes("messages", "token", f" of {before.name(label)}", old, new)


def _shape_sentence(name: str, old: list[_Piece], new: list[_Piece]) -> str:
    """The texts are the same, but not what comes with them."""
    changed = [i for i, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]
    first = changed[0]
    left, right = _apart(old[first].shape, new[first].shape)
    more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
    return f"messages: the fields of token {first + 1}{more} of {name} changed: {left} -> {right}"


def _chunk_sentences(before: _Parsed, after: _Parsed) -> Iterator[str]:
    for mode in dict.fromkeys([*before.chunks, *after.chunks]):
        old, new = before.chunks.get(mode, []), after.chunks.get(mode, [])
        yield from _changes(mode, "chunk", "", old, new)


def _changes(
    mode: str, what: str, of: str, old: list[str] | list[_Piece], new: list[str] | list[_Piece]
) -> Iterator[str]:
    """Sentences about two lists of tokens or chunks."""
    start = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), None)
    if start is not None and sorted(old) == sorted(new):
        left, right = _shown(old[start]), _shown(new[start])
        yield f"{mode}: order changed from {what} {start + 1}{of} on: {left} -> {right}"
        return
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, low, high, new_low, new_high in matcher.get_opcodes():
        if tag == "equal":
            continue
        paired = min(high - low, new_high - new_low)
        for i in range(paired):
            left, right = _pair(old[low + i], new[new_low + i])
            yield f"{mode}: {what} {low + i + 1}{of} changed: {left} -> {right}"
        for i in range(low + paired, high):
            yield f"{mode}: {what} {i + 1}{of} is gone: {_shown(old[i])}"
        for i in range(new_low + paired, new_high):
            yield f"{mode}: {what} {i + 1}{of} is new: {_shown(new[i])}"


def _turn_sentence(before: _Parsed, after: _Parsed) -> str:
    pairs = zip(before.turns, after.turns, strict=False)
    number, (old, new) = next((i, pair) for i, pair in enumerate(pairs, 1) if pair[0] != pair[1])
    old, new = before.name(old), after.name(new)
    return f"order: chunk {number} of the stream came from {old}, now from {new}"


def _shown(item: str | _Piece) -> str:
    return str(item) if isinstance(item, _Piece) else _short(item)


def _pair(old: str | _Piece, new: str | _Piece) -> tuple[str, str]:
    """Both items, shortened around the place where they part."""
    if isinstance(old, _Piece) and isinstance(new, _Piece) and old.shape == new.shape:
        return _apart(old.text, new.text)
    return _apart(str(old), str(new))


def _apart(old: str, new: str) -> tuple[str, str]:
    start = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), 0)
    start = start - 20 if max(len(old), len(new)) > _SHOWN else 0
    if start <= 0:
        return _short(old), _short(new)
    return "..." + _short(old[start:]), "..." + _short(new[start:])


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
