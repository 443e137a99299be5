"""Which runs of an agent its listeners hear of is the same on LangGraph and on ours."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from engines import LANGGRAPH, OURS, Engine
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda
from langchain_core.tools import tool
from langchain_core.tracers.schemas import Run
from scripted import Scripted, call, calls
from traces import Tree

pytestmark = [
    pytest.mark.filterwarnings("ignore:create_react_agent has been moved"),
    pytest.mark.filterwarnings("ignore::langchain_core._api.LangChainDeprecationWarning"),
]

ASKED = {"messages": [HumanMessage("one and two?")]}
OBJECT = {"title": "Sum", "type": "object", "properties": {}}


class Structured(Scripted):
    """Gives objects, too."""

    def with_structured_output(self, schema: Any, **kwargs: Any) -> Runnable[Any, Any]:
        """Make an object of each answer."""
        return self | RunnableLambda(lambda message: {"said": message.text})


@tool
def add(a: int, b: int) -> int:
    """Add."""
    return a + b


@tool("add")
async def async_add(a: int, b: int) -> int:
    """Add."""
    return a + b


def shown_messages(state: Any) -> Any:
    """Return the messages."""
    return state["messages"]


async def async_shown_messages(state: Any) -> Any:
    """Return the messages."""
    return state["messages"]


def shown_messages_with_config(state: Any, config: RunnableConfig) -> Any:
    """Return the messages, and see that there is a config."""
    assert config["configurable"]
    return state["messages"]


def chosen(model: Any) -> Any:
    """Return a function that chooses the model."""
    return lambda state, runtime: model.bind_tools([add])


def chosen_async(model: Any) -> Any:
    """Return an async function that chooses the model."""

    async def choose(state: Any, runtime: Any) -> Any:
        return model.bind_tools([add])

    return choose


def fails(*_: Any) -> Any:
    """Fail."""
    raise ValueError("no")


AGENTS: dict[str, dict[str, Any]] = {
    "no prompt": {},
    "a text as prompt": {"prompt": "be brief"},
    "a message as prompt": {"prompt": SystemMessage("be brief")},
    "a function as prompt": {"prompt": shown_messages},
    "a function with config as prompt": {"prompt": shown_messages_with_config},
    "a Runnable as prompt": {"prompt": RunnableLambda(shown_messages)},
    "a sequence as prompt": {"prompt": RunnableLambda(shown_messages) | RunnableLambda(list)},
    "a prompt that fails": {"prompt": fails},
    "a model that is chosen": {"model": chosen},
    "a model that is chosen, and a prompt": {"model": chosen, "prompt": "be brief"},
    "a choice that fails": {"model": lambda _: fails},
    "a model that knows its tools": {"model": lambda model: model.bind_tools([add])},
    "a model with a name and tags": {
        "model": lambda model: model.bind_tools([add]).with_config(run_name="it", tags=["mine"])
    },
    "a model in a sequence": {
        "model": lambda model: model.bind_tools([add]) | RunnableLambda(lambda message: message)
    },
    "an object at the end": {"response_format": OBJECT},
    "a prompt for an object at the end": {"response_format": ("as an object", OBJECT)},
    "an object of a model that is chosen": {"model": chosen, "response_format": OBJECT},
    "a hook before": {"pre_model_hook": lambda state: {"llm_input_messages": state["messages"]}},
    "no tools": {"tools": []},
    "a name": {"name": "adder"},
    "one task for all calls": {"version": "v1"},
    "an async prompt": {"prompt": async_shown_messages},
    "a model that is chosen by an async function": {"model": chosen_async},
    "an async tool": {"tools": [async_add]},
}


def agent(engine: Engine, kwargs: dict[str, Any]) -> Any:
    """Return an agent that calls a tool, answers, and then may answer once more."""
    model = Structured(
        answers=[calls(call("add", a=1, b=2)), AIMessage("It is 3."), AIMessage("3")]
    )
    given: Callable[[Any], Any] = kwargs.get("model", lambda model: model)
    return engine.prebuilt.create_react_agent(**{"tools": [add], **kwargs, "model": given(model)})


async def events(engine: Engine, kwargs: dict[str, Any], version: Any) -> list[Any]:
    """Return what a listener to all events hears: of which run, and inside which others."""
    names: dict[str, str] = {}
    heard: list[Any] = []
    try:
        async for event in agent(engine, kwargs).astream_events(
            ASKED, {"tags": ["asked"]}, version=version
        ):
            names[event["run_id"]] = event["name"]
            around = [names[run_id] for run_id in event.get("parent_ids", ())]
            node = event["metadata"].get("langgraph_node")
            heard.append((event["event"], event["name"], event["tags"], node, around))
    except ValueError as error:
        heard.append(str(error))
    return heard


def shown(run: Run) -> Any:
    """Return what a trace says of a run and of those inside."""
    failed = (run.error or "").partition("(")[0]
    return run.name, run.run_type, run.tags, failed, [shown(inner) for inner in run.child_runs]


async def traced(run: Any, drive: str, **configurable: Any) -> list[Any]:
    """Return the runs that a tracer sees."""
    tree = Tree(shown)
    config = {"callbacks": [tree], "configurable": configurable}
    with suppress(Exception):  # which shows in the runs
        if drive == "async":
            await run.ainvoke(ASKED, config)
        else:
            await asyncio.to_thread(run.invoke, ASKED, config)
    return tree.runs


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("kind", AGENTS)
async def test_agents_show_the_same_events(kind: str, version: str) -> None:
    """The same runs under the same names, with the same tags, one inside the other alike."""
    theirs = await events(LANGGRAPH, AGENTS[kind], version)
    assert await events(OURS, AGENTS[kind], version) == theirs
    assert "call_model" in {event[1] for event in theirs}


@pytest.mark.parametrize("drive", ["sync", "async"])
@pytest.mark.parametrize("kind", AGENTS)
async def test_agents_are_traced_alike(kind: str, drive: str) -> None:
    """A tracer sees the same runs, and the same ones fail."""
    theirs = await traced(agent(LANGGRAPH, AGENTS[kind]), drive)
    assert await traced(agent(OURS, AGENTS[kind]), drive) == theirs


@pytest.mark.parametrize("drive", ["sync", "async"])
async def test_the_agent_is_traced_alike_by_hand(drive: str) -> None:
    """Its node, called without the graph, shows its runs to who listens to that call."""

    async def by_hand(engine: Engine) -> list[Any]:
        node = agent(engine, {}).nodes["agent"].bound
        return await traced(node, drive, __pregel_runtime=engine.runtime.Runtime())

    theirs = await by_hand(LANGGRAPH)
    assert await by_hand(OURS) == theirs
    assert [run[0] for run in theirs] == ["RunnableSequence", "call_model"]


@pytest.mark.parametrize("drive", ["sync", "async"])
async def test_no_runs_are_made_if_nobody_listens(drive: str) -> None:
    """What an agent asks has no run to stand in."""
    around: list[Any] = []

    def prompt(state: Any, config: RunnableConfig) -> Any:
        around.append(config["callbacks"].parent_run_id)
        return state["messages"]

    ours = agent(OURS, {"prompt": prompt})
    await (ours.ainvoke(ASKED) if drive == "async" else asyncio.to_thread(ours.invoke, ASKED))
    assert around == [None, None]
