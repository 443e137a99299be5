"""The benchmarks run; nothing here is timed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


@pytest.mark.proof
def test_a_suite_passes_in_every_way() -> None:
    """A few replayed tests pass with our plugin, with pytest-recording, and from memory."""
    command = [sys.executable, "-W", "ignore", str(BENCHMARKS / "suite.py"), "--quick", "--json"]
    done = subprocess.run(  # noqa: S603 - our own file
        command, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)["seconds"]) == {"floor", "ours", "pytest-recording"}


@pytest.mark.proof
@pytest.mark.parametrize("name", ["engine", "growth"])
def test_benchmarks_run_on_both_engines(name: str) -> None:
    """A quick run of a benchmark ends well: both engines yield as many chunks."""
    command = [sys.executable, "-W", "ignore", str(BENCHMARKS / f"{name}.py"), "--quick", "--json"]
    done = subprocess.run(  # noqa: S603 - our own file
        command, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["rows"]
    measured = [row.get("medians") or row["measured"] for row in rows]
    assert all({"langgraph", "runtime"} <= of.keys() for of in measured)
