"""Scenarios of kinds of channels, deferred nodes and managed values."""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Annotated, Any

from engines import Engine
from langchain_core.runnables import RunnableConfig, RunnableLambda
from langgraph.store.memory import InMemoryStore
from pydantic import BaseModel
from scenarios import State, chain, scenario
from typing_extensions import NotRequired, Required, TypedDict

MODES = ["values", "updates", "tasks"]


def dict_of(**keys: Any) -> Any:
    """Return a TypedDict with these keys; a class body could not name the engine's classes."""
    return TypedDict("State", keys)


def graph_of(engine: Engine, *names: str, deferred: tuple[str, ...] = ()) -> Any:
    """Return a graph with these nodes, each of which logs its name, and no edges."""
    graph = engine.graph.StateGraph(State)
    for name in names:
        graph.add_node(name, lambda _, name=name: {"log": [name]}, defer=name in deferred)
    return graph


def edges(graph: Any, *pairs: str) -> Any:
    """Add an edge for each pair of letters, `s` and `e` being the start and the end."""
    ends = {"s": "__start__", "e": "__end__"}
    for start, end in pairs:
        graph.add_edge(ends.get(start, start), ends.get(end, end))
    return graph


# --- channels ----------------------------------------------------------------------------------


def with_key(engine: Engine, key: Any, *nodes: Any) -> Any:
    """Return a chain of nodes over a state whose key `k` is annotated with `key`."""
    schema = dict_of(k=key, log=Annotated[list, operator.add])
    return chain(engine, *nodes, schema=schema)


def write(value: Any) -> Any:
    """Return a node that writes `k`."""
    return lambda _: {"k": value}


def log(state: Any) -> Any:
    """Log what the node is shown of `k`."""
    return {"log": [state.get("k", "nothing")]}


def both_write(engine: Engine, key: Any, last: Any = log) -> Any:
    """Return a graph of which two nodes of one superstep write `k`, and a third looks at it."""
    schema = dict_of(k=key, log=Annotated[list, operator.add])
    graph = engine.graph.StateGraph(schema)
    graph.add_node("x", write("x")).add_node("y", write("y")).add_node("z", last)
    return edges(graph, "sx", "sy").add_edge(["x", "y"], "z").compile()


@scenario({"k": 1}, stream_mode=MODES)
def any_value_lasts_one_superstep(engine: Engine) -> Any:
    return with_key(engine, Annotated[int, engine.channels.AnyValue], log, write(2), log, log)


@scenario({}, stream_mode=MODES)
def any_value_takes_the_last_of_several(engine: Engine) -> Any:
    return both_write(engine, Annotated[str, engine.channels.AnyValue])


@scenario({"k": 1}, stream_mode=MODES)
def an_untracked_value_stays(engine: Engine) -> Any:
    return with_key(engine, Annotated[int, engine.channels.UntrackedValue], log, write(2), log, log)


@scenario({}, stream_mode=MODES)
def an_untracked_value_takes_one_write(engine: Engine) -> Any:
    return both_write(engine, Annotated[str, engine.channels.UntrackedValue])


@scenario({}, stream_mode=MODES)
def an_untracked_value_without_guard_takes_the_last_write(engine: Engine) -> Any:
    return both_write(engine, Annotated[str, engine.channels.UntrackedValue(str, guard=False)])


@scenario({"k": 1})
def a_branch_sees_an_untracked_value(engine: Engine) -> Any:
    schema = dict_of(k=Annotated[int, engine.channels.UntrackedValue])
    graph = engine.graph.StateGraph(schema).add_node("x", write(2)).add_node("y", write(3))
    graph.add_conditional_edges("x", lambda s: "y" if s["k"] == 2 else "__end__")
    return edges(graph, "sx").compile()


@scenario({"k": 1}, stream_mode=MODES)
def a_value_after_finish_as_a_state_key(engine: Engine) -> Any:
    return with_key(engine, Annotated[int, engine.channels.LastValueAfterFinish], log, log)


