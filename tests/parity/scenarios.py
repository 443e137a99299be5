"""Scenarios as data: a graph for an engine, and a call of it.

`build(engine)` makes the graph with nothing but the engine it is given, so that the same lines run
on LangGraph and on ours. Everything else is the same for both.
"""

from __future__ import annotations

import operator
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Optional

from engines import Engine
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage, RemoveMessage
from langchain_core.runnables import RunnableConfig
from pydantic import BaseModel
from typing_extensions import TypedDict

ALL = ["values", "updates", "messages", "custom"]


@dataclass(frozen=True)
class Scenario:
    """A graph, and how it is streamed."""

    name: str
    build: Callable[[Engine], Any]
    input: Any
    stream: dict[str, Any] = field(default_factory=lambda: {"stream_mode": ["values", "updates"]})
    sync: bool = True


SCENARIOS: list[Scenario] = []


def scenario(
    given: Any, *, sync: bool = True, **stream: Any
) -> Callable[[Callable[[Engine], Any]], Callable[[Engine], Any]]:
    """Register the decorated builder as a scenario, named after it."""

    def register(build: Callable[[Engine], Any]) -> Callable[[Engine], Any]:
        kwargs = {"stream_mode": ["values", "updates"], **stream}
        SCENARIOS.append(Scenario(build.__name__, build, given, kwargs, sync))
        return build

    return register


class State(TypedDict):
    a: int
    log: Annotated[list, operator.add]


def says(*texts: str, **kwargs: Any) -> GenericFakeChatModel:
    """Return a model that streams these answers word by word."""
    return GenericFakeChatModel(messages=iter(texts), **kwargs)


def chain(engine: Engine, *nodes: Any, schema: Any = State) -> Any:
    """Return a compiled graph of nodes that run one after the other."""
    graph = engine.graph.StateGraph(schema)
    previous = engine.graph.START
    for index, node in enumerate(nodes):
        name = f"n{index}"
        graph.add_node(name, node)
        graph.add_edge(previous, name)
        previous = name
    return graph.compile()


# --- edges -----------------------------------------------------------------------------------


@scenario({"a": 1})
def one_node(engine: Engine) -> Any:
    return chain(engine, lambda s: {"a": s["a"] + 1})


@scenario({"a": 1})
def chain_of_three(engine: Engine) -> Any:
    return chain(engine, *(lambda s: {"a": s["a"] + 1, "log": [s["a"]]} for _ in range(3)))


@scenario({"a": 1}, stream_mode="values")
def single_mode_is_bare(engine: Engine) -> Any:
    return chain(engine, lambda _: {"log": ["x"]})


@scenario({"a": 1}, stream_mode=None)
def default_mode_is_updates(engine: Engine) -> Any:
    return chain(engine, lambda _: {"log": ["x"]})


@scenario({"a": 1})
def parallel_writers_fold_in_path_order(engine: Engine) -> Any:
    graph = engine.graph.StateGraph(State)
    for name, delay in (("slow", 0.06), ("quick", 0.0), ("middle", 0.03)):

        def node(_: Any, name: str = name, delay: float = delay) -> Any:
            time.sleep(delay)
            return {"log": [name]}

        graph.add_node(name, node)
        graph.add_edge(engine.graph.START, name)
    return graph.compile()


@scenario({"a": 1})
def two_writers_of_a_plain_key_fail(engine: Engine) -> Any:
    graph = engine.graph.StateGraph(State)
    for name in ("x", "y"):

        def node(_: Any, delay: float = 0.02 * (name == "y")) -> Any:
            time.sleep(delay)
            return {"a": 2}

        graph.add_node(name, node)
        graph.add_edge(engine.graph.START, name)
    return graph.compile()


@scenario({"a": 1}, stream_mode="values")
def waiting_edge_waits_for_all(engine: Engine) -> Any:
    graph = engine.graph.StateGraph(State)
    for name in "abcd":
        graph.add_node(name, lambda _, name=name: {"log": [name]})
    graph.add_edge(engine.graph.START, "a").add_edge(engine.graph.START, "b")
    graph.add_edge("b", "c").add_edge(["a", "c"], "d")
    return graph.compile()


@scenario({"a": 1})
def conditional_edge_sees_the_new_state(engine: Engine) -> Any:
    graph = engine.graph.StateGraph(State)
    graph.add_node("x", lambda _: {"a": 2}).add_node("y", lambda _: {"log": ["y"]})
    graph.add_edge(engine.graph.START, "x")
    graph.add_conditional_edges("x", lambda s: "y" if s["a"] == 2 else engine.graph.END)
    return graph.compile()


