"""`create_react_agent`: a model that calls tools until it has an answer."""

from __future__ import annotations

import asyncio
import threading
from typing import Annotated, Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import InjectedToolCallId, tool
from scripted import call, calls, scripted
from typing_extensions import TypedDict

from runtime.config import get_stream_writer
from runtime.graph import START, MessagesState, StateGraph
from runtime.prebuilt import InjectedState, ToolNode, create_react_agent
from runtime.prebuilt.chat_agent_executor import AgentState
from runtime.types import Command

ASKED = {"messages": "what is the weather in sf"}


@tool
def weather(city: str) -> str:
    """Tell the weather."""
    return f"sunny in {city}"


@tool(return_direct=True)
def final(city: str) -> str:
    """Have the last word."""
    return f"that was {city}"


def forecaster(**kwargs: Any) -> Any:
    """Return an agent that calls one tool and then answers."""
    model = scripted(calls(call("weather", city="sf")), "It is sunny.")
    return create_react_agent(model, [weather], **kwargs)


def texts(state: Any) -> list[str]:
    """Return the texts of the messages."""
    return [message.text for message in state["messages"]]


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_progress_is_three_updates(drive, version) -> None:
    """The model's calls, the tools' results, the model's answer: nothing before or between."""
    updates = drive.stream(forecaster(version=version), ASKED, stream_mode="updates")
    assert [list(update) for update in updates] == [["agent"], ["tools"], ["agent"]]
    asked, result, answer = (m for u in updates for one in u.values() for m in one["messages"])
    assert asked.tool_calls == [call("weather", city="sf")]
    assert (result.content, result.tool_call_id) == ("sunny in sf", "call_1")
    assert answer.text == "It is sunny."


def test_tokens_of_an_agent(drive) -> None:
    """Pieces of calls and words of the answer come one by one, from the node `agent`."""
    stream = drive.stream(forecaster(), ASKED, stream_mode="messages")
    assert [m.text for m, meta in stream if meta["langgraph_node"] == "agent"] == [
        *("", "", ""),  # the name of the tool, its arguments, the end
        "It ",
        "is ",
        "sunny.",
    ]
    assert [m.tool_call_chunks[0]["args"] for m, _ in stream[:2]] == ["", '{"city": "sf"}']
    assert [m.text for m, meta in stream if meta["langgraph_node"] == "tools"] == ["sunny in sf"]


def test_tools_write_to_the_stream(drive) -> None:
    """`get_stream_writer` works inside of tools."""

    def lookup(city: str) -> str:
        """Look it up."""
        get_stream_writer()(f"looking up {city}")
        return "sunny"

    agent = create_react_agent(scripted(calls(call("lookup", city="sf")), "Sunny."), [lookup])
    assert drive.stream(agent, ASKED, stream_mode="custom") == ["looking up sf"]


def test_async_tools_write_to_the_stream() -> None:
    """On every Python, without passing `config`."""

    async def lookup(city: str) -> str:
        """Look it up."""
        get_stream_writer()(f"looking up {city}")
        return "sunny"

    async def run() -> list[Any]:
        agent = create_react_agent(scripted(calls(call("lookup", city="sf")), "Sunny."), [lookup])
        return [item async for item in agent.astream(ASKED, stream_mode="custom")]

    assert asyncio.run(run()) == ["looking up sf"]


def test_calls_of_one_message_run_at_the_same_time(drive) -> None:
    """Each in a task of its own; results stand in the order of the calls."""
    both_run = threading.Barrier(2, timeout=10)

    @tool
    def meet(name: str) -> str:
        """Wait for the other one."""
        both_run.wait()
        return name

    both = calls(call("meet", "call_1", name="one"), call("meet", "call_2", name="two"))
    agent = create_react_agent(scripted(both, "Met."), [meet])
    assert texts(drive.invoke(agent, ASKED))[2:4] == ["one", "two"]


def test_without_tools_it_is_one_call_of_the_model(drive) -> None:
    """There is no node for tools then."""
    agent = create_react_agent(scripted("It is sunny."), [])
    assert set(agent.nodes) == {"__start__", "agent"}
    assert texts(drive.invoke(agent, ASKED))[-1] == "It is sunny."


def test_a_tool_that_returns_directly_ends_the_run(drive) -> None:
    """Its result is the last message."""
    agent = create_react_agent(scripted(calls(call("final", city="sf"))), [final, weather])
    assert texts(drive.invoke(agent, ASKED))[-1] == "that was sf"


