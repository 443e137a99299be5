"""Snapshots of format 1 go on to be what they were: compared as they are, or brought up to date."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness import StreamSnapshotExtension, Transcript
from harness.snapshot import parted
from harness.transcript import Head

OLD = Path(__file__).parents[1] / "snapshot" / "format_1"
NAMES = sorted(path.name.removesuffix(".stream.txt") for path in OLD.glob("*.stream.txt"))


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    """Of a snapshot in format 1, and the stream that it was made of."""
    return str(request.param)


def matches(text: str, transcript: Transcript) -> bool:
    """Whether a test with this transcript would pass."""
    extension = StreamSnapshotExtension()
    received = extension.serialize(transcript)
    return extension.matches(serialized_data=received, snapshot_data=text)


def test_the_old_text_still_passes(name: str) -> None:
    """Without being touched: what it does not say of the head is not compared."""
    transcript = Transcript.load(OLD / f"{name}.jsonl")
    asked = Transcript(transcript.events, head=Head("LangGraph", (), {"topic": "cats"}))
    text = (OLD / f"{name}.stream.txt").read_text()

    assert matches(text, transcript)
    assert matches(text, asked)
    assert not matches(text, Transcript(transcript.events[:-1]))


def test_upgrading_keeps_the_meaning(name: str, tmp_path: Path, run: Callable[..., Any]) -> None:
    """It is, to the letter, what the same stream is written as today, from an unknown origin."""
    shutil.copy(OLD / f"{name}.stream.txt", tmp_path)
    found = run("upgrade", str(tmp_path))

    assert found.out.strip().endswith(f"{name}.stream.txt: format 1 -> 2")
    text = (tmp_path / f"{name}.stream.txt").read_text()
    stream, provenance = parted(text)
    assert stream == Transcript.load(OLD / f"{name}.jsonl").text()
    assert provenance is None
    assert text.endswith(": the stream was recorded in format 1, which did not keep it\n")
    assert run("upgrade", str(tmp_path)).out.strip().endswith(": current")
    assert (tmp_path / f"{name}.stream.txt").read_text() == text


def test_a_newer_text_is_named(tmp_path: Path, run: Callable[..., Any]) -> None:
    """A file that only a newer version can read is left as it is; the status is 2."""
    newer = tmp_path / "it.stream.txt"
    newer.write_text("# stream transcript, format 9\n")
    assert run("upgrade", str(newer)).status == 2
    assert "it.stream.txt begins with" in run("show", str(newer)).err
    assert newer.read_text() == "# stream transcript, format 9\n"


def test_a_folder_of_many_things(tmp_path: Path, run: Callable[..., Any]) -> None:
    """What is neither is named and left as it is; the others are mended all the same."""
    (tmp_path / "a.json").write_text('{"a": 1}')
    shutil.copy(OLD / "custom.stream.txt", tmp_path)
    found = run("upgrade", str(tmp_path))

    assert found.status == 1
    first, second = found.out.splitlines()
    assert "a.json: left as it is: " in first
    assert second.endswith("custom.stream.txt: format 1 -> 2")
    assert (tmp_path / "a.json").read_text() == '{"a": 1}'
    assert run("upgrade", str(tmp_path / "a.json")).status == 2
