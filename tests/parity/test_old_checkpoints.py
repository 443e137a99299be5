"""Threads that LangGraph wrote before 0.4 go on, as with the LangGraph of today."""

from __future__ import annotations

from typing import Any

import pytest
from engines import LANGGRAPH, OURS, Engine, plain
from langgraph.checkpoint.memory import InMemorySaver
from scenarios import State

THREAD = {"configurable": {"thread_id": "1", "checkpoint_ns": ""}}


def graph_of(engine: Engine) -> Any:
    """Return a graph: from `w` over an edge to `x`, by decision to `y`, and from both to `z`."""
    graph = engine.graph.StateGraph(State)
    for name in "wxyz":
        graph.add_node(name, lambda _, name=name: {"log": [name]})
    graph.add_edge("__start__", "w").add_edge("w", "x").add_edge(["x", "y"], "z")
    return graph.add_conditional_edges("w", lambda _: "y", ["y"]).compile(InMemorySaver())


def version(number: int) -> str:
    """Return a version of a channel as savers make it."""
    return f"{number:032}.0"


def old(values: dict[str, Any], versions: dict[str, int], seen: dict[str, Any]) -> Any:
    """Return a checkpoint in the format of then."""
    return {
        "v": 2,
        "ts": "2025-01-01T00:00:00+00:00",
        "id": "1efdd1a5-0000-6000-8001-000000000000",
        "channel_values": values,
        "channel_versions": {name: version(number) for name, number in versions.items()},
        "versions_seen": {
            node: {name: version(number) for name, number in triggers.items()}
            for node, triggers in seen.items()
        },
        "pending_sends": [],
    }


AFTER = {
    "the_input": old(
        {"log": ["in"], "start:w": "__start__"},
        {"__start__": 2, "log": 2, "start:w": 2},
        {"__input__": {}, "__start__": {"__start__": 1}},
    ),
    "w": old(
        {"log": ["in", "w"], "w": "w", "branch:w:<lambda>:y": "w"},
        {"__start__": 2, "log": 3, "start:w": 3, "w": 3, "branch:w:<lambda>:y": 3},
        {"__input__": {}, "__start__": {"__start__": 1}, "w": {"start:w": 2}},
    ),
    "w_whose_edge_was_followed": old(
        {"log": ["in", "w", "x"], "x": "x", "branch:w:<lambda>:y": "w"},
        {"__start__": 2, "log": 4, "start:w": 3, "w": 3, "x": 4, "branch:w:<lambda>:y": 3},
        {"__input__": {}, "__start__": {"__start__": 1}, "w": {"start:w": 2}, "x": {"w": 3}},
    ),
}


@pytest.mark.parametrize("last", AFTER)
def test_an_old_thread_goes_on(last: str) -> None:
    """The nodes that were to run do, and no others."""

    def seen(engine: Engine) -> Any:
        graph = graph_of(engine)
        checkpoint = AFTER[last]
        metadata: Any = {"source": "loop", "step": 1, "parents": {}}
        graph.checkpointer.put(THREAD, checkpoint, metadata, checkpoint["channel_versions"])
        before = graph.get_state(THREAD)
        chunks = [*graph.stream(None, THREAD, stream_mode=["updates", "values"])]
        after = graph.get_state(THREAD)
        return plain([before.next, before.values, chunks, after.next, after.values])

    ours = seen(OURS)
    assert ours == seen(LANGGRAPH)
    assert ours[0] != ("tuple", [])


def test_a_task_that_was_done_in_the_first_format() -> None:
    """What it wrote is found under the id that it had then, and it is not run again."""

    def seen(engine: Engine) -> Any:
        graph = graph_of(engine)
        checkpoint = {**AFTER["w_whose_edge_was_followed"], "v": 1}
        metadata: Any = {"source": "loop", "step": 1, "parents": {}}
        config = graph.checkpointer.put(
            THREAD, checkpoint, metadata, checkpoint["channel_versions"]
        )
        (task,) = graph.get_state(THREAD).tasks
        graph.checkpointer.put_writes(config, [("log", ["saved"])], task.id)
        before = graph.get_state(THREAD).tasks
        chunks = [*graph.stream(None, THREAD, stream_mode=["updates", "values"])]
        return plain([task.id, before, chunks])

    assert seen(OURS) == seen(LANGGRAPH)
