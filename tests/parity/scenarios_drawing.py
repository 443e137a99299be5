"""Graphs to draw, as data: each built by the same lines on LangGraph and on ours."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Literal

import pytest
from engines import Engine
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool
from langgraph.prebuilt import ToolNode
from scenarios import State

DRAWINGS: list[Any] = []


def drawing(build: Callable[[Engine], Any]) -> Callable[[Engine], Any]:
    """Register the decorated builder as a case, named after it."""
    DRAWINGS.append(pytest.param(build, id=build.__name__))
    return build


def quiet(_: Any) -> None:
    """Do nothing, as a node."""


def nodes(engine: Engine, *names: str, **kwargs: Any) -> Any:
    """Return a graph with these nodes and an edge to the first one."""
    graph = engine.graph.StateGraph(State)
    for name in names:
        graph.add_node(name, quiet, **kwargs)
    return graph.add_edge("__start__", names[0]) if names else graph


@drawing
def a_chain(engine: Engine) -> Any:
    return nodes(engine, "a", "b").add_edge("a", "b").compile()


@drawing
def a_chain_to_the_end(engine: Engine) -> Any:
    return nodes(engine, "a", "b").add_edge("a", "b").add_edge("b", "__end__").compile()


@drawing
def parallel_nodes_and_a_waiting_edge(engine: Engine) -> Any:
    graph = nodes(engine, "a", "b", "c", "d").add_edge("__start__", "b").add_edge("b", "c")
    return graph.add_edge(["a", "c"], "d").compile()


@drawing
def a_waiting_edge_in_a_loop(engine: Engine) -> Any:
    graph = nodes(engine, "a", "b", "c").add_edge("a", "b").add_edge(["a", "b"], "c")
    return graph.add_edge("c", "a").compile()


@drawing
def a_branch_with_a_path_map(engine: Engine) -> Any:
    graph = nodes(engine, "a", "b", "c").add_edge("b", "a")
    ends = {"go": "b", "c": "c", True: "__end__"}
    return graph.add_conditional_edges("a", quiet, ends).compile()


@drawing
def a_branch_with_a_list_of_ends(engine: Engine) -> Any:
    graph = nodes(engine, "a", "b", "c")
    return graph.add_conditional_edges("a", quiet, ["b", "c", "__end__"]).compile()


def to_c_or_the_end(_: Any) -> Literal["c", "__end__"]:
    """Decide for the end."""
    return "__end__"


@drawing
def a_branch_with_annotated_ends(engine: Engine) -> Any:
    return nodes(engine, "a", "b", "c").add_conditional_edges("a", to_c_or_the_end).compile()


@drawing
def a_branch_that_says_nothing(engine: Engine) -> Any:
    return nodes(engine, "a", "b", "c").add_conditional_edges("a", quiet).compile()


@drawing
def two_branches_and_an_edge_to_one_node(engine: Engine) -> Any:
    graph = nodes(engine, "a", "b").add_edge("a", "b").add_conditional_edges("a", quiet, ["b"])
    return graph.add_conditional_edges("a", to_c_or_the_end, {"c": "b"}).compile()


@drawing
def a_conditional_entry(engine: Engine) -> Any:
    graph = engine.graph.StateGraph(State).add_node("a", quiet).add_node("b", quiet)
    graph.set_conditional_entry_point(quiet, {"x": "a", "y": "b", "z": "__end__"})
    return graph.add_edge("a", "b").compile()


@drawing
def an_annotated_command(engine: Engine) -> Any:
    command = engine.types.Command

    def goes(_: Any) -> Any: ...

    goes.__annotations__["return"] = command[Literal["b", "__end__"]]
    graph = engine.graph.StateGraph(State).add_node("a", goes).add_node("b", quiet)
    return graph.add_edge("__start__", "a").compile()


@drawing
def destinations(engine: Engine) -> Any:
    graph = engine.graph.StateGraph(State).add_node("a", quiet, destinations=("b", "__end__"))
    return graph.add_node("b", quiet).add_edge("__start__", "a").compile()


@drawing
def destinations_with_labels(engine: Engine) -> Any:
    ends = {"b": "maybe", "__end__": "else"}
    graph = engine.graph.StateGraph(State).add_node("a", quiet, destinations=ends)
    return graph.add_node("b", quiet).add_edge("__start__", "a").compile()


@drawing
def a_loop_without_end(engine: Engine) -> Any:
    return nodes(engine, "a", "b").add_edge("a", "b").add_edge("b", "a").compile()


@drawing
def a_loop_of_one(engine: Engine) -> Any:
    return nodes(engine, "a").add_edge("a", "a").compile()


@drawing
def nothing_but_the_end(engine: Engine) -> Any:
    return engine.graph.StateGraph(State).add_edge("__start__", "__end__").compile()


@drawing
def nodes_that_nothing_leads_to(engine: Engine) -> Any:
    return nodes(engine, "a", "b", "c").add_edge("b", "c").compile()


@drawing
def deferred_nodes(engine: Engine) -> Any:
    graph = nodes(engine, "a", "b", "c").add_edge("a", "b").add_edge("b", "c")
    graph.add_node("d", quiet, defer=True).add_node("e", quiet, defer=True)
    return graph.add_edge("a", "d").add_edge(["a", "b"], "e").compile()


@drawing
def metadata_of_nodes(engine: Engine) -> Any:
    graph = nodes(engine, "a", metadata={"who": "me", "n": 3})
    return graph.add_node("b", quiet, metadata={"x": 1}, defer=True).add_edge("a", "b").compile()


@drawing
def runnables_as_nodes(engine: Engine) -> Any:
    graph = engine.graph.StateGraph(State).add_node("a", RunnableLambda(quiet))
    graph.add_node("b", {"x": RunnableLambda(quiet)}).add_edge("__start__", "a")
    return graph.add_edge("a", "b").compile()


@drawing
def a_state_that_is_no_dict(engine: Engine) -> Any:
    graph = engine.graph.StateGraph(int).add_node("a", quiet).add_node("b", quiet)
    return graph.add_edge("__start__", "a").add_edge("a", "b").compile()


@drawing
def graphs_inside(engine: Engine) -> Any:
    leaf = nodes(engine, "x", "y").add_edge("x", "y").compile()
    wide = nodes(engine, "x", "y").add_edge("__start__", "y").compile()
    middle = nodes(engine, "k").add_node("l", leaf).add_edge("k", "l").compile()
    graph = nodes(engine, "a").add_node("m", middle).add_node("w", wide)
    return graph.add_edge("a", "m").add_edge("m", "w").compile()


@drawing
def graphs_that_functions_name(engine: Engine) -> Any:
    leaf = nodes(engine, "x", "y").add_edge("x", "y").compile()

    async def calls(state: Any) -> Any:
        return [await leaf.ainvoke(s) for s in [state]]

    graph = nodes(engine, "a").add_node("calls", calls).add_node("b", calls)
    return graph.add_edge("a", "calls").compile()


@tool
def weather(city: str) -> str:
    """Tell the weather."""
    return city


@drawing
def tools_of_a_node(engine: Engine) -> Any:
    graph = nodes(engine, "a").add_node("tools", ToolNode([weather]))
    return graph.add_edge("a", "tools").compile()


SHARED = SimpleNamespace()


@drawing
def graphs_that_are_found_in_many_ways(engine: Engine) -> Any:
    leaf = nodes(engine, "x", "y").add_edge("x", "y").compile()
    invoke = leaf.invoke
    agent = SimpleNamespace(inner=SimpleNamespace(graph=leaf))
    globals()["SHARED"] = leaf

    def calls(state: Any) -> Any:
        return leaf.invoke(state)

    def inner_function(state: Any) -> Any:
        def inner() -> Any:
            return SHARED.invoke(state)  # type: ignore[attr-defined]  # a graph by now

        return inner()

    def inner_attribute(state: Any) -> Any:
        def inner() -> Any:
            return agent.inner.graph.invoke(state)

        return inner()

    @functools.wraps(calls)
    def wrapper(state: Any) -> Any:
        return state

    def of_itself(state: Any) -> Any:
        return [of_itself, unbound, state]  # noqa: F821 - bound no more, on purpose

    class Agent:
        def __call__(self, state: Any) -> Any:
            return state

        def method(self, state: Any) -> Any:
            return leaf.invoke(state)

    graph = nodes(engine, "a")
    ways: dict[str, Any] = {
        "bound": lambda s: invoke(s),
        "attribute": lambda s: agent.inner.graph.invoke(s),
        "global": lambda s: SHARED.invoke(s),  # type: ignore[attr-defined]  # a graph by now
        "inner_function": inner_function,
        "inner_attribute": inner_attribute,
        "wrapper": wrapper,
        "method": Agent().method,
        "callable": Agent(),
        "argument": lambda s, graph=leaf: graph.invoke(s),
        "sequence": RunnableLambda(quiet) | leaf,
        "function_in_sequence": RunnableLambda(quiet) | RunnableLambda(calls),
        "parallel": {"x": leaf},
        "partial": functools.partial(calls),
        "of_itself": of_itself,
    }
    for name, node in ways.items():
        graph.add_node(name, node).add_edge("a", name)
    compiled = graph.compile()
    unbound = compiled
    del unbound
    return compiled


@drawing
def a_workflow(engine: Engine) -> Any:
    @engine.func.entrypoint()
    def flow(given: Any) -> Any:
        return given

    return flow


@drawing
def a_graph_built_by_hand(engine: Engine) -> Any:
    build, value = engine.pregel.NodeBuilder, engine.channels.LastValue
    return engine.pregel.Pregel(
        nodes={
            "a": build().subscribe_only("given").do(quiet).write_to("between"),
            "b": build().subscribe_only("between").do(quiet).write_to("result"),
        },
        channels={name: value(int) for name in ("given", "between", "result")},
        input_channels="given",
        output_channels="result",
    )


@drawing
def breakpoints(engine: Engine) -> Any:
    inner = nodes(engine, "x", "y").add_edge("x", "y")
    graph = nodes(engine, "a", "b").add_edge("a", "b").add_edge("b", "inside")
    graph.add_node("inside", inner.compile(interrupt_before=["y"], interrupt_after=["x", "y"]))
    return graph.compile(interrupt_before=["b", "inside"], interrupt_after=["a"])


@drawing
def breakpoints_everywhere(engine: Engine) -> Any:
    return nodes(engine, "a").compile(interrupt_before="*", interrupt_after="*")
