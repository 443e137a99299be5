"""A run that is killed goes on in another process, and nothing that was stored is done twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")

SCRIPT = Path(__file__).with_name("killed.py")
TASKS = ("first", "left", "right", "around", "before", "after", "last")
ALL = {  # what runs in each kind, and the chunks of an undisturbed run
    "graph": (("a", "b", "first", "ask", "d1", "d2", "l1", "l2", "z"), 72),
    "workflow": (TASKS, 40),
    "inside": (("a", *TASKS, "z"), 62),
}


class Lives(NamedTuple):
    """What two processes noted, the second of which went on where the first one was killed."""

    statuses: list[int]
    before: list[Any]
    after: list[Any]


def lives(kind: str, drive: str, *ends: str) -> list[Lives]:
    """Run two processes for each of these ends."""
    with TemporaryDirectory() as folder:
        done = subprocess.run(  # noqa: S603 - this very Python
            [sys.executable, "-W", "error", str(SCRIPT), folder, kind, drive, *ends],
            timeout=60 + 10 * len(ends),
            check=True,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(SCRIPT.parents[2])},
        )
        statuses = json.loads(done.stdout)
        return [
            Lives(both, *(notes_in(Path(folder, end, f"notes{number}")) for number in (1, 2)))
            for end, both in zip(ends, statuses, strict=True)
        ]


def notes_in(file: Path) -> list[Any]:
    """Return what a process noted."""
    return [json.loads(line) for line in file.read_text().splitlines()]


def shown(notes: list[Any]) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Return the states, updates and results that the consumer was shown, at any depth."""
    states: Counter[str] = Counter()
    updates: Counter[str] = Counter()
    results: Counter[str] = Counter()
    for _, ns, mode, payload in (note for note in notes if note[0] == "chunk"):
        where = "/".join(part.partition(":")[0] for part in ns)
        if mode == "values":
            payload.pop("__interrupt__", None)  # its id is that of the task of this very run
            states[f"{where} {payload}"] += 1
        elif mode == "updates" and "__interrupt__" not in payload:
            payload.pop("__metadata__", None)
            updates[f"{where} {payload}"] += 1
        elif mode == "tasks" and payload.get("result"):
            results[f"{where} {payload['name']} {payload['result']}"] += 1
        elif mode == "checkpoints":
            for task in payload["tasks"]:
                if task.get("result") and task["name"] != "__start__":
                    results[f"{where} {task['name']} {task['result']}"] += 1
    return states, updates, results


def check(life: Lives, whole: list[Any]) -> None:
    """Compare a run that was killed and went on in another process with an undisturbed one."""
    assert life.statuses == [-signal.SIGKILL, 0]
    before, after = life.before, life.after
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


@pytest.mark.parametrize("drive", ["sync", "async"])
def test_a_killed_run_goes_on(drive: str) -> None:
    """In the middle of tasks, and between what the consumer was shown, at any depth."""
    whole, *killed = lives("graph", drive, "never", "in:ask", "in:d2", "chunk:9", "chunk:43")
    for life in killed:
        check(life, whole.before)


@pytest.mark.proof
@pytest.mark.parametrize("drive", ["sync", "async"])
@pytest.mark.parametrize("kind", ALL)
def test_a_run_goes_on_wherever_it_was_killed(kind: str, drive: str) -> None:
    """In the middle of each task, and after each chunk."""
    names, chunks = ALL[kind]
    ends = (*(f"in:{name}" for name in names), *(f"chunk:{n}" for n in range(1, chunks + 1)))
    (_, notes, _), *killed = lives(kind, drive, "never", *ends)
    begun = Counter(note[1] for note in notes if note[0] == "begun")
    assert begun == {**dict.fromkeys(names, 1), ("ask" if kind == "graph" else "around"): 2}
    assert sum(note[0] == "chunk" for note in notes) == chunks
    failed = []
    for end, life in zip(ends, killed, strict=True):
        try:
            check(life, notes)
        except AssertionError as error:
            failed.append(f"{end}: {error}")
    assert not failed
