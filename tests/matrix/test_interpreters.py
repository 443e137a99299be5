"""Which Pythons `make matrix` finds."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from interpreters import find

OWN = "{}.{}".format(*sys.version_info)


@pytest.fixture
def versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of pyenv's versions, on a machine that has no other Python."""
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path / "versions"


def _install(python: Path, runs: str = f'exec {sys.executable} "$@"') -> Path:
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\n{runs}\n")
    python.chmod(0o755)
    return python


def test_the_newest_of_pyenv_is_taken(versions: Path) -> None:
    """Its patch releases are numbers, not words."""
    _install(versions / f"{OWN}.9" / "bin" / "python")
    newest = _install(versions / f"{OWN}.10" / "bin" / "python")
    assert find(OWN) == str(newest)


def test_what_does_not_run_is_missing(versions: Path) -> None:
    """A command of that name that starts no such Python is no interpreter."""
    _install(versions / f"{OWN}.1" / "bin" / "python", "exit 127")
    _install(versions.parent / "bin" / f"python{OWN}", "exit 127")
    assert find(OWN) is None
