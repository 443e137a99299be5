"""What a person reads when a stream is not what its snapshot says."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from harness.snapshot._provenance import UNTOLD, cause, parted
from harness.transcript import compare_texts

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

MISSING = "there is no snapshot yet"
UPDATE = "pytest --snapshot-update"
_SENTENCES = 3
_STYLES = {"-": "red", "+": "green", "@": "cyan"}


class Failed(NamedTuple):
    """A comparison that failed.

    Args:
        name: Of the snapshot.
        said: What changed, in words.
        expected: What the file says of the stream; empty when there is none.
        received: What the stream was.
    """

    name: str
    said: list[str]
    expected: str
    received: str


def differences(snapshot: SnapshotAssertion) -> list[Failed]:
    """Return the comparisons of a `stream_snapshot` that failed."""
    failed = []
    for result in snapshot.executions.values():
        if not result.success and isinstance(result.asserted_data, str):
            expected, _ = parted(str(result.recalled_data or ""))
            received, _ = parted(result.asserted_data)
            said = list(compare_texts(expected, received).summary) if expected else [MISSING]
            failed.append(Failed(result.snapshot_name, said, expected, received))
    return failed


def failure_lines(expected: str, received: str) -> list[str]:
    """What is told of a difference.

    Args:
        expected: Text of the snapshot file; empty when there is none.
        received: Text of the transcript, with its provenance if that is known.

    Returns:
        What changed, in words; where it came from; the command that accepts it; the changed lines
        in context.
    """
    command = f"accept with: {UPDATE}"
    stream, now = parted(received)
    if not expected:
        return [command, "", *stream.splitlines()]
    accepted, before = parted(expected)
    difference = compare_texts(accepted, stream)
    sentences = [*difference.summary[:_SENTENCES]]
    if more := len(difference.summary) - len(sentences):
        sentences.append(f"... and {more} more")
    if now is not None:
        sentences.append(UNTOLD if before is None else cause(before, now))
    return [*sentences, command, "", *difference.context]


def line_style(line: str) -> str:
    """The colour of a line of a difference, by its name; empty for none."""
    return "bold" if line.startswith(("--- ", "+++ ")) else _STYLES.get(line[:1], "")
