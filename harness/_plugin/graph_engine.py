"""`--graph-engine`: on which engine `import langgraph` lets the tests run.

- `installed`: nothing is touched.
- `bundled`: the switch of `runtime.as_langgraph` is on before any conftest or test is imported, in
  workers of pytest-xdist, too.
- `both`: this session runs no tests. It starts one session on each engine, with the same
  arguments, and compares what came of them.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from harness.transcript import Heard

ENGINES = ("installed", "bundled")
REPORT = "--graph-engine-report"
_SENTENCES = 3


class Result(NamedTuple):
    """What came of one test: its outcome, and the texts of the transcripts it captured."""

    outcome: str
    transcripts: list[str]


def add_options(parser: pytest.Parser) -> None:
    """Add the options, on which both sessions of `both` depend."""
    group = parser.getgroup("harness")
    group.addoption(
        "--graph-engine",
        choices=(*ENGINES, "both"),
        default="installed",
        help="What `import langgraph` is: the installed LangGraph (default, nothing is touched), "
        "the bundled runtime, or both, one after the other, to compare them.",
    )
    # how a session on one engine tells the one that started it what came of the tests
    group.addoption(REPORT, metavar="PATH", help="Write outcomes and transcripts as JSON to PATH.")


def switch(config: pytest.Config) -> None:
    """Install the bundled runtime if it is asked for.

    Raises:
        pytest.UsageError: LangGraph itself was imported before, by a plugin for example.
    """
    if config.known_args_namespace.graph_engine == "bundled":
        from runtime import as_langgraph  # noqa: PLC0415 - only where it is asked for

        try:
            as_langgraph.install()
        except ImportError as error:
            raise pytest.UsageError(
                f"--graph-engine=bundled comes too late: {error}\n"
                "Among pytest plugins, `-p no:NAME` leaves out the one that imports it."
            ) from error


def run_both(config: pytest.Config) -> int:
    """Run the tests on each engine, say where they part, and return the exit status.

    Raises:
        pytest.UsageError: Snapshots are to be written: that takes one engine.
    """
    if config.getoption("update_snapshots", default=False):
        raise pytest.UsageError(
            "--graph-engine=both compares the two engines and writes no snapshots: run "
            "--snapshot-update on one of them."
        )
    found, statuses = [], []
    with tempfile.TemporaryDirectory() as folder:
        for engine in ENGINES:
            report = Path(folder, f"{engine}.json")
            print(f"\n{f' graph engine: {engine} ':=^80}", flush=True)  # noqa: T201 - a heading
            statuses.append(_session(config, engine, report))
            if not report.exists():
                return statuses[-1] or 1  # it did not come to running tests, and said why
            found.append(_read(report))
    lines = list(differences(*found))
    print(f"\n{' graph engines compared ':=^80}")  # noqa: T201
    print("\n".join(lines))  # noqa: T201
    parted = len(lines) > 1
    return 1 if parted else max(statuses)


def _session(config: pytest.Config, engine: str, report: Path) -> int:
    """Run pytest with the arguments of this session on one engine."""
    arguments = [*config.invocation_params.args, f"--graph-engine={engine}", f"{REPORT}={report}"]
    return subprocess.run(  # noqa: S603 - pytest again, as the user called it
        [sys.executable, "-m", "pytest", *map(str, arguments)],
        check=False,
        cwd=config.invocation_params.dir,
    ).returncode


def _read(report: Path) -> dict[str, Result]:
    told = json.loads(report.read_text(encoding="utf-8"))
    return {node_id: Result(**result) for node_id, result in told.items()}


def differences(installed: dict[str, Result], bundled: dict[str, Result]) -> Iterator[str]:
    """Yield each test on which the engines part, and how; at last, how many there are."""
    parted = 0
    for node_id in sorted({*installed, *bundled}):
        lines = list(_difference(installed.get(node_id), bundled.get(node_id)))
        parted += bool(lines)
        yield from (f"{node_id}: {lines[0]}", *lines[1:]) if lines else ()
    common = len({*installed, *bundled}) - parted
    yield f"{parted} of {parted + common} tests part" if parted else f"all {common} tests agree"


def _difference(installed: Result | None, bundled: Result | None) -> Iterator[str]:
    outcomes = [result.outcome if result else "not collected" for result in (installed, bundled)]
    if outcomes[0] != outcomes[1]:
        yield f"{outcomes[0]} on the installed LangGraph, {outcomes[1]} on the bundled runtime"
    elif installed and bundled and installed.transcripts != bundled.transcripts:
        yield "what was streamed differs"
    else:
        return
    yield from _streams_apart(installed, bundled)


def _streams_apart(installed: Result | None, bundled: Result | None) -> Iterator[str]:
    """Yield what differs in the transcripts, as far as both have them."""
    if installed is None or bundled is None:
        return
    from harness.transcript import compare_texts  # noqa: PLC0415 - only when engines part

    theirs, ours = installed.transcripts, bundled.transcripts
    if len(theirs) != len(ours):
        yield f"    {len(theirs)} transcripts against {len(ours)}"
    for old, new in zip(theirs, ours, strict=False):
        yield from (f"    {line}" for line in compare_texts(old, new).summary[:_SENTENCES])


class Recorder:
    """The plugin of a session that is compared: collects what came of each test."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._results: dict[str, dict[str, Any]] = {}
        self._heard: Heard

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Listen to the streams of one test."""
        from harness.transcript import listening  # noqa: PLC0415 - only where engines are compared

        with listening() as self._heard:
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach the transcripts to the last report of the test; workers send them along."""
        report = yield
        if report.when == "teardown":
            texts = [transcript.text() for transcript in self._heard.transcripts]
            vars(report)["harness_transcripts"] = texts
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add one phase of a test to what came of it."""
        result = self._results.setdefault(report.nodeid, {"outcome": "passed", "transcripts": []})
        expected = "xfailed" if hasattr(report, "wasxfail") else report.outcome
        if result["outcome"] == "passed" and not report.passed:
            result["outcome"] = expected
        elif report.failed:
            result["outcome"] = "failed"
        result["transcripts"] += getattr(report, "harness_transcripts", [])

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the report; workers leave that to the session that started them."""
        if not hasattr(session.config, "workerinput"):
            self.path.write_text(json.dumps(self._results), encoding="utf-8")