@scenario({"a": 0})
def conditional_entry_may_end_at_once(engine: Engine) -> Any:
    graph = engine.graph.StateGraph(State).add_node("x", lambda _: {"log": ["x"]})
    end = engine.graph.END
    graph.add_conditional_edges(engine.graph.START, lambda s: "x" if s["a"] else end)
    return graph.compile()


@scenario({"a": 1})
def path_map_renames_answers(engine: Engine) -> Any:
    graph = engine.graph.StateGraph(State).add_node("x", lambda _: {"log": ["x"]})
    graph.add_conditional_edges(engine.graph.START, lambda s: s["a"] > 0, {True: "x", False: "x"})
    return graph.compile()


@scenario({"a": 1})
def answer_outside_of_the_path_map_fails(engine: Engine) -> Any:
    def path(_: Any) -> Literal["x"]:
        return "q"  # type: ignore[return-value]

    graph = engine.graph.StateGraph(State).add_node("x", lambda _: {"log": ["x"]})
    return graph.add_conditional_edges(engine.graph.START, path).compile()


@scenario({"a": 1}, stream_mode="values")
def sends_fan_out_beside_a_node(engine: Engine) -> Any:
    send = engine.types.Send
    graph = engine.graph.StateGraph(State)
    graph.add_node("x", lambda _: {"a": 2}).add_node("z", lambda _: {"log": ["z"]})
    graph.add_node("y", lambda s: {"log": [f"y{s['a']}"]})
    graph.add_edge(engine.graph.START, "x")
    graph.add_conditional_edges("x", lambda _: [*(send("y", {"a": i}) for i in range(12)), "z"])
    return graph.compile()


@scenario({"a": 1})
def commands_update_and_jump(engine: Engine) -> Any:
    command = engine.types.Command
    graph = engine.graph.StateGraph(State)
    graph.add_node("x", lambda _: command(update={"log": ["x"]}, goto="y"), destinations=("y",))
    two = [command(update={"log": ["c1"]}), command(update={"log": ["c2"]})]
    graph.add_node("y", lambda _: two)
    return graph.add_edge(engine.graph.START, "x").compile()


@scenario({"a": 1})
def goto_an_unknown_node_is_ignored(engine: Engine) -> Any:
    return chain(engine, lambda _: engine.types.Command(goto="nowhere"))


@scenario({"a": 1}, config={"recursion_limit": 3})
def loop_hits_the_recursion_limit(engine: Engine) -> Any:
    graph = engine.graph.StateGraph(State).add_node("x", lambda _: {"log": ["x"]})
    return graph.add_edge(engine.graph.START, "x").add_edge("x", "x").compile()


@scenario({"a": 1}, config={"recursion_limit": 1})
def the_limit_counts_the_last_step_too(engine: Engine) -> Any:
    return chain(engine, lambda _: {"a": 2})


@scenario({"a": 1}, stream_mode="values")
def waiting_edges_start_over_in_a_loop(engine: Engine) -> Any:
    graph = engine.graph.StateGraph(State)
    for name in "abc":
        graph.add_node(name, lambda _, name=name: {"log": [name]})
    graph.add_edge(engine.graph.START, "a").add_edge(engine.graph.START, "b")
    graph.add_edge(["a", "b"], "c")
    end = engine.graph.END
    return graph.add_conditional_edges(
        "c", lambda s: ["a", "b"] if len(s["log"]) < 6 else end
    ).compile()


def with_path(engine: Engine, path: Any) -> Any:
    """Return a graph in which a conditional edge leads from `x`."""
    graph = engine.graph.StateGraph(State)
    graph.add_node("x", lambda _: {"log": ["x"], "secret": "s"})
    graph.add_node("y", lambda s: {"log": ["y", s]}).add_edge(engine.graph.START, "x")
    return graph.add_conditional_edges("x", path).compile()


@scenario({"a": 1})
def a_send_to_an_unknown_node_is_ignored(engine: Engine) -> Any:
    send = engine.types.Send
    return with_path(engine, lambda _: [send("nowhere", 1), send("y", {"a": 2})])


@scenario({"a": 1})
def a_send_to_the_end_fails(engine: Engine) -> Any:
    return with_path(engine, lambda _: engine.types.Send(engine.graph.END, 1))


