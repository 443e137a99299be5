"""`ToolNode`: what it is given, what it returns, and how it makes its calls."""

from __future__ import annotations

import asyncio
import threading
from typing import Annotated, Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import InjectedToolCallId, tool
from pydantic import BaseModel
from scripted import call, calls

from harness import deterministic
from runtime.errors import GraphBubbleUp
from runtime.graph import END, START, MessagesState, StateGraph
from runtime.prebuilt import ToolNode, tools_condition
from runtime.prebuilt.tool_node import msg_content_output
from runtime.types import Command, Send


@tool
def double(a: int) -> int:
    """Double it."""
    return 2 * a


ONE = {"messages": [calls(call("double", a=1))]}
TWO = {"messages": [calls(call("double", a=1), call("double", "call_2", a=2))]}


class Messages(BaseModel):
    """A state of a class."""

    messages: list[Any]


def contents(messages: Any) -> list[Any]:
    """Return the contents of messages."""
    return [message.content for message in messages]


@pytest.mark.parametrize("state", [TWO, Messages(**TWO)], ids=["dict", "model"])
def test_a_state_comes_back_as_an_update(drive, state) -> None:
    """With a message for each call, in the order of the calls."""
    update = drive.invoke(ToolNode([double]), state)
    assert contents(update["messages"]) == ["2", "4"]
    assert [m.tool_call_id for m in update["messages"]] == ["call_1", "call_2"]


def test_a_list_of_messages_comes_back_as_a_list(drive) -> None:
    """For graphs whose state is the list."""
    assert contents(drive.invoke(ToolNode([double]), TWO["messages"])) == ["2", "4"]


def test_bare_calls_come_back_as_an_update(drive) -> None:
    """For a `Send` of calls."""
    given = TWO["messages"][0].tool_calls
    assert contents(drive.invoke(ToolNode([double]), given)["messages"]) == ["2", "4"]


def test_the_last_answer_of_the_model_counts(drive) -> None:
    """Whatever stands behind it."""
    messages = [calls(call("double", a=5)), *ONE["messages"], HumanMessage("well?")]
    assert contents(drive.invoke(ToolNode([double]), messages)) == ["2"]


@pytest.mark.parametrize("given", [{"messages": []}, [], {"log": []}, 5])
def test_no_messages(drive, given) -> None:
    """The error says what a tool node takes."""
    with pytest.raises(ValueError, match="No message found in input"):
        drive.invoke(ToolNode([double]), given)


def test_no_answer_of_a_model(drive) -> None:
    """The error says what there is instead."""
    with pytest.raises(ValueError, match=r"No AIMessage(.|\n)*human"):
        drive.invoke(ToolNode([double]), [HumanMessage("q")])


def test_messages_under_another_key(drive) -> None:
    """The update has the same key."""
    node = ToolNode([double], messages_key="log")
    assert list(drive.invoke(node, {"log": ONE["messages"]})) == ["log"]


def test_functions_become_tools() -> None:
    """With what langchain-core makes of their signature."""

    def triple(a: int) -> int:
        """Triple it."""
        return 3 * a

    node = ToolNode([triple, double], name="sums", tags=["t"])
    assert list(node.tools_by_name) == ["triple", "double"]
    assert (node.get_name(), node.tags) == ("sums", ["t"])


def test_calls_are_made_at_the_same_time(drive) -> None:
    """Two tools that wait for each other are both done."""
    meeting = threading.Barrier(2, timeout=5)

    @tool
    def meet(a: int) -> str:
        """Wait for the other."""
        meeting.wait()
        return "met"

    both = [calls(call("meet", a=1), call("meet", "call_2", a=2))]
    assert contents(drive.invoke(ToolNode([meet]), both)) == ["met", "met"]


def test_calls_take_turns_when_runs_are_deterministic(drive) -> None:
    """One is made after the other then."""
    running: list[int] = []

    @tool
    def alone(a: int) -> int:
        """Count who is there."""
        running.append(a)
        seen = len(running)
        running.remove(a)
        return seen

    many = [calls(*(call("alone", f"call_{n}", a=n) for n in range(5)))]
    with deterministic():
        assert contents(drive.invoke(ToolNode([alone]), many)) == ["1"] * 5


async def test_a_failure_stops_the_calls_beside_it() -> None:
    """In async runs nobody waits for them."""
    stopped = asyncio.Event()

    @tool
    async def endless(a: int) -> None:
        """Go on until stopped."""
        try:
            await asyncio.sleep(60)
        finally:
            stopped.set()

    @tool
    async def fail(a: int) -> None:
        """Fail."""
        raise LookupError("bad")

    both = [calls(call("endless", a=1), call("fail", "call_2", a=2))]
    with pytest.raises(LookupError):
        await ToolNode([endless, fail]).ainvoke(both)
    await asyncio.wait_for(stopped.wait(), 1)


