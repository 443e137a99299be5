"""In a deterministic block every uuid is numbered, whoever draws it and however it was imported."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import langsmith
import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.utils.uuid import uuid7
from langgraph.checkpoint.base.id import uuid6
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph

from harness import deterministic
from harness.errors import HarnessError


@pytest.mark.parametrize(
    ("draw", "version"),
    [
        (uuid4, 4),
        (lambda: uuid6(clock_seq=3), 6),
        (uuid7, 7),
        (lambda: uuid7(10**18), 7),
        (langsmith.uuid7, 7),
    ],
)
def test_every_source(draw: Callable[[], uuid.UUID], version: int) -> None:
    """Numbered from 1 in each block, valid, in order; afterwards as random as ever."""
    with deterministic():
        first = [draw(), draw()]
    with deterministic():
        second = [draw(), draw()]

    assert first == second
    assert str(first[0]) == f"0000000{version}-0000-{version}000-8000-000000000001"
    assert first[0] < first[1]
    assert {one.version for one in first} == {version}
    assert len({draw() for _ in range(100)} | set(first)) == 102


def run() -> list[Any]:
    """Everything that an installed LangGraph streams, raw."""
    model = GenericFakeChatModel(messages=iter([AIMessage("Why was it?")]))

    def joke(state: MessagesState) -> dict[str, Any]:
        return {"messages": [model.invoke("go on")]}

    graph = StateGraph(MessagesState).add_node(joke).add_edge(START, "joke")
    app = graph.compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "1"}}
    modes = ["values", "updates", "messages", "tasks", "checkpoints"]
    return list(app.stream({"messages": "hi"}, config, stream_mode=modes))


def test_raw_output_is_the_same() -> None:
    """Run, message, task and checkpoint ids of the installed LangGraph, too."""
    with deterministic():
        first = run()
    with deterministic():
        second = run()
    assert first == second
    assert repr(run()) != repr(first)


def test_uuids_can_be_left_alone() -> None:
    """Only the runtime's own ids are numbered then."""
    with deterministic(uuids=False):
        assert uuid4() != uuid4()
        assert not str(uuid4()).startswith("00000004-")


def test_the_fixture(deterministic: object) -> None:
    """A test that asks for it runs in such a block."""
    assert str(uuid4()) == "00000004-0000-4000-8000-000000000001"


def test_a_package_that_has_changed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a package makes its ids in another way, the block says so before anything runs."""
    monkeypatch.delattr("langchain_core.utils.uuid._uuid_utils_uuid7")
    problem = pytest.raises(
        HarnessError, match=r"(?s)langchain_core.utils.uuid makes .*uuids=False"
    )
    with problem, deterministic():
        pytest.fail("some ids would be random")
    with deterministic(uuids=False):
        assert uuid4() != uuid4()
