"""A turn that is left over fails the test in which its model was made."""

from __future__ import annotations

import pytest
from small_projects import outcome

MODEL = """
import pytest
from harness import ScriptedChatModel
"""


def test_a_leftover_turn_fails_its_test(project: pytest.Pytester) -> None:
    """With the turns and the last conversation, not with a traceback of ours."""
    project.makepyfile(
        MODEL
        + """
def test_one():
    ScriptedChatModel(["a", "b"]).invoke("hello")
"""
    )
    result = project.runpytest()
    outcome(result, failed=1)
    result.stdout.fnmatch_lines(
        ["E*1 of 2 turns of scripted-1 were not played:", "*turn 1: 'b'", "*human: hello"]
    )
    result.stdout.no_fnmatch_line("*_plugin?leftovers.py*")


def test_used_up_scripts_pass(project: pytest.Pytester) -> None:
    """In sync and async tests, and where leftovers are allowed."""
    project.makepyfile(
        MODEL
        + """
def test_sync():
    ScriptedChatModel(["a"]).invoke("x")

async def test_async():
    await ScriptedChatModel(["a"]).ainvoke("x")

def test_allowed():
    ScriptedChatModel(["a"], allow_unplayed=True)

def test_endless():
    ScriptedChatModel(lambda messages, **kwargs: "a")
"""
    )
    outcome(project.runpytest(), passed=4)


def test_a_failure_of_the_test_comes_first(project: pytest.Pytester) -> None:
    """What is left over then is no news; a skipped test has nothing left over either."""
    project.makepyfile(
        MODEL
        + """
def test_fails():
    ScriptedChatModel(["a"])
    assert 1 == 2

def test_skips():
    ScriptedChatModel(["a"])
    pytest.skip()
"""
    )
    result = project.runpytest()
    outcome(result, failed=1, skipped=1)
    result.stdout.fnmatch_lines(["E*assert 1 == 2"])
    result.stdout.no_fnmatch_line("*not played*")


def test_fixtures_belong_to_their_scope(project: pytest.Pytester) -> None:
    """A test's own fixture counts at its end, one of a module when the module ends."""
    project.makepyfile(
        MODEL
        + """
@pytest.fixture
def own():
    return ScriptedChatModel(["a"])

@pytest.fixture(scope="module")
def shared():
    return ScriptedChatModel(["a", "b", "c"])

def test_own(own):
    pass

def test_first(shared):
    assert shared.invoke("x").id == "scripted-shared-1-1"

def test_second(shared):
    assert shared.invoke("x").text == "b"
"""
    )
    result = project.runpytest()
    outcome(result, failed=1, passed=2, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_second*", "*turn 2: 'c'*"])


@pytest.mark.parametrize("options", [(), pytest.param(("-n", "2"), marks=pytest.mark.proof)])
def test_models_of_modules_belong_to_no_test(
    project: pytest.Pytester, options: tuple[str, ...]
) -> None:
    """They are numbered apart, so that ids of a test do not depend on what was imported."""
    project.makepyfile(
        MODEL
        + """
model = ScriptedChatModel(["a", "b"])

def test_one():
    assert model.invoke("x").id == "scripted-shared-1-1"
    assert ScriptedChatModel(["a"]).invoke("x").id == "scripted-1-1"

def test_two():
    assert ScriptedChatModel(["a"]).invoke("x").id == "scripted-1-1"
"""
    )
    outcome(project.runpytest(*options), passed=2)