@scenario({"a": 1})
def a_path_that_fails_comes_after_the_update_of_its_node(engine: Engine) -> Any:
    return with_path(engine, lambda _: 1 / 0)


@scenario({"a": 1})
def a_path_without_an_answer_fails(engine: Engine) -> Any:
    return with_path(engine, lambda _: None)


@scenario({"a": 1})
def a_path_sees_what_its_annotation_names(engine: Engine) -> Any:
    def path(s: Private) -> Any:
        return "y" if s == {"secret": "s"} else engine.graph.END

    return with_path(engine, path)


@scenario({"a": 1})
def a_path_sees_what_its_node_returned_past_the_state(engine: Engine) -> Any:
    return with_path(engine, lambda s: "y" if "secret" in s else engine.graph.END)


@scenario({"a": 1})
def a_node_may_return_a_send(engine: Engine) -> Any:
    graph = engine.graph.StateGraph(State).add_node("x", lambda _: engine.types.Send("y", {"a": 7}))
    graph.add_node("y", lambda s: {"log": [s]})
    return graph.add_edge(engine.graph.START, "x").compile()


@scenario({"a": 1})
def goto_takes_any_collection(engine: Engine) -> Any:
    names = {"n1": 1, engine.graph.END: 2}
    return chain(engine, lambda _: engine.types.Command(goto=names.keys()), lambda _: None)


@scenario({"a": 1})
def goto_a_number_fails(engine: Engine) -> Any:
    return chain(engine, lambda _: engine.types.Command(goto=5))


@scenario({"a": 1})
def no_entry_point_fails(engine: Engine) -> Any:
    return engine.graph.StateGraph(State).add_node("x", lambda _: None).compile()


@scenario({"a": 1})
def an_edge_to_an_unknown_node_fails(engine: Engine) -> Any:
    return engine.graph.StateGraph(State).add_edge(engine.graph.START, "x").compile()


@scenario({"a": 1})
def a_reserved_character_fails(engine: Engine) -> Any:
    return engine.graph.StateGraph(State).add_node("x|y", lambda _: None)


@scenario({"a": 1}, config={"recursion_limit": 2})
def the_limit_leaves_room_for_the_end(engine: Engine) -> Any:
    return chain(engine, lambda _: {"a": 2})


# --- input, output, errors -------------------------------------------------------------------


@scenario(None)
def no_input_fails(engine: Engine) -> Any:
    return chain(engine, lambda _: {"a": 2})


@scenario({})
def empty_input_is_an_input(engine: Engine) -> Any:
    return chain(engine, lambda _: {"log": ["x"]})


@scenario({"zzz": 1})
def unknown_keys_are_dropped(engine: Engine) -> Any:
    return chain(engine, lambda s: {"nonsense": 1, "log": [sorted(s)]})


@scenario({"a": 1})
def returning_nothing_updates_nothing(engine: Engine) -> Any:
    return chain(engine, lambda _: None)


@scenario({"a": 1})
def returning_a_number_fails(engine: Engine) -> Any:
    return chain(engine, lambda _: 5)


@scenario({"a": 1})
def an_exception_comes_after_what_was_done(engine: Engine) -> Any:
    return chain(engine, lambda _: {"a": 2}, lambda _: 1 / 0)


@scenario({"a": 1}, output_keys=["log"])
def output_keys_select(engine: Engine) -> Any:
    return chain(engine, lambda _: {"a": 2}, lambda _: {"log": ["y"]})


@scenario({"a": 1}, output_keys="a")
def one_output_key_is_bare(engine: Engine) -> Any:
    return chain(engine, lambda _: {"a": 2}, lambda _: {"log": ["y"]})


class Question(TypedDict):
    q: str


class Answer(TypedDict):
    answer: str


class Both(TypedDict):
    q: str
    answer: str
    draft: str


class Private(TypedDict):
    secret: str


@scenario({"q": "1"})
def streams_show_private_keys_too(engine: Engine) -> Any:
    def ask(_: Question) -> Any:
        return {"draft": "x", "secret": "s"}

    def tell(s: Private) -> Any:
        return {"answer": s["secret"]}

    graph = engine.graph.StateGraph(Both, input_schema=Question, output_schema=Answer)
    graph.add_node(ask).add_node(tell)
    return graph.add_edge(engine.graph.START, "ask").add_edge("ask", "tell").compile()


