"""`pytest --suite-report FILE`: what came of each test, and every snapshot's text, as JSON lines.

The first line says how many tests there are: `{"collected": 1200}`. Each other line is what a phase
of a test gave: `{"test": ..., "outcome": ..., "snapshots": {...}}`, where the outcome is `passed`,
`failed`, `error` or `skipped`. The text of a snapshot is what this run made, whatever has been
accepted; so `tests/matrix` can compare the runs of several interpreters with each other. Where the
stream came from, which is never compared, is no part of it.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any, TextIO

import pytest
from syrupy.assertion import SnapshotAssertion

from harness.snapshot import parted

_PROPERTY = "snapshots"  # in the report, so that pytest-xdist brings it along


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.addoption("--suite-report", metavar="FILE", help="write what came of each test to FILE")


def pytest_configure(config: pytest.Config) -> None:
    """Report, if asked: only in the process that sees all tests."""
    path = config.getoption("--suite-report")
    if path and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Reporter(Path(path)), "suite-report-writer")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put what the test compared with snapshots into its report."""
    report = yield
    if call.when == "call" and item.config.getoption("--suite-report"):
        texts = {
            f"{name}[{number}]": parted(str(result.asserted_data))[0]
            for name, used in getattr(item, "funcargs", {}).items()
            if isinstance(used, SnapshotAssertion)
            for number, result in enumerate(used.executions.values())
        }
        report.user_properties.append((_PROPERTY, texts))
    return report


class _Reporter:
    """Writes the lines as they come.

    Args:
        path: The file; what it held is lost.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: TextIO | None = None

    def pytest_sessionstart(self) -> None:
        """Open the file."""
        self._file = self._path.open("w", encoding="utf-8")

    def pytest_sessionfinish(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Say how many tests there are."""
        if session.items:
            self._write({"collected": len(session.items)})

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        """Say it where pytest-xdist's workers collect, once."""
        if node.gateway.id == "gw0":
            self._write({"collected": len(ids)})

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Say what came of a phase, if it says something about the test."""
        if report.when != "call" and report.passed:
            return
        failed_around = report.failed and report.when != "call"
        self._write(
            {
                "test": report.nodeid,
                "outcome": "error" if failed_around else report.outcome,
                "snapshots": dict(report.user_properties).get(_PROPERTY, {}),
            }
        )

    def _write(self, line: dict[str, Any]) -> None:
        if self._file is not None:
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()
