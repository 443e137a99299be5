"""Questions, answers and errors are events of their own, in every shape of chunks."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from typing_extensions import TypedDict

from harness import acapture, capture


class Draft(TypedDict, total=False):
    text: str


@pytest.fixture
def types(engine: ModuleType) -> ModuleType:
    """The types of the same engine."""
    return import_module(engine.__name__.replace(".graph", ".types"))


@pytest.fixture
def asking(engine: ModuleType, types: ModuleType) -> Any:
    """A graph that asks before it publishes."""

    def publish(state: Draft) -> Draft:
        return {"text": f"{state['text']}: {types.interrupt('publish?')}"}

    graph = engine.StateGraph(Draft).add_node("publish", publish)
    return graph.add_edge(engine.START, "publish").compile(checkpointer=InMemorySaver())


def thread(name: str) -> dict[str, Any]:
    """A config with a thread."""
    return {"configurable": {"thread_id": name}}


def test_an_interrupt_is_an_event(asking: Any) -> None:
    """Where a run stops to ask, the transcript says so, wherever the engine has put it."""
    transcript = capture(asking, {"text": "cats"}, thread("1"), stream_mode=["updates"])
    assert [event.mode for event in transcript.events] == ["interrupt"]
    assert [question.value for question in transcript.interrupts] == ["publish?"]
    assert "interrupt (Interrupt(" in transcript.text()


def test_the_shape_of_chunks_does_not_matter(asking: Any) -> None:
    """Typed parts (`version="v2"`) and plain chunks give one transcript."""
    texts = {
        capture(asking, {"text": "cats"}, thread("same"), version=version, subgraphs=inner).text()
        for version in ("v1", "v2")
        for inner in (False, True)
        if not asking.checkpointer.delete_thread("same")
    }
    assert len(texts) == 1


async def test_an_answer_is_appended(asking: Any, types: ModuleType) -> None:
    """The run that goes on follows its input, with arrival numbers that go on, too."""
    if sys.version_info < (3, 11) and types.__name__ == "langgraph.types":
        pytest.skip("LangGraph's interrupt() needs Python 3.11 in async runs")
    asked = await acapture(asking, {"text": "cats"}, thread("1"), stream_mode="updates")
    answer = types.Command(resume="yes")
    whole = await acapture(asking, answer, thread("1"), stream_mode="updates", after=asked)

    assert [event.mode for event in whole.events] == ["interrupt", "input", "updates"]
    assert [event.number for event in whole.events] == [1, 2, 3]
    assert whole.updates("publish") == [{"text": "cats: yes"}]
    assert len(whole.interrupts) == 1


def test_checkpoints_tasks_and_debug(asking: Any) -> None:
    """Two runs of every mode have the same text, though all ids and times are new."""
    modes = ["checkpoints", "tasks", "debug", "values"]
    first, second = (
        capture(asking, {"text": "cats"}, thread("same"), stream_mode=modes)
        for _ in range(2)
        if not asking.checkpointer.delete_thread("same")
    )
    assert {event.mode for event in first.events} == {*modes, "interrupt"}
    assert first == second
