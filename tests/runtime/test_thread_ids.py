"""Which thread a config names."""

from __future__ import annotations

from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from runtime_graphs import chain


def named(id_: Any) -> Any:
    """Return a config that names a thread."""
    return {"configurable": {"thread_id": id_}}


def test_a_number_names_a_thread(drive) -> None:
    """The same one as its digits, zero among them."""
    graph = chain(lambda _: {"a": 1}, checkpointer=InMemorySaver())
    drive.invoke(graph, {"log": []}, named(0))
    assert graph.get_state(named(0)).values == {"a": 1, "log": []}
    assert graph.get_state(named("0")) == graph.get_state(named(0))


@pytest.mark.parametrize("id_", [None, ""])
def test_nothing_names_no_thread(drive, id_: Any) -> None:
    """Whoever has no id yet is not to land on a thread that all share who have none."""
    graph = chain(lambda _: {"a": 1}, checkpointer=InMemorySaver())
    with pytest.raises(ValueError, match="thread_id"):
        drive.invoke(graph, {"log": []}, named(id_))
    with pytest.raises(ValueError, match="names no thread"):
        graph.get_state(named(id_))
    with pytest.raises(ValueError, match="names no thread"):
        graph.update_state(named(id_), {"a": 2})
