"""Laws about threads and streams, each with a fault of the engine that it catches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessageChunk
from langgraph.checkpoint.memory import InMemorySaver
from runtime_graphs import State, says

from runtime.graph import START, MessagesState, StateGraph
from runtime.pregel._chunks.show import Show
from runtime.pregel._run import Run

THREAD: Any = {"configurable": {"thread_id": "1"}}
some = settings(max_examples=20, deadline=None, derandomize=True, database=None)
layers = st.lists(st.integers(1, 3), min_size=1, max_size=4)
texts = st.lists(st.text("ab \n", min_size=1, max_size=12), min_size=1, max_size=3)


def built(widths: list[int], **compiled: Any) -> Any:
    """Return a graph of layers of nodes; each node follows all of the layer before."""
    graph: Any = StateGraph(State)
    rows = [[f"n{i}{j}" for j in range(width)] for i, width in enumerate(widths)]
    for row in rows:
        for name in row:
            graph.add_node(name, lambda s, name=name: {"log": [name, len(s["log"])]})
    for name in rows[0]:
        graph.add_edge(START, name)
    for before, after in pairwise(rows):
        for name in after:
            graph.add_edge(before, name)
    return graph.compile(checkpointer=InMemorySaver(), **compiled)


def debug_is_tasks_and_checkpoints(widths: list[int]) -> None:
    """Each `debug` chunk wraps the one of `tasks` or `checkpoints` beside it; none is left."""
    modes = ["tasks", "checkpoints", "debug"]
    chunks = list(built(widths).stream({"a": 0, "log": []}, THREAD, stream_mode=modes))
    plain = [payload for mode, payload in chunks if mode != "debug"]
    wrapped = [payload["payload"] for mode, payload in chunks if mode == "debug"]
    assert wrapped == plain


def stops_do_not_change_the_end(widths: list[int]) -> None:
    """Stopped before every node and resumed each time, a run ends as one that was not."""
    whole = built(widths).invoke({"a": 0, "log": []}, THREAD)
    graph = built(widths, interrupt_before="*")
    state = graph.invoke({"a": 0, "log": []}, THREAD)
    for _ in widths:
        state = graph.invoke(None, THREAD)
    assert state == whole
    assert graph.get_state(THREAD).values == whole


def folded_updates_are_values(widths: list[int]) -> None:
    """The log in each state is the one before with the updates in between, in path order."""
    log: list[Any] = []
    updates: dict[str, Any] = {}
    modes = ["values", "updates"]
    for mode, payload in built(widths).stream({"a": 0, "log": []}, THREAD, stream_mode=modes):
        if mode == "updates":
            updates |= payload
            continue
        for name in sorted(updates):
            log += updates[name]["log"]
        assert payload["log"] == log
        updates = {}


def sync_is_async(widths: list[int]) -> None:
    """Both give the same states, and keep the same history."""

    async def run() -> list[Any]:
        graph = built(widths)
        states = [c async for c in graph.astream({"a": 0, "log": []}, THREAD, stream_mode="values")]
        return [states, [each.values async for each in graph.aget_state_history(THREAD)]]

    graph = built(widths)
    states = list(graph.stream({"a": 0, "log": []}, THREAD, stream_mode="values"))
    assert [states, [each.values for each in graph.get_state_history(THREAD)]] == asyncio.run(run())


def modes_do_not_change_the_end(widths: list[int]) -> None:
    """What is streamed makes no difference to the state that is kept."""
    kept = []
    for modes in ("updates", ["values", "debug", "messages"]):
        graph = built(widths)
        list(graph.stream({"a": 0, "log": []}, THREAD, stream_mode=modes, subgraphs=True))
        kept.append(graph.get_state(THREAD).values)
    assert kept[0] == kept[1]


def tokens_are_the_message(replies: list[str]) -> None:
    """The tokens of each message, put together, are the message in the final state."""
    model = says(*replies)
    named = [
        (f"n{i}", lambda s: {"messages": [model.invoke(s["messages"])]})
        for i in range(len(replies))
    ]
    graph = StateGraph(MessagesState).add_sequence(named).add_edge(START, "n0").compile()
    modes = ["messages", "values"]
    chunks = list(graph.stream({"messages": "hi"}, stream_mode=modes))
    spoken: dict[Any, str] = {}
    for mode, payload in chunks:
        if mode == "messages" and isinstance(payload[0], AIMessageChunk):
            spoken[payload[0].id] = spoken.get(payload[0].id, "") + payload[0].text
    final = {each.id: each.text for each in chunks[-1][1]["messages"][1:]}
    assert spoken == final


LAWS: list[Any] = [
    debug_is_tasks_and_checkpoints,
    stops_do_not_change_the_end,
    folded_updates_are_values,
    sync_is_async,
    modes_do_not_change_the_end,
]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_laws_hold(law: Callable[[list[int]], None]) -> None:
    """The law holds for every graph of layers."""
    some(given(layers)(law))()


def test_tokens_are_the_message() -> None:
    """The law of tokens holds for every list of answers."""
    some(given(texts)(tokens_are_the_message))()


def backwards(monkeypatch: pytest.MonkeyPatch, when: Callable[[Run], bool]) -> None:
    """Apply writes against the order of paths in some runs."""
    apply = Run.apply
    monkeypatch.setattr(
        Run, "apply", lambda self, tasks: apply(self, tasks[::-1] if when(self) else tasks)
    )


def in_a_loop(_: Run) -> bool:
    """Return whether the run is an async one."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def leaves_results_out_of_debug(monkeypatch: pytest.MonkeyPatch) -> None:
    """`debug` does not show what came of tasks."""
    tell = Show._tell

    def quiet(self: Show, kind: str, payload: Any, step: int) -> None:
        if kind == "task_result":
            self.stream.emit(self._run.ns, "tasks", payload)
        else:
            tell(self, kind, payload, step)

    monkeypatch.setattr(Show, "_tell", quiet)


def errs_when_resumed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first superstep of a run that goes on is applied backwards."""
    backwards(monkeypatch, lambda run: run.resuming)


def errs_always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every superstep is applied backwards."""
    backwards(monkeypatch, lambda _: True)


def errs_in_async_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Supersteps of async runs are applied backwards."""
    backwards(monkeypatch, in_a_loop)


def errs_when_values_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Supersteps of runs that stream values are applied backwards."""
    backwards(monkeypatch, lambda run: "values" in run.show.stream.modes)


@pytest.mark.parametrize(
    ("law", "fault"),
    [
        (debug_is_tasks_and_checkpoints, leaves_results_out_of_debug),
        (stops_do_not_change_the_end, errs_when_resumed),
        (folded_updates_are_values, errs_always),
        (sync_is_async, errs_in_async_runs),
        (modes_do_not_change_the_end, errs_when_values_are_shown),
    ],
)
def test_laws_can_fail(law: Any, fault: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault in the engine breaks the law, on some graph."""
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        [law(widths) for widths in ([1], [2], [1, 2], [3, 1, 2])]


def test_the_law_of_tokens_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that loses spaces breaks it."""
    from runtime.pregel._chunks.messages import MessagesHandler  # noqa: PLC0415

    heard = MessagesHandler.on_llm_new_token

    def deaf(self: Any, word: Any, *args: Any, **kwargs: Any) -> Any:
        return None if word == " " else heard(self, word, *args, **kwargs)

    monkeypatch.setattr(MessagesHandler, "on_llm_new_token", deaf)
    with pytest.raises(AssertionError):
        tokens_are_the_message(["a b"])
