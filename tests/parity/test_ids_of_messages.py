"""When messages that a node returns without ids have those that the state gives them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from engines import LANGGRAPH, OURS, Engine, oracles
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver


def built(engine: Engine, at_once: bool, saver: Any) -> Any:
    """Return a graph of two nodes that say something, one after the other or at once."""
    graph = engine.graph.StateGraph(engine.graph.MessagesState)
    graph.add_node("a", lambda _: {"messages": [AIMessage("a")]}).add_edge("__start__", "a")
    graph.add_node("b", lambda _: {"messages": AIMessage("b")})
    graph.add_edge("__start__" if at_once else "a", "b")
    return graph.compile(checkpointer=saver)


def messages_in(payload: Any) -> Iterator[BaseMessage]:
    """Yield the messages in a payload."""
    if isinstance(payload, BaseMessage):
        yield payload
    elif isinstance(payload, dict | list | tuple):
        for part in payload.values() if isinstance(payload, dict) else payload:
            yield from messages_in(part)


async def seen(engine: Engine, drive: str, at_once: bool, kept: bool, modes: list[str]) -> Any:
    """Return for each chunk, at the time when it comes, which of its messages have an id."""
    graph = built(engine, at_once, InMemorySaver() if kept else None)
    given, config = {"messages": [HumanMessage("?")]}, {"configurable": {"thread_id": "1"}}
    chunks: list[Any] = []

    def take(chunk: Any) -> None:
        mode, payload = chunk
        chunks.append((mode, [(each.text, bool(each.id)) for each in messages_in(payload)]))

    if drive == "sync":
        for chunk in graph.stream(given, config, stream_mode=modes):
            take(chunk)
    else:
        async for chunk in graph.astream(given, config, stream_mode=modes):
            take(chunk)
    return sorted(chunks) if at_once else chunks  # tasks at once end in nobody's order


@pytest.mark.parametrize(
    "modes", [["updates"], ["updates", "values", "tasks"], ["updates", "messages", "custom"]]
)
@pytest.mark.parametrize("kept", [False, True], ids=["no saver", "a saver"])
@pytest.mark.parametrize("at_once", [False, True], ids=["in turn", "at once"])
@pytest.mark.parametrize("drive", ["sync", "async"])
async def test_when_messages_have_ids(
    drive: str, at_once: bool, kept: bool, modes: list[str]
) -> None:
    """A lone node's update comes once the state has given its messages ids, as in LangGraph."""
    theirs = [await seen(LANGGRAPH, half, at_once, kept, modes) for half in oracles(drive)]
    assert await seen(OURS, drive, at_once, kept, modes) in theirs
