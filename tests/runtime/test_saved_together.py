"""What the last task of a superstep wrote is saved with the checkpoint that follows."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from typing_extensions import TypedDict

from runtime.graph import START, MessagesState, StateGraph
from runtime.types import Send

THREAD: Any = {"configurable": {"thread_id": "1"}}


def said() -> Any:
    """Return what a run starts from: a message of its own."""
    return {"messages": [HumanMessage("before", id="1")]}


def refuse(_: Any, new: int) -> int:
    """Combine nothing with anything but 0."""
    if new:
        raise ValueError("not this one")
    return new


class Strict(TypedDict):
    """A key that takes no other value than 0."""

    key: Annotated[int, refuse]


def conversation(saver: InMemorySaver) -> Any:
    """Return a graph whose second node is sent all messages, and changes the first one in place."""

    def answer(_: MessagesState) -> dict[str, Any]:
        return {"messages": [HumanMessage("answer", id="2")]}

    def change(state: MessagesState) -> dict[str, Any]:
        state["messages"][0].content = "after"
        return {"messages": [HumanMessage("more", id="3")]}

    graph = StateGraph(MessagesState).add_node("answer", answer).add_node("change", change)
    graph.add_edge(START, "answer")
    graph.add_conditional_edges("answer", lambda state: [Send("change", state)], ["change"])
    return graph.compile(saver)


def contents(saver: InMemorySaver) -> list[list[Any]]:
    """Return the contents of the messages in each checkpoint, the first one first."""
    saved = [each.checkpoint["channel_values"] for each in saver.list(THREAD)]
    return [[m.content for m in values.get("messages", ())] for values in reversed(saved)]


@pytest.mark.parametrize("mode", ["values", "updates"])
def test_each_checkpoint_holds_what_a_message_was(drive: Any, mode: str) -> None:
    """A message that a later superstep changes in place stays as it was in earlier checkpoints."""
    saver = InMemorySaver()

    drive.stream(conversation(saver), said(), THREAD, stream_mode=mode)

    assert contents(saver)[1:] == [
        ["before"],
        ["before", "answer"],
        ["after", "answer", "more"],
    ]


def test_what_a_consumer_changes_is_saved_as_it_was_shown() -> None:
    """What a task wrote is saved before its consumer can change it; the checkpoint has the rest."""
    saver = InMemorySaver()
    stream = conversation(saver).stream(said(), THREAD, stream_mode="updates")

    for chunk in stream:
        for update in chunk.values():
            update["messages"][0].content += "!"

    assert contents(saver)[2] == ["before", "answer!"]
    first = list(saver.list(THREAD))[-2]
    written = {name: value for _, name, value in first.pending_writes or ()}
    assert written["messages"][0].content == "answer"


def test_what_was_written_is_saved_though_it_cannot_be_applied(drive: Any) -> None:
    """A task that is done need not run again if its superstep fails for another reason."""
    saver = InMemorySaver()
    graph = StateGraph(Strict).add_node("writes", lambda _: {"key": 1}).add_edge(START, "writes")

    with pytest.raises(ValueError, match="not this one"):
        drive.invoke(graph.compile(saver), {"key": 0}, THREAD)

    found = saver.get_tuple(THREAD)
    assert found is not None
    assert [write[1:] for write in found.pending_writes or ()] == [("key", 1)]
