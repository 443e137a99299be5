"""Scenarios of the modes `tasks`, `debug` and `tools`, of stream parts, and of `push_message`."""

from __future__ import annotations

from typing import Annotated, Any

from engines import Engine
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import tool
from scenarios import Joke, Model, State, answering, chain, says, scenario
from typing_extensions import TypedDict

EVERY = ["values", "updates", "messages", "custom", "tasks", "debug", "tools"]
TASKS = ["tasks", "updates", "values"]


@tool
def weather(city: str) -> str:
    """Tell the weather."""
    return f"sunny in {city}"


@tool
def broken(city: str) -> str:
    """Fail."""
    raise ValueError(f"no weather in {city}")


CALL = {"name": "weather", "args": {"city": "sf"}, "id": "call_1", "type": "tool_call"}


@scenario({"a": 1}, stream_mode="tasks")
def a_task_starts_and_is_done(engine: Engine) -> Any:
    return chain(engine, lambda s: {"a": s["a"] + 1}, lambda _: {"log": ["x"]}, lambda _: None)


@scenario({"a": 1}, stream_mode=TASKS, config={"tags": ["t"], "metadata": {"k": 1, "thread_id": 2}})
def tasks_carry_user_metadata(engine: Engine) -> Any:
    graph = engine.graph.StateGraph(State)
    graph.add_node("x", lambda _: {"log": [1]}, metadata={"mine": True})
    return graph.add_edge(engine.graph.START, "x").compile()


@scenario({"a": 1}, stream_mode=TASKS)
def a_task_that_writes_a_key_twice(engine: Engine) -> Any:
    command = engine.types.Command
    return chain(engine, lambda _: [command(update={"log": [n]}) for n in (1, 2, 3)])


@scenario({"a": 1}, stream_mode=TASKS)
def a_task_that_fails(engine: Engine) -> Any:
    return chain(engine, lambda _: {"a": 2}, lambda _: 1 / 0)


@scenario({"a": 1}, stream_mode=TASKS)
def tasks_of_sends(engine: Engine) -> Any:
    send = engine.types.Send
    graph = engine.graph.StateGraph(State).add_node("y", lambda s: {"log": [s]})
    sends = [send("y", {"n": 0})]
    return graph.add_conditional_edges(engine.graph.START, lambda _: sends).compile()


@scenario({"a": 1}, stream_mode=TASKS, output_keys=["log"])
def output_keys_do_not_cut_task_results(engine: Engine) -> Any:
    return chain(engine, lambda _: {"a": 2, "log": ["x"]})


@scenario({"messages": [("user", "q")]}, stream_mode=EVERY, subgraphs=True)
def every_mode_of_a_graph_in_a_graph(engine: Engine) -> Any:
    return chain(engine, answering(engine), schema=engine.graph.MessagesState)


@scenario({"a": 1}, stream_mode=["debug", "tasks"])
def debug_is_tasks_with_step_and_time(engine: Engine) -> Any:
    return chain(engine, lambda _: {"log": ["x"]}, lambda _: {"a": 2})


@scenario([1], stream_mode=TASKS)
def tasks_of_a_bare_state(engine: Engine) -> Any:
    return chain(engine, lambda s: [len(s)], schema=list)


@scenario({"a": 1}, stream_mode="tools")
def a_tool_starts_and_finishes(engine: Engine) -> Any:
    return chain(engine, lambda _, config: {"log": [weather.invoke(CALL, config)]})


@scenario({"a": 1}, stream_mode=["tools", "updates"])
def a_tool_fails(engine: Engine) -> Any:
    def node(_: Any, config: RunnableConfig) -> Any:
        return {"log": [broken.invoke({**CALL, "name": "broken"}, config)]}

    return chain(engine, node)


@scenario({"a": 1}, stream_mode="tools")
def a_tool_with_nostream_is_silent(engine: Engine) -> Any:
    quiet = weather.with_config(tags=["nostream"])

    def node(_: Any, config: RunnableConfig) -> Any:
        weather.invoke(CALL, config)
        return {"log": [quiet.invoke(CALL, config)]}

    return chain(engine, node)


