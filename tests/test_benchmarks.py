"""The benchmarks run; nothing here is timed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


def measured(name: str, *options: str) -> dict[str, Any]:
    """Run a benchmark and return what it says."""
    command = [sys.executable, "-W", "ignore", str(BENCHMARKS / f"{name}.py"), "--json", *options]
    done = subprocess.run(  # noqa: S603 - our own file
        command, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.proof
def test_a_suite_passes_in_every_way() -> None:
    """A few replayed tests pass with our plugin, with pytest-recording, and from memory."""
    assert set(measured("suite", "--quick")["seconds"]) == {"floor", "ours", "pytest-recording"}


@pytest.mark.proof
def test_the_start_of_pytest_is_measured_with_and_without_us() -> None:
    """One empty test passes in every way, and the difference is told."""
    shares = measured("startup", "--quick")["shares"]
    assert all({"least", "median"} <= of.keys() for of in shares.values())
    assert "ours" in shares


@pytest.mark.proof
@pytest.mark.parametrize("name", ["engine", "growth"])
def test_benchmarks_run_on_both_engines(name: str) -> None:
    """A quick run of a benchmark ends well: both engines yield as many chunks."""
    rows = measured(name, "--quick")["rows"]
    engines = [row.get("medians") or row["measured"] for row in rows]
    assert all({"langgraph", "runtime"} <= of.keys() for of in engines)


@pytest.mark.proof
def test_models_are_measured_beside_others() -> None:
    """One round of each workload of the scripted model and the cassette model."""
    rows = measured("models", "--rounds", "1")["rows"]
    assert all(row["theirs"] > 0 and row["ours"] > 0 for row in rows)


@pytest.mark.proof
def test_cassettes_are_measured_beside_vcrpy() -> None:
    """Two rounds of each measurement, of which the first is dropped."""
    told = measured("cassettes", "--rounds", "2")
    assert {"ours", "vcrpy"} <= told["replay of 500 tokens, ms"].keys()
