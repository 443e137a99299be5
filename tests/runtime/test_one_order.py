"""Under `deterministic` everything comes in one order, whatever threads and the machine do."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from runtime_graphs import State, says

from harness import deterministic
from runtime.config import get_stream_writer
from runtime.graph import START, StateGraph

MODES = ["messages", "custom", "updates", "tasks", "values"]


@pytest.fixture
def restless() -> Iterator[None]:
    """Switch threads as often as can be, while two other processes keep the machine busy."""
    before = sys.getswitchinterval()
    with ExitStack() as stack:
        for _ in range(2):
            busy = [sys.executable, "-c", "while True: pass"]
            stack.callback(stack.enter_context(subprocess.Popen(busy)).kill)  # noqa: S603
        sys.setswitchinterval(1e-6)
        yield
        sys.setswitchinterval(before)


def graph() -> Any:
    """Return a graph of parallel nodes that all stream tokens and write items."""
    built: Any = StateGraph(State)
    for name in "abcd":
        model = says(f"{name} says hello")

        def node(_: Any, name: str = name, model: Any = model) -> Any:
            get_stream_writer()(f"{name} begins")
            said = model.invoke("q").content
            get_stream_writer()(f"{name} ends")
            return {"log": [said]}

        built.add_node(name, node).add_edge(START, name)
    return built.compile()


@pytest.mark.proof
@pytest.mark.usefixtures("restless")
def test_three_hundred_runs_come_in_one_order(drive) -> None:
    """Tokens, items, updates and ids, of sync nodes in threads, in sync and async runs."""
    seen = set()
    for _ in range(300):
        with deterministic(patience=60):  # a loaded machine is slow, and nothing else
            seen.add(repr(drive.stream(graph(), {"a": 1}, stream_mode=MODES)))
    assert len(seen) == 1
