"""What is told when a stream is not what its snapshot says."""

from __future__ import annotations

from typing import Any

import pytest

from harness import Transcript
from harness.errors import SnapshotError
from harness.snapshot import StreamSnapshotExtension, failure_lines
from harness.transcript import StreamEvent


def text(*values: Any) -> str:
    """Write a stream of values."""
    return Transcript(tuple(StreamEvent(0, (), "values", value) for value in values)).text()


def test_words_then_the_command_then_the_lines() -> None:
    """The first line says what changed; how to accept it comes before the long part."""
    assert failure_lines(text(1), text(2)) == [
        "state 1 changed: 1 -> 2",
        "accept with: pytest --snapshot-update",
        "",
        "--- expected",
        "+++ received",
        "@@ -1,3 +1,3 @@",
        " # stream transcript, format 2",
        " ",
        "-values 1",
        "+values 2",
    ]


def test_many_changes_are_counted() -> None:
    """Three are told, so that the command stays in sight."""
    lines = failure_lines(text(*"abcde"), text(*"vwxyz"))
    assert lines[2:5] == [
        'state 3 changed: "c" -> "x"',
        "... and 2 more",
        "accept with: pytest --snapshot-update",
    ]


def test_without_a_snapshot_the_whole_stream_is_shown() -> None:
    """A person sees what would be accepted."""
    assert failure_lines("", text(1))[0] == "accept with: pytest --snapshot-update"
    assert failure_lines("", text(1))[-1] == "values 1"


def test_only_a_transcript_is_compared() -> None:
    """Anything else is an error that says where transcripts come from."""
    with pytest.raises(SnapshotError, match="a Transcript, not a dict: compare what capture"):
        StreamSnapshotExtension().serialize({})
