"""Read a text of format 2; `write` has its grammar."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile

from harness.transcript._text.entries import MESSAGES, PLAIN_SHAPE, TURNS, Entry, Page
from harness.transcript._text.lanes import filled
from harness.transcript._text.layout import joined
from harness.transcript._text.lines import chunk, items, label, pieces, place
from harness.transcript._text.write import BEGINS, GOES_ON, GONE, INDENT, TOKENS

_HEADING = re.compile(rf"(?:of \S.* )?(?:{BEGINS}|{GOES_ON})")
_MARK = re.compile(r" \[\d+\]$")


def read_format_2(lines: list[str]) -> Page:
    """Read all lines but the first."""
    head = [*takewhile(bool, lines)]
    reader = _Reader()
    for item in items(lines[len(head) :]):
        reader.item(item)
    reader.end()
    pairs = (joined(item).partition(" ") for item in items(head))
    return Page(tuple((word, text) for word, _, text in pairs), tuple(reader.entries))


@dataclass
class _Reader:
    """The chunks so far, the lanes that wait for their turns, what each message looks like."""

    entries: list[Entry] = field(default_factory=list)
    _lanes: list[list[Entry]] = field(default_factory=list)
    _metadata: dict[str, dict[str, str]] = field(default_factory=dict)
    _shapes: dict[str, str] = field(default_factory=dict)

    def item(self, lines: list[str]) -> None:
        head = _MARK.sub("", lines[0])
        if head.startswith(f"{TURNS} "):
            self._take_turns(" ".join(lines).split()[1:])
        elif found := self._lane(head, lines[1:]):
            if head != lines[0]:
                self._lanes.append(found)
            else:
                self.entries += found
        else:
            self.entries.append(chunk(lines))

    def end(self) -> None:
        """Check that nothing is left over."""
        if self._lanes:
            raise ValueError("lanes without turns")

    def _take_turns(self, turns: list[str]) -> None:
        waiting = [iter(lane) for lane in self._lanes]
        self._lanes = []
        for turn in turns:
            number, _, count = turn.partition("x")
            if number == TURNS:  # the word begins each line
                continue
            for _ in range(int(count or 1)):
                self.entries.append(next(waiting[int(number) - 1]))
        if any(True for lane in waiting for _ in lane):
            raise ValueError("the turns end before the lanes do")

    def _lane(self, head: str, lines: list[str]) -> list[Entry]:
        """The chunks of a lane; none if these lines are none."""
        if head.startswith(f"{MESSAGES} "):
            name, word = label(head.removeprefix(f"{MESSAGES} "))
            if _HEADING.fullmatch(word):
                return list(self._message(name, lines))
        if any(line.startswith(TOKENS) for line in lines) and lines[0].startswith(f"{INDENT}as "):
            return list(_stream(head, lines))
        return []

    def _message(self, name: str, lines: list[str]) -> Iterator[Entry]:
        metadata = self._metadata.setdefault(name, {})
        for item in items(lines, INDENT):
            text = joined(item).lstrip(" ")
            if text.startswith("| "):
                now = tuple(sorted(metadata.items()))
                shape = self._shapes.get(name, PLAIN_SHAPE)
                for piece in pieces(text[2:]):
                    yield Entry(MESSAGES, "", shape, name, piece, now)
            elif text.startswith("as "):
                self._shapes[name] = text[3:]
            else:
                key, value = pair(text)
                metadata.pop(key, None)
                if value != GONE:
                    metadata[key] = value


def _stream(head: str, lines: list[str]) -> Iterator[Entry]:
    mode, namespace, _ = place(head)
    shape = ""
    for item in items(lines, INDENT):
        text = joined(item).lstrip(" ")
        if text.startswith("| "):
            for piece in pieces(text[2:]):
                yield Entry(mode, namespace, filled(shape, piece))
        else:
            shape = text[3:]


def pair(text: str) -> tuple[str, str]:
    """The key and the value of a line of metadata."""
    match = re.match(r'((?:"(?:[^"\\]|\\.)*"|[^\s:]+)): ', text)
    return (match[1], text[match.end() :]) if match else (text, "")
