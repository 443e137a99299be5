"""`--python-contract=3.10`: each test under that contract, and the losses in the summary.

What a test lost travels in the report of its teardown, so that pytest-xdist brings it along.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from runtime.contract import Contract, python_contract

_PROPERTY = "python_contract"
_contract = pytest.StashKey[Contract]()


class ContractPlugin:
    """Holds the contract in every test, from its set-up to its teardown.

    Args:
        version: The Python whose contract it is.
    """

    def __init__(self, version: Any) -> None:
        self._version = version
        self._lost: dict[str, list[str]] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Run a test under the contract."""
        with python_contract(self._version) as item.stash[_contract]:
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put what the test lost into its last report."""
        report = yield
        if call.when == "teardown":
            losses = item.stash[_contract].losses
            report.user_properties += [(_PROPERTY, str(loss)) for loss in losses]
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect what tests lost, those of other processes, too."""
        if report.when == "teardown":
            for name, loss in report.user_properties:
                if name == _PROPERTY:
                    self._lost.setdefault(str(loss), []).append(report.nodeid)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Show each loss once, with the first test that saw it."""
        terminalreporter.section(f"lost under the contract of Python {self._version}")
        for loss, tests in self._lost.items():
            more = f" and {len(tests) - 1} more" if len(tests) > 1 else ""
            terminalreporter.write_line(f"{loss}\n    in {tests[0]}{more}")
        if not self._lost:
            terminalreporter.write_line("nothing, in graphs of the bundled runtime")
        if terminalreporter.config.getoption("--graph-engine") != "bundled":
            terminalreporter.write_line(
                "graphs of the installed LangGraph were not asked: --graph-engine=bundled asks them"
            )
