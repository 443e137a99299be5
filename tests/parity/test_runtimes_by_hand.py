"""Graphs and tool nodes given a runtime by hand, and what else is called without a graph."""

# no `from __future__ import annotations`: functions are annotated with what the engine at hand has

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from engines import LANGGRAPH, OURS, Engine, plain
from langchain_core.tools import tool
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore
from pydantic import BaseModel
from pydantic.v1 import BaseModel as OldModel
from scripted import call, calls
from typing_extensions import TypedDict

FOO = {"messages": [calls(call("foo", a=1))]}


class State(TypedDict):
    """A state."""

    a: int


def config(engine: Engine, **given: Any) -> Any:
    """Return a config that brings a runtime."""
    return {"configurable": {"__pregel_runtime": engine.runtime.Runtime(**given)}}


def node(engine: Engine, action: Any) -> Any:
    """Return the node of a compiled graph that has this action."""
    graph = engine.graph.StateGraph(State).add_node("n", action)
    return graph.add_edge(engine.graph.START, "n").compile().nodes["n"]


def ask(runnable: Any, drive: str, *given: Any) -> Any:
    """Return what it answers, or what it raises."""
    try:
        if drive == "sync":
            return runnable.invoke(*given)
        return asyncio.run(runnable.ainvoke(*given))
    except Exception as error:  # noqa: BLE001 - which one it is, is compared
        return type(error).__name__


# --- nodes -----------------------------------------------------------------------------------


def a_command(engine: Engine, drive: str) -> Any:
    return ask(node(engine, lambda _: engine.types.Command(goto="n", update={"a": 3})), drive, {})


def a_function_with_a_runtime(engine: Engine, drive: str) -> Any:
    seen: list[Any] = []

    def action(
        state: Any, runtime: Any, store: BaseStore, writer: engine.types.StreamWriter
    ) -> Any:
        writer("seen")
        return runtime.context, store is runtime.store, runtime.previous

    given = config(engine, context="ann", store=InMemoryStore(), stream_writer=seen.append)
    return ask(node(engine, action), drive, {}, given), seen


# --- graphs and tool nodes -------------------------------------------------------------------


def a_graph(engine: Engine, drive: str) -> Any:
    def action(state: Any, runtime: Any) -> Any:
        return {"a": (runtime.context, runtime.store.get(("n",), "k").value)}

    graph = engine.graph.StateGraph(State).add_node(action)
    graph = graph.add_edge(engine.graph.START, "action").compile()
    store = InMemoryStore()
    store.put(("n",), "k", {"v": 1})
    return ask(graph, drive, {"a": 0}, config(engine, context="ann", store=store))


def a_tool_that_wants_the_runtime(engine: Engine, drive: str) -> Any:
    tools = engine.tool_node

    @tool
    def foo(a: int, runtime: tools.ToolRuntime[Any, Any]) -> str:
        """Do it."""
        runtime.stream_writer("seen")
        return f"{runtime.context} {runtime.execution_info.task_id} {runtime.tool_call_id}"

    seen: list[Any] = []
    info = engine.runtime.ExecutionInfo(checkpoint_id="c", checkpoint_ns="", task_id="t")
    given = config(engine, context="ann", stream_writer=seen.append, execution_info=info)
    return ask(tools.ToolNode([foo]), drive, FOO, given), seen


def a_validation_node(engine: Engine, drive: str) -> Any:
    class foo(OldModel):  # noqa: N801 - the name of the call
        a: int

    checks = engine.prebuilt.ValidationNode([foo])
    bad = {"messages": [calls(call("foo", a="many"))]}
    kinds = [ask(checks, drive, given)["messages"][0] for given in (FOO, bad)]
    return kinds[0].content, kinds[1].additional_kwargs, "a" in kinds[1].content


def a_question_in_a_tool(engine: Engine, drive: str) -> Any:
    class Yes(BaseModel):
        sure: bool

    @tool
    def foo(a: int) -> str:
        """Ask."""
        return str(engine.types.interrupt("sure?", response_schema=Yes))

    from langgraph.checkpoint.memory import InMemorySaver  # noqa: PLC0415

    graph = engine.graph.StateGraph(engine.graph.MessagesState)
    graph.add_node(engine.prebuilt.ToolNode([foo], handle_tool_errors=True))
    graph = graph.add_edge(engine.graph.START, "tools").compile(InMemorySaver())
    thread = {"configurable": {"thread_id": "1"}}
    found = [ask(graph, drive, given, thread) for given in (FOO, *_answers(engine))]
    return found[1], found[2]["messages"][-1].content


def _answers(engine: Engine) -> list[Any]:
    return [engine.types.Command(resume={"sure": sure}) for sure in ("perhaps", True)]


BY_HAND: list[Callable[[Engine, str], Any]] = [
    a_command,
    a_function_with_a_runtime,
    a_graph,
    a_tool_that_wants_the_runtime,
    a_validation_node,
    a_question_in_a_tool,
]


@pytest.mark.filterwarnings("ignore:ValidationNode")
@pytest.mark.parametrize("drive", ["sync", "async"])
@pytest.mark.parametrize("case", BY_HAND, ids=lambda case: case.__name__)
def test_answers_are_equal(case: Callable[[Engine, str], Any], drive: str) -> None:
    """What is called without a graph around it answers as it does on LangGraph."""
    ours, theirs = case(OURS, drive), case(LANGGRAPH, drive)

    assert theirs not in (None, "RuntimeError")
    assert plain(ours) == plain(theirs)


def test_a_request_is_not_to_be_changed() -> None:
    """Setting a field still works, with a warning that says what to do instead."""
    for engine in (OURS, LANGGRAPH):
        request = engine.tool_node.ToolCallRequest({}, None, {}, None)
        with pytest.warns(DeprecationWarning, match=r"'state' on ToolCallRequest .* override\(\)"):
            request.state = {"a": 1}
        assert request.state == {"a": 1}


@pytest.mark.filterwarnings("ignore:create_react_agent")
def test_arguments_that_an_agent_does_not_have() -> None:
    """They are named, all of them."""
    for engine in (OURS, LANGGRAPH):
        with pytest.raises(TypeError, match=r"unexpected keyword arguments: \{'a': 1, 'b': 2\}"):
            engine.prebuilt.create_react_agent(None, [], a=1, b=2)