@scenario({"a": 1}, stream_mode=["tools", "values"], subgraphs=True)
def a_tool_in_a_graph_in_a_graph(engine: Engine) -> Any:
    inner = chain(engine, lambda _, config: {"log": [weather.invoke({"city": "x"}, config)]})
    return chain(engine, inner)


@scenario({"a": 1}, stream_mode=["tools", "values"])
def tools_of_inner_graphs_are_left_out(engine: Engine) -> Any:
    inner = chain(engine, lambda _, config: {"log": [weather.invoke(CALL, config)]})
    return chain(engine, inner)


@scenario({"a": 1}, stream_mode=EVERY, version="v2")
def stream_parts(engine: Engine) -> Any:
    def node(_: Any, writer) -> Any:
        writer("x")
        return {"a": 2}

    return chain(engine, node)


@scenario({"a": 1}, stream_mode="updates", version="v2", subgraphs=True)
def stream_parts_of_one_mode_have_the_same_shape(engine: Engine) -> Any:
    return chain(engine, chain(engine, lambda _: {"a": 2}))


@scenario({"topic": "cats"}, stream_mode=["values", "updates"], version="v2")
def stream_parts_hold_dataclasses(engine: Engine) -> Any:
    return chain(engine, lambda s: {"joke": s.topic + "!"}, schema=Joke)


@scenario({"topic": "cats", "n": "3"}, stream_mode=["values", "debug"], version="v2")
def stream_parts_hold_models(engine: Engine) -> Any:
    return chain(engine, lambda s: {"n": s.n + 1}, schema=Model)


@scenario({"messages": [("user", "q")]}, stream_mode=["messages", "values"])
def messages_pushed_by_hand(engine: Engine) -> Any:
    push = engine.message.push_message

    def node(_: Any) -> Any:
        push(AIMessage("one", id="1"))
        push(AIMessage("two", id="2"), state_key=None)
        return {"messages": [AIMessage("one again", id="1"), AIMessage("three", id="3")]}

    return chain(engine, node, schema=engine.graph.MessagesState)


@scenario({"messages": [("user", "q")]}, stream_mode=["messages", "values"])
def a_pushed_message_needs_an_id(engine: Engine) -> Any:
    push = engine.message.push_message
    return chain(engine, lambda _: push(AIMessage("one")), schema=engine.graph.MessagesState)


@scenario({"a": 1}, stream_mode=None)
def the_default_mode_inside_a_node(engine: Engine) -> Any:
    inner = chain(engine, lambda _: {"a": 2})

    def outer(s: Any, config: RunnableConfig) -> Any:
        return {"log": [list(inner.stream(s, config)), list(inner.stream(s))]}

    return chain(engine, outer)


# --- commands for the graph around -----------------------------------------------------------


def around(engine: Engine, inner: Any) -> Any:
    """Return a graph with the inner one as a node, and a node to jump to."""
    graph = engine.graph.StateGraph(State).add_node("inner", inner)
    graph.add_node("other", lambda _: {"log": ["other"]})
    return graph.add_edge(engine.graph.START, "inner").compile()


@scenario({"a": 1}, stream_mode=TASKS)
def a_command_for_the_parent(engine: Engine) -> Any:
    command = engine.types.Command
    up = command(graph=command.PARENT, update={"log": ["up"]}, goto="other")
    return around(engine, chain(engine, lambda _: {"log": ["in"]}, lambda _: up))


@scenario({"a": 1}, stream_mode=["updates", "values"], subgraphs=True)
def a_command_for_the_parent_streamed(engine: Engine) -> Any:
    command = engine.types.Command
    up = command(graph=command.PARENT, update={"log": ["up"]}, goto="other")
    return around(engine, chain(engine, lambda _: {"log": ["in"]}, lambda _: up))


@scenario({"a": 1}, stream_mode=["updates", "values"])
def a_command_for_the_parent_of_two(engine: Engine) -> Any:
    command = engine.types.Command
    up = command(graph=command.PARENT, update={"log": ["up"]}, goto="other")
    return around(engine, around(engine, chain(engine, lambda _: up)))


@scenario({"a": 1}, stream_mode=["updates", "values"])
def a_command_for_the_parent_from_a_called_graph(engine: Engine) -> Any:
    command = engine.types.Command
    up = command(graph=command.PARENT, update={"log": ["up"]}, goto="other")
    inner = chain(engine, lambda _: up)
    return around(engine, lambda s, config: inner.invoke(s, config))


