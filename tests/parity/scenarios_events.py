"""Scenarios of event streams: raw events, projections, graphs inside, interrupts, early exits."""

from __future__ import annotations

import operator
import time
from typing import Annotated, Any

from engines import Engine
from event_streams import Drive, attempt, events, shown
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver
from scripted import scripted
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    a: int
    log: Annotated[list, operator.add]
    messages: list


THREAD = {"configurable": {"thread_id": "1"}}


def built(engine: Engine, *nodes: Any, schema: Any = State) -> Any:
    """Return a graph, not compiled, of nodes that run one after the other."""
    graph = engine.graph.StateGraph(schema)
    previous = engine.graph.START
    for index, node in enumerate(nodes):
        name = f"n{index}"
        graph.add_node(name, node).add_edge(previous, name)
        previous = name
    return graph


def add(_: Any) -> Any:
    return {"a": 1, "log": ["x"]}


def fails(_: Any) -> Any:
    raise ValueError("boom")


def saying(*answers: Any) -> Any:
    """Return a node that asks a model once each time it runs."""
    model = scripted(*answers)
    return lambda _: {"messages": [model.invoke("q")]}


def asking(engine: Engine) -> Any:
    return lambda _: {"a": engine.types.interrupt("really?")}


async def raw(drive: Drive, graph: Any, given: Any = None, *args: Any, **kwargs: Any) -> list[Any]:
    """Return all raw events of a run, and what it raised in the end."""
    run = await drive.open(graph, {"a": 0} if given is None else given, *args, **kwargs)
    seen: list[Any] = []

    async def read() -> None:
        async for event in drive.each(run):
            seen.append(shown(event))  # noqa: PERF401 - what came before an exception counts

    return [seen, await attempt(read())]


async def ends(drive: Drive, run: Any) -> list[Any]:
    """Return what a run says when it is over."""
    names = ("output", "interrupted", "interrupts")
    return [await attempt(drive.get(run, name)) for name in names]


# --- raw events ------------------------------------------------------------------------------


@events()
async def states_of_a_chain(engine: Engine, drive: Drive) -> Any:
    return await raw(drive, built(engine, add, add).compile())


@events()
async def a_node_that_writes_nothing(engine: Engine, drive: Drive) -> Any:
    return await raw(drive, built(engine, add, lambda _: None).compile())


@events()
async def a_model_of_words(engine: Engine, drive: Drive) -> Any:
    return await raw(drive, built(engine, saying("one two three")).compile())


@events()
async def several_models_in_a_node(engine: Engine, drive: Drive) -> Any:
    first, second = scripted("a b"), scripted("c d")

    def node(_: Any) -> Any:
        return {"messages": [first.invoke("q"), second.invoke("r")]}

    return await raw(drive, built(engine, node).compile())


@events()
async def models_in_following_nodes(engine: Engine, drive: Drive) -> Any:
    return await raw(drive, built(engine, saying("a b"), saying("c d")).compile())


@events()
async def an_output_key(engine: Engine, drive: Drive) -> Any:
    return await raw(drive, built(engine, add).compile(), output_keys="a")


@events()
async def output_keys_that_nobody_writes(engine: Engine, drive: Drive) -> Any:
    return await raw(drive, built(engine, lambda _: {"a": 1}).compile(), output_keys=["log"])


@events()
async def config_reaches_the_metadata(engine: Engine, drive: Drive) -> Any:
    config = {"tags": ["t"], "metadata": {"mine": 1}, "run_name": "r"}
    return await raw(drive, built(engine, saying("a b")).compile(), None, config)


@events()
async def a_node_with_metadata(engine: Engine, drive: Drive) -> Any:
    graph = engine.graph.StateGraph(State)
    graph.add_node("n", saying("a b"), metadata={"mine": 1}).add_edge(engine.graph.START, "n")
    return await raw(drive, graph.compile())


@events()
async def a_context(engine: Engine, drive: Drive) -> Any:
    runtime = engine.runtime

    def node(_: Any, runtime: Any) -> Any:
        return {"a": runtime.context["n"]}

    node.__annotations__ = {"runtime": runtime.Runtime}
    graph = engine.graph.StateGraph(State, context_schema=dict)
    graph.add_node("n", node).add_edge(engine.graph.START, "n")
    return await raw(drive, graph.compile(), context={"n": 7})


