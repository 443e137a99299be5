"""What the plugin adds to a pytest that does not need it.

Each way is a pytest process of its own that runs one empty test. The plugins that happen to be
installed besides are left out of all of them; pytest-recording and syrupy, which come with ours,
are there or not. What counts is the processor time of the whole process, in interleaved rounds: the
difference of the least times, and the median of the differences of each round. Where valgrind is
there, each way also runs once under it: instructions do not depend on what else the machine does.
Run with `make bench`; `--json` prints one object.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import entry_points, version
from pathlib import Path

LIMIT = 30.0  # milliseconds
WAYS = {
    "pytest": (),
    "syrupy": ("syrupy",),
    "syrupy, recording": ("syrupy", "recording"),
    "syrupy, ours": ("syrupy", "harness"),
    "all": ("syrupy", "recording", "harness"),
}
SHARES = {
    "ours": ("syrupy, recording", "all"),
    "ours without pytest-recording": ("syrupy", "syrupy, ours"),
    "ours and pytest-recording": ("syrupy", "all"),
    "ours, pytest-recording and syrupy": ("pytest", "all"),
}
COUNTED = re.compile(r"I\s+refs:\s+([\d,]+)")


def command(way: str) -> list[str]:
    """Return the pytest of a way."""
    left_out = {entry.name for entry in entry_points(group="pytest11")} - {*WAYS[way]}
    options = [f"-pno:{name}" for name in sorted({*left_out, "cacheprovider"})]
    return [sys.executable, "-m", "pytest", "-q", *options]


def run(line: list[str], folder: Path) -> tuple[float, str]:
    """Return the milliseconds of processor time of one process, and what it says of itself."""
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # what was compiled once stays, as usual
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(  # noqa: S603 - our own project
        line, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert "1 passed" in done.stdout, done.stdout + done.stderr
    taken = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return taken * 1000, done.stderr


def instructions(valgrind: str, way: str, folder: Path) -> int:
    """Return how many instructions a way takes."""
    line = [valgrind, "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    found = COUNTED.search(run([*line, *command(way)], folder)[1])
    assert found is not None
    return int(found[1].replace(",", ""))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="only see that everything runs")
    parser.add_argument("--rounds", type=int, default=40, help="runs of each way")
    args = parser.parse_args()
    valgrind = None if args.quick else shutil.which("valgrind")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pytest.ini").write_text("[pytest]\n")
        (folder / "test_one.py").write_text("def test_one():\n    pass\n")
        times: dict[str, list[float]] = {way: [] for way in WAYS}
        for way in WAYS:
            run(command(way), folder)  # compiles
        for _ in range(1 if args.quick else args.rounds):
            for way, taken in times.items():
                taken.append(run(command(way), folder)[0])
        counts = {way: instructions(valgrind, way, folder) for way in WAYS if valgrind}
    told = {share: _share(times[less], times[more]) for share, (less, more) in SHARES.items()}
    if counts:
        for share, (less, more) in SHARES.items():
            told[share]["million instructions"] = (counts[more] - counts[less]) / 1e6
    if args.json:
        names = ("pytest", "pytest-recording", "syrupy")
        print(json.dumps({**{name: version(name) for name in names}, "shares": told}))
        return
    print("one empty test, milliseconds of processor time, whole process")
    for way, taken in times.items():
        print(f"  {way:35} {min(taken):6.1f} at least, {statistics.median(taken):6.1f} at median")
    for share, figures in told.items():
        print(f"  {share:35} {', '.join(f'{key} {value:+.1f}' for key, value in figures.items())}")
    verdict = "met" if max(told["ours"][key] for key in ("least", "median")) <= LIMIT else "NOT MET"
    print(f"  ours adds at most {LIMIT:g} ms: {verdict}")


def _share(less: list[float], more: list[float]) -> dict[str, float]:
    apart = [after - before for before, after in zip(less, more, strict=True)]
    return {"least": min(more) - min(less), "median": statistics.median(apart)}


if __name__ == "__main__":
    main()
