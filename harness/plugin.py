"""The pytest plugin: works by being installed, and costs nothing until a test uses it.

- `stream_snapshot` compares a transcript with the file that a person has accepted.
- `--graph-engine` chooses what `import langgraph` is (`harness._graph_engine`).
- `@pytest.mark.vcr` and everything around it are pytest-recording's; the marked test gets our
  cassette instead of vcrpy's where that means the same (`harness._vcr_fixture`).
- What a scripted or cassette model still has to say when its test ends fails the test
  (`harness._leftovers`).

Nothing heavy is imported here: langchain-core, vcr and yaml are imported by the tests that need
them.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness import _graph_engine

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

_RECORDING = "recording"  # the name under which pytest-recording's entry point registers it
_ABSENT = object()
_TRUNCATED = "Full output truncated"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what is asked on the command line or in `addopts`."""
    _graph_engine.add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Let two other sessions run the tests where both engines are asked for."""
    both = config.getoption("--graph-engine") == "both" and not config.option.collectonly
    return _graph_engine.run_both(config) if both else None


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Choose the engine before anything of the user's is imported; register pytest-recording.

    All entry points and `-p` options are loaded by now and options can still be added. Earlier,
    pytest-recording could come after us, and a second `--record-mode` kills pytest at start-up.
    """
    _graph_engine.switch(early_config)
    plugins = early_config.pluginmanager
    if plugins.is_blocked(_RECORDING) or plugins.is_blocked("pytest_recording.plugin"):
        return
    from pytest_recording import plugin as recording  # noqa: PLC0415 - an edge, not always needed

    if not plugins.is_registered(recording):
        plugins.register(recording, _RECORDING)


def pytest_configure(config: pytest.Config) -> None:
    """Put our `vcr` fixture above pytest-recording's: the plugin that registers last wins."""
    from harness import _leftovers, _vcr_fixture, _without_recording  # noqa: PLC0415 - as needed

    if report := config.getoption(_graph_engine.REPORT):
        config.pluginmanager.register(_graph_engine.Recorder(Path(report)), "harness-engines")

    config.pluginmanager.register(_leftovers, "harness-leftovers")
    if config.getoption("--record-mode", default=_ABSENT) is not _ABSENT:
        config.pluginmanager.register(_vcr_fixture, "harness-vcr")
    else:
        config.pluginmanager.register(_without_recording, "harness-vcr")
        config.addinivalue_line("markers", "vcr: play a cassette (needs pytest-recording)")


@pytest.fixture
def stream_snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Compare a transcript with `__snapshots__/<module>/<test>.stream.txt`.

    `assert capture(graph, input) == stream_snapshot`; `--snapshot-update` writes the file.
    """
    from harness.snapshot import StreamSnapshotExtension  # noqa: PLC0415 - only for tests that ask

    return snapshot.use_extension(StreamSnapshotExtension)


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Explain `assert transcript == other_transcript`."""
    module = sys.modules.get("harness.transcript")
    if op != "==" or module is None:
        return None
    if not isinstance(left, module.Transcript) or not isinstance(right, module.Transcript):
        return None
    return [f"{left!r} == {right!r}", *left.diff(right).splitlines()]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the whole difference to a failure that pytest has cut after a few lines."""
    report = yield
    snapshot = getattr(item, "funcargs", {}).get("stream_snapshot")
    if snapshot is not None and report.failed and _TRUNCATED in report.longreprtext:
        report.sections.extend(_differences(snapshot))
    return report


def _differences(snapshot: Any) -> list[tuple[str, str]]:
    from harness.snapshot import failure_lines  # noqa: PLC0415 - loaded: the test has used it

    return [
        (f"stream snapshot {result.snapshot_name}", "\n".join(lines))
        for result in snapshot.executions.values()
        if not result.success and result.asserted_data is not None
        for lines in [failure_lines(result.recalled_data or "", result.asserted_data)]
    ]
