"""Say in the words of the domain how one text of a stream became another one.

Works on texts, because one of the two is usually a snapshot file. The words point to the change
(`changes`); the lines in context show it, also where no word fits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff

from harness.transcript._compare.changes import changes
from harness.transcript._compare.said import Change
from harness.transcript._text.entries import Page
from harness.transcript._text.read import format_of, read
from harness.transcript._text.write import FORMAT

_HUNK = re.compile(r"@@ -(\d+).* @@")


@dataclass(frozen=True)
class Difference:
    """How the text of a stream became another one; false when it did not.

    Args:
        changes: What changed, the most telling first.
        context: The changed lines between unchanged ones, as in a unified diff.
    """

    changes: tuple[Change, ...] = ()
    context: tuple[str, ...] = ()

    @property
    def summary(self) -> tuple[str, ...]:
        """What changed, in sentences."""
        return tuple(change.text for change in self.changes)

    def __bool__(self) -> bool:
        return bool(self.context)

    def __str__(self) -> str:
        return "\n".join([*self.summary, "", *self.context]) if self else ""


def same_stream(old: str, new: str) -> bool:
    """Whether two texts say the same, however they are laid out.

    What a text of an older format could not say of the graph and its input is no difference.
    """
    return old == new or (
        format_of(old) in ("1", "2") and not any(_differing(read(old), read(new)))
    )


def says_less(old: str, new: str) -> bool:
    """Whether a text of the same stream is of an older format, or has less of a head."""
    if format_of(old) != format_of(new):
        return True
    return bool(dict(read(new).head).keys() - dict(read(old).head).keys())


def compare_texts(old: str, new: str) -> Difference:
    """Compare the texts of two streams; `old` is what was expected."""
    if same_stream(old, new):
        return Difference()
    lines = old.splitlines(), new.splitlines()
    hunks = unified_diff(*lines, "expected", "received", lineterm="")
    context = tuple(_with_heading(line, lines[0]) for line in hunks)
    if format_of(old) != str(FORMAT):
        first = lines[0][0] if lines[0] else ""
        said = f"the expected text begins with {first[:70]!r}: bring it up to date: harness upgrade"
        return Difference((Change("format", said),), context)
    return Difference(tuple(changes(read(old), read(new))), context)


def _differing(old: Page, new: Page) -> Iterator[bool]:
    head = dict(new.head)
    yield old.entries != new.entries
    yield any(head.get(word) != text for word, text in old.head)


def _with_heading(line: str, old: list[str]) -> str:
    """A hunk with the line under which it stands, as git does it for functions."""
    match = _HUNK.fullmatch(line)
    if match is None:
        return line
    above = old[: int(match[1])]
    heading = next((text for text in reversed(above) if text and text[0] not in " #)]}"), "")
    return f"{line} {heading[:60]}" if heading and heading != (above or [""])[-1] else line
