"""Messages are packed again only if they have changed, and nobody can tell."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, AIMessageChunk, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from typing_extensions import TypedDict

from runtime.graph import END, START, StateGraph
from runtime.types import Send

THREAD: Any = {"configurable": {"thread_id": "1"}, "recursion_limit": 100}
some = settings(max_examples=60, deadline=None, derandomize=True, database=None)


class Conversation(TypedDict):
    """Messages that each node replaces as it likes."""

    messages: list[Any]


def asked(number: int) -> AIMessage:
    """Return a message that calls a tool."""
    return AIMessage("", tool_calls=[{"name": "t", "args": {"n": number}, "id": str(number)}])


def first(messages: list[Any], kind: type) -> Any:
    """Return the first message of a kind, or one of which nobody hears."""
    return next((m for m in messages if isinstance(m, kind)), asked(0))


def call_with(messages: list[Any], number: Any) -> None:
    """Change in place what the first call passes."""
    for call in first(messages, AIMessage).tool_calls:
        call["args"]["n"] = number


CHANGES: dict[str, Any] = {
    "asks": lambda messages: messages.append(asked(1)),
    "answers": lambda messages: messages.append(ToolMessage("found", tool_call_id="1")),
    "says more": lambda messages: setattr(first(messages, ToolMessage), "content", "found more"),
    "says it anew": lambda messages: setattr(first(messages, AIMessage), "content", ["a", "b"]),
    "passes True": lambda messages: call_with(messages, True),  # which is equal to 1
    "passes 1.0": lambda messages: call_with(messages, 1.0),
    "has an extra": lambda messages: setattr(first(messages, AIMessage), "note", "extra"),
    "has an artifact": lambda messages: setattr(
        first(messages, ToolMessage), "artifact", Decimal("1.5")
    ),
    "notes": lambda messages: first(messages, AIMessage).additional_kwargs.update(note="noted"),
    "is of another class": lambda messages: messages.__setitem__(0, AIMessageChunk("chunk")),
    "is forgotten": lambda messages: messages.pop(0),
    "is moved": lambda messages: messages.append(messages.pop(0)),
    "is no message": lambda messages: messages.append("text"),
}
programs = st.lists(st.sampled_from(sorted(CHANGES)), min_size=1, max_size=12)


def saved_by(program: list[str]) -> tuple[list[str], list[str], list[str]]:
    """Return what nodes saw of the messages, what checkpoints hold of them, and what was sent."""
    saver, seen, left = InMemorySaver(), [], iter(program)

    def change(state: Conversation) -> Conversation:
        messages = list(state["messages"])
        seen.append(repr(deepcopy(messages)))
        CHANGES[next(left)](messages)
        return {"messages": messages or [asked(0)]}

    def again(state: Conversation) -> Any:
        done = len(seen) == len(program)
        return END if done else Send("change", {"messages": list(state["messages"])})

    graph = StateGraph(Conversation).add_node("change", change).add_edge(START, "change")
    graph.add_conditional_edges("change", again)
    known = [m for n in range(4) for m in (asked(n), ToolMessage("found", tool_call_id=str(n)))]
    graph.compile(saver).invoke(Conversation(messages=known), THREAD)
    steps = list(reversed(list(saver.list(THREAD))))[1:]  # before that, nothing is there
    held = [repr(step.checkpoint["channel_values"]["messages"]) for step in steps]
    sent = [
        repr(value.arg["messages"])
        for step in steps
        for _, name, value in step.pending_writes or ()
        if name == "__pregel_tasks"
    ]
    return seen, held[: len(seen)], sent


@some
@given(programs)
def test_each_checkpoint_has_the_messages_as_they_were(program: list[str]) -> None:
    """Whatever becomes of messages, each checkpoint and each Send has them as the next node did."""
    seen, held, sent = saved_by(program)

    assert held == seen
    assert sent == seen[1:]
