"""A place for recordings, and a way to run the command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from harness.cli import main

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write interactions to a cassette and return its path."""

    def write_cassette(*interactions: dict[str, Any], name: str = "tea.yaml") -> Path:
        path = tmp_path / name
        path.write_text(yaml.safe_dump({"version": 1, "interactions": list(interactions)}))
        return path

    return write_cassette


class Ran(NamedTuple):
    """What a run of the command left behind."""

    status: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `harness` with these arguments, in this process, without any key."""
    for key in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(key, raising=False)

    def run_command(*arguments: object) -> Ran:
        status = main([str(argument) for argument in arguments])
        return Ran(status, *capsys.readouterr())

    return run_command
