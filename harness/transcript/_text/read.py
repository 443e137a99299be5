"""Read the text of a stream back, of this format or an older one."""

from __future__ import annotations

from harness.errors import SnapshotError
from harness.transcript._text.entries import Page
from harness.transcript._text.format_1 import read_format_1
from harness.transcript._text.format_2 import read_format_2
from harness.transcript._text.write import FORMAT, TITLE

_READERS = {"1": read_format_1, "2": read_format_2}


def format_of(text: str) -> str:
    """The format that the first line names; empty if it is no text of a stream."""
    first = text.partition("\n")[0]
    return first.removeprefix(TITLE) if first.startswith(TITLE) else ""


def read(text: str, where: str = "the text") -> Page:
    """Read the text of a stream.

    Args:
        text: What `write` wrote, now or in an older version.
        where: What an error calls it.

    Raises:
        SnapshotError: It is none.
    """
    first, *lines = text.splitlines() or [""]
    version = format_of(text)
    reader = _READERS.get(version)
    if reader is None:
        problem = f"this harness reads formats 1 to {FORMAT}" if version else "it is no stream"
        raise SnapshotError(f"{where} begins with {first[:70]!r}; {problem}")
    try:
        return reader(lines)
    except (ValueError, IndexError, StopIteration) as error:
        raise SnapshotError(f"{where} is no whole text of a stream: {error}") from error
