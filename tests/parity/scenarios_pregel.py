"""Scenarios of graphs that are built by hand, of nodes and channels."""

from __future__ import annotations

import asyncio
import operator
import time
from importlib import import_module
from typing import Any

from engines import Engine
from scenarios import says, scenario

ALL = ["values", "updates", "tasks"]


def node(engine: Engine) -> Any:
    return engine.pregel.NodeBuilder()


def entry(engine: Engine, *args: Any, **kwargs: Any) -> Any:
    writes = import_module(f"{engine.package}.pregel._write")
    return writes.ChannelWriteEntry(*args, **kwargs)


def built(engine: Engine, nodes: Any, given: Any = "a", shown: Any = "b", **kwargs: Any) -> Any:
    """Return a graph of these nodes over a few channels of each kind."""
    of = engine.channels
    channels = {
        "a": of.EphemeralValue(str),
        "b": of.LastValue(str),
        "c": of.LastValue(str),
        "n": of.BinaryOperatorAggregate(int, operator.add),
        "now": of.Topic(str),
        "ever": of.Topic(str, accumulate=True),
        **kwargs.pop("channels", {}),
    }
    return engine.pregel.Pregel(
        nodes=nodes, channels=channels, input_channels=given, output_channels=shown, **kwargs
    )


def twice(value: str) -> str:
    return value + value


def pairs(values: Any) -> str:
    return repr(sorted(values.items()))


# --- channels in, channels out ---------------------------------------------------------------


@scenario("x", stream_mode=ALL)
def one_channel_in_and_one_out(engine: Engine) -> Any:
    return built(engine, {"one": node(engine).subscribe_only("a").do(twice).write_to("b")})


@scenario({"a": "x"}, stream_mode=ALL)
def lists_of_channels(engine: Engine) -> Any:
    one = node(engine).subscribe_only("a").do(twice).write_to("b")
    return built(engine, {"one": one}, ["a"], ["b", "c"])


@scenario({"a": "x", "b": "y", "unknown": 1}, stream_mode=ALL)
def several_channels_in(engine: Engine) -> Any:
    one = node(engine).subscribe_to("a", "b").do(lambda v: v["a"] + v["b"]).write_to("c")
    return built(engine, {"one": one}, ["a", "b"], ["c"])


@scenario("x", stream_mode=ALL)
def several_channels_in_and_no_dict(engine: Engine) -> Any:
    one = node(engine).subscribe_to("a").do(lambda v: v["a"]).write_to("c")
    return built(engine, {"one": one}, ["a", "b"], ["c"])


@scenario({"unknown": 1}, stream_mode=ALL)
def channels_in_that_are_not_there(engine: Engine) -> Any:
    one = node(engine).subscribe_to("a").do(lambda v: v["a"]).write_to("c")
    return built(engine, {"one": one}, ["a", "b"], ["c"])


@scenario("x", stream_mode=ALL)
def a_chain_over_channels(engine: Engine) -> Any:
    one = node(engine).subscribe_only("a").do(twice).write_to("b")
    two = node(engine).subscribe_only("b").do(twice).write_to("c")
    return built(engine, {"one": one, "two": two.build()}, "a", ["b", "c"])


@scenario("x", stream_mode=ALL)
def two_nodes_on_one_channel(engine: Engine) -> Any:
    one = node(engine).subscribe_only("a").do(lambda v: v + "1").write_to("ever")
    two = node(engine).subscribe_only("a").do(lambda v: v + "2").write_to("ever")
    return built(engine, {"two": two, "one": one}, "a", ["ever"])


@scenario("x", stream_mode=ALL, config={"recursion_limit": 3})
def a_circle_reaches_the_limit(engine: Engine) -> Any:
    one = node(engine).subscribe_only("a").do(twice).write_to("a")
    return built(engine, {"one": one}, shown="a")


@scenario("x", stream_mode=ALL)
def a_circle_ends_when_nothing_is_written(engine: Engine) -> Any:
    def grow(value: str) -> Any:
        return value + value if len(value) < 4 else None

    one = node(engine).subscribe_only("a").do(grow).write_to(entry(engine, "a", skip_none=True))
    return built(engine, {"one": one}, shown="a")


@scenario("x", stream_mode=ALL)
def what_is_written_by_name(engine: Engine) -> Any:
    one = node(engine).subscribe_only("a").do(twice).write_to("b", c=lambda v: v + "!", n=3)
    return built(engine, {"one": one}, shown=["b", "c", "n"])