@scenario({"k": 1}, stream_mode=MODES)
def a_channel_of_the_users_own_class(engine: Engine) -> Any:
    class Doubled(engine.channels.LastValue):  # type: ignore[misc, name-defined]
        def __init__(self, typ: Any, name: str = "") -> None:
            super().__init__(typ, name)

        def get(self) -> Any:
            return super().get() * 2

    return with_key(engine, Annotated[int, Doubled], log, write(5), log)


# --- deferred nodes ----------------------------------------------------------------------------


@scenario({"a": 1}, stream_mode=MODES)
def a_deferred_node_runs_last(engine: Engine) -> Any:
    graph = graph_of(engine, *"abcd", deferred=("d",))
    return edges(graph, "sa", "ab", "bc", "ad").compile()


@scenario({"a": 1}, stream_mode=MODES)
def a_deferred_node_runs_once_for_all_that_lead_to_it(engine: Engine) -> Any:
    graph = graph_of(engine, *"abcd", deferred=("d",))
    return edges(graph, "sa", "sb", "bc", "ad", "bd", "cd", "de").compile()


@scenario({"a": 1}, stream_mode=MODES)
def a_deferred_chain(engine: Engine) -> Any:
    graph = graph_of(engine, *"abc", deferred=("a", "b", "c"))
    return edges(graph, "sa", "ab", "bc").compile()


@scenario({"a": 1}, stream_mode=MODES)
def deferred_nodes_of_one_end_run_together(engine: Engine) -> Any:
    graph = graph_of(engine, *"abcdf", deferred=("c", "d"))
    return edges(graph, "sa", "ab", "ac", "bd", "cf", "df").compile()


@scenario({"a": 1}, stream_mode=MODES)
def a_deferred_node_that_leads_on_to_more_work(engine: Engine) -> Any:
    graph = graph_of(engine, *"abcdf", deferred=("b", "f"))
    return edges(graph, "sa", "ab", "bc", "cd", "bf", "af").compile()


@scenario({"a": 1}, stream_mode=MODES)
def a_waiting_edge_to_a_deferred_node(engine: Engine) -> Any:
    graph = graph_of(engine, *"abcdf", deferred=("d",))
    return edges(graph, "sa", "sb", "bc", "cf").add_edge(["a", "b"], "d").compile()


@scenario({"a": 1}, stream_mode=MODES)
def a_waiting_edge_to_a_deferred_node_that_never_fills(engine: Engine) -> Any:
    graph = graph_of(engine, *"abd", deferred=("d",))
    return edges(graph, "sa").add_edge(["a", "b"], "d").compile()


@scenario({"a": 1}, stream_mode=MODES)
def a_deferred_node_in_a_loop(engine: Engine) -> Any:
    graph = edges(graph_of(engine, *"abc", deferred=("c",)), "sa", "ab", "ac")
    graph.add_conditional_edges("c", lambda s: "__end__" if len(s["log"]) > 5 else "a")
    return graph.compile()


@scenario({"a": 1}, stream_mode=MODES)
def a_waiting_edge_to_a_deferred_node_in_a_loop(engine: Engine) -> Any:
    graph = edges(graph_of(engine, *"abcd", deferred=("d",)), "sa", "ab", "bc")
    graph.add_edge(["a", "b"], "d")
    graph.add_conditional_edges("d", lambda s: "__end__" if len(s["log"]) > 7 else "a")
    return graph.compile()


@scenario({"a": 1}, stream_mode=MODES)
def a_conditional_edge_to_a_deferred_node(engine: Engine) -> Any:
    graph = edges(graph_of(engine, *"abcd", deferred=("d",)), "sa", "bc")
    graph.add_conditional_edges("a", lambda _: ["b", "d"], ["b", "d"])
    return graph.compile()


@scenario({"a": 1}, stream_mode=MODES)
def a_command_to_a_deferred_node(engine: Engine) -> Any:
    graph = graph_of(engine, *"bcd", deferred=("d",))
    goto = engine.types.Command(goto=["b", "d"], update={"log": ["a"]})
    return edges(graph.add_node("a", lambda _: goto), "sa", "bc").compile()