@events()
async def an_entrypoint_with_tasks(engine: Engine, drive: Drive) -> Any:
    double = engine.func.task(lambda x: x * 2, name="double")

    @engine.func.entrypoint()
    def workflow(x: int) -> int:
        return double(x).result() + 1

    return await raw(drive, workflow, 3)


@events()
async def a_state_of_a_dataclass(engine: Engine, drive: Drive) -> Any:
    from dataclasses import dataclass  # noqa: PLC0415 - the class is part of the scenario

    @dataclass
    class Held:
        a: int = 0

    return await raw(
        drive, built(engine, lambda s: {"a": s.a + 1}, schema=Held).compile(), {"a": 4}
    )


@events()
async def a_graph_built_by_hand(engine: Engine, drive: Drive) -> Any:
    builder, channels = engine.pregel.NodeBuilder, engine.channels
    node = builder().subscribe_only("a").do(lambda x: x + 1).write_to("b")
    graph = engine.pregel.Pregel(
        nodes={"one": node},
        channels={"a": channels.EphemeralValue(int), "b": channels.LastValue(int)},
        input_channels="a",
        output_channels="b",
    )
    return await raw(drive, graph, 3)


# --- projections and ends --------------------------------------------------------------------


@events()
async def values_and_the_end(engine: Engine, drive: Drive) -> Any:
    run = await drive.open(built(engine, add, add).compile(), {"a": 0})
    return [await drive.all(run.values), await ends(drive, run)]


@events()
async def the_output_alone(engine: Engine, drive: Drive) -> Any:
    run = await drive.open(built(engine, add, saying("a b")).compile(), {"a": 0})
    return [await drive.get(run, "output"), await drive.all(run.values), await drive.all(run)]


@events()
async def a_projection_has_one_subscriber(engine: Engine, drive: Drive) -> Any:
    run = await drive.open(built(engine, add).compile(), {"a": 0})
    first = await drive.first(run.values)
    return [first, (await attempt(drive.all(run.values)))[:2]]


@events()
async def raw_events_have_one_subscriber(engine: Engine, drive: Drive) -> Any:
    run = await drive.open(built(engine, add).compile(), {"a": 0})
    return [shown(await drive.first(run)), (await attempt(drive.all(run)))[:2]]


@events()
async def what_came_before_a_subscription_is_lost(engine: Engine, drive: Drive) -> Any:
    run = await drive.open(built(engine, add, add, add).compile(), {"a": 0})
    first = await drive.first(run)
    return [shown(first), await drive.all(run.values)]


@events()
async def one_projection_before_another(engine: Engine, drive: Drive) -> Any:
    run = await drive.open(built(engine, add, saying("a b")).compile(), {"a": 0})
    values = await drive.all(run.values)
    return [values, await drive.all(run.messages), await drive.all(run.lifecycle)]


@events("sync")
async def subscribed_together_and_read_in_turn(engine: Engine, drive: Drive) -> Any:
    run = await drive.open(built(engine, add, add).compile(), {"a": 0})
    values, log = iter(run.values), iter(run)
    return [next(values), shown(next(log)), [shown(e) for e in log], list(values)]


@events()
async def a_tee_of_two(engine: Engine, drive: Drive) -> Any:
    run = await drive.open(built(engine, add, add).compile(), {"a": 0})
    first, second = await drive.tee(run.values, 2)
    return [await drive.all(first), await drive.all(second)]


@events()
async def a_tee_of_none(engine: Engine, drive: Drive) -> Any:
    run = await drive.open(built(engine, add).compile(), {"a": 0})
    return await attempt(drive.tee(run.values, 0))


@events()
async def a_tee_is_the_subscriber(engine: Engine, drive: Drive) -> Any:
    run = await drive.open(built(engine, add).compile(), {"a": 0})
    await drive.tee(run.values, 1)
    return await attempt(drive.tee(run.values, 1))


@events()
async def a_channel_of_the_other_kind(engine: Engine, drive: Drive) -> Any:
    run = await drive.open(built(engine, add).compile(), {"a": 0})
    other = Drive("async" if drive.sync else "sync")
    return [await attempt(other.all(run.values)), await attempt(other.tee(run.values, 2))]


@events()
async def an_attribute_that_is_not_there(engine: Engine, drive: Drive) -> Any:
    run = await drive.open(built(engine, add).compile(), {"a": 0})
    try:
        return run.nothing
    except AttributeError as error:
        return str(error)


