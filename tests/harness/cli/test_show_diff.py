"""The views of a failing snapshot outside of pytest."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness import StreamSnapshotExtension, Transcript
from harness.transcript import StreamEvent


def stream(*values: Any) -> Transcript:
    """A stream of custom items."""
    return Transcript(tuple(StreamEvent(n, (), "custom", v) for n, v in enumerate(values, 1)))


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a snapshot, another one, and the first one's transcript; it is the current."""
    monkeypatch.chdir(tmp_path)
    Path("old.stream.txt").write_text(stream("cat", 1).text())
    Path("new.stream.txt").write_text(stream("dog", 1).text())
    stream("cat", 1).save("old.jsonl")
    return tmp_path


@pytest.mark.parametrize("name", ["old.stream.txt", "old.jsonl"])
def test_show(run: Callable[..., Any], files: Path, name: str) -> None:
    """A snapshot and a saved transcript are shown as the same text."""
    assert run("show", name) == (0, stream("cat", 1).text(), "")
    assert json.loads(run("show", name, "--json").out)["text"] == stream("cat", 1).text()


def test_the_same_stream(run: Callable[..., Any], files: Path) -> None:
    """Nothing is said, and the status is 0."""
    assert run("diff", "old.stream.txt", "old.jsonl") == (0, "", "")


def test_a_change(run: Callable[..., Any], files: Path) -> None:
    """What changed is said in words, then shown; the status is 1."""
    status, out, _ = run("diff", "old.stream.txt", "new.stream.txt")
    assert status == 1
    assert out.splitlines()[0] == 'custom item 1 changed: "cat" -> "dog"'
    assert out.splitlines()[-3:] == ['-custom "cat"', '+custom "dog"', " custom 1"]

    found = json.loads(run("diff", "old.stream.txt", "new.stream.txt", "--json").out)
    assert found["equal"] is False
    assert found["changes"] == [{"kind": "custom", "text": 'custom item 1 changed: "cat" -> "dog"'}]
    assert found["origin"] == []


def test_where_a_change_came_from(run: Callable[..., Any], files: Path) -> None:
    """Two snapshots say it below their streams; it is shown, and told when they differ."""
    extension = StreamSnapshotExtension()
    text = extension.serialize(stream("cat"))
    Path("one.stream.txt").write_text(text)
    Path("two.stream.txt").write_text(
        text.replace('"cat"', '"dog"').replace("Python 3", "Python 4")
    )

    assert "#   runtime: " in run("show", "one.stream.txt").out
    assert "\nfrom the runtime: Python 3" in run("diff", "one.stream.txt", "two.stream.txt").out


def test_two_revisions_of_one_file(run: Callable[..., Any], files: Path) -> None:
    """`REVISION:FILE` reads what git keeps, from the folder that one is in."""

    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
        command = ["git", *identity, *arguments]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - fixed commands

    git("init", "-b", "main")
    git("add", "old.stream.txt")
    git("commit", "-m", "one")
    git("tag", "before")
    Path("old.stream.txt").write_text(stream("bird", 1).text())
    git("commit", "-am", "two")

    assert run("diff", "before:old.stream.txt", "HEAD:old.stream.txt").status == 1
    assert run("diff", "HEAD:old.stream.txt", "old.stream.txt").status == 0
    assert "git knows no nothing:old.stream.txt" in run("show", "nothing:old.stream.txt").err


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "it.txt does not exist"),
        ("version: 1", "neither a snapshot of a stream .* harness replay"),
        ("# stream transcript, format 0\n", "format 0'; this harness reads formats 1 to 2"),
        ("{}", "it.txt is not a saved transcript: line 1"),
    ],
)
def test_what_is_no_stream(
    run: Callable[..., Any], files: Path, content: str | None, reason: str
) -> None:
    """The message says what the file is not and what to do; the status is 2."""
    if content is not None:
        Path("it.txt").write_text(content)
    found = run("diff", "old.stream.txt", "it.txt")
    assert (found.status, found.out) == (2, "")
    assert re.search(reason, found.err)
