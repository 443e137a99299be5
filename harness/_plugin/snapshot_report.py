"""How pytest shows that a stream is not what its snapshot, or another transcript, says.

In colour where pytest is in colour (`--color`, `NO_COLOR`), and whole: a difference that pytest
cuts after a few lines is added to the report of the test. Which snapshots stay: `KeptSnapshots`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Generator, Iterable
from importlib.metadata import version
from typing import Any

import pytest

_COMPARES = "call"  # the phase of a test that does
_OUR_FILES = "txt"  # what syrupy takes for the extension of `.stream.txt`
_WORKER_COLOUR = "harness_colour"
_RECORDING = {"new_episodes", "all", "rewrite"}  # though there is a file
_TRUNCATED = "Full output truncated"
_CODES = {"red": 31, "green": 32, "cyan": 36, "bold": 1}
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.hookimpl(wrapper=True)
def pytest_assertrepr_compare(
    config: pytest.Config, op: str, left: Any, right: Any
) -> Generator[None, list[list[str] | None], list[list[str] | None]]:
    """Explain `assert transcript == other_transcript`; colour what syrupy says of a snapshot."""
    found = yield
    transcripts = sys.modules.get("harness.transcript")
    snapshots = sys.modules.get("harness.snapshot")
    if transcripts is not None and op == "==" and _both(left, right, transcripts.Transcript):
        lines = [f"{left!r} == {right!r}", *left.diff(right).splitlines()]
        return [_coloured(config, lines), *found]
    if snapshots is None or not any(_is_ours(side, snapshots) for side in (left, right)):
        return found
    return [lines and _coloured(config, _accepting(config, lines)) for lines in found]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the difference to a failure that does not show it, or only its beginning.

    pytest cuts it after a few lines; `self.assertEqual` and `if transcript != stream_snapshot` show
    nothing of it.
    """
    report = yield
    if call.when == "call" and report.failed:
        shown = report.longreprtext
        for snapshot in stream_snapshots_of(item):
            for name, lines in _differences(item.config, snapshot):
                if _TRUNCATED in shown or lines[0] not in shown:
                    rest = _coloured(item.config, _unsaid(lines, shown))
                    report.sections.append((name, "\n".join(rest)))
    return report


def stream_snapshots_of(item: pytest.Item) -> Iterable[Any]:
    """Return the snapshots of streams among the fixtures of a test, by whatever name they go."""
    snapshots = sys.modules.get("harness.snapshot")
    if snapshots is None:
        return ()
    values = (getattr(item, "funcargs", None) or {}).values()
    return {id(value): value for value in values if _is_ours(value, snapshots)}.values()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist whether its failures will be shown in colour."""
    node.workerinput[_WORKER_COLOUR] = _in_colour(node.config)


class KeptSnapshots:
    """The part of the plugin that keeps the snapshots of tests that did not pass, for one session.

    syrupy calls a snapshot unused when its test was not skipped and compared nothing with it, and
    `--snapshot-update` deletes it. A test that failed before its comparison, or was not run as the
    session stopped (`-x`), would lose what a person has accepted. So syrupy hears that it was
    skipped, and our extension hears which tests these are.

    Older versions of syrupy relate files to tests by rules that do not know names like ours, and
    its own extension takes all that lies among its files for its own: so it does not look at ours.
    Before 6 syrupy also deletes what skipped tests have in files of their own, or in one that no
    other test uses: then nothing is deleted.
    """

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
        items = [item for item in session.items if isinstance(item, pytest.Function)]
        not_passed = [item for item in items if not self._passed.get(item.nodeid, False)]
        stopped = bool(session.shouldfail or session.shouldstop)
        # What a worker of pytest-xdist has not run, another one has, unless the session stopped.
        shared = hasattr(session.config, "workerinput") and not stopped
        for item in not_passed:
            if item.nodeid in self._passed or not shared:
                syrupy.ran_item(item.nodeid, "skipped")
        if not_passed:
            syrupy.ignore_file_extensions = [*(syrupy.ignore_file_extensions or ()), _OUR_FILES]
            if (snapshots := sys.modules.get("harness.snapshot")) is not None:
                snapshots.StreamSnapshotExtension.not_passed = tuple(not_passed)
        if (stopped or not all(self._passed.values())) and version("syrupy").startswith("5."):
            session.config.option.no_cleanup = True


def _both(left: object, right: object, kind: type) -> bool:
    return isinstance(left, kind) and isinstance(right, kind)


def _is_ours(side: object, snapshots: Any) -> bool:
    return isinstance(getattr(side, "extension", None), snapshots.StreamSnapshotExtension)


def _differences(config: pytest.Config, snapshot: Any) -> Iterable[tuple[str, list[str]]]:
    from harness.snapshot import failure_lines  # noqa: PLC0415 - loaded: the test has used it

    for result in snapshot.executions.values():
        if not result.success and result.asserted_data is not None:
            lines = failure_lines(result.recalled_data or "", result.asserted_data)
            yield f"stream snapshot {result.snapshot_name}", _accepting(config, lines)


def _accepting(config: pytest.Config, lines: Iterable[str]) -> list[str]:
    """Have the command that accepts a difference record: a failing test keeps its cassette."""
    from harness.snapshot import UPDATE  # noqa: PLC0415 - as above

    mode = config.getoption("--record-mode", None)
    if mode not in _RECORDING:
        return [*lines]
    recording = UPDATE.replace("pytest", f"pytest --record-mode={mode}")
    return [line.replace(UPDATE, recording) for line in lines]


def _unsaid(lines: list[str], shown: str) -> list[str]:
    """Leave out the sentences and the command, which end with an empty line, if they are shown."""
    end = lines.index("")
    return lines[end + 1 :] if all(line in shown for line in lines[:end]) else lines


def without_colour(text: str) -> str:
    """Return a text as it is on paper."""
    return _COLOUR.sub("", text)


def _coloured(config: pytest.Config, lines: Iterable[str]) -> list[str]:
    from harness.snapshot import line_style  # noqa: PLC0415 - a failure, so it may take its time

    plain = [without_colour(line) for line in lines]  # syrupy has colours of its own
    if not _in_colour(config):
        return plain
    styles = ((line, line_style(line)) for line in plain)
    return [f"\x1b[{_CODES[style]}m{line}\x1b[0m" if style else line for line, style in styles]


def _in_colour(config: pytest.Config) -> bool:
    """Whether the terminal that shows a failure has colour; a worker's own is none."""
    told = getattr(config, "workerinput", {}).get(_WORKER_COLOUR)
    if told is not None:
        return bool(told)
    reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
    return reporter is not None and bool(reporter.hasmarkup)