@events("sync")
async def interleaved(engine: Engine, drive: Drive) -> Any:
    inner = built(engine, add).compile()
    run = await drive.open(built(engine, inner, saying("a b")).compile(), {"a": 0})
    found = run.interleave("values", "messages", "lifecycle")
    return [(name, item.node if name == "messages" else item) for name, item in found]


@events("sync")
async def interleaving_locks_and_releases(engine: Engine, drive: Drive) -> Any:
    run = await drive.open(built(engine, add, add).compile(), {"a": 0})
    both = run.interleave("values", "lifecycle")
    first = next(both)
    locked = (await attempt(drive.all(run.values)))[:2]
    both.close()
    return [first, locked, list(run.values)]


@events("sync")
async def interleaving_what_is_not_there(engine: Engine, drive: Drive) -> Any:
    run = await drive.open(built(engine, add).compile(), {"a": 0})

    async def read(*names: str) -> Any:
        return list(run.interleave(*names))

    return [await attempt(read("nope")), await attempt(read()), (await attempt(read("values")))]


@events("sync")
async def interleaving_a_run_that_fails(engine: Engine, drive: Drive) -> Any:
    run = await drive.open(built(engine, add, fails).compile(), {"a": 0})
    seen: list[Any] = []

    async def read() -> None:
        seen.extend(run.interleave("values", "messages"))

    return [await attempt(read()), seen]


@events()
async def arguments_that_it_owns(engine: Engine, drive: Drive) -> Any:
    graph = built(engine, add).compile()
    refused = [
        await attempt(drive.open(graph, {"a": 0}, stream_mode="values")),
        await attempt(drive.open(graph, {"a": 0}, subgraphs=True)),
    ]
    return [each[:2] for each in refused]


@events("sync")
async def other_versions_are_async(engine: Engine, drive: Drive) -> Any:
    graph = built(engine, add).compile()

    async def read(**kwargs: Any) -> Any:
        return graph.stream_events({"a": 0}, **kwargs)

    return [await attempt(read(version=v)) for v in ("v1", "v2")] + [await attempt(read())]


@events("async")
async def the_second_version(engine: Engine, drive: Drive) -> Any:
    graph = built(engine, saying("a b")).compile()
    found = [event async for event in graph.astream_events({"a": 0}, version="v2")]
    return [(event["event"], event["name"], sorted(event["data"])) for event in found]


# --- graphs inside ---------------------------------------------------------------------------


@events()
async def a_graph_inside(engine: Engine, drive: Drive) -> Any:
    inner = built(engine, saying("in side"), add).compile()
    return await raw(drive, built(engine, inner, add).compile())


@events()
async def a_graph_inside_a_graph_inside(engine: Engine, drive: Drive) -> Any:
    inner = built(engine, built(engine, add).compile()).compile()
    return await raw(drive, built(engine, inner).compile())


@events()
async def a_graph_that_a_node_calls_twice(engine: Engine, drive: Drive) -> Any:
    inner = built(engine, add).compile()

    def node(state: Any, config: Any) -> Any:
        return {"a": inner.invoke(inner.invoke(state, config), config)["a"]}

    node.__annotations__ = {"config": "RunnableConfig"}
    return await raw(drive, built(engine, lambda s: node(s, None)).compile())


@events()
async def the_runs_of_graphs_inside(engine: Engine, drive: Drive) -> Any:
    inner = built(engine, saying("in side"), add).compile(name="inner")
    run = await drive.open(built(engine, inner, add).compile(), {"a": 0})
    seen = []
    async for each in drive.each(run.subgraphs):
        known = [each.path, each.graph_name, each.trigger_call_id, each.status, each.error]
        values = await drive.all(each.values)
        seen.append([known, values, each.status, await ends(drive, each), sorted(each.extensions)])
    return [seen, await ends(drive, run)]


@events()
async def messages_of_graphs_inside(engine: Engine, drive: Drive) -> Any:
    inner = built(engine, saying("in side")).compile()
    run = await drive.open(built(engine, inner, saying("out side")).compile(), {"a": 0})
    seen = []
    async for each in drive.each(run.subgraphs):
        texts = [(m.node, await drive.all(m.text)) async for m in drive.each(each.messages)]
        seen.append([each.path, texts, each.status])
    return seen


