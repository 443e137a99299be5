"""A run that is killed goes on in another process, and nothing that was stored is done twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")

CHILD = Path(__file__).with_name("killed.py")
NODES = ("a", "b", "first", "ask", "last", "z")
CHUNKS = 51  # of an undisturbed run; a test below sees to it that they are all


def lived(folder: Path, drive: str, end: str) -> tuple[int, list[Any]]:
    """Run a process to its end; return its exit status, and what it noted."""
    notes = folder / "notes"
    notes.unlink(missing_ok=True)
    done = subprocess.run(  # noqa: S603 - this very Python
        [sys.executable, "-W", "error", str(CHILD), str(folder), drive, end],
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": str(CHILD.parents[2])},
    )
    return done.returncode, [json.loads(line) for line in notes.read_text().splitlines()]


@cache
def undisturbed(drive: str) -> list[Any]:
    """Return what a process notes that nobody kills."""
    with TemporaryDirectory() as folder:
        status, notes = lived(Path(folder), drive, "never")
    assert status == 0
    return notes


def shown(notes: list[Any]) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Return the states, updates and results of the outer graph that the consumer was shown.

    Those of graphs inside are not promised: such a graph runs beside its consumer, and may have
    stored what is still on its way when the process dies. The thread's history has it.
    """
    states: Counter[str] = Counter()
    updates: Counter[str] = Counter()
    results: Counter[str] = Counter()
    for _, _, mode, payload in (note for note in notes if note[0] == "chunk" and not note[1]):
        if mode == "values":
            payload.pop("__interrupt__", None)  # its id is that of the task of this very run
            states[f"{payload}"] += 1
        elif mode == "updates" and "__interrupt__" not in payload:
            payload.pop("__metadata__", None)
            updates[f"{payload}"] += 1
        elif mode == "tasks" and payload.get("result"):
            results[f"{payload['name']} {payload['result']}"] += 1
        elif mode == "checkpoints":
            for task in payload["tasks"]:
                if task.get("result") and task["name"] != "__start__":
                    results[f"{task['name']} {task['result']}"] += 1
    return states, updates, results


def check(drive: str, end: str, folder: Path) -> None:
    """Kill a run at a point, go on in another process, and compare with an undisturbed run."""
    status, before = lived(folder, drive, end)
    assert status == -signal.SIGKILL
    status, after = lived(folder, drive, "never")
    assert status == 0
    whole = undisturbed(drive)
    assert after[-1] == whole[-1], "the final state"
    seen_done = {
        name
        for note in before
        if note[0] == "chunk" and note[2] == "updates"
        for name in note[3]
        if name != "__interrupt__"
    }
    again = {note[1] for note in after if note[0] == "begun"}
    assert not seen_done & again, "what was shown is stored, and does not run again"
    for expected, first, second in zip(shown(whole), shown(before), shown(after), strict=True):
        assert not set(expected) - set(first) - set(second), "nothing is lost"


QUICK = ["in:b", "in:ask", "in:last", "chunk:9", "chunk:17", "chunk:30"]
ALL = [*(f"in:{name}" for name in NODES), *(f"chunk:{number}" for number in range(1, CHUNKS + 1))]


@pytest.mark.parametrize("drive", ["sync", "async"])
def test_an_undisturbed_run_is_what_the_others_are_compared_with(drive: str) -> None:
    """It runs each node once, but the one that asks twice, and shows as many chunks as we count."""
    notes = undisturbed(drive)
    begun = Counter(note[1] for note in notes if note[0] == "begun")
    assert begun == {**dict.fromkeys(NODES, 1), "ask": 2}
    assert sum(note[0] == "chunk" for note in notes) == CHUNKS


@pytest.mark.parametrize("end", QUICK)
@pytest.mark.parametrize("drive", ["sync", "async"])
def test_a_killed_run_goes_on(drive: str, end: str, tmp_path: Path) -> None:
    """In the middle of tasks, and between what the consumer was shown."""
    check(drive, end, tmp_path)


@pytest.mark.proof
@pytest.mark.parametrize("end", ALL)
@pytest.mark.parametrize("drive", ["sync", "async"])
def test_a_run_goes_on_wherever_it_was_killed(drive: str, end: str, tmp_path: Path) -> None:
    """In the middle of each task, and after each chunk."""
    check(drive, end, tmp_path)
