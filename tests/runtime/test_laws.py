"""Laws that hold for every graph, tried on generated ones."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from runtime_graphs import State

from runtime.graph import END, START, StateGraph
from runtime.types import Command, Send

NAMES = "abcd"
MODES = ["values", "updates", "messages", "custom"]

actions = st.fixed_dictionaries(
    {
        "log": st.lists(st.integers(0, 9), max_size=2),
        "writes_a": st.booleans(),
        "goto": st.sampled_from(["", *NAMES]),
        "send": st.sampled_from(["", *NAMES]),
        "path": st.sampled_from(["", *NAMES, END]),
        "edge": st.sampled_from(["", *NAMES, END]),
    }
)
graphs = st.fixed_dictionaries(dict.fromkeys(NAMES, actions))
some = settings(max_examples=40, deadline=None, derandomize=True, database=None)


def built(plan: dict[str, dict[str, Any]]) -> Any:
    """Return a graph after the plan; it ends because nodes stop going on after 12 log entries."""
    graph: Any = StateGraph(State)
    for name, todo in plan.items():

        def node(s: Any, writer, name: str = name, todo: Any = todo) -> Any:
            log = s.get("log", []) if isinstance(s, dict) else []
            update: dict[str, Any] = {"log": [f"{name}{len(log)}", *todo["log"]]}
            writer(update["log"])
            if todo["writes_a"]:
                update["a"] = len(log)
            if len(log) > 12 or not (todo["goto"] or todo["send"]):
                return update
            ends: list[Any] = [todo["goto"]] if todo["goto"] else []
            if todo["send"]:
                ends.append(Send(todo["send"], s))
            return Command(update=update, goto=ends)

        graph.add_node(name, node)
        if todo["edge"] > name:  # forwards only: a loop of plain edges never ends
            graph.add_edge(name, todo["edge"])
        if todo["path"]:
            graph.add_conditional_edges(
                name, lambda s, to=todo["path"]: to if len(s["log"]) < 12 else END
            )
    return graph.add_edge(START, "a").compile()


def outcome(stream: Any) -> list[Any]:
    """Return the chunks, and the error that ended them."""
    seen: list[Any] = []
    try:
        seen.extend(stream)
    except Exception as error:  # noqa: BLE001 - two writers of `a` is a legal outcome
        seen.append(type(error))
    return seen


CONFIG: Any = {"recursion_limit": 40}


@some
@given(graphs)
def test_folding_updates_gives_values(plan) -> None:
    """Each state in `values` is the one before it with the updates in between folded in."""
    state: dict[str, Any] = {"a": 0, "log": []}
    updates: list[Any] = []
    chunks = outcome(built(plan).stream(state, CONFIG, stream_mode=["values", "updates"]))
    for chunk in chunks:
        if isinstance(chunk, type):
            break
        mode, payload = chunk
        if mode == "updates":
            updates += payload.items()
            continue
        for _, update in updates:
            state = {"a": update.get("a", state["a"]), "log": state["log"] + update["log"]}
        assert (payload["a"], sorted(payload["log"], key=str)) == (
            state["a"],
            sorted(state["log"], key=str),
        )
        state, updates = payload, []


@some
@given(graphs)
def test_sync_equals_async(plan) -> None:
    """Both give the same states, and fail with the same error."""
    graph = built(plan)

    async def run() -> list[Any]:
        seen: list[Any] = []
        try:
            async for chunk in graph.astream({"a": 0}, CONFIG, stream_mode="values"):
                seen.append(chunk)  # noqa: PERF401 - what came before an exception counts
        except Exception as error:  # noqa: BLE001
            seen.append(type(error))
        return seen

    assert outcome(graph.stream({"a": 0}, CONFIG, stream_mode="values")) == asyncio.run(run())


@some
@given(graphs, st.lists(st.sampled_from(MODES), unique=True), st.booleans())
def test_the_final_state_does_not_depend_on_what_is_streamed(plan, modes, subgraphs) -> None:
    """Whoever asks for more modes gets more chunks and the same states."""
    graph = built(plan)
    alone = outcome(graph.stream({"a": 0}, CONFIG, stream_mode="values"))
    chunks = outcome(
        graph.stream({"a": 0}, CONFIG, stream_mode=["values", *modes], subgraphs=subgraphs)
    )
    states = [c if isinstance(c, type) else c[-1] for c in chunks if is_state_or_error(c)]
    assert states == alone


def is_state_or_error(chunk: Any) -> bool:
    """Tell the chunks of `values` mode, and the error at the end, from other chunks."""
    return isinstance(chunk, type) or "values" in chunk[:-1]
