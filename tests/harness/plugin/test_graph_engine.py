"""`--graph-engine`: the same tests on the installed LangGraph, on the bundled runtime, on both."""

from __future__ import annotations

import pytest
from small_projects import outcome

ALONE_OR_NOT = [(), pytest.param(("-n", "2"), marks=pytest.mark.proof)]

WHICH = """
import langgraph.graph, langgraph.types
from langgraph.checkpoint.memory import InMemorySaver
from graphs import capture, says

def test_engine():
    assert langgraph.graph.StateGraph.__module__ == "{module}.graph.state"
    assert InMemorySaver.__module__ == "langgraph.checkpoint.memory"
    transcript = capture(says("Hi there"), {{"topic": "cats"}})
    assert transcript.tokens() == ["Hi", " ", "there"]
"""

PARTING = """
import langgraph.graph
from graphs import capture, says

BUNDLED = langgraph.graph.StateGraph.__module__.startswith("runtime.")

def test_agrees():
    capture(says("Hi"), {"topic": "cats"})

def test_fails_on_both():
    assert not "fine"

def test_fails_on_one():
    assert not BUNDLED

def test_streams_something_else():
    capture(says("Hi there" if BUNDLED else "Ho there"), {"topic": "cats"})
"""


@pytest.mark.parametrize("more", ALONE_OR_NOT, ids=["alone", "xdist"])
@pytest.mark.parametrize(
    ("option", "module"),
    [((), "langgraph"), (("--graph-engine=bundled",), "runtime")],
    ids=["installed", "bundled"],
)
def test_one_engine(
    project: pytest.Pytester, option: tuple[str, ...], module: str, more: tuple[str, ...]
) -> None:
    """What tests import as langgraph is what was asked for, savers excepted, in workers, too."""
    project.makepyfile(test_it=WHICH.format(module=module))
    run = project.runpytest_subprocess if option else project.runpytest  # the switch is for good
    outcome(run(*option, *more), passed=1)


@pytest.mark.proof
def test_it_can_stand_in_the_configuration(project: pytest.Pytester) -> None:
    """`addopts` is enough, and the switch is on before a conftest imports the graph."""
    project.makepyfile(test_it=WHICH.format(module="runtime"))
    project.makeconftest("import langgraph.graph")
    project.makeini("[pytest]\naddopts = --graph-engine=bundled -p no:cacheprovider")
    outcome(project.runpytest_subprocess(), passed=1)


@pytest.mark.proof
def test_too_late(project: pytest.Pytester) -> None:
    """Where a plugin has imported LangGraph already, the error names the module and a way out."""
    project.makepyfile(early="import langgraph.graph")
    result = project.runpytest_subprocess("-p", "early", "--graph-engine=bundled")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*comes too late: langgraph.* was imported already*"])


@pytest.mark.parametrize("more", ALONE_OR_NOT, ids=["alone", "xdist"])
def test_both(project: pytest.Pytester, more: tuple[str, ...]) -> None:
    """The tests run twice; those whose outcome or stream differs are named, with the difference."""
    project.makepyfile(test_it=PARTING)
    result = project.runpytest_subprocess("--graph-engine=both", *more)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "*graph engine: installed*",
            "*graph engine: bundled*",
            "test_it.py::test_fails_on_one: passed on the installed LangGraph, failed on the *",
            "test_it.py::test_streams_something_else: what was streamed differs",
            "    *Ho*Hi*",
            "2 of 4 tests part",
        ]
    )
    assert "test_fails_on_both:" not in result.stdout.str()


@pytest.mark.proof
def test_both_agree(project: pytest.Pytester) -> None:
    """A suite that gives the same on both engines passes."""
    project.makepyfile(
        """
        from graphs import capture, says

        def test_it():
            capture(says("Hi"), {"topic": "cats"})
        """
    )
    result = project.runpytest_subprocess("--graph-engine=both")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["all 1 tests agree"])


def test_both_writes_no_snapshots(project: pytest.Pytester) -> None:
    """Which of the two would be accepted?"""
    result = project.runpytest("--graph-engine=both", "--snapshot-update")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
