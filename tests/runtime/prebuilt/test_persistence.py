"""An agent with a checkpointer: threads, questions from tools, stops before and after nodes."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from scripted import call, calls, scripted

from runtime.prebuilt import ToolNode, create_react_agent
from runtime.types import Command, interrupt

ASKED = {"messages": [("user", "buy it")]}
THREAD = {"configurable": {"thread_id": "1"}}


@tool
def weather(city: str) -> str:
    """Tell the weather."""
    return f"sunny in {city}"


@tool
def buy(item: str) -> str:
    """Buy it if somebody agrees."""
    return f"{item}: {interrupt(f'buy {item}?')}"


def buyer(*made: Any, tools: Any = (buy,), **kwargs: Any) -> Any:
    """Return an agent that makes these calls and then answers."""
    model = scripted(calls(*made), "Done.", "Again.")
    return create_react_agent(model, tools, checkpointer=InMemorySaver(), **kwargs)


def texts(state: Any) -> list[str]:
    """Return the texts of the messages."""
    return [message.text for message in state["messages"]]


def test_a_thread_is_remembered(drive) -> None:
    """The next run starts from where the last one ended."""
    agent = create_react_agent(scripted("one", "two"), [], checkpointer=InMemorySaver())
    drive.invoke(agent, {"messages": [("user", "a")]}, THREAD)
    state = drive.invoke(agent, {"messages": [("user", "b")]}, THREAD)
    assert texts(state) == ["a", "one", "b", "two"]


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_tool_asks_and_gets_an_answer(drive, version) -> None:
    """The question ends the run; the tool starts over with the answer."""
    agent = buyer(call("buy", item="tea"), version=version)
    updates = drive.stream(agent, ASKED, THREAD, stream_mode="updates")
    (question,) = updates[-1]["__interrupt__"]
    assert question.value == "buy tea?"
    state = drive.invoke(agent, Command(resume="yes"), THREAD)
    assert texts(state) == ["buy it", "", "tea: yes", "Done."]


def test_questions_pass_through_a_tool_node_that_handles_everything(drive) -> None:
    """A question is no failure."""
    agent = buyer(call("buy", item="tea"), tools=ToolNode([buy], handle_tool_errors=True))
    drive.invoke(agent, ASKED, THREAD)
    assert texts(drive.invoke(agent, Command(resume="no"), THREAD))[2] == "tea: no"


def test_two_tools_ask_at_the_same_time(drive) -> None:
    """Each question is answered by its id."""
    agent = buyer(call("buy", item="tea"), call("buy", "call_2", item="milk"))
    state = drive.invoke(agent, ASKED, THREAD)
    answers = {question.id: f"ok {question.value}" for question in state["__interrupt__"]}
    assert len(answers) == 2
    state = drive.invoke(agent, Command(resume=answers), THREAD)
    assert texts(state)[2:4] == ["tea: ok buy tea?", "milk: ok buy milk?"]


def test_a_tool_that_is_done_is_not_called_again(drive) -> None:
    """While another one of the same message waits for its answer."""
    made: list[str] = []

    @tool
    def note(item: str) -> str:
        """Note it."""
        made.append(item)
        return "noted"

    agent = buyer(call("note", item="x"), call("buy", "call_2", item="tea"), tools=[note, buy])
    drive.invoke(agent, ASKED, THREAD)
    state = drive.invoke(agent, Command(resume="yes"), THREAD)
    assert made == ["x"]
    assert texts(state)[2:4] == ["noted", "tea: yes"]


@pytest.mark.parametrize(
    ("stop", "count"),
    [({"interrupt_before": ["tools"]}, 2), ({"interrupt_after": ["tools"]}, 3)],
    ids=["before", "after"],
)
def test_stops(drive, stop, count) -> None:
    """Before or after a node; `None` goes on."""
    agent = buyer(call("weather", city="sf"), tools=[weather], **stop)
    assert len(drive.invoke(agent, ASKED, THREAD)["messages"]) == count
    assert texts(drive.invoke(agent, None, THREAD))[2:] == ["sunny in sf", "Done."]


def test_the_calls_are_changed_while_the_agent_stands_still(drive) -> None:
    """A message of the same id takes the place of the one with the calls."""
    agent = buyer(call("weather", city="sf"), tools=[weather], interrupt_before=["tools"])
    asked = drive.invoke(agent, ASKED, THREAD)["messages"][-1]
    changed = calls(call("weather", city="nyc")).model_copy(update={"id": asked.id})
    agent.update_state(THREAD, {"messages": [changed]})
    assert texts(drive.invoke(agent, None, THREAD))[2] == "sunny in nyc"
