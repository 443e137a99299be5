"""Write a stream as one text: stable, diffable, read by people.

The grammar, from the first line on:

    # stream transcript, format 2
    graph LangGraph("joke", "poem")             what was streamed: its name and its nodes,
    input {"topic": "cats"}                     its input,
    modes values, updates, messages             and the modes that were asked for

    updates {"joke": {"joke": AIMessage("Why?", id="lc_run--<message 1>")}}
    updates @ ("sub:<task 1>",)                 a chunk of a subgraph names its namespace
      {                                         a long payload follows as a block
        ...
      }

    messages lc_run--<message 1> of joke:<task 1> begins
                                                a message's first chunk: all its metadata
      langgraph_node: "joke"
      | "Why" " was"                            its tokens, cut as they were streamed
      tags: (gone)                              metadata that differs from the chunk before
      as AIMessageChunk(_, chunk_position="last")
      | ""                                      from here on, chunks of that message look so

    messages lc_run--<message 1> of joke:<task 1> goes on
                                                after something else was streamed

    custom                                      items that differ in one string only
      as {"token": _}
      | "In" " sun"

The first chunks of a message look like `AIMessageChunk(_)`, where `_` is where the token goes;
every other field is written in an `as` line, and holds until the next one. A chunk without any
text is a `.`. A line ends after a sentence or at the width of a page, so that one changed token
leaves the lines of other sentences as they are.

What streams at the same time stands in numbered lanes, and below them who came when:

    messages lc_run--<message 1> of joke:<task 1> goes on [1]
      | "Why" " was" " the"
    messages lc_run--<message 2> of poem:<task 2> goes on [2]
      | "In" " sun"
    turns 1 2 1x2 2
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

from harness.transcript._text.entries import (
    MESSAGES,
    PLAIN_SHAPE,
    TURNS,
    WITHOUT_TEXT,
    Entry,
    Page,
)
from harness.transcript._text.lanes import Piece, Stretch, laned
from harness.transcript._text.layout import WIDTH, spread

FORMAT = 2
TITLE = "# stream transcript, format "
HEADER = f"{TITLE}{FORMAT}"
GONE = "(gone)"
BEGINS = "begins"
GOES_ON = "goes on"
INDENT = "  "
TOKENS = f"{INDENT}| "
SAFE_TASK = re.compile(r"[\w.:|<>-]+(?: \d+>[\w.:|<>-]*)*")


def write(page: Page) -> str:
    """Lay a stream out."""
    writer = _Writer([HEADER])
    for word, text in page.head:
        writer.lines += spread(text, f"{word} ")
    for part in laned(page.entries):
        if isinstance(part, Stretch):
            writer.stretch(part)
        else:
            writer.chunk(part)
    return "\n".join(writer.lines) + "\n"


@dataclass
class _Writer:
    """The lines so far, and what is known of each message by now: its metadata and its shape."""

    lines: list[str]
    _mode: str = ""
    _metadata: dict[str, dict[str, str]] = field(default_factory=dict)
    _shapes: dict[str, str] = field(default_factory=dict)

    def chunk(self, entry: Entry) -> None:
        """Write a chunk that stands alone."""
        self._gap(entry.mode)
        head = _place(entry)
        line = f"{head} {entry.body}"
        if len(line) <= WIDTH:
            self.lines.append(line)
        else:
            self.lines += [head, *spread(entry.body, indent=INDENT)]

    def stretch(self, stretch: Stretch) -> None:
        """Write lanes, and their turns where they need telling."""
        for number, lane in enumerate(stretch.lanes, 1):
            mark = f" [{number}]" if stretch.takes_turns else ""
            self._gap("")
            entry = lane[0].entry
            if entry.label:
                word = GOES_ON if entry.label in self._metadata else BEGINS
                self.lines.append(f"{MESSAGES} {entry.label} {_task(entry)}{word}{mark}")
                self._message(lane)
            else:
                self.lines.append(f"{_place(entry)}{mark}")
                self.lines += spread(lane[0].shape, "as ", INDENT)
                self._tokens(lane)
        if stretch.takes_turns:
            self._gap("")
            runs = [(number, len(list(run))) for number, run in groupby(stretch.turns)]
            turns = [f"{number}x{count}" if count > 1 else f"{number}" for number, count in runs]
            self.lines += _rows(turns, f"{TURNS} ")

    def _message(self, lane: list[Piece]) -> None:
        label = lane[0].entry.label
        known = self._metadata.setdefault(label, {})
        waiting: list[Piece] = []
        for piece in lane:
            lines = [*_changes(known, dict(piece.entry.metadata))]
            known = self._metadata[label] = dict(piece.entry.metadata)
            if piece.shape != self._shapes.get(label, PLAIN_SHAPE):
                self._shapes[label] = piece.shape
                lines += spread(piece.shape, "as ", INDENT)
            if lines:
                self._tokens(waiting)
                waiting = []
                self.lines += lines
            waiting.append(piece)
        self._tokens(waiting)

    def _tokens(self, pieces: list[Piece]) -> None:
        sentence: list[str] = []
        for piece in pieces:
            sentence.append(piece.text)
            text = "" if piece.text == WITHOUT_TEXT else json.loads(piece.text)
            if "\n" in text or text.rstrip().endswith((".", "!", "?", ";")):
                self.lines += _rows(sentence, TOKENS)
                sentence = []
        self.lines += _rows(sentence, TOKENS)

    def _gap(self, mode: str) -> None:
        if not mode or mode != self._mode:
            self.lines.append("")
        self._mode = mode


def _place(entry: Entry) -> str:
    return f"{entry.mode} @ {entry.namespace}" if entry.namespace else entry.mode


def _task(entry: Entry) -> str:
    """The task that the message comes from; its metadata says so, too."""
    task = dict(entry.metadata).get("langgraph_checkpoint_ns", "")[1:-1]
    return f"of {task} " if SAFE_TASK.fullmatch(task) else ""


def _changes(known: dict[str, str], now: dict[str, str]) -> Iterator[str]:
    for key in sorted({*known, *now}):
        if key not in now:
            yield f"{INDENT}{key}: {GONE}"
        elif now[key] != known.get(key):
            yield from spread(now[key], f"{key}: ", INDENT)


def _rows(words: list[str], begin: str) -> Iterator[str]:
    """The words on lines that begin so and are no wider than a page, if that can be."""
    row = ""
    for word in words:
        if row and len(row) + len(word) + 1 > WIDTH:
            yield row
            row = ""
        row = f"{row} {word}" if row else f"{begin}{word}"
    if row:
        yield row
