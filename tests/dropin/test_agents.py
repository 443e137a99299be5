"""Published packages built on LangGraph stream the same through the switch as on LangGraph."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
TAILS = ("", "-subgraphs", "-events")
STREAMS = [f"{drive}{tail}" for drive in ("sync", "async") for tail in TAILS]
QUICK = ("two_tool_calls_at_once", "hooks_everywhere", "a_swarm_of_two_agents")
RUNS_AS_LANGGRAPH_DOES_NOT = sys.version_info < (3, 11)  # its async nodes lose their config there


def names() -> list[str]:
    """The names of the cases, read without importing what they import."""
    tree = ast.parse((HERE / "agents.py").read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return [f.name for f in functions if any(ast.unparse(d) == "case" for d in f.decorator_list)]


@cache
def streamed(engine: str, *cases: str) -> Any:
    """Return what cases (all, if none is named) stream on an engine, in a process of its own."""
    ran = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, str(HERE / "stream_agents.py"), engine, *cases],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "LANGSMITH_TRACING": "false"},
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=() if n in QUICK else pytest.mark.proof) for n in names()]
)
def test_streams_are_equal(name: str, stream: str) -> None:
    """Every chunk of every mode is the same on both engines."""
    if RUNS_AS_LANGGRAPH_DOES_NOT and stream.startswith("async"):
        pytest.skip("on Python 3.10 LangGraph itself streams less in async runs")
    cases = QUICK if name in QUICK else ()
    theirs, ours = (streamed(engine, *cases)[name][stream] for engine in ("installed", "bundled"))
    assert theirs, "a case that streams nothing compares nothing"
    assert ours == theirs
