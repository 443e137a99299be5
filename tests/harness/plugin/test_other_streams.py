"""What people stream besides graphs is accepted, reported, shown and compared like a graph's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_projects import outcome

from harness.cli import main

TESTS = """
import pytest
from langchain_core.output_parsers import StrOutputParser
from harness import ScriptedChatModel, acapture_chunks, capture, capture_chunks, watch
from runtime.graph import START, MessagesState, StateGraph

def model():
    return ScriptedChatModel([{text!r}], ids="m")

def graph(said):
    node = lambda state: {{"messages": [said.invoke(state["messages"])]}}
    return StateGraph(MessagesState).add_node("ask", node).add_edge(START, "ask").compile()

def test_event_stream(stream_snapshot):
    assert capture(graph(model()), {{"messages": ["hi"]}}, version="v3") == stream_snapshot

def test_watched(stream_snapshot):
    watched = watch(graph(model()))
    watched.stream_events({{"messages": ["hi"]}}, version="v3").output
    assert watched.transcript == stream_snapshot

async def test_callbacks(stream_snapshot):
    events = graph(model()).astream_events({{"messages": ["hi"]}}, version="v2")
    assert await acapture_chunks(events) == stream_snapshot

def test_chain(stream_snapshot):
    assert capture(model() | StrOutputParser(), "hi") == stream_snapshot

def test_endpoint(stream_snapshot):
    body = [f'data: {{{{"text": "{{word}}"}}}}\\n\\n'.encode() for word in {text!r}.split()]
    assert capture_chunks(body, form="server-sent") == stream_snapshot
"""
SAID = {
    "test_event_stream": 'node `ask`: token 3 changed: " cat" -> " dog"',
    "test_watched": 'node `ask`: token 3 changed: " cat" -> " dog"',
    "test_callbacks": ': token 3 changed: " cat" -> " dog"',
    "test_chain": 'output 3 changed: " cat" -> " dog"',
    "test_endpoint": 'server-sent event 3 changed in `data.text`: "cat" -> "dog"',
}


@pytest.fixture
def accepted(project: pytest.Pytester) -> Path:
    """The folder of their snapshots, which a second run agrees with."""
    project.makepyfile(test_it=TESTS.format(text="Why the cat"))
    project.runpytest("--snapshot-update")
    outcome(project.runpytest(), passed=len(SAID))
    return project.path / "__snapshots__" / "test_it"


def test_each_is_accepted_and_told_apart(project: pytest.Pytester, accepted: Path) -> None:
    """A changed token fails each of them, in its own words."""
    project.makepyfile(test_it=TESTS.format(text="Why the dog"))
    result = project.runpytest("-vv")
    outcome(result, failed=len(SAID))
    for said in SAID.values():
        result.stdout.fnmatch_lines([f"E*{said.replace('[', '[[]')}*"])


def test_each_is_in_the_report(project: pytest.Pytester, accepted: Path) -> None:
    """With its events, and how it differs."""
    project.makepyfile(test_it=TESTS.format(text="Why the dog"))
    project.runpytest("--harness-report=page.html")
    text = (project.path / "page.html").read_text("utf-8")
    data = text.partition('id="data">')[2].partition("</script>")[0]
    tests = {test["id"].partition("::")[2]: test for test in json.loads(data)["tests"]}
    for name, said in SAID.items():
        (stream,) = tests[name]["streams"]
        assert len(stream["events"]) >= 3
        assert said in " ".join(tests[name]["differences"][0]["said"])


@pytest.mark.parametrize("name", SAID)
def test_each_is_shown_and_compared_outside_of_pytest(
    accepted: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """By `harness show` and `harness diff`, which say the same as a failing test."""
    old, new = accepted / f"{name}.stream.txt", tmp_path / "new.stream.txt"
    new.write_text(old.read_text().replace("cat", "dog"))
    assert main(["show", str(old)]) == 0
    assert capsys.readouterr().out.startswith("# stream transcript, format 2\n")
    assert main(["diff", str(old), str(new)]) == 1
    assert SAID[name] in capsys.readouterr().out