@scenario({"a": 1}, stream_mode="values")
def a_send_to_a_deferred_node_does_not_wait(engine: Engine) -> Any:
    graph = edges(graph_of(engine, *"abcd", deferred=("d",)), "sa", "bc")
    graph.add_conditional_edges("a", lambda _: ["b", engine.types.Send("d", {"a": 5})])
    return graph.compile()


@scenario({"a": 1}, stream_mode="values")
def fan_out_and_a_deferred_reducer(engine: Engine) -> Any:
    graph = engine.graph.StateGraph(State)
    graph.add_node("plan", lambda _: {"a": 3})
    graph.add_node("work", lambda s: {"log": [s["a"]]})
    graph.add_node("more", lambda _: {"log": ["more"]})
    graph.add_node("sum", lambda s: {"a": len(s["log"])}, defer=True)
    graph.add_edge("__start__", "plan").add_edge("work", "sum").add_edge("plan", "more")
    graph.add_conditional_edges(
        "plan", lambda s: [engine.types.Send("work", {"a": i}) for i in range(s["a"])]
    )
    return graph.compile()


@scenario({"a": 1}, stream_mode=MODES, config={"recursion_limit": 2})
def the_recursion_limit_before_a_deferred_node(engine: Engine) -> Any:
    return edges(graph_of(engine, *"abc", deferred=("c",)), "sa", "ab", "ac").compile()


@scenario({"a": 1}, stream_mode=MODES, subgraphs=True)
def a_deferred_node_that_is_a_graph(engine: Engine) -> Any:
    inner = edges(graph_of(engine, "x", "y", deferred=("x",)), "sx", "sy").compile()
    graph = edges(graph_of(engine, *"abc"), "sa", "ab", "bc").add_node("d", inner, defer=True)
    return edges(graph, "ad").compile()


@scenario({"a": 1}, stream_mode=["values", "updates", "debug", "tasks"])
def a_deferred_entry_point(engine: Engine) -> Any:
    return edges(graph_of(engine, *"ab", deferred=("a",)), "sa", "sb").compile()


# --- managed values ----------------------------------------------------------------------------


def counting(engine: Engine) -> Any:
    """Return a state whose keys tell how near the recursion limit is."""
    fields = {"log": Annotated[list, operator.add]}
    fields |= {"last": engine.managed.IsLastStep, "left": engine.managed.RemainingSteps}
    return dict_of(**fields)


def look(state: Any) -> Any:
    """Log what a node is shown of the managed values."""
    return {"log": [(state["last"], state["left"])]}


@scenario({"log": []}, stream_mode=MODES, config={"recursion_limit": 5})
def managed_values_in_a_loop(engine: Engine) -> Any:
    graph = engine.graph.StateGraph(counting(engine)).add_node("x", look)
    graph.add_conditional_edges("x", lambda s: "__end__" if s["last"] else "x")
    return edges(graph, "sx").compile()


@scenario({"log": []}, stream_mode=MODES, config={"recursion_limit": 4})
def the_limit_fails_what_runs_past_the_last_step(engine: Engine) -> Any:
    graph = engine.graph.StateGraph(counting(engine)).add_node("x", look)
    return edges(graph, "sx", "xx").compile()


@scenario({"log": []})
def managed_values_in_conditional_edges_after_writes(engine: Engine) -> Any:
    graph = engine.graph.StateGraph(counting(engine))
    graph.add_node("x", look).add_node("y", look)
    graph.add_conditional_edges("x", lambda s: "y" if s["left"] > 5 and s["log"] else "__end__")
    return edges(graph, "sx").compile()


@scenario({"log": []}, config={"recursion_limit": 9})
def managed_values_in_a_conditional_entry(engine: Engine) -> Any:
    graph = engine.graph.StateGraph(counting(engine)).add_node("x", look)
    graph.set_conditional_entry_point(lambda s: "x" if s["left"] == 9 else "__end__")
    return graph.compile()