@scenario({"a": 1, "log": ["z"]})
def overwrite_replaces_and_wins(engine: Engine) -> Any:
    graph = engine.graph.StateGraph(State)
    graph.add_node("x", lambda _: {"log": engine.types.Overwrite(["o"])})
    graph.add_node("y", lambda _: (time.sleep(0.02), {"log": ["y"]})[1])
    graph.add_edge(engine.graph.START, "x").add_edge(engine.graph.START, "y")
    return graph.compile()


@scenario({"a": 1}, stream_mode=["values", "updates", "values"])
def a_mode_named_twice_comes_once(engine: Engine) -> Any:
    return chain(engine, lambda _: {"a": 2})


@scenario({"a": 1}, output_keys=["a", "nonsense"])
def an_unknown_output_key_fails(engine: Engine) -> Any:
    return chain(engine, lambda _: {"a": 2})


@scenario({"messages": [HumanMessage("q", id="1")]})
def a_state_that_refuses_an_update_fails(engine: Engine) -> Any:
    state = engine.graph.MessagesState
    return chain(engine, lambda _: {"messages": RemoveMessage(id="nonsense")}, schema=state)


@scenario({"a": 1})
def stop_iteration_in_a_node_fails(engine: Engine) -> Any:
    return chain(engine, lambda _: next(iter(())))


@scenario({"a": 1})
def an_async_node_in_a_sync_run_fails(engine: Engine) -> Any:
    async def node(_: Any) -> Any:
        return {"a": 2}

    return chain(engine, node)


@dataclass
class CommandAsInput:
    """A graph that is given a `Command` of its own engine."""

    graph: Any
    command: Any

    def stream(self, _: Any, config: Any, **kwargs: Any) -> Any:
        return self.graph.stream(self.command, config, **kwargs)

    def astream(self, _: Any, config: Any, **kwargs: Any) -> Any:
        return self.graph.astream(self.command, config, **kwargs)


@scenario({})
def a_command_as_input(engine: Engine) -> Any:
    graph = chain(engine, lambda _: {"a": 2}, lambda _: {"log": ["n1"]})
    return CommandAsInput(graph, engine.types.Command(update={"log": ["c"]}, goto="n1"))


# --- kinds of state --------------------------------------------------------------------------


@dataclass
class Joke:
    topic: str
    joke: str = ""
    log: Annotated[list, operator.add] = field(default_factory=list)


class Model(BaseModel):
    topic: str
    n: int = 0
    opt: Optional[str] = None  # noqa: UP045


@scenario({"topic": "cats"})
def dataclass_state(engine: Engine) -> Any:
    return chain(
        engine,
        lambda s: {"joke": s.topic + "!"},
        lambda s: Joke(topic=s.joke, joke="", log=[1]),
        schema=Joke,
    )


@scenario(Joke("cats", "j"))
def dataclass_input(engine: Engine) -> Any:
    return chain(engine, lambda s: {"log": [s]}, schema=Joke)


@scenario({"topic": "cats", "n": "3"})
def pydantic_state_is_validated_for_each_node(engine: Engine) -> Any:
    return chain(engine, lambda s: {"n": s.n + 1}, lambda _: Model(topic="t"), schema=Model)


@scenario({"topic": 5})
def pydantic_state_refuses_a_wrong_type(engine: Engine) -> Any:
    return chain(engine, lambda _: {}, schema=Model)


@scenario([1])
def bare_state(engine: Engine) -> Any:
    return chain(engine, lambda s: [len(s)], schema=Annotated[list, operator.add])


@scenario(1)
def bare_state_keeps_its_value_when_a_node_returns_nothing(engine: Engine) -> Any:
    return chain(engine, lambda s: s + 1, lambda _: None, schema=int)


class Laughter(Joke):
    """A schema that adds no field."""


@scenario({"topic": "cats"})
def a_schema_may_inherit_all_its_fields(engine: Engine) -> Any:
    def node(s: Laughter) -> Any:
        return {"log": [type(s).__name__]}

    return chain(engine, node, schema=Joke)


@scenario({"a": 1})
def a_plain_class_as_schema_gives_dicts(engine: Engine) -> Any:
    class Plain:
        a: int

    return chain(engine, lambda s: {"a": s["a"] + 1}, schema=Plain)


