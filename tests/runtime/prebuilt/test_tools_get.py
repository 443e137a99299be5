"""Parameters of tools that the graph fills in."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from langchain_core.tools import BaseTool, StructuredTool, tool
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore
from pydantic import BaseModel
from scripted import call, calls
from typing_extensions import TypedDict

from runtime.graph import START, StateGraph
from runtime.prebuilt import InjectedState, InjectedStore, ToolNode, ToolRuntime
from runtime.types import Send


class Users(TypedDict, total=False):
    """A state of keys."""

    messages: list[Any]
    user: str


@dataclass
class Data:
    """A state of a dataclass."""

    messages: list[Any]
    user: str = "eve"


class Model(BaseModel):
    """A state of a Pydantic class."""

    messages: list[Any]
    user: str = "eve"


@tool
def whole(state: Annotated[Any, InjectedState]) -> str:
    """Show the state."""
    return type(state).__name__


@tool
def key(user: Annotated[str, InjectedState("user")]) -> str:
    """Show a key."""
    return user


@tool
def optional(user: Annotated[str | None, InjectedState("user")] = "nobody") -> str:
    """Show a key, if it is there."""
    return f"{user}"


@tool
def kept(store: Annotated[BaseStore, InjectedStore()]) -> str:
    """Show the store."""
    return type(store).__name__


def shown(drive: Any, which: Any, schema: Any = Users, store: Any = None, **state: Any) -> str:
    """Return what a tool shows in a graph of a tool node."""
    made = calls(call(which.name, **state.pop("args", {})))
    graph = StateGraph(schema).add_node(ToolNode([which])).add_edge(START, "tools")
    context = state.pop("context", None)
    given = {"messages": [made], **state}
    update = drive.stream(graph.compile(store=store), given, context=context)[0]
    return update["tools"]["messages"][0].content


@pytest.mark.parametrize(("schema", "name"), [(Users, "dict"), (Data, "Data"), (Model, "Model")])
def test_the_state(drive, schema, name) -> None:
    """As the node is shown it: a dict, or an object of the state's class."""
    assert shown(drive, whole, schema) == name


@pytest.mark.parametrize("schema", [Users, Data, Model])
def test_a_key_of_the_state(drive, schema) -> None:
    """Of every kind of state."""
    assert shown(drive, key, schema, user="ann") == "ann"


def test_a_key_that_is_not_set(drive) -> None:
    """The error names the tool and the key; a default makes it fine."""
    with pytest.raises(KeyError, match="'key' wants the state key 'user'"):
        shown(drive, key)
    assert shown(drive, optional) == "nobody"


def test_what_the_model_says_does_not_count(drive) -> None:
    """It cannot fill in what the graph fills in."""
    assert shown(drive, key, user="ann", args={"user": "eve"}) == "ann"
    assert shown(drive, optional, args={"user": "eve"}) == "nobody"


def test_the_model_does_not_see_them() -> None:
    """They are not in the schema that it is told."""
    for one in (whole, key, kept):
        assert one.tool_call_schema.model_json_schema()["properties"] == {}


def test_the_store(drive) -> None:
    """The one that the graph was compiled with; the error says how."""
    assert shown(drive, kept, store=InMemoryStore()) == "InMemoryStore"
    with pytest.raises(ValueError, match=r"compile\(store="):
        shown(drive, kept)


def test_all_there_is_to_know(drive) -> None:
    """A parameter of type `ToolRuntime`, or one called `runtime`, whatever others are called."""

    @tool
    def typed(anything: ToolRuntime) -> str:
        """Show it."""
        there = (anything.tool_call_id, anything.state["user"], anything.context)
        names = [one.name for one in anything.tools]
        return f"{there} {names} {anything.execution_info.node_attempt}"

    @tool
    def named(runtime) -> str:
        """Show it."""
        return runtime.tool_call_id

    assert shown(drive, typed, user="ann", context="c") == "('call_1', 'ann', 'c') ['typed'] 1"
    assert shown(drive, named) == "call_1"


def test_a_parameter_that_is_only_called_runtime(drive) -> None:
    """It is the author's own if it is annotated with something else."""

    @tool
    def length(runtime: int) -> str:
        """Show it."""
        return f"{runtime} minutes"

    assert shown(drive, length, args={"runtime": 90}) == "90 minutes"


def test_a_schema_of_its_own(drive) -> None:
    """Annotations of an `args_schema` count as those of the function do."""

    class Arguments(BaseModel):
        user: Annotated[str, InjectedState("user")]

    @tool(args_schema=Arguments)
    def with_schema(user: str) -> str:
        """Show it."""
        return user

    class Shower(BaseTool):
        name: str = "shower"
        description: str = "Show it."

        def _run(self, user: Annotated[str, InjectedState("user")]) -> str:
            return user

    assert shown(drive, with_schema, user="ann") == "ann"
    assert shown(drive, Shower(), user="ann") == "ann"


async def test_a_tool_described_by_json_schema() -> None:
    """As those of other processes are: what is filled in stands in the function."""

    async def act(a: int, runtime: ToolRuntime) -> str:
        return f"{a} {runtime.tool_call_id}"

    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    remote = StructuredTool(name="act", description="Act.", args_schema=schema, coroutine=act)
    results = await ToolNode([remote]).ainvoke([calls(call("act", a=1))])
    assert results[0].content == "1 call_1"


def test_the_state_of_bare_calls(drive) -> None:
    """A `Send` of calls leaves out the state; tools get it all the same."""
    graph = StateGraph(Model).add_node(ToolNode([key]))
    graph.add_conditional_edges(START, lambda s: [Send("tools", s.messages[0].tool_calls)])
    given = {"messages": [calls(call("key"))], "user": "ann"}
    update = drive.stream(graph.compile(), given)[0]
    assert update["tools"]["messages"][0].content == "ann"


def test_a_list_of_messages_has_no_keys(drive) -> None:
    """The whole state is a dict of the messages then."""
    assert drive.invoke(ToolNode([whole]), [calls(call("whole"))])[0].content == "dict"
    with pytest.raises(ValueError, match=r"'key' wants the state keys \['user'\]"):
        drive.invoke(ToolNode([key]), [calls(call("key"))])


def test_pieces_of_a_result(drive) -> None:
    """`emit_output_delta` puts them into the `tools` stream, between start and finish."""

    @tool
    def slow(runtime: ToolRuntime) -> str:
        """Tell it in pieces."""
        runtime.emit_output_delta("one")
        runtime.emit_output_delta("two")
        return "one two"

    graph = StateGraph(Users).add_node(ToolNode([slow])).add_edge(START, "tools").compile()
    chunks = drive.stream(graph, {"messages": [calls(call("slow"))]}, stream_mode="tools")
    assert [chunk["event"] for chunk in chunks] == [
        "tool-started",
        "tool-output-delta",
        "tool-output-delta",
        "tool-finished",
    ]
    assert [chunk["delta"] for chunk in chunks[1:3]] == ["one", "two"]
    assert drive.invoke(ToolNode([slow]), [calls(call("slow"))])[0].content == "one two"


def test_async_tools() -> None:
    """They are filled in as sync ones are."""

    @tool
    async def user_of(user: Annotated[str, InjectedState("user")]) -> str:
        """Show it."""
        return user

    state = {"messages": [calls(call("user_of"))], "user": "ann"}
    update = asyncio.run(ToolNode([user_of]).ainvoke(state))
    assert update["messages"][0].content == "ann"
