"""Programs that use the public API pass a strict type check."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.proof
def test_the_public_api_is_typed(tmp_path) -> None:
    """A strict mypy has nothing to say about a program that uses all of it."""
    pytest.importorskip("mypy")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), "--config="]
    checked = subprocess.run(  # noqa: S603 - our own interpreter
        [*command, str(HERE / "api.py")], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert checked.stdout.startswith("Success"), checked.stdout
