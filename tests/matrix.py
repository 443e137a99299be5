"""Run the suite on every supported Python of this machine, side by side, and print one table.

    python tests/matrix.py [--work FOLDER] [--jobs N] [pytest arguments]

Exits with 1 if anything failed. Further arguments go to pytest.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from glob import glob
from pathlib import Path

ROOT = Path(__file__).parents[1]
SUPPORTED = ("3.10", "3.11", "3.12", "3.13")
NAMED = (
    "langchain-core langgraph vcrpy syrupy pytest pytest-asyncio time-machine coverage".split()  # noqa: SIM905
)
HOUR = 3600


def interpreter(version: str) -> str | None:
    """Return a CPython of this version: pyenv's newest, or that of PATH."""
    root = os.environ.get("PYENV_ROOT", str(Path.home() / ".pyenv"))
    candidates = sorted(glob(f"{root}/versions/{version}.*/bin/python"))  # noqa: PTH207
    return candidates[-1] if candidates else shutil.which(f"python{version}")


def run(folder: Path, arguments: list[str], version: str) -> dict[str, str] | None:
    """Run the suite on one Python, and return its row; `None` if the Python is missing."""
    base = interpreter(version)
    if base is None:
        return None
    python = str(folder / version / "bin" / "python")
    log = folder / f"{version}.log"
    call = partial(subprocess.run, cwd=ROOT, text=True, capture_output=True, timeout=HOUR)
    for command in (
        [base, "-m", "venv", str(folder / version)],
        [python, "-m", "pip", "install", "--quiet", "--editable", ".[dev]"],
    ):
        made = call(command)
        if made.returncode:
            log.write_text(made.stdout + made.stderr)
            return {"python": version, "verdict": "not installed", "log": str(log)}
    listed = json.loads(call([python, "-m", "pip", "list", "--format=json"]).stdout)
    versions = {package["name"].lower(): package["version"] for package in listed}
    tested = call([python, "-m", "pytest", "-q", "-m", "not proof", *arguments])
    log.write_text(tested.stdout + tested.stderr)
    counts = dict.fromkeys(("passed", "failed", "skipped", "error"), "0")
    for number, word in re.findall(r"(\d+) (passed|failed|skipped|error)", tested.stdout):
        counts[word] = number
    differing = re.search(r"(\d+) snapshots? failed", tested.stdout)
    return {
        "python": version,
        **{name: versions.get(name, "-") for name in NAMED},
        **counts,
        "snapshots that differ": differing[1] if differing else "0",
        "verdict": "ok" if tested.returncode == 0 else "failed",
        "log": str(log),
    }


def table(rows: list[dict[str, str]]) -> str:
    """Return the rows as a table with a column for each Python."""
    names = list(dict.fromkeys(name for row in rows for name in row if name != "log"))
    lines = [[name, *(row.get(name, "-") for row in rows)] for name in names]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def main() -> int:
    """Run the matrix."""
    parser = argparse.ArgumentParser(description="the suite on every Python of this machine")
    parser.add_argument("--work", type=Path, help="where the environments are made and kept")
    parser.add_argument("--jobs", type=int, default=2, help="how many Pythons at once")
    options, arguments = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.work or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(options.jobs) as pool:
            found = list(pool.map(partial(run, folder.resolve(), arguments), SUPPORTED))
        rows = [row for row in found if row is not None]
        print(table(rows))  # noqa: T201 - what it is for
        for version, row in zip(SUPPORTED, found, strict=True):
            if row is None:
                print(f"no CPython {version} on this machine: not tested")  # noqa: T201
            elif row["verdict"] != "ok":
                print(f"\n--- {version}\n{Path(row['log']).read_text()[-6000:]}")  # noqa: T201
    return any(row["verdict"] != "ok" for row in rows) or not rows


if __name__ == "__main__":
    sys.exit(main())
