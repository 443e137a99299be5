"""In a replay, parallel nodes of the bundled runtime stream in one order, run after run."""

from __future__ import annotations

import pytest
from small_projects import openai_call, outcome, write_cassette

PARALLEL = """
import sys
import pytest
from langchain_openai import ChatOpenAI
from harness import capture
from runtime.graph import START, StateGraph
from typing import TypedDict

class State(TypedDict, total=False):
    topic: str
    {fields}

def graph():
    graph = StateGraph(State)
    for name in {names}:
        def node(state, name=name):
            model = ChatOpenAI(model="gpt-4o-mini", max_retries=0)
            return {{name: model.invoke(f"{{name}} about {{state['topic']}}").content}}
        graph.add_node(name, node).add_edge(START, name)
    return graph.compile()

@pytest.fixture(autouse=True)
def restless():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)

@pytest.mark.vcr
@pytest.mark.parametrize("run", range(10))
def test_order(run):
    tokens = capture(graph(), {{"topic": "cats"}}, stream_mode=["messages"]).tokens()
    assert tokens == {expected}
"""


def test_tokens_of_parallel_nodes_come_in_path_order(project: pytest.Pytester) -> None:
    """Ten replays of four nodes in threads give the tokens of one node after the other."""
    names = ["d", "b", "c", "a"]
    words = {name: [f"{name}{number}" for number in range(8)] for name in names}
    expected = [word for name in sorted(names) for word in words[name]]
    fields = "\n    ".join(f"{name}: str" for name in names)
    project.makepyfile(test_it=PARALLEL.format(fields=fields, names=names, expected=expected))
    calls = [openai_call(f"{name} about cats", words[name]) for name in names]
    for run in range(10):
        cassette = project.path / f"cassettes/test_it/test_order[{run}].yaml"
        write_cassette(cassette, *calls)
    outcome(project.runpytest(), passed=10)
