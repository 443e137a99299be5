"""What pytest says at the end: cassettes, models, the network, and files of no test."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_projects import anthropic_call, openai_call, outcome, write_cassette

TEST = """
import socket
import pytest
from harness import ScriptedChatModel
from langchain_openai import ChatOpenAI

@pytest.mark.vcr
@pytest.mark.parametrize("topic", ["cats", "dogs"])
def test_it(topic):
    model = ChatOpenAI(model="gpt-4o-mini", max_retries=0)
    assert [chunk.text for chunk in model.stream(f"Write about {topic}")][1] == "Why"

@pytest.mark.vcr
@pytest.mark.skip
def test_skipped():
    pass

@pytest.mark.vcr
def test_refused():
    with pytest.raises(Exception, match="blocked"):
        socket.create_connection(("example.org", 443))

def test_scripted():
    ScriptedChatModel(["a", "b"]).batch(["x", "y"])
"""


@pytest.fixture
def played(project: pytest.Pytester) -> Path:
    """A project whose tests play two cassettes; return their folder."""
    project.makepyfile(test_it=TEST)
    folder = project.path / "cassettes/test_it"
    for topic in ("cats", "dogs"):
        call = openai_call(f"Write about {topic}", ["Why", " not"])
        body = call["response"]["body"]
        body["string"] = body["string"].replace(
            '"created"', '"usage": {"completion_tokens": 21}, "created"'
        )
        write_cassette(folder / f"test_it[{topic}].yaml", call)
    write_cassette(folder / "test_skipped.yaml", openai_call("x", []))
    return folder


ORPHANS = ("cassettes/test_gone/test_old.yaml", "cassettes/test_it/test_it[mice].yaml")


@pytest.fixture
def orphans(project: pytest.Pytester, played: Path) -> None:
    """Two files that no test uses: one of a case that is gone, one of a module."""
    for orphan in ORPHANS:
        write_cassette(project.path / orphan, anthropic_call("x", []))


def test_what_was_played(project: pytest.Pytester, played: Path) -> None:
    """Cassettes, models, tokens, refusals and what took longest, with numbers and names."""
    result = project.runpytest()
    outcome(result, passed=4, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "*= cassettes and models =*",
            "2 cassettes played",
            "models called: gpt-4o-mini 2x, scripted 2x; 42 tokens replayed",
            "slowest replays:",
            "  0.?? s  test_it.py::test_it*",
            "refused to reach the network:",
            "  example.org:443 1x, first in test_it.py::test_refused",
        ]
    )


@pytest.mark.parametrize(
    "options",
    [pytest.param((), id="alone"), pytest.param(("-n", "2"), id="xdist", marks=pytest.mark.proof)],
)
def test_files_of_no_test(
    project: pytest.Pytester, orphans: None, options: tuple[str, ...]
) -> None:
    """They are named; that of a skipped test is not, and nothing is deleted."""
    result = project.runpytest(*options)
    outcome(result, passed=4, skipped=1)
    result.stdout.fnmatch_lines(["2 cassettes played, 2 files of no test", "of no test; *"])
    shown = [line.strip() for line in result.outlines if line.strip().endswith(".yaml")]
    assert shown == sorted(ORPHANS, reverse=True)
    assert all((project.path / orphan).exists() for orphan in ORPHANS)


@pytest.mark.parametrize(
    "options",
    [("-k", "cats"), ("test_it.py::test_refused",), ("--deselect", "test_it.py::test_it")],
)
def test_a_part_of_the_tests(
    project: pytest.Pytester, orphans: None, options: tuple[str, ...]
) -> None:
    """It says nothing about the files of the others."""
    assert "of no test" not in project.runpytest(*options).stdout.str()


def test_a_folder_that_modules_share(project: pytest.Pytester) -> None:
    """It is looked at when all of them run."""
    project.makeconftest(
        """
        import pytest

        @pytest.fixture(scope="session")
        def vcr_cassette_dir():
            return "shared"
        """
    )
    for name in ("one", "two"):
        test = f"@pytest.mark.vcr(allow_unplayed=True)\ndef test_{name}(): pass"
        project.makepyfile(**{f"test_{name}": f"import pytest\n{test}"})
        write_cassette(project.path / f"shared/test_{name}.yaml", openai_call("x", []))
    write_cassette(project.path / "shared/test_gone.yaml", openai_call("x", []))
    assert "of no test" not in project.runpytest("test_one.py").stdout.str()
    result = project.runpytest()
    result.stdout.fnmatch_lines(["*1 file of no test", "  shared/test_gone.yaml"])


def test_nothing_happened(project: pytest.Pytester) -> None:
    """Then nothing is said."""
    project.makepyfile("def test_it(): pass")
    assert "cassettes and models" not in project.runpytest().stdout.str()


@pytest.mark.parametrize("options", [(), ("-p", "no:recording")], ids=["theirs", "ours"])
def test_what_block_network_refuses_is_counted(
    project: pytest.Pytester, options: tuple[str, ...]
) -> None:
    """Whoever refuses it, and once; afterwards everything is as it was."""
    project.makepyfile(
        test_it="""
        import socket
        import pytest

        BEFORE = socket.socket.connect, socket.socket.connect_ex

        @pytest.mark.block_network
        def test_refused():
            for call in ("connect", "connect_ex"):
                with socket.socket() as client, pytest.raises(Exception):
                    getattr(client, call)(("192.0.2.1", 443))

        def test_undone():
            assert (socket.socket.connect, socket.socket.connect_ex) == BEFORE
        """
    )
    result = project.runpytest_subprocess(*options)
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["  192.0.2.1:443 2x, first in test_it.py::test_refused"])
