"""The plugin behind `--harness-report`.

What a test streamed travels in the report of its teardown, so that pytest-xdist brings it along.
"""

from __future__ import annotations

import platform
from collections.abc import Generator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from harness._plugin.snapshot_report import stream_snapshots_of, without_colour
from harness.report._page import write_page
from harness.report._seen import differences_of, stream_of
from harness.transcript import Heard, listening

SEEN = "harness_seen"  # the attribute of a report

_heard = pytest.StashKey[Heard]()


class Reporter:
    """Collects what the tests streamed, and writes the page when all have run.

    Args:
        config: Of pytest.
        path: Where the page goes.
    """

    def __init__(self, config: pytest.Config, path: Path) -> None:
        self._config = config
        self._path = path
        self._tests: dict[str, dict[str, Any]] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Hear of what a test streams, its fixtures included."""
        with listening() as item.stash[_heard]:
            return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Begin anew where a test runs again: the page shows its last run."""
        item.stash[_heard].restart()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put it into the last report of the test, as fixtures may stream until their end."""
        report = yield
        if call.when == "teardown":
            vars(report)[SEEN] = {
                "streams": [stream_of(transcript) for transcript in item.stash[_heard].transcripts],
                "differences": [
                    found
                    for snapshot in stream_snapshots_of(item)
                    for found in differences_of(snapshot)
                ],
            }
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what came of a test, those of other processes included."""
        test = self._tests.setdefault(
            report.nodeid, {"id": report.nodeid, "streams": [], "differences": [], "seconds": 0.0}
        )
        test.update(getattr(report, SEEN, {}))
        test["seconds"] += report.duration
        if report.when == "call" or report.outcome != "passed":
            test["outcome"] = report.outcome
            test["failure"] = without_colour(report.longreprtext) if report.failed else ""

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Write the page, but not from a worker of pytest-xdist."""
        if not hasattr(self._config, "workerinput"):
            tests = [
                self._tests[name] for name in sorted(self._tests)
            ]  # xdist has no order of its own
            write_page(self._path, tests, _about())

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say where the page is."""
        streams = sum(len(test["streams"]) for test in self._tests.values())
        terminalreporter.write_sep("-", f"{streams} streams in {self._path}")


def _about() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in ("replay-harness", "langchain-core"))
    return f"Python {platform.python_version()}, {packages}"