@scenario("x", stream_mode=ALL)
def one_channel_written_twice(engine: Engine) -> Any:
    one = node(engine).subscribe_only("a").do(twice)
    one = one.write_to("ever", entry(engine, "ever", mapper=str.upper))
    return built(engine, {"one": one}, shown=["ever"])


@scenario("x", stream_mode=ALL)
def a_node_without_anything_to_do(engine: Engine) -> Any:
    return built(engine, {"one": node(engine).subscribe_only("a").write_to("b")})


@scenario("x", stream_mode=ALL)
def a_node_that_does_several_things(engine: Engine) -> Any:
    one = node(engine).subscribe_only("a").do(twice).do(str.upper).write_to("b")
    return built(engine, {"one": one})


@scenario("x", sync=False, stream_mode=ALL)
def a_node_that_does_sync_and_async_things(engine: Engine) -> Any:
    async def later(value: str) -> str:
        await asyncio.sleep(0)
        return value + "."

    one = node(engine).subscribe_only("a").do(twice).do(later).do(twice).write_to("b")
    return built(engine, {"one": one})


@scenario("x", stream_mode=ALL)
def a_mapper_that_fails(engine: Engine) -> Any:
    one = node(engine).subscribe_only("a").write_to(b=lambda v: v / 0)
    return built(engine, {"one": one})


# --- what triggers and what is read ----------------------------------------------------------


@scenario("x", stream_mode=ALL)
def a_channel_that_is_read_and_not_subscribed_to(engine: Engine) -> Any:
    one = node(engine).subscribe_only("a").do(twice).write_to("b", n=2)
    two = node(engine).subscribe_to("b").read_from("n", "c").do(pairs).write_to("c")
    return built(engine, {"one": one, "two": two}, shown=["c"])


@scenario("x", stream_mode=ALL)
def a_channel_that_only_triggers(engine: Engine) -> Any:
    one = node(engine).subscribe_only("a").do(twice).write_to("b", n=2)
    two = node(engine).subscribe_to("b", read=False).read_from("n").do(pairs).write_to("c")
    return built(engine, {"one": one, "two": two}, shown=["c"])


@scenario("x", stream_mode=ALL)
def a_topic_of_one_superstep(engine: Engine) -> Any:
    one = node(engine).subscribe_only("a").write_to("now").write_to(now=str.upper)
    two = node(engine).subscribe_only("now").do("".join).write_to("b")
    return built(engine, {"one": one, "two": two}, shown=["now", "b"])


@scenario("x", stream_mode=ALL)
def a_topic_that_grows(engine: Engine) -> Any:
    def more(seen: Any) -> Any:
        return "".join(seen) if len(seen) < 3 else None

    one = node(engine).subscribe_only("a").write_to("ever")
    two = node(engine).subscribe_only("ever").do(more)
    two = two.write_to(entry(engine, "ever", skip_none=True))
    return built(engine, {"one": one, "two": two}, shown=["ever"])


# --- how nodes run ---------------------------------------------------------------------------


@scenario("x", stream_mode=ALL)
def tags_and_metadata_of_a_built_node(engine: Engine) -> Any:
    one = node(engine).subscribe_only("a").do(twice).write_to("b").meta("tag", owner="me")
    return built(engine, {"one": one})


@scenario("x", stream_mode=["updates", "messages"])
def tokens_of_a_built_node(engine: Engine) -> Any:
    model = says("hello there")
    one = node(engine).subscribe_only("a").do(model).do(lambda m: m.content).write_to("b")
    return built(engine, {"one": one})


@scenario("x", stream_mode=ALL)
def retries_of_a_built_node(engine: Engine) -> Any:
    calls: list[str] = []

    def flaky(value: str) -> str:
        calls.append(value)
        if len(calls) % 3:
            raise ConnectionError
        return value

    policy = engine.types.RetryPolicy(initial_interval=0.001, jitter=False)
    one = node(engine).subscribe_only("a").do(flaky).write_to("b").add_retry_policies(policy)
    return built(engine, {"one": one})


@scenario("x", stream_mode=ALL)
def retries_of_a_whole_graph(engine: Engine) -> Any:
    calls: list[str] = []

    def flaky(value: str) -> str:
        calls.append(value)
        if len(calls) % 2:
            raise ConnectionError
        return value

    policy = engine.types.RetryPolicy(initial_interval=0.001, jitter=False)
    one = node(engine).subscribe_only("a").do(flaky).write_to("b")
    return built(engine, {"one": one}, retry_policy=policy)