@events()
async def runs_of_graphs_two_levels_down(engine: Engine, drive: Drive) -> Any:
    inner = built(engine, built(engine, add).compile()).compile()
    run = await drive.open(built(engine, inner).compile(), {"a": 0})
    seen = []
    async for each in drive.each(run.subgraphs):
        async for below in drive.each(each.subgraphs):
            seen.append([below.path, await drive.all(below.values), below.status])  # noqa: PERF401
        seen.append([each.path, each.status])
    return seen


@events()
async def graphs_inside_read_too_late(engine: Engine, drive: Drive) -> Any:
    inner = built(engine, add).compile()
    run = await drive.open(built(engine, inner, add).compile(), {"a": 0})
    found = await drive.all(run.subgraphs)
    return [[e.status, await drive.all(e.values), await ends(drive, e)] for e in found]


@events()
async def a_graph_inside_that_fails(engine: Engine, drive: Drive) -> Any:
    graph = built(engine, built(engine, add, fails).compile()).compile()
    run = await drive.open(graph, {"a": 0})
    found: list[Any] = []

    async def read() -> None:
        async for each in drive.each(run.subgraphs):
            found.append(each)  # noqa: PERF401 - what came before an exception counts

    ended = await attempt(read())
    told = [[e.status, e.error, await ends(drive, e)] for e in found]
    return [ended, told, await raw(drive, graph)]


@events()
async def a_graph_inside_that_asks(engine: Engine, drive: Drive) -> Any:
    graph = built(engine, built(engine, asking(engine)).compile()).compile(InMemorySaver())
    first = await raw(drive, graph, None, THREAD)
    return [first, await raw(drive, graph, engine.types.Command(resume=7), THREAD)]


@events()
async def a_graph_inside_that_is_drained(engine: Engine, drive: Drive) -> Any:
    control = engine.runtime.RunControl()

    def drains(_: Any) -> Any:
        control.request_drain("enough")
        return {"a": 1}

    graph = built(engine, built(engine, drains, add).compile()).compile()
    return await raw(drive, graph, control=control)


@events()
async def lifecycle_as_a_projection(engine: Engine, drive: Drive) -> Any:
    inner = built(engine, built(engine, add).compile()).compile()
    run = await drive.open(built(engine, inner, add).compile(), {"a": 0})
    return await drive.all(run.lifecycle)


@events()
async def an_agent_by_its_name(engine: Engine, drive: Drive) -> Any:
    agent = built(engine, add).compile().with_config(metadata={"lc_agent_name": "Bob"})
    run = await drive.open(built(engine, agent).compile(), {"a": 0})
    return await drive.all(run.lifecycle)


@events()
async def an_agent_whose_name_is_inherited(engine: Engine, drive: Drive) -> Any:
    config = {"metadata": {"lc_agent_name": "Bob"}}
    inner = built(engine, add).compile()
    run = await drive.open(built(engine, inner).compile(), {"a": 0}, config)
    return await drive.all(run.lifecycle)


# --- interrupts and errors -------------------------------------------------------------------


@events()
async def a_question_and_its_answer(engine: Engine, drive: Drive) -> Any:
    graph = built(engine, add, asking(engine)).compile(InMemorySaver())
    first = await drive.open(graph, {"a": 0}, THREAD)
    asked = [await drive.all(first.values), await ends(drive, first)]
    second = await drive.open(graph, engine.types.Command(resume=7), THREAD)
    return [asked, await drive.all(second.values), await ends(drive, second)]


@events()
async def two_questions_at_once(engine: Engine, drive: Drive) -> Any:
    graph = engine.graph.StateGraph(State)
    for name in "xy":

        def node(_: Any, name: str = name) -> Any:
            time.sleep(0.05 * (name == "y"))
            return {"log": [engine.types.interrupt(name)]}

        graph.add_node(name, node).add_edge(engine.graph.START, name)
    saved = graph.compile(InMemorySaver())
    run = await drive.open(saved, {"a": 0}, THREAD)
    return [await drive.all(run.values), await ends(drive, run)]


@events()
async def raw_events_of_a_question(engine: Engine, drive: Drive) -> Any:
    graph = built(engine, add, asking(engine)).compile(InMemorySaver())
    first = await raw(drive, graph, None, THREAD)
    return [first, await raw(drive, graph, engine.types.Command(resume=7), THREAD)]


