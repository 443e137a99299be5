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


ABSENT = """
import sys

class NotThere:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "pytest_recording":
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, NotThere())
"""


@pytest.mark.parametrize(
    "options",
    ["-p no:recording", "-p absent -p harness.plugin -p syrupy"],
    ids=["blocked", "absent"],
)
def test_without_pytest_recording(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, options: str
) -> None:
    """Where it is blocked or not there, its options, marks, fixtures and its hook still are."""
    if "absent" in options:
        project.makepyfile(absent=ABSENT)
        for name in [name for name in sys.modules if name.startswith("pytest_recording")]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        project.makeini("[pytest]")
    project.makeconftest("""
        def pytest_recording_configure(config, vcr):
            vcr.filter_headers = ["x-mine"]
        """)
    project.makepyfile(
        """
        import socket
        import pytest
        from harness.cassettes import RecordedRequest

        @pytest.mark.vcr
        @pytest.mark.default_cassette("named")
        def test_vcr(vcr, vcr_cassette_dir, record_mode, vcr_markers, request):
            assert type(vcr).__module__.startswith("harness.")
            assert str(vcr.path) == vcr_cassette_dir + "/named.yaml"
            assert (record_mode, len(vcr_markers)) == ("none", 1)
            asked = RecordedRequest("GET", "https://example.org", (("x-mine", "1"),), b"")
            assert vcr.options.storage.shown(asked).headers == ()

        @pytest.mark.block_network(allowed_hosts=["127."])
        def test_blocked():
            with pytest.raises(Exception, match="network is blocked"):
                socket.create_connection(("example.org", 443))
            with socket.create_server(("127.0.0.1", 0)) as server:
                socket.create_connection(server.getsockname()).close()
        """
    )
    result = project.runpytest("--strict-markers", "--record-mode=none", *options.split())
    outcome(result, passed=2)


IDLE = """
import sys

def pytest_unconfigure():
    print("loaded", *sorted(sys.modules))
"""


def test_an_idle_suite_loads_nothing(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A suite that asks for nothing loads a few modules of ours, and no library for us."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    project.makeini("[pytest]")
    project.makeconftest(IDLE)
    project.makepyfile(test_it="def test_it(): pass")
    result = project.runpytest_subprocess("-s", "-p", "syrupy", "-p", "harness.plugin")
    outcome(result, passed=1)
    (line,) = (line for line in result.outlines if line.startswith("loaded "))
    loaded = set(line.split())
    heavy = {"langchain_core", "langgraph", "runtime", "vcr", "yaml", "rich", "pydantic", "httpx"}
    assert loaded & heavy == set()
    ours = [name for name in loaded if name.startswith("harness")]
    assert 5 < len(ours) < 20
    inside = {name.split(".")[1] for name in ours if name.count(".") > 1}
    assert inside == {"_plugin"}  # none of the packages of what it does


def test_our_modules_are_not_compiled_anew(project: pytest.Pytester) -> None:
    """What brings a plugin is rewritten by pytest; ours come as they were installed."""
    project.makeconftest("""
        import pytest

        pytest.register_assert_rewrite("harness", "runtime", "theirs")
        """)
    project.makepyfile(theirs="")
    project.makepyfile(
        """
        import harness.transcript, runtime.graph, theirs

        def kind(module):
            return type(module.__spec__.loader).__name__

        def test_it():
            assert kind(harness.transcript) == kind(runtime.graph) == "SourceFileLoader"
            assert kind(theirs) == "AssertionRewritingHook"
        """
    )
    outcome(project.runpytest_subprocess(), passed=1)


COST = """
import time
began = time.thread_time()
import pytest, subprocess, tempfile, json, inspect, urllib.parse, pytest_recording.plugin
there = time.thread_time()
from harness import plugin
from harness._plugin import leftovers, summary, vcr_fixture
print((time.thread_time() - there) / (there - began))
"""


@pytest.mark.proof
def test_starting_is_cheap(project: pytest.Pytester) -> None:
    """What pytest loads of us is less than a sixth of the work of loading pytest itself."""
    shares = [float(project.run(sys.executable, "-c", COST).outlines[0]) for _ in range(5)]
    assert min(shares) < 1 / 6