@scenario("x", sync=False)
def a_built_node_with_a_timeout(engine: Engine) -> Any:
    async def slow(value: str) -> str:
        await asyncio.sleep(5)
        return value

    one = node(engine).subscribe_only("a").do(slow).write_to("b").set_timeout(0.01)
    return built(engine, {"one": one})


@scenario("x", stream_mode=ALL)
def a_superstep_that_takes_too_long(engine: Engine) -> Any:
    def slow(value: str) -> str:
        time.sleep(0.06)
        return value

    one = node(engine).subscribe_only("a").do(slow).write_to("b")
    return built(engine, {"one": one}, step_timeout=0.005)


@scenario("x", sync=False, stream_mode=ALL)
def an_async_superstep_that_takes_too_long(engine: Engine) -> Any:
    async def slow(value: str) -> str:
        await asyncio.sleep(5)
        return value

    one = node(engine).subscribe_only("a").do(slow).write_to("b")
    return built(engine, {"one": one}, step_timeout=0.02)


@scenario("x", stream_mode=ALL)
def supersteps_that_are_quick_enough(engine: Engine) -> Any:
    one = node(engine).subscribe_only("a").do(twice).write_to("b")
    two = node(engine).subscribe_only("b").do(twice).write_to("c")
    return built(engine, {"one": one, "two": two}, shown=["b", "c"], step_timeout=5)


@scenario("x", stream_mode=["updates", "custom"])
def eager_streaming(engine: Engine) -> Any:
    def writes(value: str) -> str:
        engine.config.get_stream_writer()(value)
        return value

    one = node(engine).subscribe_only("a").do(writes).write_to("b")
    return built(engine, {"one": one}, stream_eager=True)


@scenario("x", stream_mode=ALL)
def stopping_before_a_built_node(engine: Engine) -> Any:
    memory = import_module("langgraph.checkpoint.memory").InMemorySaver()
    one = node(engine).subscribe_only("a").do(twice).write_to("b")
    two = node(engine).subscribe_only("b").do(twice).write_to("c")
    return built(
        engine,
        {"one": one, "two": two},
        shown=["b", "c"],
        checkpointer=memory,
        interrupt_before_nodes=["two"],
        config={"configurable": {"thread_id": "1"}},
    )


@scenario("x", stream_mode=ALL, subgraphs=True)
def a_built_graph_in_a_built_graph(engine: Engine) -> Any:
    inner = built(engine, {"in": node(engine).subscribe_only("a").do(twice).write_to("b")})
    one = node(engine).subscribe_only("a").do(inner).write_to("b")
    return built(engine, {"one": one})


@scenario("x", stream_mode=None)
def the_mode_of_a_built_graph(engine: Engine) -> Any:
    one = node(engine).subscribe_only("a").do(twice).write_to("b")
    return built(engine, {"one": one}, stream_mode="updates")


@scenario("x", stream_mode=ALL)
def channels_that_are_shown(engine: Engine) -> Any:
    one = node(engine).subscribe_only("a").do(twice).write_to("b", "c")
    return built(engine, {"one": one}, shown="b", stream_channels=["c"])


# --- what is refused -------------------------------------------------------------------------


def refused(name: str, given: Any = "a", shown: Any = "b", **kwargs: Any) -> None:
    """Register a graph that cannot be built."""

    def build(engine: Engine) -> Any:
        one = node(engine).subscribe_only("a").do(twice).write_to("b")
        return built(engine, {"one": one}, given, shown, **kwargs)

    build.__name__ = name
    scenario("x")(build)


refused("an_input_channel_that_is_not_there", given="z")
refused("an_input_channel_that_starts_nothing", given="c")
refused("input_channels_that_start_nothing", given=["c", "n"])
refused("an_output_channel_that_is_not_there", shown=["b", "z"])
refused("a_stream_channel_that_is_not_there", stream_channels=["z"])
refused("a_stop_that_is_not_there", interrupt_before_nodes=["z"])
refused("a_channel_with_a_name_of_the_engine", channels={"__error__": None})


@scenario("x")
def a_node_that_reads_what_is_not_there(engine: Engine) -> Any:
    return built(engine, {"one": node(engine).subscribe_to("a").read_from("z").write_to("b")})


@scenario("x")
def a_node_that_is_none(engine: Engine) -> Any:
    return built(engine, {"one": twice})


@scenario("x")
def one_channel_and_then_others(engine: Engine) -> Any:
    return built(engine, {"one": node(engine).subscribe_only("a").subscribe_to("b")})


@scenario("x")
def others_and_then_one_channel(engine: Engine) -> Any:
    return built(engine, {"one": node(engine).subscribe_to("b").subscribe_only("a")})