@events()
async def breakpoints(engine: Engine, drive: Drive) -> Any:
    graph = built(engine, add, add).compile(InMemorySaver())
    run = await drive.open(graph, {"a": 0}, THREAD, interrupt_before=["n1"])
    before = [await drive.all(run.values), await ends(drive, run)]
    other = {"configurable": {"thread_id": "2"}}
    run = await drive.open(graph, {"a": 0}, other, interrupt_after=["n0"])
    return [before, await drive.all(run.values), await ends(drive, run)]


@events()
async def a_node_that_fails(engine: Engine, drive: Drive) -> Any:
    graph = built(engine, add, fails).compile()
    run = await drive.open(graph, {"a": 0})
    seen = await attempt(drive.all(run.values))
    late = [await attempt(drive.all(c)) for c in (run, run.messages)]
    return [await raw(drive, graph), seen, late, await ends(drive, run)]


@events()
async def a_model_that_fails(engine: Engine, drive: Drive) -> Any:
    return await raw(drive, built(engine, add, saying(ValueError("no model"))).compile())


@events()
async def a_run_that_is_drained(engine: Engine, drive: Drive) -> Any:
    control = engine.runtime.RunControl()

    def drains(_: Any) -> Any:
        control.request_drain("enough")
        return {"a": 1}

    graph = built(engine, drains, add).compile()
    run = await drive.open(graph, {"a": 0}, control=control)
    return [await attempt(drive.all(run.values)), await ends(drive, run)]


@events()
async def too_many_supersteps(engine: Engine, drive: Drive) -> Any:
    graph = built(engine, add, add, add).compile()
    run = await drive.open(graph, {"a": 0}, {"recursion_limit": 2})
    failed = await attempt(drive.all(run.values))
    return failed[:2]


@events()
async def no_input(engine: Engine, drive: Drive) -> Any:
    run = await drive.open(built(engine, add).compile(), None)
    return (await attempt(drive.all(run)))[:2]


# --- leaving early ---------------------------------------------------------------------------


@events()
async def a_run_that_is_aborted(engine: Engine, drive: Drive) -> Any:
    run = await drive.open(built(engine, add, add).compile(), {"a": 0})
    first = await drive.first(run.values)
    await drive.abort(run)
    await drive.abort(run)
    return [first, await ends(drive, run), await drive.all(run.messages), await drive.all(run)]


@events()
async def a_run_that_is_aborted_at_once(engine: Engine, drive: Drive) -> Any:
    ran: list[str] = []
    run = await drive.open(built(engine, lambda _: ran.append("ran")).compile(), {"a": 0})
    await drive.abort(run)
    return [await ends(drive, run), ran]


@events()
async def a_block_that_is_left(engine: Engine, drive: Drive) -> Any:
    ran: list[str] = []
    graph = built(engine, add, add, lambda _: ran.append("ran")).compile()
    if drive.sync:
        with await drive.open(graph, {"a": 0}) as run:
            first = await drive.first(run.values)
    else:
        async with await drive.open(graph, {"a": 0}) as run:
            first = await drive.first(run.values)
    return [first, await ends(drive, run), ran]


@events()
async def a_block_that_an_exception_leaves(engine: Engine, drive: Drive) -> Any:
    graph = built(engine, add, add).compile()

    async def read() -> None:
        run = await drive.open(graph, {"a": 0})
        if drive.sync:
            with run:
                raise KeyError("mine")
        async with run:
            raise KeyError("mine")

    return await attempt(read())


@events()
async def a_message_that_is_left(engine: Engine, drive: Drive) -> Any:
    run = await drive.open(built(engine, saying("one two three")).compile(), {"a": 0})
    message = await drive.first(run.messages)
    first = await drive.first(message.text)
    await drive.abort(run)
    return [first, message.node, message.done, await drive.all(run.values)]


@events()
async def a_thread_goes_on_after_an_event_stream(engine: Engine, drive: Drive) -> Any:
    graph = built(engine, lambda s: {"log": [len(s.get("log", []))]}).compile(InMemorySaver())
    first = await drive.open(graph, {"a": 0}, THREAD)
    second_output = await drive.get(first, "output")
    second = await drive.open(graph, {"a": 1}, THREAD)
    return [second_output, await drive.get(second, "output"), graph.get_state(THREAD).values]


@events()
async def a_whole_message_of_a_node(engine: Engine, drive: Drive) -> Any:
    graph = built(engine, lambda _: {"messages": [AIMessage("whole", id="w")]}).compile()
    return await raw(drive, graph)
