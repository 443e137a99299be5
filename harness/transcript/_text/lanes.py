"""Put what streams piece by piece into lanes, one for each message or custom stream.

Two models that speak at the same time are read one after the other, and beside them the order in
which their pieces came. What stands between them alone (an update, a state) ends all lanes; the
next pieces begin new ones.

A message is a lane. So is anything else that says the same again and again but for one string: the
items of a custom stream, the pieces of a parser, the events of an endpoint.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from harness.transcript._matching import differing
from harness.transcript._text.entries import MESSAGES, Entry
from harness.transcript._text.notation import LITERAL

SLOT = re.compile(rf"{LITERAL.pattern}|(?<![\w.\"])_(?![\w\"])")
"""Where the text goes, between strings that are no slots."""

_WHOLE = frozenset({"values", "updates", "tasks", "checkpoints", "debug"})
_WHOLE_OF_OURS = frozenset({"input", "interrupt", "error"})
_LEAST = 3  # pieces that are worth a lane
_KNOWN = 8  # lanes of one kind that are looked at; more would take long in a long stream


class Piece(NamedTuple):
    """A chunk in its lane.

    Args:
        lane: Of a message its label; of anything else the mode, namespace and template.
        entry: The chunk.
        shape: What all of it says but its text, with `_` where that goes.
        text: The text, quoted.
    """

    lane: tuple[str, ...]
    entry: Entry
    shape: str
    text: str


@dataclass
class Stretch:
    """What streamed without anything between.

    Args:
        lanes: The pieces of each lane, in the order in which the lanes began.
        turns: The number of the lane of each piece in order of arrival, from 1.
    """

    lanes: list[list[Piece]] = field(default_factory=list)
    turns: list[int] = field(default_factory=list)

    @property
    def takes_turns(self) -> bool:
        """Whether a lane went on after another one had begun."""
        return len([number for number, _ in groupby(self.turns)]) > len(self.lanes)


def laned(entries: Sequence[Entry]) -> Iterator[Entry | Stretch]:
    """The stream as chunks that stand alone, and stretches of lanes."""
    pieces = _pieces(entries)
    for alone, group in groupby(zip(entries, pieces, strict=True), lambda pair: pair[1] is None):
        if alone:
            yield from (entry for entry, _ in group)
        else:
            yield _stretch(piece for _, piece in group if piece is not None)


def filled(shape: str, text: str) -> str:
    """The template with its text; what `Piece` has taken apart."""
    done = False

    def fill(match: re.Match[str]) -> str:
        nonlocal done
        if match[0] != "_" or done:
            return match[0]
        done = True
        return text

    return SLOT.sub(fill, shape)


def _stretch(pieces: Iterator[Piece]) -> Stretch:
    stretch, numbers = Stretch(), dict[tuple[str, ...], int]()
    for piece in pieces:
        number = numbers.setdefault(piece.lane, len(numbers) + 1)
        if number > len(stretch.lanes):
            stretch.lanes.append([])
        stretch.lanes[number - 1].append(piece)
        stretch.turns.append(number)
    return stretch


def _pieces(entries: Sequence[Entry]) -> list[Piece | None]:
    """For each chunk what it is in its lane; None where it stands alone."""
    pieces: list[Piece | None] = [None] * len(entries)
    open_now: dict[tuple[str, ...], list[_Template]] = {}
    every: list[_Template] = []
    for index, entry in enumerate(entries):
        if entry.mode == MESSAGES and entry.label:
            pieces[index] = Piece((entry.label,), entry, entry.body, entry.piece)
        elif entry.mode in _WHOLE or entry.mode in _WHOLE_OF_OURS:
            open_now.clear()
        else:
            parts = LITERAL.split(entry.body)
            kind = (entry.mode, entry.namespace, *parts)
            strings = LITERAL.findall(entry.body)
            known = open_now.setdefault(kind, [])
            template = next((t for t in known[-_KNOWN:] if t.takes(strings, parts)), None)
            if template is None:
                template = _Template(strings)
                known.append(template)
                every.append(template)
            template.members.append(index)
    for template in every:
        for index, piece in template.pieces(entries):
            pieces[index] = piece
    return pieces


@dataclass
class _Template:
    """Chunks that are the same but for one string; which one, the second of them tells."""

    strings: list[str]
    place: int | None = None
    members: list[int] = field(default_factory=list)

    def takes(self, strings: list[str], parts: list[str]) -> bool:
        different = differing(self.strings, strings)
        if self.place is None and len(different) == 1 and parts[different[0] + 1][:1] != ":":
            self.place = different[0]
        return not different or different == [self.place]

    def pieces(self, entries: Sequence[Entry]) -> Iterator[tuple[int, Piece]]:
        if self.place is None or len(self.members) < _LEAST:
            return
        for index in self.members:
            entry = entries[index]
            start, end = list(LITERAL.finditer(entry.body))[self.place].span()
            shape, text = f"{entry.body[:start]}_{entry.body[end:]}", entry.body[start:end]
            if filled(shape, text) != entry.body:  # there is another `_` before it
                return
            yield index, Piece((entry.mode, entry.namespace, shape), entry, shape, text)
