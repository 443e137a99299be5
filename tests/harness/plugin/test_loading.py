"""The plugin loads in every order, can be left out, and costs nothing until it is used."""

from __future__ import annotations

import sys

import pytest
from small_projects import outcome

CHECK = """
import pytest

@pytest.mark.vcr
def test_it(request, vcr):
    assert request.config.getoption("--record-mode") == "none"
    assert type(vcr).__module__.startswith("harness.")
"""


@pytest.mark.parametrize("options", ["", "-p pytest_recording.plugin"])
def test_entry_points(project: pytest.Pytester, options: str) -> None:
    """Loaded by being installed, pytest-recording's options exist exactly once."""
    project.makepyfile(test_it=CHECK)
    if options:  # pytest loads nothing twice: its entry point stays out of the way
        options += " -p no:recording"
    outcome(project.runpytest("--record-mode=none", *options.split()), passed=1)


@pytest.mark.parametrize(
    "options",
    [
        "-p harness.plugin",
        "-p harness.plugin -p pytest_recording.plugin",
        "-p pytest_recording.plugin -p harness.plugin",
    ],
)
def test_every_order(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, options: str
) -> None:
    """So they do where plugins are named one by one, in any order; our fixture is on top."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    project.makeini("[pytest]")
    project.makepyfile(test_it=CHECK)
    outcome(project.runpytest("--record-mode=none", "-p", "syrupy", *options.split()), passed=1)


def test_without_the_plugin(project: pytest.Pytester) -> None:
    """`-p no:harness` leaves pytest-recording as it is, and the fixture is gone."""
    project.makepyfile(
        """
        import pytest

        @pytest.mark.vcr
        def test_vcr(vcr):
            assert type(vcr).__module__ == "vcr.cassette"

        def test_snapshot(stream_snapshot):
            pass
        """
    )
    result = project.runpytest("-p", "no:harness")
    outcome(result, passed=1, errors=1)
    result.stdout.fnmatch_lines(["*fixture 'stream_snapshot' not found*"])


def test_without_pytest_recording(project: pytest.Pytester) -> None:
    """Where it is blocked, a marked test fails with a way out; the others run."""
    project.makepyfile(
        """
        import pytest
        from graphs import capture, says

        @pytest.mark.vcr
        def test_vcr():
            pass

        def test_snapshot(stream_snapshot):
            assert capture(says("Hi"), {"topic": "cats"}) == stream_snapshot
        """
    )
    result = project.runpytest("-p", "no:recording", "--strict-markers", "--snapshot-update")
    outcome(result, passed=1, errors=1)
    result.stdout.fnmatch_lines(["*pytest-recording is blocked*", "*remove `-p no:recording`*"])


def test_importing_the_plugin_is_cheap(project: pytest.Pytester) -> None:
    """No langchain-core, vcr, yaml or rich for a suite that asks for nothing."""
    code = """
import sys, harness.plugin, harness._vcr_fixture
heavy = {"langchain_core", "langgraph", "vcr", "yaml", "rich", "pydantic", "syrupy"}
print(sorted(heavy & set(sys.modules)))
"""
    found = project.run(sys.executable, "-c", code)
    assert found.outlines == ["[]"]
