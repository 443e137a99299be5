"""`@pytest.mark.vcr` without keys and without a network: the recorded stream, or a clear error."""

from __future__ import annotations

from pathlib import Path

import pytest
from langsmith.utils import get_env_var
from small_projects import anthropic_call, openai_call, outcome, write_cassette

OPENAI = """
import pytest
from graphs import capture, graph_of
from langchain_openai import ChatOpenAI

def model():
    return ChatOpenAI(model="gpt-4o-mini", max_retries=0)

@pytest.mark.vcr
def test_answer(stream_snapshot):
    assert capture(graph_of(model()), {"topic": "cats"}) == stream_snapshot
"""
WORDS = ["Why", " not", "?"]


@pytest.fixture
def recorded(project: pytest.Pytester) -> Path:
    """A project with a test of ChatOpenAI and its cassette, where pytest-recording has it."""
    project.makepyfile(test_it=OPENAI)
    cassette = project.path / "cassettes/test_it/test_answer.yaml"
    write_cassette(cassette, openai_call("Write about cats", WORDS))
    return cassette


def test_openai(project: pytest.Pytester, recorded: Path) -> None:
    """The real ChatOpenAI streams the recorded tokens; the snapshot holds them."""
    outcome(project.runpytest("--snapshot-update"), passed=1)
    outcome(project.runpytest(), passed=1)
    text = (project.path / "__snapshots__/test_it/test_answer.stream.txt").read_text()
    assert '"Why" " not" "?"' in text
    assert 'ls_provider: "openai"' in text


def test_anthropic(project: pytest.Pytester) -> None:
    """The real ChatAnthropic does so too, in an async test."""
    project.makepyfile(
        test_it="""
        import pytest
        from graphs import graph_of
        from harness import acapture
        from langchain_anthropic import ChatAnthropic

        @pytest.mark.vcr
        async def test_answer():
            model = ChatAnthropic(model="claude-haiku-4-5", max_tokens=64, max_retries=0)
            graph = graph_of(model)
            transcript = await acapture(graph, {"topic": "cats"})
            assert transcript.tokens() == ["Why", " not", "?"]
        """
    )
    call = anthropic_call("Write about cats", WORDS)
    write_cassette(project.path / "cassettes/test_it/test_answer.yaml", call)
    outcome(project.runpytest(), passed=1)


def test_one_changed_byte_is_seen(project: pytest.Pytester, recorded: Path) -> None:
    """The verdict depends on the cassette, not on something that imitates it."""
    project.runpytest("--snapshot-update")
    recorded.write_text(recorded.read_text().replace(" not", " now"))
    result = project.runpytest()

    outcome(result, failed=1)
    result.stdout.fnmatch_lines(['E*node `answer`: token 3 changed: " not" -> " now"'])


def test_a_missing_cassette(project: pytest.Pytester, recorded: Path) -> None:
    """The error names the file and the command that records it, once, and shows who asked."""
    recorded.unlink()
    result = project.runpytest()

    outcome(result, failed=1)
    result.stdout.fnmatch_lines(
        [
            "E*POST https://api.openai.com/v1/chat/completions has no answer: there is no *",
            "E*to record it: pytest --record-mode=once*",
        ]
    )
    assert result.stdout.str().count("record it") == 1
    assert "harness/cassettes/_cassette.py" not in result.stdout.str()
    assert not recorded.exists()


def test_a_missing_cassette_of_a_program_that_hides_the_error(
    project: pytest.Pytester, recorded: Path
) -> None:
    """What is missing is added to the report of a test that fails for another reason."""
    recorded.unlink()
    project.makepyfile(
        test_it="""
        import pytest
        from langchain_openai import ChatOpenAI

        @pytest.mark.vcr
        def test_answer():
            try:
                answer = ChatOpenAI(model="gpt-4o-mini").invoke("q").text
            except Exception:
                answer = "I do not know."
            assert answer == "Why not?"
        """
    )
    result = project.runpytest()
    outcome(result, failed=1)
    result.stdout.fnmatch_lines(
        ["*/test_answer.yaml does not exist; record it with: pytest --record-mode=once"]
    )


def test_a_test_that_sends_nothing_needs_no_cassette(project: pytest.Pytester) -> None:
    """A mark on the whole module covers such tests too."""
    project.makepyfile("import pytest\npytestmark = pytest.mark.vcr\ndef test_it(): pass")
    outcome(project.runpytest(), passed=1)


def test_a_changed_request_fails(project: pytest.Pytester, recorded: Path) -> None:
    """A request that was not recorded is an error that shows the nearest one."""
    recorded.write_text(recorded.read_text().replace("about cats", "about dogs"))
    result = project.runpytest()

    result.stdout.fnmatch_lines(["*CassetteMissError*", "*nearest: interaction 0*"])
    assert result.ret == 1


def test_a_leftover_interaction_fails(project: pytest.Pytester, recorded: Path) -> None:
    """What the program no longer asks for is not silently kept."""
    project.runpytest("--snapshot-update")
    calls = [openai_call(f"Write about {topic}", WORDS) for topic in ("cats", "dogs")]
    write_cassette(recorded, *calls)
    result = project.runpytest()

    outcome(result, passed=1, errors=1)
    result.stdout.fnmatch_lines(["*UnplayedInteractionsError: 1 of 2 interactions*"])


def test_other_connections_are_refused(project: pytest.Pytester) -> None:
    """Whatever the client; this machine can still be reached."""
    project.makepyfile(
        """
        import socket
        import pytest
        from harness.errors import NetworkBlockedError

        @pytest.mark.vcr
        def test_it():
            with pytest.raises(NetworkBlockedError, match="example.org"):
                socket.create_connection(("example.org", 443))
            with socket.create_server(("127.0.0.1", 0)) as server:
                socket.create_connection(server.getsockname()).close()

        def test_not_marked():
            assert "block" not in repr(socket.socket.connect)
            assert socket.socket.connect.__qualname__ == "socket.connect"
        """
    )
    outcome(project.runpytest(), passed=2)


def test_the_environment_is_as_before(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Placeholder keys and switched-off tracing last as long as the test; a real key stays."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "mine")
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    project.makepyfile(
        """
        import os
        import pytest
        from langsmith.utils import tracing_is_enabled

        def test_before():
            assert tracing_is_enabled()

        @pytest.mark.vcr
        def test_marked():
            assert os.environ["OPENAI_API_KEY"]
            assert os.environ["ANTHROPIC_API_KEY"] == "mine"
            assert not tracing_is_enabled()

        def test_after():
            assert "OPENAI_API_KEY" not in os.environ
            assert tracing_is_enabled()
        """
    )
    try:
        outcome(project.runpytest(), passed=3)
    finally:
        get_env_var.cache_clear()  # it remembers that tracing was on
