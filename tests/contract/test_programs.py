"""Nodes composed at random: the contract of 3.10 is LangGraph's on a real Python 3.10."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from glob import glob
from pathlib import Path
from typing import Any

import pytest
from cases import CASES
from engines import LANGGRAPH, OURS
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from streams import observe

from runtime.contract import python_contract

# that of the strategies below is, and nobody reads it
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")

HERE = Path(__file__).parent
ENVIRONMENT = "PYTHON310_WITH_LANGGRAPH"
OWN = "native" if sys.version_info >= (3, 11) else "3.10"

_BOOLEANS = st.booleans()
_TEXTS = st.sampled_from(["one two", "three", "four five six"])
_WITHIN = st.sampled_from([None, "gather", "create_task"])


def _step(do: str, **fields: Any) -> Any:
    return st.fixed_dictionaries({"do": st.just(do), "within": _WITHIN, **fields})


_LEAVES = st.one_of(
    _step(
        "say",
        config=_BOOLEANS,
        text=_TEXTS,
        how=st.sampled_from(["ainvoke", "astream", "chain", "with_config"]),
    ),
    _step("write", how=st.sampled_from(["function", "parameter", "runtime"])),
    _step(
        "ask",
        how=st.sampled_from(["config", "store", "runtime", "runtime_store"]),
        injected=_BOOLEANS,
    ),
    st.just({"do": "interrupt"}),
)


def _several(steps: Any) -> Any:
    return st.lists(steps, min_size=1, max_size=2)


def _nodes(steps: Any) -> Any:
    several = _several(steps)
    path = st.fixed_dictionaries({"kind": st.sampled_from(["sync", "async"]), "steps": several})
    node = st.fixed_dictionaries(
        {"kind": st.sampled_from(["sync", "async", "lambda"]), "steps": several},
        optional={"path": path},
    )
    timed = st.fixed_dictionaries(
        {
            "kind": st.just("async"),
            # the one thing that is not imitated: see `runtime.contract`
            "steps": several.filter(lambda steps: not re.search("agent|tool_node", str(steps))),
            "timeout": st.just(True),
        }
    )
    graph = st.fixed_dictionaries(
        {"kind": st.just("graph"), "nodes": st.lists(node, min_size=1, max_size=2)}
    )
    return st.lists(node | timed | graph, min_size=1, max_size=2)


def _branches(steps: Any) -> Any:
    several = _several(steps)
    return st.one_of(
        _step("tool", config=_BOOLEANS, steps=several),
        _step("tool_node", config=_BOOLEANS, steps=several),
        _step("runnable", config=_BOOLEANS, steps=several),
        _step("task", steps=several),
        _step("graph", config=_BOOLEANS, nodes=_nodes(steps)),
        _step("graph", config=_BOOLEANS, entrypoint=st.just("async"), steps=several),
        _step("graph", config=_BOOLEANS, agent=several),
    )


_STEPS = st.recursive(_LEAVES, _branches, max_leaves=4)


@st.composite
def _gather(draw: Any) -> dict[str, Any]:
    """Two steps at the same time, in which each says something else.

    Neither asks: what is left of the other one then depends on chance. Nor is one an agent: all of
    them say the same.
    """
    alone = _STEPS.filter(lambda step: not re.search("interrupt|agent", str(step)))
    one, other = draw(alone), draw(alone)
    renamed = json.loads(json.dumps(other).replace('"text": "', '"text": "also '))
    return {"do": "gather", "steps": [one, renamed]}


_GATHER = _gather()


@st.composite
def _programs(draw: Any) -> dict[str, Any]:
    """A graph of any form, and whether what is inside it is streamed, too."""
    several = _several(_STEPS | _GATHER)
    workflow = {"entrypoint": st.sampled_from(["sync", "async"]), "steps": several}
    graph = st.one_of(
        st.fixed_dictionaries({"nodes": _nodes(_STEPS | _GATHER)}),
        st.fixed_dictionaries(workflow),
        st.fixed_dictionaries({"agent": _several(_STEPS)}),
    )
    modes = ["messages", "custom", "updates"]
    return {**draw(graph), "modes": modes, "subgraphs": draw(_BOOLEANS)}


PROGRAMS = _programs()
BOUNDED: dict[str, Any] = {
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
    "derandomize": True,
}
BOUNDED["phases"] = [Phase.explicit, Phase.generate]  # to shrink takes minutes


def under(version: Any, program: dict[str, Any]) -> list[str]:
    """Return what a program streams on our engine under a contract."""
    with python_contract(version):
        return asyncio.run(observe(OURS, program))


@given(PROGRAMS)
@settings(max_examples=40, **BOUNDED)
def test_as_langgraph_on_this_python(program: dict[str, Any]) -> None:
    """A composed program streams what it does on LangGraph under this interpreter."""
    assert under(OWN, program) == asyncio.run(observe(LANGGRAPH, program))


class Other:
    """LangGraph on another interpreter: a program goes in as a line, its stream comes back."""

    def __init__(self, python: str) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - an interpreter that the test has made
            [python, "-W", "ignore", str(HERE / "serve_langgraph.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def stream(self, program: dict[str, Any]) -> list[str]:
        """Return the lines that a program streams there."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(program) + "\n")
        process.stdin.flush()
        answer: list[str] = json.loads(process.stdout.readline())
        return answer

    def close(self) -> None:
        """End the other interpreter, which ends when its input does."""
        self._process.communicate(timeout=60)


def _interpreter() -> str | None:
    root = os.environ.get("PYENV_ROOT", str(Path.home() / ".pyenv"))
    found = sorted(glob(f"{root}/versions/3.10.*/bin/python"))  # noqa: PTH207 - outside of here
    return found[-1] if found else shutil.which("python3.10")


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Other]:
    """LangGraph on a real Python 3.10, of the environment that is named or of a new one."""
    python = os.environ.get(ENVIRONMENT)
    if python is None:
        base = _interpreter()
        if base is None:
            pytest.skip(f"no CPython 3.10 on this machine, and {ENVIRONMENT} names none")
        folder = tmp_path_factory.mktemp("python310") / "venv"
        python = str(folder / "bin" / "python")
        install = [python, "-m", "pip", "install", "--quiet", "langgraph"]
        for command in ([base, "-m", "venv", str(folder)], install):
            subprocess.run(command, check=True, timeout=300, capture_output=True)  # noqa: S603
    other = Other(python)
    yield other
    other.close()


@pytest.mark.proof
@pytest.mark.parametrize("case", CASES)
def test_the_table_on_real_310(real: Other, case: str) -> None:
    """Each case of the table streams under the contract what LangGraph streams on Python 3.10."""
    assert under("3.10", CASES[case]) == real.stream(CASES[case])


@pytest.mark.proof
def test_composed_programs_on_real_310(real: Other) -> None:
    """So do programs that nobody wrote."""

    @given(PROGRAMS)
    @settings(max_examples=200, **BOUNDED)
    def check(program: dict[str, Any]) -> None:
        assert under("3.10", program) == real.stream(program)

    check()
