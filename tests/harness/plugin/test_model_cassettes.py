"""Model cassettes under pytest: recorded by its option, unplayed ones fail the test."""

from __future__ import annotations

import pytest
from small_projects import outcome

TEST = """
from harness import CassetteChatModel, ScriptedChatModel

def test_one():
    model = CassetteChatModel("agent.yaml", model=ScriptedChatModel({script}, allow_unplayed=True))
    assert model.invoke("{question}").text == "{answer}"
"""


def test_the_option_records(project: pytest.Pytester) -> None:
    """`--record-mode=once` asks the live model, a plain run does not; `rewrite` does anew."""
    project.makepyfile(TEST.format(script=["live"], question="q", answer="live"))
    result = project.runpytest()
    outcome(result, failed=1)
    result.stdout.fnmatch_lines(["E*there is no cassette agent.yaml*"])
    outcome(project.runpytest("--record-mode=once"), passed=1)
    project.makepyfile(TEST.format(script=[], question="q", answer="live"))
    outcome(project.runpytest(), passed=1)
    project.makepyfile(TEST.format(script=["new"], question="q", answer="new"))
    outcome(project.runpytest("--record-mode=rewrite"), passed=1)


def test_an_unplayed_interaction_fails_the_test(project: pytest.Pytester) -> None:
    """When it ends, with what was recorded."""
    project.makepyfile(TEST.format(script=["live"], question="q", answer="live"))
    outcome(project.runpytest("--record-mode=once"), passed=1)
    project.makepyfile(
        "from harness import CassetteChatModel\n"
        "def test_one():\n"
        "    CassetteChatModel('agent.yaml')\n"
    )
    result = project.runpytest()
    outcome(result, failed=1)
    result.stdout.fnmatch_lines(["E*1 of 1 interactions of agent.yaml were not played"])
