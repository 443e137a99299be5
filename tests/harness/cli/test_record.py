"""`harness record` runs a program, and records what it asks providers, or plays it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from loopback import Server, openai_chat, serve

from harness.cassettes import read_recording

PROGRAM = """
import os, sys
import openai

client = openai.OpenAI(base_url=os.environ["PROVIDER"] + "/v1")
asked = [{"role": "user", "content": sys.argv[1]}]
stream = client.chat.completions.create(model="gpt-4o-mini", messages=asked, stream=True)
print("|".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices))
sys.exit(sys.argv[2] if len(sys.argv) > 2 else None)
"""
AS_OPENAI = ("--recorded-as", "https://api.openai.com")


@pytest.fixture
def provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A provider that answers twice, and a folder with a program that asks it."""
    (tmp_path / "joke.py").write_text(PROGRAM)
    monkeypatch.chdir(tmp_path)
    with serve([openai_chat(["Why", "?"])] * 2) as server:
        monkeypatch.setenv("PROVIDER", server.url)
        yield server


@pytest.fixture
def record(run: Callable, provider: Server, monkeypatch: pytest.MonkeyPatch) -> Callable:
    """Run the command with the provider's key, on behalf of the provider's address."""

    def run_record(*arguments: str, key: str = "sk-" + "test" * 6) -> object:
        monkeypatch.setenv("OPENAI_API_KEY", key)
        return run("record", *AS_OPENAI, *arguments)

    return run_record


def test_a_program_is_recorded(record: Callable) -> None:
    """It runs as ever, and its requests and answers are in the file, under the real address."""
    ran = record("a.yaml", "joke.py", "hi")

    assert (ran.status, ran.out, ran.err) == (0, "|Why|?|\n", "a.yaml: 1 interaction recorded\n")
    (item,) = read_recording("a.yaml").interactions
    assert item.request.url == "https://api.openai.com/v1/chat/completions"


def test_a_program_is_played(record: Callable, provider: Server) -> None:
    """Where the file is there, neither the provider nor a key is needed."""
    record("a.yaml", "joke.py", "hi")
    ran = record("a.yaml", "joke.py", "hi", key="")

    assert (ran.status, ran.out) == (0, "|Why|?|\n")
    assert ran.err == "a.yaml: 1 interaction played; to record anew: --record-mode=rewrite\n"
    assert len(provider.requests) == 1


def test_a_module_is_recorded(record: Callable) -> None:
    """`-m` runs a module, as Python's does."""
    assert record("a.yaml", "-m", "joke", "hi").out == "|Why|?|\n"
    assert Path("a.yaml").exists()


def test_a_program_that_asks_something_else(record: Callable) -> None:
    """It is told what is recorded, and what to do, without a traceback of ours."""
    record("a.yaml", "joke.py", "hi")
    ran = record("a.yaml", "joke.py", "bye")

    assert ran.status == 1
    assert 'recorded "hi", sent "bye"' in ran.err
    assert "--record-mode=rewrite" in ran.err
    assert "Traceback" not in ran.err


def test_a_program_that_fails_keeps_a_good_file(record: Callable) -> None:
    """The file stays as it was, unless it is asked otherwise."""
    record("a.yaml", "joke.py", "hi")
    before = Path("a.yaml").read_bytes()
    ran = record("--record-mode=rewrite", "a.yaml", "joke.py", "bye", "no joke")

    assert ran.status == 1
    assert "no joke" in ran.err
    assert "the file stays as it was, as the program failed (--save-failed writes it)" in ran.err
    assert Path("a.yaml").read_bytes() == before


def test_a_failed_program_may_be_kept(record: Callable) -> None:
    """`--save-failed` writes what was recorded."""
    record("a.yaml", "joke.py", "hi")
    record("--record-mode=rewrite", "--save-failed", "a.yaml", "joke.py", "bye", "no joke")
    assert "bye" in Path("a.yaml").read_text()


def test_an_exception_of_the_program(record: Callable) -> None:
    """It is shown as Python shows it: with the program's own frames."""
    Path("joke.py").write_text("1 / 0")
    ran = record("a.yaml", "joke.py")

    assert ran.status == 1
    assert ran.err.startswith("Traceback (most recent call last):\n  File ")
    assert "ZeroDivisionError: division by zero" in ran.err
    assert f"commands{os.sep}record.py" not in ran.err


def test_interactions_that_are_left_over(record: Callable) -> None:
    """The program may not ask for less than before."""
    record("a.yaml", "joke.py", "hi")
    Path("joke.py").write_text("")
    ran = record("a.yaml", "joke.py")

    assert ran.status == 1
    assert "a.yaml were not played" in ran.err


def test_for_scripts(record: Callable) -> None:
    """With `--json`, what came of the cassette is one object; the output is the program's."""
    ran = record("--json", "a.yaml", "joke.py", "hi")

    assert ran.out == "|Why|?|\n"
    told = {"file": "a.yaml", "played": 0, "recorded": 1, "kept": True, "failed": False}
    assert json.loads(ran.err) == told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a.yaml"], "which program is to be recorded?"),
        (["a.yaml", "none.py"], "there is no script 'none.py'"),
        (["a.yaml", "python", "joke.py"], "leave `python` out"),
        (["a.yaml", "-m", "no_such_module"], "-m without a module that is there"),
        (["a.yaml", "--record-mode=all", "joke.py"], "options of harness come before the file"),
        (["--record-mode=none", "a.yaml", "joke.py", "hi"], "there is no cassette a.yaml"),
    ],
)
def test_what_cannot_be_run(record: Callable, arguments: list[str], said: str) -> None:
    """It is said before anything is asked or written."""
    ran = record(*arguments)
    assert ran.status == 2
    assert said in ran.err
    assert not Path("a.yaml").exists()