@scenario({"a": 3})
def a_builtin_without_signature_as_reducer(engine: Engine) -> Any:
    class Largest(TypedDict):
        a: Annotated[int, max]

    return chain(engine, lambda _: {"a": 2}, lambda _: {"a": 7}, schema=Largest)


@scenario({"a": 1})
def the_last_that_a_generator_function_yields_counts(engine: Engine) -> Any:
    def node(_: Any) -> Any:
        yield {"a": 2}
        yield {"log": ["x"]}

    return chain(engine, node)


# --- messages and custom ---------------------------------------------------------------------


@scenario(
    {"messages": [("user", "q")]},
    stream_mode=ALL,
    config={"tags": ["run"], "metadata": {"k": "v"}, "configurable": {"thread_id": "1", "u": 2}},
)
def tokens_and_returned_messages(engine: Engine) -> Any:
    model = says("hello there", "second one")

    def node(_: Any, config: RunnableConfig) -> Any:
        model.invoke("q", config)
        answer = model.invoke("q", config)
        return {"messages": [answer, AIMessage("own"), HumanMessage("h", id="h1")]}

    graph = engine.graph.StateGraph(engine.graph.MessagesState)
    graph.add_node("node", node, metadata={"mine": 1})
    return graph.add_edge(engine.graph.START, "node").compile()


@scenario({"messages": [("user", "q")]}, stream_mode="messages", sync=False)
def tokens_of_an_async_node(engine: Engine) -> Any:
    model = says("hello there", tags=["joke"])

    async def node(_: Any, config: RunnableConfig) -> Any:
        return {"messages": await model.ainvoke("q", config)}

    return chain(engine, node, schema=engine.graph.MessagesState)


@scenario({"messages": [("user", "q")]}, stream_mode="messages")
def nostream_gives_the_whole_message(engine: Engine) -> Any:
    quiet = says("hello there").with_config(tags=["nostream"])
    return chain(
        engine,
        lambda _, config: {"messages": quiet.invoke("q", config)},
        schema=engine.graph.MessagesState,
    )


@scenario({"messages": [HumanMessage("q", id="1")]}, stream_mode="messages")
def messages_that_a_node_was_given_are_not_repeated(engine: Engine) -> Any:
    return chain(
        engine,
        lambda s: {"messages": [*s["messages"], AIMessage("new", id="2")]},
        schema=engine.graph.MessagesState,
    )


@scenario({"messages": [HumanMessage("q", id="1"), HumanMessage("r", id="2")]})
def messages_are_merged_by_id(engine: Engine) -> Any:
    return chain(
        engine,
        lambda _: {"messages": [RemoveMessage(id="1"), HumanMessage("R", id="2"), AIMessage("x")]},
        schema=engine.graph.MessagesState,
    )


@scenario({"a": 1}, stream_mode=ALL)
def custom_items_come_before_the_update(engine: Engine) -> Any:
    def node(_: Any, writer) -> Any:
        writer({"progress": 1})
        writer("anything")
        return {"a": 2}

    return chain(engine, node)


@scenario({"a": 1}, stream_mode="custom", context={"user": "u"})
def runtime_carries_the_context(engine: Engine) -> Any:
    @dataclass
    class Context:
        user: str

    def node(_: Any, runtime: Any, writer) -> Any:
        writer(type(runtime.context).__name__ + runtime.context.user)

    graph = engine.graph.StateGraph(State, context_schema=Context).add_node(node)
    return graph.add_edge(engine.graph.START, "node").compile()


HEARD = {"tags": ["run"], "metadata": {"m": 1}, "configurable": {"u": 1}}


@scenario({"a": 1}, stream_mode="messages", config=HEARD)
def a_models_own_config_adds_to_that_of_its_node(engine: Engine) -> Any:
    model = says("hello there", "you two")

    def node(_: Any) -> Any:
        own = {"tags": ["mine"], "metadata": {"mine": 1}}
        return {"log": [model.invoke("q", own), model.with_config(own).invoke("q")]}

    return chain(engine, node)


@scenario({"a": 1}, stream_mode="messages")
def tokens_of_conditional_edges(engine: Engine) -> Any:
    model = says("hello there", "you two")

    def path(_: Any) -> Any:
        model.invoke("q")
        return engine.graph.END

    graph = engine.graph.StateGraph(State).add_node("x", lambda _: {"log": ["x"]})
    graph.add_conditional_edges("x", path)
    return graph.add_edge(engine.graph.START, "x").compile()


