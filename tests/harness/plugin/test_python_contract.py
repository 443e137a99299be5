"""`--python-contract=3.10` asks a suite what its graphs lose on Python 3.10."""

from __future__ import annotations

import pytest
from small_projects import outcome

SUITE = """
from langchain_core.language_models import GenericFakeChatModel

from runtime.graph import START, MessagesState, StateGraph

async def joke(state: MessagesState):
    model = GenericFakeChatModel(messages=iter(["one two"]))
    return {"messages": [await model.ainvoke("q")]}

async def test_tokens():
    graph = StateGraph(MessagesState).add_node(joke).add_edge(START, "joke").compile(name="jokes")
    chunks = [c async for c in graph.astream({"messages": []}, stream_mode="messages")]
    assert len(chunks) > 1
"""


@pytest.mark.parametrize("options", [[], pytest.param(["-n", "1"], marks=pytest.mark.proof)])
def test_losses_stand_in_the_summary(project: pytest.Pytester, options: list[str]) -> None:
    """A node that falls silent fails its test, and is named with the call and the way out."""
    project.makepyfile(test_it=SUITE)
    result = project.runpytest("--python-contract=3.10", *options)
    outcome(result, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*lost under the contract of Python 3.10*",
            "jokes, node 'joke': GenericFakeChatModel.ainvoke() (test_it.py:7): pass `config`*",
            "    in test_it.py::test_tokens",
        ]
    )


def test_graphs_of_langgraph_need_the_bundled_engine(project: pytest.Pytester) -> None:
    """On the installed engine it says that it has not asked them; on the bundled one it asks."""
    project.makepyfile(test_it=SUITE.replace("runtime.graph", "langgraph.graph"))
    installed = project.runpytest("--python-contract=3.10")
    installed.stdout.fnmatch_lines(["*were not asked: --graph-engine=bundled asks them"])
    bundled = project.runpytest_subprocess("--python-contract=3.10", "--graph-engine=bundled")
    bundled.stdout.fnmatch_lines(["jokes, node 'joke': GenericFakeChatModel.ainvoke()*"])
    bundled.stdout.no_fnmatch_line("*were not asked*")


def test_natively_nothing_is_said(project: pytest.Pytester) -> None:
    """Without the option the tokens come, and there is no such section."""
    project.makepyfile(test_it=SUITE)
    result = project.runpytest()
    outcome(result, passed=1)
    result.stdout.no_fnmatch_line("*under the contract*")
