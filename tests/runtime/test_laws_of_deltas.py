"""A delta channel is a way of saving: whatever is done to a thread, its values are as usual."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from typing_extensions import TypedDict

from runtime.channels import BinaryOperatorAggregate, DeltaChannel
from runtime.graph import StateGraph
from runtime.pregel._saved.deltas import Deltas
from runtime.types import Command, Overwrite, StateUpdate, interrupt

Step = tuple[str, Any]
THREAD: Any = {"configurable": {"thread_id": "1"}}
FROM_THE_PAST = {"back", "anew", "fork"}
STUB = {"step": -2}
"""What stands before the first checkpoint of a run that is saved at exit, for deltas only."""

durabilities = st.sampled_from(["sync", "async", "exit"])
nodes = st.sampled_from(["x", "ask", "done", "last"])
steps = st.one_of(
    st.tuples(st.just("run"), durabilities),
    st.tuples(st.just("answer"), durabilities),
    st.tuples(st.just("go on"), durabilities),
    st.tuples(st.just("overwrite"), durabilities),
    st.tuples(st.just("fail"), durabilities),
    st.tuples(st.just("update"), nodes),
    st.tuples(st.just("updates"), st.tuples(nodes, nodes)),
    st.tuples(st.just("copy"), st.none()),
    st.tuples(st.just("drop"), st.none()),
    st.tuples(st.just("back"), st.tuples(st.integers(0, 9), durabilities)),
    st.tuples(st.just("fork"), st.tuples(st.integers(0, 9), nodes)),
    st.tuples(st.just("anew"), st.tuples(st.integers(0, 9), durabilities)),
)
scripts = st.lists(steps, min_size=1, max_size=7)


def joins(current: list[Any], writes: Sequence[list[Any]]) -> list[Any]:
    """Add what was written to a list."""
    return [*current, *(item for write in writes for item in write)]


class Story:
    """What is done to one thread of one graph, step by step, and what is seen of it."""

    def __init__(self, channel: Any, saver: Any) -> None:
        schema = TypedDict("Story", {"xs": Annotated[list, channel]})  # noqa: UP013
        self.seen: list[Any] = []
        self.number = 0
        self.fails = False
        graph = StateGraph(schema)
        for name in ("x", "done", "last"):
            graph.add_node(name, lambda s, name=name: {"xs": [f"{name}{len(s['xs'])}"]})
        graph.add_node("ask", self._ask)
        graph.add_edge("__start__", "x").add_edge("x", "ask").add_edge("x", "done")
        graph.add_edge("ask", "last")
        self.graph: Any = graph.compile(checkpointer=saver)

    def _ask(self, _: Any) -> Any:
        if self.fails:
            raise ConnectionError
        return {"xs": [interrupt("?")]}

    def states(self) -> list[Any]:
        """Return the history."""
        return [s for s in self.graph.get_state_history(THREAD) if s.metadata != STUB]

    def take(self, step: Step) -> None:
        """Do it, and note what came of it."""
        kind, how = step
        self.number += 1
        self.fails = kind == "fail"
        said: Any = {"xs": [f"said{self.number}"]}
        graph, states = self.graph, self.states()
        past = states[how[0] % len(states)].config if states and kind in FROM_THE_PAST else THREAD
        try:
            match kind:
                case "run" | "fail":
                    came: Any = graph.invoke(said, THREAD, durability=how)
                case "overwrite":
                    came = graph.invoke({"xs": Overwrite([self.number])}, THREAD, durability=how)
                case "answer":
                    came = graph.invoke(Command(resume=self.number), THREAD, durability=how)
                case "go on":
                    came = graph.invoke(None, THREAD, durability=how)
                case "update":
                    graph.update_state(THREAD, said, how)
                    came = None
                case "updates":
                    graph.bulk_update_state(THREAD, [[StateUpdate(said, name) for name in how]])
                    came = None
                case "copy" | "drop":
                    as_node = {"copy": "__copy__", "drop": "__end__"}[kind]
                    graph.update_state(THREAD, None, as_node)
                    came = None
                case "back":
                    came = graph.invoke(None, past, durability=how[1])
                case "anew":
                    came = graph.invoke(said, past, durability=how[1])
                case "fork":
                    came = graph.invoke(None, graph.update_state(past, said, how[1]))
        except Exception as error:  # noqa: BLE001 - what fails has to fail with both
            came = type(error)
        if isinstance(came, dict):
            came = came["xs"]
        state = graph.get_state(THREAD)
        self.seen.append((step, came, state.values, state.next))


def told(channel: Any, saver: Any, script: list[Step]) -> tuple[list[Any], list[Any]]:
    """Return what was seen at each step, and the history at the end."""
    story = Story(channel, saver)
    for step in script:
        story.take(step)
    return story.seen, [(s.values, s.next, s.metadata["step"]) for s in story.states()]


def plain() -> BinaryOperatorAggregate[Any]:
    """Return the usual channel that does as a `DeltaChannel` with `joins`."""
    return BinaryOperatorAggregate(list, lambda a, b: joins(a, [b]))


def values_are_the_usual_ones(script: list[Step], every: int) -> None:
    """Every state of the thread, the old ones too, is that of a key with a plain reducer."""
    delta = DeltaChannel(joins, list, snapshot_frequency=every)
    assert told(delta, InMemorySaver(), script) == told(plain(), InMemorySaver(), script)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(scripts, st.sampled_from([1, 2, 3, 100]))
def test_values_of_deltas_are_the_usual_ones(script: list[Step], every: int) -> None:
    """Over runs, failures, answers, updates, forks and copies, however it is saved."""
    values_are_the_usual_ones(script, every)


@settings(max_examples=15, deadline=None, derandomize=True, database=None)
@given(scripts, st.sampled_from([2, 100]))
def test_values_of_deltas_are_the_usual_ones_in_a_database(script: list[Step], every: int) -> None:
    """The same with a saver that writes each checkpoint whole."""
    delta = DeltaChannel(joins, list, snapshot_frequency=every)
    with (
        SqliteSaver.from_conn_string(":memory:") as one,
        SqliteSaver.from_conn_string(":memory:") as other,
    ):
        assert told(delta, one, script) == told(plain(), other, script)


@pytest.mark.parametrize("what", ["drops a write", "forks without a snapshot"])
def test_the_law_catches(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault in what is kept, or in when a snapshot is taken, breaks the law."""
    if what == "drops a write":
        monkeypatch.setattr(Deltas, "take_kept", lambda self, _: self.kept[1:])
        script: list[Step] = [("run", "exit")]
    else:
        never = property(lambda _: False, lambda *_: None)
        monkeypatch.setattr(Deltas, "strayed", never, raising=False)
        script = [("run", "sync"), ("fork", (3, "x"))]
    with pytest.raises(AssertionError):
        values_are_the_usual_ones(script, 100)


def test_async_runs_save_deltas_as_sync_ones_do() -> None:
    """The same checkpoints, metadata and values, with the async half."""

    async def history(durability: Any) -> list[Any]:
        graph = Story(DeltaChannel(joins, list, snapshot_frequency=2), InMemorySaver()).graph
        for given_ in ({"xs": ["one"]}, {"xs": ["two"]}, Command(resume="!")):
            await graph.ainvoke(given_, THREAD, durability=durability)
        return [(s.values, s.metadata) async for s in graph.aget_state_history(THREAD)]

    for durability in ("sync", "exit"):
        graph = Story(DeltaChannel(joins, list, snapshot_frequency=2), InMemorySaver()).graph
        for said in ({"xs": ["one"]}, {"xs": ["two"]}, Command(resume="!")):
            graph.invoke(said, THREAD, durability=durability)
        states = [(s.values, s.metadata) for s in graph.get_state_history(THREAD)]
        assert asyncio.run(history(durability)) == states
