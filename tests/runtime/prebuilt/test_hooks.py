"""Hooks around the model of an agent, and its structured response."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, RemoveMessage, ToolMessage
from langchain_core.tools import tool
from pydantic import BaseModel
from scripted import call, calls, scripted

from runtime.graph.message import REMOVE_ALL_MESSAGES
from runtime.prebuilt import create_react_agent
from runtime.prebuilt.chat_agent_executor import (
    AgentStatePydantic,
    AgentStateWithStructuredResponsePydantic,
)

ASKED = {"messages": [HumanMessage("hello", id="q")]}


class Forecast(BaseModel):
    """What the weather is like."""

    city: str
    sunny: bool


FORECAST = calls(call("Forecast", "call_9", city="sf", sunny=True))


@tool
def weather(city: str) -> str:
    """Tell the weather."""
    return f"sunny in {city}"


@pytest.mark.parametrize("schema", [None, AgentStatePydantic])
def test_a_hook_shows_the_model_something_else(drive, schema) -> None:
    """What it writes to `llm_input_messages` stays out of the history."""
    model = scripted("hi")
    shown = {"llm_input_messages": [HumanMessage("summary")]}
    agent = create_react_agent(model, [], pre_model_hook=lambda _: shown, state_schema=schema)
    state = drive.invoke(agent, ASKED)
    assert [m.text for m in model.asked[-1]] == ["summary"]
    assert [m.text for m in state["messages"]] == ["hello", "hi"]


def test_a_hook_shortens_the_history(drive) -> None:
    """What it writes to `messages` stays."""
    short = [RemoveMessage(REMOVE_ALL_MESSAGES), HumanMessage("summary")]
    agent = create_react_agent(scripted("hi"), [], pre_model_hook=lambda _: {"messages": short})
    assert [m.text for m in drive.invoke(agent, ASKED)["messages"]] == ["summary", "hi"]


def test_the_hook_runs_before_each_question(drive) -> None:
    """After the tools it goes back to the hook."""
    model = scripted(calls(call("weather", city="sf")), "sunny")
    agent = create_react_agent(model, [weather], pre_model_hook=lambda _: {})
    updates = drive.stream(agent, ASKED, stream_mode="updates")
    expected = ["pre_model_hook", "agent", "tools", "pre_model_hook", "agent"]
    assert [name for update in updates for name in update] == expected


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_hook_after_the_model_runs_before_the_tools(drive, version) -> None:
    """In both versions."""
    model = scripted(calls(call("weather", city="sf")), "sunny")
    agent = create_react_agent(model, [weather], post_model_hook=lambda _: {}, version=version)
    updates = drive.stream(agent, ASKED, stream_mode="updates")
    expected = ["agent", "post_model_hook", "tools", "agent", "post_model_hook"]
    assert [name for update in updates for name in update] == expected


def test_a_hook_answers_a_call_itself(drive) -> None:
    """Then the tool is not called, and the model is asked again."""

    def deny(state: Any) -> Any:
        made = getattr(state["messages"][-1], "tool_calls", [])
        return {"messages": [ToolMessage("denied", tool_call_id=one["id"]) for one in made]}

    model = scripted(calls(call("weather", city="sf")), "Then not.")
    agent = create_react_agent(model, [weather], post_model_hook=deny)
    texts = [m.text for m in drive.invoke(agent, ASKED)["messages"]]
    assert texts == ["hello", "", "denied", "Then not."]


def test_a_hook_after_the_last_answer(drive) -> None:
    """What it writes is the end of the history."""
    checked = {"messages": [AIMessage("checked")]}
    agent = create_react_agent(scripted("hi"), [], post_model_hook=lambda _: checked)
    assert drive.invoke(agent, ASKED)["messages"][-1].text == "checked"


def test_a_structured_response(drive) -> None:
    """A last question to the model makes an object of the conversation."""
    model = scripted("Sunny.", FORECAST)
    state = drive.invoke(create_react_agent(model, [], response_format=Forecast), ASKED)
    assert state["structured_response"] == Forecast(city="sf", sunny=True)
    assert [m.text for m in model.asked[-1]] == ["hello", "Sunny."]


def test_a_structured_response_with_a_prompt(drive) -> None:
    """The prompt stands before the messages of the last question."""
    model = scripted("Sunny.", FORECAST)
    form = ("Answer as an object.", Forecast)
    drive.invoke(create_react_agent(model, [weather], response_format=form), ASKED)
    assert model.asked[-1][0].text == "Answer as an object."


def test_a_structured_response_in_a_pydantic_state(drive) -> None:
    """It is a field of the state."""
    model = scripted(calls(call("weather", city="sf")), "Sunny.", FORECAST)
    agent = create_react_agent(
        model,
        [weather],
        response_format=Forecast,
        state_schema=AgentStateWithStructuredResponsePydantic,
    )
    assert drive.invoke(agent, ASKED)["structured_response"].city == "sf"
