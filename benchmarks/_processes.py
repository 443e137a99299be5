"""A whole process, most of which is importing langchain-core."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator

from _runner import QUICK, Goal, Run, Workload

_PROGRAM = """
from {engine}.graph import StateGraph, START
from typing_extensions import TypedDict
class State(TypedDict):
    a: int
graph = StateGraph(State).add_node("n", lambda s: {{"a": 1}}).add_edge(START, "n").compile()
assert graph.invoke({{"a": 0}}) == {{"a": 1}}
"""
_BARE_PROGRAM = """
import langchain_core.runnables.base, langchain_core.messages, langchain_core.callbacks.manager
"""


def _process(program: str, bytecode: str) -> Run:
    """Return what runs a program in a process of its own, with all modules compiled beforehand.

    Those of an installed package are; ours may lie in a checkout that nothing may be written to.
    """
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def run() -> int:
        command = [sys.executable, "-c", program]
        done = subprocess.run(command, check=True, timeout=60, env=environment)  # noqa: S603 - ours
        return done.returncode

    return run


def processes() -> Iterator[Workload]:
    """A process from its start to its end."""
    if QUICK:  # the slowest to run, and the least likely to break
        return
    bytecode = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, bytecode)
    yield Workload(
        "process: import, build and run one node",
        lambda engine: _process(_PROGRAM.format(engine=engine), bytecode),
        (Goal("times", 1 / 0.6),),
        floor=lambda: _process(_BARE_PROGRAM, bytecode),
    )
