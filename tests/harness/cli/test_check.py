"""`harness check` finds what is wrong with recordings; `harness upgrade` mends their version."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from small_projects import openai_call, write_cassette

from harness.cli import main

KEY = "sk-" + "proj-" + "Ab1x" * 8
SHARED = Path(__file__).parents[4] / "shared" / "cassettes" / "pool"
OLD = {"version": 1, "cuts": [2], "offsets": [0.5], "end": "complete"}


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Run a command and return its exit status and what it printed."""

    def run(*args: object) -> tuple[int, str]:
        status = main([str(arg) for arg in args])
        captured = capsys.readouterr()
        return status, captured.out + captured.err

    return run


def call(**response: object) -> dict:
    """One recorded call, with further keys in its response."""
    made = openai_call("hi", ["a"])
    made["response"]["body"] = {"string": "{}"}
    made["response"].update(response)
    return made


def test_nothing_found(tmp_path: Path, check: Callable) -> None:
    """A good file is no problem."""
    write_cassette(tmp_path / "a.yaml", call())
    assert check("check", tmp_path) == (0, "1 file, 0 problems\n")


def test_a_secret(tmp_path: Path, check: Callable) -> None:
    """It is found wherever it stands, and not printed."""
    write_cassette(tmp_path / "a" / "b.yaml", call(), openai_call(f"my key: {KEY}", ["a"]))
    status, output = check("check", tmp_path)
    assert status == 1
    assert "b.yaml, interaction 1: secret: request body, line 1, character 35: what looks" in output
    assert KEY not in output


def test_identifiers_on_request(tmp_path: Path, check: Callable) -> None:
    """Cookies and ids of accounts are reported if asked for."""
    write_cassette(tmp_path / "a.yaml", call(headers={"set-cookie": ["a=b"]}))
    assert check("check", tmp_path)[0] == 0
    status, output = check("check", "--identifiers", "--json", tmp_path)
    assert status == 1
    problem = json.loads(output)
    assert (problem["kind"], problem["text"]) == (
        "identifier",
        "response header set-cookie: a cookie",
    )


def test_a_file_that_cannot_be_read(tmp_path: Path, check: Callable) -> None:
    """It is a problem with its line, not the end of the command."""
    (tmp_path / "a.yaml").write_text("interactions: [{}]")
    status, output = check("check", tmp_path)
    assert status == 1
    assert "a.yaml: unreadable: interaction 0: `request` is missing" in output


def test_age(tmp_path: Path, check: Callable) -> None:
    """A recording past the given age is named; it says itself when it was made."""
    date = {"date": ["Tue, 01 Jan 2019 00:00:00 GMT"]}
    write_cassette(tmp_path / "a.yaml", call(headers=date))
    assert check("check", "--max-age", 90, tmp_path)[0] == 1
    assert check("check", "--max-age", 90000, tmp_path)[0] == 0


def test_interactions_that_no_test_plays(tmp_path: Path, check: Callable) -> None:
    """Every block notes what it played, in whatever process."""
    cassette, plays = tmp_path / "cassettes" / "a.yaml", tmp_path / "plays.jsonl"
    write_cassette(cassette, openai_call("hi", ["a"]), openai_call("ho", ["b"]))
    program = f"""
import httpx2
from harness import use_cassette
with use_cassette({str(cassette)!r}, allow_unplayed=True, match_on=["method"]):
    httpx2.post("https://api.openai.com/v1/chat/completions")
"""
    subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], check=True, env={"HARNESS_PLAYS": str(plays)}
    )
    status, output = check("check", "--plays", plays, cassette.parent)
    assert status == 1
    assert "interaction 1: unplayed: POST https://api.openai.com" in output
    assert "interaction 0" not in output
    assert check("check", "--plays", tmp_path / "none", cassette)[0] == 2


def test_version_and_upgrade(tmp_path: Path, check: Callable) -> None:
    """An older format version is named with the command that mends it."""
    path = tmp_path / "a.yaml"
    write_cassette(path, call(replay_harness=OLD))
    status, output = check("check", path)
    assert status == 1
    assert f"version: format version 1; to bring it to 2: harness upgrade {path}" in output
    assert check("upgrade", path) == (0, f"{path}: version 1 -> 2\n")
    assert check("check", path)[0] == 0
    assert check("upgrade", path) == (0, f"{path}: current\n")


def test_files_of_other_tools_are_left_as_they_are(tmp_path: Path, check: Callable) -> None:
    """There is nothing in them that could be brought up to date."""
    path = tmp_path / "a.yaml"
    write_cassette(path, call())
    before = path.read_bytes()
    assert check("upgrade", path) == (0, f"{path}: another tool's; left as it is\n")
    assert path.read_bytes() == before


def test_no_such_file(tmp_path: Path, check: Callable) -> None:
    """That could not run."""
    assert check("check", tmp_path / "a.yaml")[0] == 2
    assert check("check", tmp_path)[0] == 2


@pytest.mark.skipif(not SHARED.is_dir(), reason="no recordings beside the repository")
@pytest.mark.parametrize("one_of", [20, pytest.param(1, marks=pytest.mark.proof)])
def test_no_false_alarm_on_real_recordings(check: Callable, one_of: int) -> None:
    """Whoever published them had taken the keys out."""
    files = sorted(path for path in SHARED.rglob("*") if path.is_file())
    _, output = check("check", "--json", *files[::one_of])
    problems = [json.loads(line) for line in output.splitlines()]
    assert [problem for problem in problems if problem["kind"] != "unreadable"] == []
