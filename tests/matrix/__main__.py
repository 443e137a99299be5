"""Run the suite on every supported Python of this machine, side by side, and print one table.

    make matrix
    python tests/matrix [--only 3.10,3.12] [--jobs N] [--ran FILE] [--cover NAME] [pytest arguments]

Each interpreter gets an environment of its own in `.matrix/`, and so do the older packages that
langchain-tests pins. Exits with 1 if a test failed, an environment could not be made, or a snapshot
has another text on another interpreter.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from environments import ROOT, Environment, NotInstalledError, versions_of
from interpreters import SUPPORTED, find
from results import Result
from table import differences, explained, table

PINS = "langchain-tests"
MINUTES = 30
SECONDS_BETWEEN_LINES = 30
LINES_OF_A_LOG = 60


def say(text: str) -> None:
    """Print a line at once: it may be all that a person sees for a while."""
    print(text, flush=True)  # noqa: T201 - what it is for


def run(environment: Environment, arguments: list[str], *, cover: bool) -> Result:
    """Run the suite in an environment; the data of coverage are left beside `pyproject.toml`."""
    result = Result(environment.name, log=environment.beside(".log"))
    report = environment.beside(".jsonl")
    report.unlink(missing_ok=True)
    say(f"{environment.name}: making the environment, unless it is there")
    try:
        environment.prepare()
    except NotInstalledError as error:
        result.trouble = f"not installed: {error}"
        return result
    result.versions = environment.versions()
    measured = ["-m", "coverage", "run"] if cover else []
    command = [environment.python, *measured, "-m", "pytest", "-q", "-m", "not proof"]
    with result.log.open("w") as log, progress(environment.name, report):
        try:
            done = subprocess.run(  # noqa: S603 - of this project
                [*command, "-p", "no:cacheprovider", f"--suite-report={report}", *arguments],
                check=False,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                timeout=60 * MINUTES,
            )
        except subprocess.TimeoutExpired:
            result.trouble = f"not done after {MINUTES} minutes"
        result.read(report)
        if not result.trouble and done.returncode and not result.failed:
            result.trouble = f"pytest ended with status {done.returncode}"
    say(f"{result.name}: {'ok' if result.ok else 'FAILED'}, {dict(result.counts)}")
    return result


@contextmanager
def progress(name: str, report: Path) -> Iterator[None]:
    """Say now and then how far a run is."""
    stop = threading.Event()

    def watch() -> None:
        began = time.monotonic()
        while not stop.wait(SECONDS_BETWEEN_LINES):
            so_far = Result(name)
            so_far.read(report)
            done, failed = len(so_far.outcomes), len(so_far.failed)
            say(
                f"{name}: {done} of {so_far.collected or '?'} tests, {failed} failed, "
                f"after {time.monotonic() - began:.0f} s"
            )

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def already_ran(report: Path) -> Result:
    """Return the result of a run that somebody else made with this interpreter."""
    result = Result("{}.{}".format(*sys.version_info), versions_of(sys.executable))
    result.read(report)
    if not result.outcomes:
        result.trouble = f"{report} names no test: `pytest --suite-report={report}` writes it"
    return result


def main() -> int:
    """Run the matrix."""
    parser = argparse.ArgumentParser(description="the suite on every Python of this machine")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="how many at once")
    parser.add_argument("--only", default=",".join([*SUPPORTED, PINS]), help="which ones, by comma")
    parser.add_argument("--ran", type=Path, metavar="REPORT", help="this interpreter's run, done")
    parser.add_argument("--cover", metavar="NAME", help="whose run measures branch coverage")
    parser.add_argument("--work", type=Path, default=ROOT / ".matrix", help="for environments")
    options, arguments = parser.parse_known_args()
    folder, wanted = options.work.resolve(), options.only.split(",")
    folder.mkdir(parents=True, exist_ok=True)
    results: list[Result] = [already_ran(options.ran)] if options.ran else []
    bases = {version: find(version) for version in SUPPORTED if version in wanted}
    environments = [
        Environment(version, base, folder / version)
        for version, base in bases.items()
        if base is not None and version not in {result.name for result in results}
    ]
    if PINS in wanted:
        environments.append(Environment(PINS, sys.executable, folder / PINS, (PINS,)))
    environments.sort(key=lambda environment: environment.name != options.cover)  # takes longest

    def ran(environment: Environment) -> Result:
        return run(environment, arguments, cover=environment.name == options.cover)

    with ThreadPoolExecutor(options.jobs) as pool:
        results += pool.map(ran, environments)
    conclude(sorted(results, key=lambda result: (result.name == PINS, result.name)))
    for version, base in bases.items():
        if base is None:
            say(f"no CPython {version} on this machine: not tested")
    return bool(differences(results)) or not all(result.ok for result in results) or not results


def conclude(results: list[Result]) -> None:
    """Print what came of it all."""
    say("\n" + table(results) + "\n")
    say(explained(results) or "no snapshot differs between interpreters")
    for result in results:
        if not result.ok:
            say(f"\n--- {result.name}: {result.trouble}")
            for test in result.failed:
                say(f"  {test}: {result.outcomes[test]}")
            if result.log is not None and result.log.is_file():
                say("\n".join(result.log.read_text().splitlines()[-LINES_OF_A_LOG:]))


if __name__ == "__main__":
    sys.exit(main())
