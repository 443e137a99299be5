"""The part of the plugin that keeps the snapshots of tests that did not pass.

syrupy calls a snapshot unused when its test was not skipped and compared nothing with it, and
`--snapshot-update` deletes it. A test that failed before its comparison, or was not run as the
session stopped (`-x`), would lose what a person has accepted. So syrupy hears that it was skipped.
"""

from __future__ import annotations

from typing import Any

import pytest

_COMPARES = "call"  # the phase of a test that does


class KeptSnapshots:
    """The plugin, for one session."""

    def __init__(self) -> None:
        self._passed: dict[str, bool] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how a test came out; what counts is its last run."""
        if report.when == _COMPARES or not report.passed:
            self._passed[report.nodeid] = report.passed

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Tell syrupy, before it looks for what is unused: that plugin was registered earlier."""
        syrupy: Any = getattr(session.config, "_syrupy", None)  # None with `-p no:syrupy`
        if syrupy is None:
            return
        # What a worker of pytest-xdist has not run, another one has, unless the session stopped.
        shared = hasattr(session.config, "workerinput")
        left_out = not shared or bool(session.shouldfail or session.shouldstop)
        for item in session.items:
            if not self._passed.get(item.nodeid, not left_out):
                syrupy.ran_item(item.nodeid, "skipped")