@scenario({"a": 1}, stream_mode=["updates", "values"])
def a_command_for_the_parent_without_parent(engine: Engine) -> Any:
    command = engine.types.Command
    return chain(engine, lambda _: command(graph=command.PARENT, update={"log": ["up"]}))


@scenario({"a": 1}, stream_mode=["updates", "values"])
def a_command_for_the_parent_among_others(engine: Engine) -> Any:
    command = engine.types.Command
    several = [
        command(update={"log": ["own"]}),
        command(graph=command.PARENT, update={"log": ["up"]}, goto="other"),
    ]
    return around(engine, chain(engine, lambda _: several))


# --- components of a user interface -------------------------------------------------------------


def interface(engine: Engine, *nodes: Any) -> Any:
    """Return a graph whose state holds components."""

    class Shown(TypedDict):
        ui: Annotated[list[Any], engine.ui.ui_message_reducer]

    named = [(f"n{number}", node) for number, node in enumerate(nodes)]
    graph = engine.graph.StateGraph(Shown).add_sequence(named)
    return graph.add_edge(engine.graph.START, "n0").compile()


@scenario({"ui": []}, stream_mode=["custom", "updates", "values"], config={"tags": ["t"]})
def components_are_shown_merged_and_removed(engine: Engine) -> Any:
    push, remove = engine.ui.push_ui_message, engine.ui.delete_ui_message

    def shows(_: Any) -> None:
        push("card", {"a": 1}, id="1", metadata={"k": "v"}, message=AIMessage("x", id="m"))
        push("card", {"b": 2}, id="1", merge=True)
        push("other", {"c": 3}, id="2")
        push("not in the state", {}, id="3", state_key=None)

    return interface(
        engine,
        shows,
        lambda _: push("card", {"d": 4}, id="2") and None,
        lambda _: remove("1") and None,
    )


@scenario({"ui": []}, stream_mode=["custom", "updates"])
def a_component_with_an_id_of_its_own(engine: Engine) -> Any:
    def shows(_: Any) -> None:
        pushed = engine.ui.push_ui_message("card", {})
        engine.ui.delete_ui_message(pushed["id"])

    return interface(engine, shows)


@scenario({"ui": []}, stream_mode=["custom", "values"])
def a_component_that_is_not_there_cannot_be_removed(engine: Engine) -> Any:
    return interface(engine, lambda _: engine.ui.delete_ui_message("1") and None)


def starting_another(engine: Engine, thread_id: str | None) -> Any:
    """Return a graph with a node that streams another graph, on a thread of its own or not."""
    model = says("well then")

    def uses(_: Any) -> Any:
        weather.invoke({"city": "sf"})
        return {"a": 2}

    def answers(_: Any, config: RunnableConfig) -> Any:
        return {"log": [model.invoke("q", config).content]}

    inner = chain(engine, uses, answers)
    own: Any = None if thread_id is None else {"configurable": {"thread_id": thread_id}}

    def node(_: Any) -> Any:
        chunks = inner.stream({"a": 1}, own, stream_mode=["messages", "tools"])
        return {"log": [mode for mode, _ in chunks]}

    return chain(engine, node)


@scenario({"a": 1}, stream_mode=["messages", "tools", "updates"])
def a_graph_that_a_node_starts_on_another_thread(engine: Engine) -> Any:
    return starting_another(engine, "inner")


@scenario({"a": 1}, stream_mode=["messages", "tools", "updates"], subgraphs=True)
def a_graph_that_a_node_starts_on_another_thread_and_is_shown(engine: Engine) -> Any:
    return starting_another(engine, "inner")


@scenario(
    {"a": 1},
    stream_mode=["messages", "tools", "updates"],
    config={"configurable": {"thread_id": "outer"}},
)
def a_graph_that_a_node_starts_on_the_same_thread(engine: Engine) -> Any:
    return starting_another(engine, "outer")


@scenario({"a": 1}, stream_mode=["messages", "tools", "updates"])
def a_graph_that_a_node_starts_on_no_thread(engine: Engine) -> Any:
    return starting_another(engine, None)