def test_one_tool_of_several_that_returns_directly_ends_the_run(drive) -> None:
    """The other results are there, too."""
    both = calls(call("final", city="sf"), call("weather", "call_2", city="sf"))
    agent = create_react_agent(scripted(both), [final, weather])
    assert texts(drive.invoke(agent, ASKED))[-2:] == ["that was sf", "sunny in sf"]


def test_too_few_steps_for_a_call(drive) -> None:
    """The agent says so, before the recursion limit would make it an error."""
    state = drive.invoke(forecaster(), ASKED, {"recursion_limit": 2})
    assert texts(state)[-1] == "Sorry, need more steps to process this request."


def test_a_call_in_the_history_without_an_answer(drive) -> None:
    """The error names the call, before the provider refuses it."""
    history = [HumanMessage("q"), calls(call("weather", "lost", city="sf")), HumanMessage("well?")]
    with pytest.raises(ValueError, match=r"'lost'(.|\n)*INVALID_CHAT_HISTORY"):
        drive.invoke(create_react_agent(scripted("x"), [weather]), {"messages": history})


def test_the_name_of_an_agent(drive) -> None:
    """It is the name of the graph and that of the model's messages."""
    agent = forecaster(name="forecaster")
    assert agent.name == "forecaster"
    messages = drive.invoke(agent, ASKED)["messages"]
    assert [m.name for m in messages if isinstance(m, AIMessage)] == ["forecaster"] * 2


def test_messages_keep_the_name_that_the_model_gave_them(drive) -> None:
    """If the agent has no name."""
    agent = create_react_agent(scripted(AIMessage("x", name="model")), [])
    assert drive.invoke(agent, ASKED)["messages"][-1].name == "model"


def test_a_tool_node_instead_of_tools(drive) -> None:
    """So that its errors are handled in its own way."""

    @tool
    def fail(city: str) -> str:
        """Fail."""
        raise LookupError(city)

    node = ToolNode([fail], handle_tool_errors="there was no such city")
    agent = create_react_agent(scripted(calls(call("fail", city="x")), "Sorry."), node)
    assert texts(drive.invoke(agent, ASKED))[2] == "there was no such city"


def test_a_state_with_more_keys(drive) -> None:
    """Tools get them by name."""

    class Users(AgentState):
        user: str

    @tool
    def who(user: Annotated[str, InjectedState("user")]) -> str:
        """Tell who asks."""
        return user

    model = scripted(calls(call("who")), "Ann.")
    agent = create_react_agent(model, [who], state_schema=Users)
    assert texts(drive.invoke(agent, {**ASKED, "user": "ann"}))[2] == "ann"


def test_a_state_that_lacks_a_key() -> None:
    """The error names the key."""

    class Mine(TypedDict):
        messages: list[Any]

    with pytest.raises(ValueError, match=r"remaining_steps.*derive it from AgentState"):
        create_react_agent(scripted("x"), [], state_schema=Mine)


def test_an_unknown_version() -> None:
    """The error names those that there are."""
    with pytest.raises(ValueError, match="'v1' and 'v2'"):
        create_react_agent(scripted("x"), [], version="v3")


def test_the_old_name_of_the_context_schema() -> None:
    """It still works, and says what to write instead."""
    with pytest.warns(DeprecationWarning, match="context_schema"):
        agent = create_react_agent(scripted("x"), [], config_schema=dict)
    assert agent.context_schema is dict


def test_a_tool_hands_over_to_another_agent(drive) -> None:
    """A command for the graph around goes on there, with the history that it takes along."""

    @tool
    def hand_over(
        state: Annotated[dict, InjectedState], tool_call_id: Annotated[str, InjectedToolCallId]
    ) -> Any:
        """Hand over."""
        done = ToolMessage("over to you", tool_call_id=tool_call_id)
        update = {"messages": [*state["messages"], done]}
        return Command(graph=Command.PARENT, goto="second", update=update)

    first = create_react_agent(scripted(calls(call("hand_over"))), [hand_over], name="first")
    second = create_react_agent(scripted("I am second."), [], name="second")
    graph = StateGraph(MessagesState).add_node("first", first, destinations=("second",))
    team = graph.add_node("second", second).add_edge(START, "first").compile()
    state = drive.invoke(team, {"messages": [("user", "q")]})
    assert texts(state) == ["q", "", "over to you", "I am second."]


def test_an_argument_that_there_is_not() -> None:
    """The error names it with its value."""
    with pytest.raises(TypeError, match=r"unexpected keyword arguments: \{'tool': 5\}"):
        forecaster(tool=5)