@scenario({"a": 1}, stream_mode=ALL)
def a_node_that_fails_after_its_tokens(engine: Engine) -> Any:
    model = says("hello there")

    def node(_: Any, writer) -> Any:
        writer(model.invoke("q").content)
        raise ValueError

    return chain(engine, node)


# --- graphs in graphs ------------------------------------------------------------------------


def answering(engine: Engine) -> Any:
    """Return a graph whose one node answers with a model and a message of its own."""
    model = says("hello there", "x y")
    return chain(
        engine,
        lambda _, config: {"messages": [model.invoke("q", config), AIMessage("own")]},
        schema=engine.graph.MessagesState,
    )


@scenario({"messages": [HumanMessage("q", id="1")]}, stream_mode=ALL)
def a_graph_as_a_node(engine: Engine) -> Any:
    return chain(engine, answering(engine), schema=engine.graph.MessagesState)


@scenario({"messages": [HumanMessage("q", id="1")]}, stream_mode=ALL, subgraphs=True)
def a_graph_as_a_node_streamed(engine: Engine) -> Any:
    return chain(engine, answering(engine), schema=engine.graph.MessagesState)


@scenario({"messages": [HumanMessage("q", id="1")]}, stream_mode="messages", subgraphs=True)
def three_graphs_deep(engine: Engine) -> Any:
    state = engine.graph.MessagesState
    return chain(engine, chain(engine, answering(engine), schema=state), schema=state)


@scenario({"messages": [HumanMessage("q", id="1")]}, stream_mode=ALL, subgraphs=True)
def a_graph_called_in_a_node(engine: Engine) -> Any:
    inner = answering(engine)
    return chain(
        engine,
        lambda s, config: inner.invoke({"messages": s["messages"]}, config),
        schema=engine.graph.MessagesState,
    )


@scenario({"a": 1}, stream_mode=["custom", "values"], subgraphs=True)
def custom_items_of_an_inner_graph(engine: Engine) -> Any:
    inner = chain(engine, lambda _, writer: writer("in"))

    def outer(s: Any, config: RunnableConfig, writer) -> Any:
        writer("before")
        inner.invoke(s, config)
        writer("after")

    return chain(engine, outer)


@scenario({"a": 1}, stream_mode=["custom", "values"])
def custom_items_of_an_inner_graph_are_dropped(engine: Engine) -> Any:
    inner = chain(engine, lambda _, writer: writer("in"))
    return chain(engine, lambda s, config: inner.invoke(s, config))


@scenario({"a": 1}, stream_mode="updates", subgraphs=True)
def updates_of_an_inner_graph(engine: Engine) -> Any:
    return chain(engine, chain(engine, lambda _: {"a": 2}, lambda _: {"log": ["x"]}))


def shown_config(_: Any, config: RunnableConfig) -> Any:
    """Show what a node finds in its config."""
    keys = {key: config["configurable"].get(key) for key in ("u", "v", "thread_id")}
    return {"log": [(config["tags"], config["metadata"], keys)]}


@scenario({"a": 1}, config=HEARD)
def configs_of_inner_graphs_add_to_that_of_their_node(engine: Engine) -> Any:
    inner = chain(engine, shown_config)

    def node(_: Any, config: RunnableConfig) -> Any:
        configs: list[Any] = [
            None,
            config,
            {**config, "tags": ["mine"]},
            {"tags": ["mine"], "metadata": {"m": 2}},
            {"configurable": {"u": 2}},
            {"configurable": {"thread_id": "2"}},
        ]
        bound = inner.with_config(tags=["bound"], metadata={"bound": 1}, configurable={"v": 1})
        return {"log": [*(inner.invoke({}, c)["log"] for c in configs), bound.invoke({})["log"]]}

    return chain(engine, node)


@scenario({"a": 1}, config=HEARD)
def a_graph_as_a_node_with_a_config_of_its_own(engine: Engine) -> Any:
    inner = chain(engine, shown_config)
    return chain(engine, inner.with_config(tags=["bound"], metadata={"m": 2}))


@scenario({"a": 1}, stream_mode=["messages", "updates"], subgraphs=True)
def a_graph_streamed_in_a_node(engine: Engine) -> Any:
    inner = answering(engine)

    def node(_: Any, config: RunnableConfig) -> Any:
        chunks = inner.stream({"messages": ["q"]}, config, stream_mode="messages")
        return {"log": [message.content for message, _ in chunks]}

    return chain(engine, node)
