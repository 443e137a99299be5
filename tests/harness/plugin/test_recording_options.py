"""pytest-recording's marks, fixtures and options keep their meaning."""

from __future__ import annotations

import json

import pytest
from small_projects import outcome, sse, write_cassette

CLIENT = """
import httpx
import pytest

def ask(url):
    return httpx.post(url, json={"a": 1}).json()
"""


def test_record_then_replay(project: pytest.Pytester, server: str) -> None:
    """`--record-mode=once` writes the file that a run without options plays."""
    project.makepyfile(
        test_it=CLIENT
        + f"@pytest.mark.vcr\ndef test_it(): assert ask({server!r}) == {{'live': True}}"
    )
    cassette = project.path / "cassettes/test_it/test_it.yaml"

    outcome(project.runpytest("--record-mode=once"), passed=1)
    cassette.write_text(cassette.read_text().replace("true", "null"))
    result = project.runpytest()
    outcome(result, failed=1)
    result.stdout.fnmatch_lines(["*{'live': None}*"])


def test_a_failing_test_keeps_its_good_cassette(project: pytest.Pytester, server: str) -> None:
    """`--record-mode=rewrite` replaces the file only when the test passes."""
    test = f"{CLIENT}\n@pytest.mark.vcr\ndef test_it(): assert ask({server!r})['live'] is "
    project.makepyfile(test_it=test + "True")
    project.runpytest("--record-mode=once")
    cassette = project.path / "cassettes/test_it/test_it.yaml"
    before = cassette.read_text()
    project.makepyfile(test_it=test + "False")

    result = project.runpytest("--record-mode=rewrite")
    outcome(result, failed=1)
    assert cassette.read_text() == before
    result.stdout.fnmatch_lines(["1 cassette left as it was, for the test failed"])


def test_the_fixtures_choose_the_file(project: pytest.Pytester) -> None:
    """`vcr_cassette_dir`, `default_cassette` and a class name lead to the same files as ever."""
    project.makepyfile(
        test_it=CLIENT
        + """
@pytest.fixture(scope="module")
def vcr_cassette_dir():
    return "elsewhere"

@pytest.mark.vcr
@pytest.mark.default_cassette("named.yaml")
def test_named(vcr):
    assert ask("https://example.org/x") == "named"

class TestIt:
    @pytest.mark.vcr
    @pytest.mark.parametrize("x", ["a/b"])
    def test_method(self, x):
        assert ask("https://example.org/x") == "method"
"""
    )
    for name, file in [("named", "named"), ("method", "TestIt.test_method[a-b]")]:
        call = sse("https://example.org/x", {"a": 1}, [])
        call["response"]["body"]["string"] = json.dumps(name)
        write_cassette(project.path / f"elsewhere/{file}.yaml", call)
    outcome(project.runpytest(), passed=2)


@pytest.mark.parametrize(
    ("line", "mark", "config", "expected"),
    [
        ("once", "none", "none", "once"),
        (None, "once", "none", "once"),
        (None, None, "once", "once"),
        (None, None, None, "none"),
    ],
)
def test_who_decides_the_record_mode(
    project: pytest.Pytester, line: str | None, mark: str | None, config: str | None, expected: str
) -> None:
    """The command line, then the mark, then `vcr_config`, then `none`."""
    project.makepyfile(
        f"""
        import pytest

        @pytest.fixture
        def vcr_config():
            return {{"record_mode": {config!r}}} if {config!r} else {{}}

        @pytest.mark.vcr({f"record_mode={mark!r}" if mark else ""})
        def test_it(vcr):
            assert vcr.options.record_mode == {expected!r}
        """
    )
    outcome(project.runpytest(*[f"--record-mode={line}"] if line else []), passed=1)


def test_disabled_recording(project: pytest.Pytester) -> None:
    """`--disable-recording` leaves marked tests alone."""
    project.makepyfile(
        """
        import os
        import pytest

        @pytest.mark.vcr
        def test_it(vcr):
            assert vcr is None
            assert "OPENAI_API_KEY" not in os.environ
        """
    )
    outcome(project.runpytest("--disable-recording"), passed=1)


def test_recording_without_a_key_names_the_variable(project: pytest.Pytester) -> None:
    """A recording that fails for want of a key says which one is missing, and the command."""
    project.makepyfile(
        """
        import pytest
        from langchain_openai import ChatOpenAI

        @pytest.mark.vcr
        def test_it():
            ChatOpenAI(model="gpt-4o-mini").invoke("Hi")
        """
    )
    result = project.runpytest("--record-mode=once")
    outcome(result, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*OPENAI_API_KEY is not set, and *test_it.yaml is to be recorded",
            "to record it: OPENAI_API_KEY=... pytest --record-mode=once",
        ]
    )


def test_tests_that_share_a_cassette(project: pytest.Pytester, server: str) -> None:
    """`--record-mode=rewrite` has it written anew by the first of them; the others add to it."""
    project.makepyfile(
        test_it=CLIENT
        + f"""
pytestmark = [pytest.mark.vcr(allow_unplayed=True), pytest.mark.default_cassette("all.yaml")]

@pytest.mark.parametrize("number", range(3))
def test_it(number): assert ask(f"{server}/{{number}}") == {{"live": True}}
"""
    )
    cassette = project.path / "cassettes/test_it/all.yaml"
    for _ in range(2):
        outcome(project.runpytest("--record-mode=rewrite"), passed=3)
        assert cassette.read_text().count("uri:") == 3
    outcome(project.runpytest(), passed=3)


CONNECTS = """
import socket
import pytest

def connects():
    with socket.socket() as server, socket.socket() as client:
        server.bind(("127.0.0.1", 0))
        server.listen()
        client.connect(server.getsockname())
"""


def test_a_block_network_of_the_users(project: pytest.Pytester) -> None:
    """A fixture `block_network` of the user's own is set up for each test, marked or not."""
    project.makepyfile(
        test_it=CONNECTS
        + """
seen = []

@pytest.fixture(autouse=True)
def block_network(request): seen.append(request.node.name)

def test_one(): assert seen == ["test_one"]

@pytest.mark.block_network
def test_two():
    assert seen == ["test_one", "test_two"]
    connects()
"""
    )
    outcome(project.runpytest(), passed=2)


def test_a_mark_that_a_fixture_adds(project: pytest.Pytester) -> None:
    """`block_network` counts, too, where a fixture of the module adds it as the test is set up."""
    project.makepyfile(
        test_it=CONNECTS
        + """
@pytest.fixture(scope="module", autouse=True)
def offline(request): request.node.add_marker("block_network")

def test_it():
    with pytest.raises(RuntimeError, match="(?i)network"):
        connects()
"""
    )
    outcome(project.runpytest(), passed=1)


def test_a_config_of_each_test(project: pytest.Pytester) -> None:
    """A `vcr_config` with the scope of a function is asked for anew by each test."""
    project.makepyfile(
        test_it=CLIENT
        + """
@pytest.fixture
def vcr_config(request):
    return {"allow_unplayed": request.node.name == "test_one"}

@pytest.mark.vcr
def test_one(): pass

@pytest.mark.vcr
def test_two(): pass
"""
    )
    for name in ("test_one", "test_two"):
        path = project.path / f"cassettes/test_it/{name}.yaml"
        write_cassette(path, sse("https://example.org/x", {"a": 1}, ["x"]))

    outcome(project.runpytest(), passed=2, errors=1)