@scenario({"log": [], "last": True, "left": 77}, stream_mode=MODES)
def managed_values_are_not_taken_from_the_input(engine: Engine) -> Any:
    return chain(engine, look, schema=counting(engine))


@scenario({"log": []}, stream_mode=MODES)
def managed_values_are_not_written_by_nodes(engine: Engine) -> Any:
    nodes = (lambda _: {"log": ["x"], "left": 3}, lambda _: {"left": 3}, look)
    return chain(engine, *nodes, schema=counting(engine))


@scenario({"log": []}, stream_mode=MODES)
def a_send_gets_no_managed_values(engine: Engine) -> Any:
    graph = engine.graph.StateGraph(counting(engine))
    graph.add_node("x", look).add_node("y", lambda s: {"log": [sorted(s)]})
    graph.add_conditional_edges("x", lambda _: [engine.types.Send("y", {"log": []})])
    return edges(graph, "sx").compile()


@scenario({"log": []}, stream_mode=MODES)
def managed_values_required_or_not(engine: Engine) -> Any:
    fields = {
        "log": Annotated[list, operator.add],
        "last": Required[engine.managed.IsLastStep],
        "left": NotRequired[engine.managed.RemainingSteps],
    }
    return chain(engine, look, look, schema=dict_of(**fields))


@scenario({"a": 1}, stream_mode=MODES)
def managed_values_of_a_nodes_own_input_schema(engine: Engine) -> Any:
    left = dict_of(left=engine.managed.RemainingSteps, a=int)
    graph = engine.graph.StateGraph(State)
    graph.add_node("x", lambda s: {"log": [s]}, input_schema=left).add_node("y", lambda s: s)
    return edges(graph, "sx", "xy").compile()


@scenario({"log": []}, stream_mode=MODES, version="v2")
def managed_values_of_a_pydantic_state(engine: Engine) -> Any:
    class Model(BaseModel):
        left: engine.managed.RemainingSteps = 0  # type: ignore[name-defined]
        log: Annotated[list, operator.add] = []

    Model.__annotations__["left"] = engine.managed.RemainingSteps
    Model.__annotations__["log"] = Annotated[list, operator.add]
    return chain(engine, lambda s: {"log": [s.left]}, schema=Model)


@scenario({"log": []}, stream_mode=MODES)
def managed_values_of_a_dataclass_state(engine: Engine) -> Any:
    @dataclass
    class Model:
        left: engine.managed.RemainingSteps = 0  # type: ignore[name-defined]
        log: Annotated[list, operator.add] = field(default_factory=list)

    Model.__annotations__["left"] = engine.managed.RemainingSteps
    return chain(engine, lambda s: {"log": [s.left]}, schema=Model)


@scenario({"log": []})
def managed_values_in_the_input_schema_fail(engine: Engine) -> Any:
    schema = counting(engine)
    graph = engine.graph.StateGraph(State, input_schema=schema)
    return graph.compile()


@scenario({"log": []})
def managed_values_in_the_output_schema_fail(engine: Engine) -> Any:
    schema = counting(engine)
    graph = engine.graph.StateGraph(State, output_schema=schema)
    return graph.compile()


@scenario(3)
def a_managed_value_as_the_whole_state_fails(engine: Engine) -> Any:
    return chain(engine, lambda s: s, schema=engine.managed.RemainingSteps)


@scenario({"log": []})
def two_managed_values_of_one_name_fail(engine: Engine) -> Any:
    graph = engine.graph.StateGraph(counting(engine))
    other = dict_of(left=engine.managed.IsLastStep)
    return edges(graph.add_node("x", look, input_schema=other), "sx").compile()


@scenario({"log": []}, stream_mode=MODES, config={"recursion_limit": 6}, subgraphs=True)
def managed_values_of_an_inner_graph_are_its_own(engine: Engine) -> Any:
    inner = chain(engine, look, look, schema=counting(engine))
    return chain(engine, look, inner, look, schema=counting(engine))


