"""The pytest plugin: works by being installed, and costs nothing until a test uses it.

- `stream_snapshot` compares a transcript with the file that a person has accepted.
- `--graph-engine` chooses what `import langgraph` is (`harness._plugin.graph_engine`).
- `@pytest.mark.vcr` and everything around it are pytest-recording's; the marked test gets our
  cassette instead of vcrpy's where that means the same (`harness._plugin.vcr_fixture`).
- What a stream that has changed looks like: `harness._plugin.snapshot_report`.
- What a scripted or cassette model still has to say when its test ends fails the test
  (`harness._plugin.leftovers`).

Nothing heavy is imported here: langchain-core, vcr and yaml are imported by the tests that need
them.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness._plugin import as_installed, graph_engine
from harness._plugin import recording_stand_in as stand_in

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

_RECORDING = "recording"  # the name under which pytest-recording's entry point registers it


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what is asked on the command line or in `addopts`."""
    graph_engine.add_options(parser)
    parser.addini(
        "vcr_strict",
        "interactions that no test plays are a failure under every vcr_config",
        type="bool",
        default=False,
    )
    parser.getgroup("harness").addoption(
        "--harness-report",
        type=Path,
        metavar="FILE.html",
        help="write a page that shows what each test streamed, and how failing snapshots differ",
    )
    parser.getgroup("harness").addoption(
        "--python-contract",
        choices=("native", "3.10"),
        default="native",
        help="how graphs of the bundled runtime propagate config in async code: as this Python "
        "can, or as LangGraph does on Python 3.10, with a list of what is lost",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Let two other sessions run the tests where both engines are asked for."""
    both = config.getoption("--graph-engine") == "both" and not config.option.collectonly
    return graph_engine.run_both(config) if both else None


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Choose the engine before anything of the user's is imported; register pytest-recording.

    All entry points and `-p` options are loaded by now and options can still be added. Earlier,
    pytest-recording could come after us, and a second `--record-mode` kills pytest at start-up.
    """
    early_config.add_cleanup(as_installed.install())
    graph_engine.switch(early_config)
    plugins = early_config.pluginmanager
    recording = _recording(plugins)
    if not plugins.is_registered(recording):
        name = "harness-recording" if recording is stand_in else _RECORDING
        plugins.register(recording, name)


def _recording(plugins: pytest.PytestPluginManager) -> Any:
    """Return pytest-recording, or what stands in for it where it is blocked or not installed."""
    loaded = sys.modules.get("pytest_recording.plugin")
    if loaded is not None and plugins.is_registered(loaded):
        return loaded  # whatever names are blocked
    if plugins.is_blocked(_RECORDING) or plugins.is_blocked("pytest_recording.plugin"):
        return stand_in
    try:
        from pytest_recording import plugin  # noqa: PLC0415 - an edge, not always needed
    except ImportError:
        return stand_in
    return plugin


def pytest_configure(config: pytest.Config) -> None:
    """Put our `vcr` fixture above pytest-recording's: the plugin that registers last wins."""
    from harness._plugin import (  # noqa: PLC0415 - as needed
        leftovers,
        snapshot_report,
        vcr_fixture,
    )
    from harness._plugin.summary import Summary  # noqa: PLC0415 - as above

    if report := config.getoption(graph_engine.REPORT):
        config.pluginmanager.register(graph_engine.Recorder(Path(report)), "harness-engines")

    config.pluginmanager.register(leftovers, "harness-leftovers")
    config.pluginmanager.register(snapshot_report, "harness-snapshots")
    config.pluginmanager.register(snapshot_report.KeptSnapshots(), "harness-kept-snapshots")
    config.pluginmanager.register(vcr_fixture, "harness-vcr")
    config.pluginmanager.register(Summary(config), "harness-summary")
    if (page := config.getoption("--harness-report")) is not None:
        from harness.report import Reporter  # noqa: PLC0415 - as above

        reporter = Reporter(config, config.invocation_params.dir / page)
        config.pluginmanager.register(reporter, "harness-report")
    if (version := config.getoption("--python-contract")) != "native":
        from harness._plugin.contract import ContractPlugin  # noqa: PLC0415 - not always needed

        config.pluginmanager.register(ContractPlugin(version), "harness-contract")


@pytest.fixture
def stream_snapshot(snapshot: SnapshotAssertion, pytestconfig: pytest.Config) -> SnapshotAssertion:
    """Compare a transcript with `__snapshots__/<module>/<test>.stream.txt`.

    `assert capture(graph, input) == stream_snapshot`; `--snapshot-update` writes the file.
    """
    from harness import snapshot as ours  # noqa: PLC0415 - only for tests that ask

    updates = pytestconfig.option.update_snapshots
    return snapshot.use_extension(
        ours.CompletedSnapshots if updates else ours.StreamSnapshotExtension
    )


@pytest.fixture
def deterministic() -> Generator[object, None, None]:
    """Number all uuids and let tasks of the bundled runtime take turns; `harness.deterministic`."""
    from harness.determinism import deterministic as block  # noqa: PLC0415 - as above

    with block() as turns:
        yield turns
