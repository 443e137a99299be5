"""Scenarios of `ToolNode`: inputs, results, failures, injection, wrappers."""

# no `from __future__ import annotations`: tools are annotated with what the engine at hand has

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Optional

from engines import Engine
from langchain_core.messages import (
    AIMessage,
    AnyMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.tools import InjectedToolArg, InjectedToolCallId, tool
from langgraph.store.memory import InMemoryStore
from pydantic import BaseModel
from scenarios import ALL, says, scenario
from scripted import call, calls
from typing_extensions import NotRequired, TypedDict

EVERY = [*ALL, "tasks", "tools"]
FOO = {"messages": [calls(call("foo", a=1))]}


def given(*made: Any, **state: Any) -> dict[str, Any]:
    """Return a state whose last message has these calls."""
    return {"messages": [HumanMessage("q", id="q"), calls(*made)], **state}


def foo_of(returned: Any) -> Any:
    """Return a tool `foo` that returns this."""

    @tool
    def foo(a: int) -> Any:
        """Do it."""
        if isinstance(returned, Exception):
            raise returned
        return returned

    return foo


@tool
def wait(a: int) -> int:
    """Be done after the others."""
    time.sleep(0.03)
    return a


def noded(engine: Engine, *tools: Any, schema: Any = None, store: Any = None, **kwargs: Any) -> Any:
    """Return a graph of a tool node."""
    graph = engine.graph.StateGraph(schema or engine.graph.MessagesState)
    graph.add_node(engine.prebuilt.ToolNode(tools, **kwargs))
    return graph.add_edge(engine.graph.START, "tools").compile(store=store)


# --- inputs ----------------------------------------------------------------------------------


@scenario([calls(call("foo", a=1))], stream_mode=["values", "updates"])
def a_list_of_messages(engine: Engine) -> Any:
    return noded(engine, foo_of("x"), schema=Annotated[list, engine.message.add_messages])


@scenario(FOO, stream_mode=EVERY)
def calls_handed_over_alone(engine: Engine) -> Any:
    graph = engine.graph.StateGraph(engine.graph.MessagesState)
    graph.add_node(engine.prebuilt.ToolNode([foo_of("x")]))

    def path(state: Any) -> Any:
        return [engine.types.Send("tools", [made]) for made in state["messages"][-1].tool_calls]

    return graph.add_conditional_edges(engine.graph.START, path, ["tools"]).compile()


@scenario({"log": [calls(call("foo", a=1))]})
def messages_under_another_key(engine: Engine) -> Any:
    class Log(TypedDict):
        log: Annotated[list[AnyMessage], engine.message.add_messages]

    return noded(engine, foo_of("x"), schema=Log, messages_key="log")


@scenario(FOO)
def messages_under_another_key_than_the_state_has(engine: Engine) -> Any:
    return noded(engine, foo_of("x"), messages_key="log")


@scenario({"messages": [("user", "q")]})
def no_answer_of_a_model(engine: Engine) -> Any:
    return noded(engine, foo_of("x"))


@scenario({"messages": [calls(call("foo", a=1)), ("user", "and?")]})
def a_question_after_the_calls(engine: Engine) -> Any:
    return noded(engine, foo_of("x"))


@scenario({"messages": [AIMessage("no calls")]})
def no_calls(engine: Engine) -> Any:
    return noded(engine, foo_of("x"))


@scenario(given(call("wait", "call_1", a=1), call("foo", "call_2", a=2)), stream_mode=EVERY[:-1])
def results_come_in_the_order_of_the_calls(engine: Engine) -> Any:
    return noded(engine, wait, foo_of("x"))


@scenario(FOO, stream_mode="updates")
def the_condition_of_a_tool_node(engine: Engine) -> Any:
    graph = engine.graph.StateGraph(engine.graph.MessagesState)
    graph.add_node(engine.prebuilt.ToolNode([foo_of("x")]))
    graph.add_conditional_edges(engine.graph.START, engine.prebuilt.tools_condition)
    graph.add_conditional_edges("tools", engine.prebuilt.tools_condition)
    return graph.compile()


# --- results ---------------------------------------------------------------------------------

RESULTS: dict[str, Any] = {
    "a_text": "x",
    "a_number": 3,
    "nothing": None,
    "a_dict": {"k": ["é", 1]},
    "an_object": HumanMessage("x", id="x"),
    "content_blocks": [{"type": "text", "text": "x"}],
    "other_blocks": [{"type": "nonsense"}],
    "an_empty_list": [],
    "bytes": b"x",
    "a_tool_message": ToolMessage("x", tool_call_id="call_1", id="x"),
    "a_tool_message_for_another_call": ToolMessage("x", tool_call_id="other", id="x"),
    "a_list_with_something_else": [ToolMessage("x", tool_call_id="call_1", id="x"), "y"],
}


def returns(name: str, value: Any) -> None:
    """Register a scenario of a tool that returns a value."""

    def build(engine: Engine) -> Any:
        return noded(engine, foo_of(value))

    build.__name__ = f"a_tool_returns_{name}"
    scenario(given(call("foo", a=1)), stream_mode=["updates", "tools"])(build)


for _name, _value in RESULTS.items():
    returns(_name, _value)


@scenario(given(call("foo", a=1)))
def a_tool_returns_an_artifact(engine: Engine) -> Any:
    @tool(response_format="content_and_artifact")
    def foo(a: int) -> Any:
        """Do it."""
        return "x", [a]

    return noded(engine, foo)


def commanding(name: str, make: Callable[[Engine, Any], Any], **stream: Any) -> None:
    """Register a scenario of a tool that returns what `make` makes of its answer."""

    def build(engine: Engine) -> Any:
        @tool
        def foo(a: int, tool_call_id: Annotated[str, InjectedToolCallId]) -> Any:
            """Do it."""
            return make(engine, ToolMessage("x", tool_call_id=tool_call_id, id=tool_call_id))

        inner = noded(engine, foo, wait)
        graph = engine.graph.StateGraph(engine.graph.MessagesState).add_node("inner", inner)
        graph.add_node("other", lambda state: {"messages": [("user", f"{len(state['messages'])}")]})
        return graph.add_edge(engine.graph.START, "inner").compile()

    build.__name__ = f"a_command_{name}"
    kwargs = {"stream_mode": ["values", "updates"], "subgraphs": True, **stream}
    scenario(given(call("foo", a=1), call("wait", "call_2", a=2)), **kwargs)(build)


def up(engine: Engine, **kwargs: Any) -> Any:
    """Return a command for the graph around."""
    return engine.types.Command(graph=engine.types.Command.PARENT, **kwargs)


def own(engine: Engine, **kwargs: Any) -> Any:
    """Return a command for the graph itself."""
    return engine.types.Command(**kwargs)


EVERYTHING = RemoveMessage(id="__remove_all__")
STRANGER = ToolMessage("x", tool_call_id="other", id="x")

commanding("that_answers", lambda e, x: own(e, update={"messages": [x]}))
commanding("that_answers_as_a_list", lambda e, x: own(e, update=[x]))
commanding("that_answers_another_call", lambda e, _: own(e, update={"messages": [STRANGER]}))
commanding("that_answers_nothing", lambda e, _: own(e, update={"messages": []}))
commanding("without_update", lambda e, _: own(e))
commanding("that_removes_everything", lambda e, _: own(e, update={"messages": [EVERYTHING]}))
commanding("for_the_parent_alone", lambda e, _: up(e, goto="other"))
commanding(
    "for_the_parent_with_an_answer", lambda e, x: up(e, goto="other", update={"messages": [x]})
)
commanding("that_sends", lambda e, x: up(e, goto=[e.types.Send("other", {"messages": [x, x]})]))
commanding(
    "that_sends_and_updates",
    lambda e, x: up(e, goto=[e.types.Send("other", {"messages": [x]})], update={"messages": [x]}),
)
commanding("in_a_list", lambda e, x: [own(e, update={"messages": []}), x])
commanding("in_a_list_that_answers", lambda e, x: [own(e, update={"messages": [x]})])
commanding("in_a_list_that_answers_twice", lambda e, x: [own(e, update={"messages": [x]}), x])
commanding("in_a_list_that_does_not_answer", lambda e, _: [own(e, update={"messages": []})])
commanding("in_a_list_for_the_parent", lambda e, x: [up(e, goto="other"), x])


# --- failures --------------------------------------------------------------------------------


def narrow(error: KeyError) -> str:
    """Handle what is annotated."""
    return "narrow"


def union(error: KeyError | ValueError) -> str:
    """Handle what is annotated."""
    return f"union {error}"


HANDLERS: dict[str, Any] = {
    "by_default": ...,
    "as_nothing": None,
    "always": True,
    "never": False,
    "with_a_text": "failed",
    "by_class": ValueError,
    "by_other_class": KeyError,
    "by_classes": (KeyError, ValueError),
    "by_function": lambda error: f"function {error!r}",
    "by_function_for_another_class": narrow,
    "by_function_for_a_union": union,
}


def failing(name: str, handler: Any, made: Any, suffix: str) -> None:
    """Register a scenario of a call that fails."""

    def build(engine: Engine) -> Any:
        kwargs = {} if handler is ... else {"handle_tool_errors": handler}
        return noded(engine, foo_of(ValueError("bad")), **kwargs)

    build.__name__ = f"{suffix}_handled_{name}"
    scenario(given(made), stream_mode=["updates", "tools"])(build)


for _name, _handler in HANDLERS.items():
    failing(_name, _handler, call("foo", a=1), "an_error")
    failing(_name, _handler, call("foo", a="x", b=2), "wrong_arguments")


@scenario(FOO)
def a_handler_for_no_exception(engine: Engine) -> Any:
    def handler(error: int) -> str:
        return ""

    return noded(engine, foo_of(ValueError("bad")), handle_tool_errors=handler)


# --- injection -------------------------------------------------------------------------------


class Shape(BaseModel):
    """A state of a class."""

    messages: list[Any]
    user: str = "eve"


@dataclass
class Data:
    """A state of a dataclass."""

    messages: list[Any]
    user: str = "eve"


class Users(TypedDict):
    """A state of keys."""

    messages: list[Any]
    user: str
    city: NotRequired[str]


def injecting(engine: Engine, which: str) -> Any:
    """Return a tool that shows what it is given."""
    state, store = engine.prebuilt.InjectedState, engine.prebuilt.InjectedStore

    def whole(a: int, state: Annotated[Any, state]) -> str:
        """Show it."""
        return repr(sorted(state)) if isinstance(state, dict) else type(state).__name__

    def key(a: int, user: Annotated[str, state("user")]) -> str:
        """Show it."""
        return user

    def missing(a: int, city: Annotated[str, state("city")]) -> str:
        """Show it."""
        return city

    def optional(a: int, city: Annotated[Optional[str], state("city")] = None) -> str:  # noqa: UP045
        """Show it."""
        return repr(city)

    def kept(a: int, store: Annotated[Any, store()]) -> str:
        """Show it."""
        store.put(("x",), "k", {"v": a})
        return repr(store.get(("x",), "k").value)

    def all_of_it(runtime: engine.prebuilt.ToolRuntime) -> str:
        """Show it."""
        runtime.stream_writer("written")
        runtime.emit_output_delta("piece")
        shown = runtime.state
        shown = sorted(shown) if isinstance(shown, dict) else type(shown).__name__
        info = runtime.execution_info
        there = (runtime.store is None, [t.name for t in runtime.tools], info.node_attempt)
        return repr((runtime.tool_call_id, runtime.context, shown, *there))

    shows = (whole, key, missing, optional, kept, all_of_it)
    return tool(next(found for found in shows if found.__name__ == which))


def injected(which: str, state: Any, suffix: str = "", **kwargs: Any) -> None:
    """Register a scenario of a tool that is given something."""
    compiled = kwargs.pop("compiled", {})
    made = kwargs.pop("made", call(which, a=1))

    def build(engine: Engine) -> Any:
        return noded(engine, injecting(engine, which), **compiled)

    build.__name__ = f"a_tool_that_is_given_{which}{suffix}"
    scenario({**given(made), **state}, stream_mode=[*EVERY[:3], "custom", "tools"], **kwargs)(build)


ANN = {"user": "ann"}
for _schema, _suffix in ((Users, ""), (Shape, "_of_a_model"), (Data, "_of_a_dataclass")):
    for _which in ("whole", "key", "missing", "optional", "all_of_it"):
        injected(_which, ANN, _suffix, compiled={"schema": _schema})
injected("key", {}, "_that_is_not_set", compiled={"schema": Users})
injected("optional", {**ANN, "city": "sf"}, "_that_is_set", compiled={"schema": Users})
injected("kept", {}, compiled={"store": InMemoryStore()})
injected("kept", {}, "_without_store")
injected("all_of_it", {}, "_with_context", context={"user": "bob"})
injected("whole", ANN, "_whatever_the_model_says", made=call("whole", a=1, state={"user": "eve"}))


@scenario(given(call("foo", "call_1", a=1, user="me"), call("foo", "call_2", a=1)))
def a_model_that_fills_in_what_it_does_not_see(engine: Engine) -> Any:
    @tool
    def foo(a: int, user: Annotated[str, InjectedToolArg] = "nobody") -> str:
        """Do it."""
        return user

    return noded(engine, foo)


@scenario(given(call("foo", a=1, user="me")))
def a_model_that_fills_in_what_it_does_not_see_and_nobody_else_does(engine: Engine) -> Any:
    @tool
    def foo(a: int, user: Annotated[str, InjectedToolArg]) -> str:
        """Do it."""
        return user

    return noded(engine, foo)


@scenario(FOO, stream_mode=EVERY)
def a_tool_that_asks_a_model(engine: Engine) -> Any:
    model = says("one two")

    @tool
    def foo(a: int) -> str:
        """Ask."""
        return model.invoke([SystemMessage("go")]).text

    return noded(engine, foo, tags=["tagged"])


@scenario(FOO, stream_mode=EVERY)
def a_tool_that_writes(engine: Engine) -> Any:
    @tool
    def foo(a: int) -> str:
        """Write."""
        engine.config.get_stream_writer()({"progress": a})
        return "x"

    return noded(engine, foo)


@scenario(FOO, stream_mode=EVERY, sync=False)
def an_async_tool_that_writes(engine: Engine) -> Any:
    @tool
    async def foo(a: int) -> str:
        """Write."""
        engine.config.get_stream_writer()({"progress": a})
        return "x"

    return noded(engine, foo)


# --- wrappers --------------------------------------------------------------------------------


def twice(request: Any, execute: Any) -> Any:
    """Make the call twice."""
    execute(request)
    return execute(request)


def changed(request: Any, execute: Any) -> Any:
    """Make another call."""
    return execute(request.override(tool_call={**request.tool_call, "args": {"a": 9}}))


def shortcut(request: Any, execute: Any) -> Any:
    """Make no call."""
    return ToolMessage(repr(request.tool_call["args"]), tool_call_id="call_1", id="short")


def refused(request: Any, execute: Any) -> Any:
    """Fail."""
    raise PermissionError(request.tool_call["name"])


def caught(request: Any, execute: Any) -> Any:
    """Tell what happened."""
    try:
        return execute(request)
    except ValueError as error:
        return ToolMessage(f"caught {error}", tool_call_id="call_1", id="caught")


def replaced(request: Any, execute: Any) -> Any:
    """Call another tool."""
    return execute(request.override(tool=wait))


def wrapped(wrapper: Any, returned: Any, suffix: str, made: Any, **kwargs: Any) -> None:
    """Register a scenario of a wrapper."""

    def build(engine: Engine) -> Any:
        return noded(engine, foo_of(returned), wrap_tool_call=wrapper, **kwargs)

    build.__name__ = f"a_wrapper_{wrapper.__name__}{suffix}"
    scenario(given(made), stream_mode=["updates", "tools"])(build)


for _wrapper in (twice, changed, shortcut, refused, caught, replaced):
    wrapped(_wrapper, "x", "", call("foo", a=1))
    wrapped(_wrapper, ValueError("bad"), "_around_a_failure", call("foo", a=1))
    wrapped(_wrapper, "x", "_around_no_tool", call("fo", a=1))
wrapped(refused, "x", "_and_told", call("foo", a=1), handle_tool_errors=True)


@scenario(given(call("foo", a=1)), stream_mode=["updates", "tools"])
def wrappers_of_both_kinds(engine: Engine) -> Any:
    async def awrap(request: Any, execute: Any) -> Any:
        return await execute(request.override(tool_call={**request.tool_call, "args": {"a": 5}}))

    return noded(engine, foo_of("x"), wrap_tool_call=shortcut, awrap_tool_call=awrap)


@scenario(given(call("foo", a=1)), stream_mode=["updates", "tools"])
def a_wrapper_for_async_runs_only(engine: Engine) -> Any:
    async def awrap(request: Any, execute: Any) -> Any:
        return ToolMessage("async", tool_call_id="call_1", id="async")

    return noded(engine, foo_of("x"), awrap_tool_call=awrap)


def with_a_new_state(request: Any, execute: Any) -> Any:
    """Have the tool see another state."""
    return execute(request.override(state={**request.state, "note": "new"}))


@scenario(given(call("read"), note="old"), stream_mode=["updates", "tools"])
def a_wrapper_that_changes_the_state(engine: Engine) -> Any:
    prebuilt = engine.prebuilt

    class Noted(TypedDict):
        messages: Annotated[list[AnyMessage], engine.message.add_messages]
        note: str

    @tool
    def read(
        note: Annotated[str, prebuilt.InjectedState("note")], runtime: prebuilt.ToolRuntime
    ) -> str:
        """Read the note in both ways."""
        return f"{note} {runtime.state['note']}"

    return noded(engine, read, schema=Noted, wrap_tool_call=with_a_new_state)


@scenario(FOO, stream_mode=["updates", "tools"])
def a_list_without_an_answer_is_told(engine: Engine) -> Any:
    returned = [engine.types.Command(update={"log": ["x"]})]

    def told(error: ValueError) -> str:
        return "a list" if "0 messages bound to tool_call_id 'call_1'" in str(error) else str(error)

    return noded(engine, foo_of(returned), handle_tool_errors=told)


@scenario(FOO, stream_mode=["updates", "tools"], subgraphs=True)
def a_tool_whose_graph_is_drained(engine: Engine) -> Any:
    control = engine.runtime.RunControl()
    inner = engine.graph.StateGraph(engine.graph.MessagesState)
    inner.add_node("drain", lambda _: control.request_drain("enough"))
    inner.add_node("after", lambda _: None)
    drained = inner.add_edge("drain", "after").add_edge(engine.graph.START, "drain").compile()

    @tool
    def foo(a: int) -> str:
        """Run a graph that is to stop."""
        return str(drained.invoke({"messages": []}, control=control))

    return noded(engine, foo, handle_tool_errors=True)


@scenario(FOO, stream_mode=EVERY)
def a_wrapper_fails_with_another_class_than_is_handled(engine: Engine) -> Any:
    def wrap(request: Any, execute: Any) -> Any:
        raise LookupError("no")

    return noded(engine, foo_of("x"), wrap_tool_call=wrap, handle_tool_errors=(TypeError,))


@scenario(FOO, stream_mode=["updates", "tasks"])  # `tools` shows the runtime as an argument
def a_runtime_by_its_name_alone(engine: Engine) -> Any:
    @tool
    def foo(a: int, runtime: Any) -> str:
        """Do it."""
        return type(runtime).__name__

    return noded(engine, foo)
