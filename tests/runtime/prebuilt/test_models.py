"""The `model` and the `prompt` of an agent."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import pytest
from langchain_core.messages import HumanMessage, SystemMessage
from langchain_core.runnables import RunnableConfig, RunnableLambda
from langchain_core.tools import tool
from scripted import Scripted, call, calls, scripted

from runtime.prebuilt import create_react_agent

ASKED = {"messages": [("user", "hello")]}


@tool
def weather(city: str) -> str:
    """Tell the weather."""
    return f"sunny in {city}"


def asked(model: Scripted) -> list[tuple[str, str]]:
    """Return what the model was asked last."""
    return [(message.type, message.text) for message in model.asked[-1]]


@pytest.mark.parametrize("prompt", ["Be brief.", SystemMessage("Be brief.")])
def test_a_prompt_stands_before_the_messages(drive, prompt) -> None:
    """As a system message that is not part of the state."""
    model = scripted("hi")
    state = drive.invoke(create_react_agent(model, [], prompt=prompt), ASKED)
    assert asked(model) == [("system", "Be brief."), ("human", "hello")]
    assert [message.type for message in state["messages"]] == ["human", "ai"]


@pytest.mark.parametrize("make", [lambda f: f, RunnableLambda], ids=["function", "runnable"])
def test_a_prompt_that_makes_everything(drive, make) -> None:
    """A function of the state, or a Runnable."""
    model = scripted("hi")
    prompt = make(lambda state: [HumanMessage(f"{len(state['messages'])} messages")])
    drive.invoke(create_react_agent(model, [], prompt=prompt), ASKED)
    assert asked(model) == [("human", "1 messages")]


def test_a_prompt_gets_what_nodes_get(drive) -> None:
    """Parameters of the names that nodes have are filled in."""

    def prompt(state: Any, config: RunnableConfig, runtime: Any) -> Any:
        return f"{config['configurable']['tone']} {runtime.context}"

    model = scripted("hi")
    agent = create_react_agent(model, [], prompt=prompt)
    drive.invoke(agent, ASKED, {"configurable": {"tone": "brief"}}, context="ann")
    assert asked(model) == [("human", "brief ann")]


def test_an_async_prompt_in_a_sync_run() -> None:
    """The error says which methods to call."""

    async def prompt(state: Any) -> Any:
        return state["messages"]

    with pytest.raises(TypeError, match="Use ainvoke or astream"):
        create_react_agent(scripted("hi"), [], prompt=prompt).invoke(ASKED)


def test_a_prompt_of_another_kind() -> None:
    """It is refused when the agent is made."""
    with pytest.raises(ValueError, match="unexpected type for `prompt`"):
        create_react_agent(scripted("hi"), [], prompt=5)


@dataclass
class Context:
    """Who asks."""

    user: str


def test_a_model_chosen_by_a_function(drive) -> None:
    """Each time it is asked, from the state and the runtime."""
    models = {"ann": scripted("for ann"), "bob": scripted("for bob")}
    agent = create_react_agent(
        lambda _, runtime: models[runtime.context.user], [weather], context_schema=Context
    )
    state = drive.invoke(agent, ASKED, context={"user": "bob"})
    assert state["messages"][-1].text == "for bob"


async def test_a_model_chosen_by_an_async_function() -> None:
    """In async runs only."""

    async def choose(state: Any, runtime: Any) -> Any:
        return scripted("chosen")

    agent = create_react_agent(choose, [weather])
    assert (await agent.ainvoke(ASKED))["messages"][-1].text == "chosen"
    with pytest.raises(RuntimeError, match="invoked synchronously"):
        agent.invoke(ASKED)


def test_a_model_that_knows_its_tools(drive) -> None:
    """It is not told again."""
    model = scripted(calls(call("weather", city="sf")), "sunny")
    agent = create_react_agent(model.bind_tools([weather]), [weather])
    assert drive.invoke(agent, ASKED)["messages"][-1].text == "sunny"


def test_a_model_that_knows_another_number_of_tools() -> None:
    """It is refused when the agent is made."""
    tools = [weather, weather.model_copy(update={"name": "other"})]
    with pytest.raises(ValueError, match="Got 2 tools, expected 1"):
        create_react_agent(scripted("x").bind_tools([weather]), tools)


@pytest.mark.parametrize(
    "told",
    [
        {"type": "function", "function": {"name": "weather"}},
        {"type": "function", "name": "weather"},
        {"name": "weather", "input_schema": {}},
        {"toolSpec": {"name": "weather"}},
    ],
    ids=["openai", "openai-responses", "anthropic", "bedrock"],
)
def test_tools_are_known_in_the_forms_of_the_providers(told) -> None:
    """So that a model which knows others is refused when the agent is made."""
    create_react_agent(scripted("x").bind(tools=[told]), [weather])
    other = weather.model_copy(update={"name": "other"})
    with pytest.raises(ValueError, match="other"):
        create_react_agent(scripted("x").bind(tools=[told]), [other])


def test_tools_of_the_provider_are_told_to_the_model_only(drive) -> None:
    """A tool that is a dict is bound, and is not in the tool node."""
    search = {"type": "web_search", "name": "search"}
    agent = create_react_agent(scripted("found"), [weather, search])
    assert list(agent.nodes["tools"].action.tools_by_name) == ["weather"]
    assert drive.invoke(agent, ASKED)["messages"][-1].text == "found"


def test_a_model_by_name(monkeypatch) -> None:
    """`provider:model` is looked up by langchain, and gets the tools."""
    pytest.importorskip("langchain")
    monkeypatch.setenv("OPENAI_API_KEY", "nothing")
    agent = create_react_agent("openai:gpt-4o-mini", [weather])
    assert "tools" in agent.nodes


def test_a_model_by_name_without_langchain(monkeypatch) -> None:
    """The error names the extra, and what works without."""
    monkeypatch.setitem(sys.modules, "langchain.chat_models", None)
    with pytest.raises(ImportError, match=r"replay-harness\[langchain\]"):
        create_react_agent("mistralai:some-model", [weather])


def test_something_that_is_no_model() -> None:
    """It is refused when the agent is made."""
    with pytest.raises(TypeError, match="chat model"):
        create_react_agent(5, [weather])