@scenario({"log": []}, stream_mode=MODES)
def a_managed_value_of_the_users_own_class(engine: Engine) -> Any:
    base = engine.managed_base.ManagedValue

    class Half(base):  # type: ignore[misc, valid-type]
        @staticmethod
        def get(scratchpad: Any) -> float:
            return scratchpad.step / 2

    fields = {"log": Annotated[list, operator.add], "half": Annotated[float, Half]}
    node = lambda s: {"log": [s["half"]]}  # noqa: E731
    return chain(engine, node, node, schema=dict_of(**fields))


@scenario({"a": 1}, stream_mode=MODES)
def destinations_do_not_lead_anywhere_by_themselves(engine: Engine) -> Any:
    graph = graph_of(engine, "y").add_node("x", lambda _: {"a": 2}, destinations={"y": "maybe"})
    return edges(graph, "sx").compile()


# --- nodes and paths that return a Runnable ----------------------------------------------------


def says_how(what: Any) -> Any:
    """Return a Runnable that returns `what` of whether it was invoked in the loop or not."""

    async def in_the_loop(_: Any) -> Any:
        return what("async")

    return RunnableLambda(lambda _: what("sync"), in_the_loop)


@scenario({"log": []}, stream_mode=MODES)
def a_node_that_returns_a_runnable(engine: Engine) -> Any:
    made = says_how(lambda how: {"log": [how]})
    return chain(engine, lambda _: made, lambda _: made)


@scenario({"log": []}, stream_mode=MODES)
def a_path_that_returns_a_runnable(engine: Engine) -> Any:
    graph = graph_of(engine, "x", "sync", "async")
    graph.add_conditional_edges("x", lambda _: says_how(lambda how: how), ["sync", "async"])
    return edges(graph, "sx").compile()


# --- what nodes find in their config -----------------------------------------------------------


def where(_: Any, config: RunnableConfig) -> Any:
    """Log where the node is, as far as the config says."""
    keys = ("checkpoint_id", "checkpoint_map", "checkpoint_ns", "thread_id")
    return {"log": [{key: config["configurable"].get(key, "none") for key in keys}]}


@scenario({"log": []}, config={"configurable": {"checkpoint_id": "made up"}})
def a_checkpoint_that_nobody_keeps(engine: Engine) -> Any:
    return chain(engine, where)


def of_a_server(engine: Engine, slot: Any) -> Any:
    """Return a graph that is run with this in the place of its runtime."""
    store = InMemoryStore()
    store.put(("n",), "k", {"of": "store"})

    def node(_: Any, runtime: engine.runtime.Runtime) -> Any:
        kept = runtime.store and runtime.store.get(("n",), "k").value
        return {"log": [(runtime.context, kept, runtime.previous, runtime.drain_requested)]}

    graph = chain(engine, node, chain(engine, node))
    return graph.with_config(configurable={"__pregel_runtime": slot(context="given", store=store)})


@scenario({"log": []})
def a_runtime_in_the_config(engine: Engine) -> Any:
    return of_a_server(engine, engine.runtime.Runtime)


@scenario({"log": []})
def something_like_a_runtime_in_the_config(engine: Engine) -> Any:
    return of_a_server(engine, SimpleNamespace)


@scenario({"log": []}, context="of the run")
def a_context_beside_a_runtime_in_the_config(engine: Engine) -> Any:
    return of_a_server(engine, engine.runtime.Runtime)


@scenario({"log": []})
def whoever_is_told_which_nodes_are_done(engine: Engine) -> Any:
    done: list[str] = []
    inner = chain(engine, lambda _: {"log": ["inner"]}, lambda _: {"log": [[*done]]})
    graph = chain(engine, inner, lambda _: {"log": [[*done]]})
    return graph.with_config(configurable={"__pregel_node_finished": done.append})


@scenario({"log": []})
def a_node_that_drains_its_run(engine: Engine) -> Any:
    def node(_: Any, runtime: engine.runtime.Runtime) -> Any:
        runtime.control.request_drain("enough")
        return {"log": [runtime.drain_requested]}

    return chain(engine, node, node)