def test_what_travels_up_passes_through(drive) -> None:
    """Interrupts and commands for the graph around are no failures, whatever is handled."""

    @tool
    def bubble(a: int) -> None:
        """Travel up."""
        raise GraphBubbleUp

    with pytest.raises(GraphBubbleUp):
        drive.invoke(ToolNode([bubble], handle_tool_errors=True), [calls(call("bubble", a=1))])
    wrapped = ToolNode([bubble], handle_tool_errors=True, wrap_tool_call=lambda r, make: make(r))
    with pytest.raises(GraphBubbleUp):
        drive.invoke(wrapped, [calls(call("bubble", a=1))])


@pytest.mark.parametrize(
    ("returned", "content"),
    [
        ("x", "x"),
        ({"k": "é"}, '{"k": "é"}'),
        (None, "null"),
        ([{"type": "text", "text": "x"}], [{"type": "text", "text": "x"}]),
        ([{"type": "nonsense"}], '[{"type": "nonsense"}]'),
        (b"x", "b'x'"),
    ],
)
def test_what_tools_return_becomes_the_content(returned, content) -> None:
    """Texts and content blocks as they are, other things as JSON, or else as text."""
    assert msg_content_output(returned) == content


def commanding(command: Any) -> Any:
    """Return a tool that returns what `command` makes of its answer."""

    @tool
    def act(a: int, tool_call_id: Annotated[str, InjectedToolCallId]) -> Any:
        """Act."""
        return command(ToolMessage("done", tool_call_id=tool_call_id))

    return act


ACT = calls(call("act", a=1))


def test_a_tool_returns_a_command(drive) -> None:
    """It goes on where the command says, and its answer carries the name of the tool."""
    act = commanding(lambda done: Command(update={"messages": [done]}, goto="after"))
    graph = StateGraph(MessagesState).add_node(ToolNode([act]))
    graph.add_node("after", lambda _: {"messages": [AIMessage("after")]})
    state = drive.invoke(graph.add_edge(START, "tools").compile(), {"messages": [ACT]})
    assert contents(state["messages"]) == ["", "done", "after"]
    assert state["messages"][1].name == "act"


def test_a_tool_returns_a_list(drive) -> None:
    """Commands beside the answer."""
    act = commanding(lambda done: [Command(update={"log": [1]}), done])
    update = drive.invoke(ToolNode([act]), {"messages": [ACT]})
    assert [type(part).__name__ for part in update] == ["Command", "dict"]


def test_a_command_that_does_not_answer(drive) -> None:
    """The error shows how to answer."""
    act = commanding(lambda _: Command(update={"messages": []}))
    with pytest.raises(ValueError, match=r"matching ToolMessage.*InjectedToolCallId"):
        drive.invoke(ToolNode([act]), {"messages": [ACT]})


def test_a_list_that_answers_twice(drive) -> None:
    """It must answer once."""
    act = commanding(lambda done: [Command(update={"messages": [done]}), done])
    with pytest.raises(ValueError, match="2 messages bound to tool_call_id 'call_1'"):
        drive.invoke(ToolNode([act]), {"messages": [ACT]})


@pytest.mark.parametrize(
    ("given", "update"), [([ACT], {"messages": []}), ({"messages": [ACT]}, [ACT])]
)
def test_a_command_of_another_form_than_the_input(drive, given, update) -> None:
    """The error says which form it must have."""
    act = commanding(lambda _: Command(update=update))
    with pytest.raises(ValueError, match="the update must be"):
        drive.invoke(ToolNode([act]), given)


def test_what_tools_send_to_the_parent_goes_in_one_command(drive) -> None:
    """Since only one command for the graph around can arrive."""
    act = commanding(lambda _: Command(graph=Command.PARENT, goto=[Send("x", {})]))
    both = calls(call("act", a=1), call("act", "call_2", a=2))
    update = drive.invoke(ToolNode([act]), {"messages": [both]})
    assert update == [Command(graph=Command.PARENT, goto=[Send("x", {}), Send("x", {})])]


def test_the_condition_of_tools() -> None:
    """`tools` if the last message has calls, else the end."""
    assert tools_condition(ONE) == "tools"
    assert tools_condition(Messages(**ONE)) == "tools"
    assert tools_condition({"messages": [AIMessage("done")]}) == END
    assert tools_condition([*ONE["messages"], HumanMessage("q")]) == END
    assert tools_condition({"log": ONE["messages"]}, "log") == "tools"
    with pytest.raises(ValueError, match="'messages'"):
        tools_condition({"log": []})
