"""Scenarios of what a node's policies do: retries, the cache, timeouts, error handlers."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from engines import Engine
from langchain_core.runnables import RunnableConfig, RunnableLambda
from langgraph.cache.memory import InMemoryCache
from scenarios import ALL, State, chain, says, scenario

# Not where an error has another text than LangGraph's, or tells how long something took.
EVERYTHING = [*ALL, "tasks"]


def node_error(engine: Engine, handler: Callable[..., Any]) -> Callable[..., Any]:
    """Return a handler whose `error` parameter is annotated with the engine's class."""
    handler.__annotations__["error"] = engine.errors.NodeError
    return handler


def soon(engine: Engine, **policy: Any) -> Any:
    """Return a retry policy that does not make a test wait."""
    policy = {"initial_interval": 0.001, "jitter": False, **policy}
    return engine.types.RetryPolicy(**policy)


def failing(times: int, error: Exception) -> Callable[..., Any]:
    """Return a node that fails a number of times, and tells its attempts in what it leaves."""
    seen: list[tuple[int, bool]] = []

    def node(_: Any, runtime: Any) -> Any:
        info = runtime.execution_info
        seen.append((info.node_attempt, info.node_first_attempt_time > 0))
        if len(seen) <= times:
            raise type(error)(*error.args, seen)
        return {"log": [*seen]}

    return node


def around(engine: Engine, node: Any, **policies: Any) -> Any:
    """Return a graph of a node `x` with policies, and a node after it."""
    graph = engine.graph.StateGraph(State)
    graph.add_node("x", node, **policies).add_edge(engine.graph.START, "x")
    return graph.add_node("after", lambda s: {"log": [len(s["log"])]}).add_edge("x", "after")


# --- retries ---------------------------------------------------------------------------------


@scenario({"a": 1}, stream_mode=EVERYTHING)
def a_node_is_run_again(engine: Engine) -> Any:
    return around(engine, failing(2, ConnectionError()), retry_policy=soon(engine)).compile()


@scenario({"a": 1}, stream_mode=EVERYTHING)
def a_node_is_given_up(engine: Engine) -> Any:
    return around(engine, failing(9, ConnectionError()), retry_policy=soon(engine)).compile()


@scenario({"a": 1}, stream_mode=EVERYTHING)
def some_failures_are_final(engine: Engine) -> Any:
    return around(engine, failing(1, ValueError()), retry_policy=soon(engine)).compile()


@scenario({"a": 1}, stream_mode=EVERYTHING)
def one_attempt_is_no_retry(engine: Engine) -> Any:
    policy = soon(engine, max_attempts=1)
    return around(engine, failing(1, ConnectionError()), retry_policy=policy).compile()


@scenario({"a": 1}, stream_mode=EVERYTHING)
def a_class_says_what_to_retry(engine: Engine) -> Any:
    policy = soon(engine, retry_on=ValueError)
    return around(engine, failing(1, ValueError()), retry_policy=policy).compile()


@scenario({"a": 1}, stream_mode=EVERYTHING)
def a_list_of_classes_says_what_to_retry(engine: Engine) -> Any:
    policy = soon(engine, retry_on=[KeyError, ValueError])
    return around(engine, failing(1, ValueError()), retry_policy=policy).compile()


@scenario({"a": 1}, stream_mode=EVERYTHING)
def a_function_says_what_to_retry(engine: Engine) -> Any:
    policy = soon(engine, retry_on=lambda error: error.args[0] == "yes")
    return around(engine, failing(1, ValueError("yes")), retry_policy=policy).compile()


@scenario({"a": 1}, stream_mode=ALL)
def nobody_says_what_to_retry(engine: Engine) -> Any:
    policy = soon(engine, retry_on=5)
    return around(engine, failing(1, ValueError()), retry_policy=policy).compile()


@scenario({"a": 1}, stream_mode=EVERYTHING)
def the_first_of_several_policies_that_applies_counts(engine: Engine) -> Any:
    policies = [soon(engine, retry_on=ValueError), soon(engine, retry_on=KeyError, max_attempts=2)]
    return around(engine, failing(9, KeyError()), retry_policy=policies).compile()


@scenario({"a": 1}, stream_mode=EVERYTHING)
def a_retry_policy_for_all_nodes(engine: Engine) -> Any:
    graph = around(engine, failing(1, ConnectionError()))
    return graph.set_node_defaults(retry_policy=soon(engine)).compile()


@scenario({"a": 1}, stream_mode=EVERYTHING)
def a_retry_policy_of_its_own(engine: Engine) -> Any:
    graph = around(engine, failing(2, ConnectionError()), retry_policy=soon(engine, max_attempts=2))
    return graph.set_node_defaults(retry_policy=soon(engine)).compile()


@scenario({"a": 1}, stream_mode=EVERYTHING)
def a_conditional_edge_is_run_again_with_its_node(engine: Engine) -> Any:
    attempts = itertools.count(1)

    def path(_: Any) -> Any:
        if next(attempts) == 1:
            raise ConnectionError
        return "after"

    graph = engine.graph.StateGraph(State).add_edge(engine.graph.START, "x")
    graph.add_node("x", lambda _: {"log": ["x"]}, retry_policy=soon(engine))
    graph.add_node("after", lambda s: {"log": [len(s["log"])]})
    return graph.add_conditional_edges("x", path).compile()


@scenario({"a": 1}, stream_mode=EVERYTHING)
def tokens_of_a_failed_attempt_stay(engine: Engine) -> Any:
    model = says("one two", "three four")
    attempts = itertools.count(1)

    def node(_: Any, config: RunnableConfig) -> Any:
        answer = model.invoke("?", config)
        if next(attempts) == 1:
            raise ConnectionError
        return {"log": [answer]}

    return around(engine, node, retry_policy=soon(engine)).compile()


@scenario({"a": 1}, stream_mode=EVERYTHING, subgraphs=True)
def a_graph_inside_a_node_that_is_run_again(engine: Engine) -> Any:
    inner = chain(engine, failing(1, ConnectionError()))

    def node(s: Any, config: RunnableConfig) -> Any:
        return {"log": inner.invoke({"a": s["a"]}, config)["log"]}

    return around(engine, node, retry_policy=soon(engine)).compile()


@scenario({"a": 1}, stream_mode=EVERYTHING)
def sent_nodes_are_run_again_each_for_itself(engine: Engine) -> Any:
    send = engine.types.Send
    seen: set[int] = set()

    def node(number: int) -> Any:
        time.sleep(number * 0.03)
        if number not in seen:
            seen.add(number)
            raise ConnectionError
        return {"log": [number]}

    graph = engine.graph.StateGraph(State).add_node("x", node, retry_policy=soon(engine))
    graph.add_conditional_edges(engine.graph.START, lambda _: [send("x", n) for n in range(3)])
    return graph.compile()


@scenario({"a": 1}, stream_mode=EVERYTHING)
def custom_items_of_each_attempt(engine: Engine) -> Any:
    attempts = itertools.count(1)

    def node(_: Any, runtime: Any) -> Any:
        number = next(attempts)
        runtime.stream_writer(number)
        if number == 1:
            raise ConnectionError

    return around(engine, node, retry_policy=soon(engine)).compile()


# --- the cache -------------------------------------------------------------------------------


def run_before(engine: Engine, graph: Any, cache: Any = None) -> Any:
    """Return the compiled graph after one run, so that its cache is filled."""
    compiled = graph.compile(cache=cache or InMemoryCache())
    try:
        compiled.invoke({"a": 1})
    except TypeError:  # its nodes are async
        asyncio.new_event_loop().run_until_complete(compiled.ainvoke({"a": 1}))
    return compiled


def numbered() -> Callable[..., Any]:
    """Return a node that tells how often it was run."""
    runs = itertools.count(1)
    return lambda _: {"log": [next(runs)]}


@scenario({"a": 1}, stream_mode=[*EVERYTHING, "debug"])
def a_result_comes_from_the_cache(engine: Engine) -> Any:
    graph = around(engine, numbered(), cache_policy=engine.types.CachePolicy())
    return run_before(engine, graph)


@scenario({"a": 2}, stream_mode=EVERYTHING)
def another_input_is_not_in_the_cache(engine: Engine) -> Any:
    return run_before(engine, around(engine, numbered(), cache_policy=engine.types.CachePolicy()))


@scenario({"a": 2}, stream_mode=EVERYTHING)
def a_function_says_what_is_one_input(engine: Engine) -> Any:
    policy = engine.types.CachePolicy(key_func=lambda _: "one")
    return run_before(engine, around(engine, numbered(), cache_policy=policy))


@scenario({"a": 1}, stream_mode=EVERYTHING)
def a_graph_without_a_cache(engine: Engine) -> Any:
    return around(engine, numbered(), cache_policy=engine.types.CachePolicy()).compile()


@scenario({"a": 1}, stream_mode=EVERYTHING)
def a_cleared_cache(engine: Engine) -> Any:
    graph = around(engine, numbered(), cache_policy=engine.types.CachePolicy())
    compiled = run_before(engine, graph)
    compiled.clear_cache(["x", "unknown"])
    return compiled


@scenario({"a": 1}, stream_mode=EVERYTHING)
def a_result_that_is_too_old(engine: Engine) -> Any:
    graph = around(engine, numbered(), cache_policy=engine.types.CachePolicy(ttl=-1))
    return run_before(engine, graph)


@scenario({"a": 1}, stream_mode=EVERYTHING)
def a_cached_command_with_a_send(engine: Engine) -> Any:
    types = engine.types
    goto = [types.Send("y", {"a": 7}), "z"]
    graph = engine.graph.StateGraph(State).add_edge(engine.graph.START, "x")
    node = lambda _: types.Command(update={"log": ["x"]}, goto=goto)  # noqa: E731
    graph.add_node("x", node, cache_policy=types.CachePolicy())
    graph.add_node("z", lambda _: time.sleep(0.03))
    return run_before(engine, graph.add_node("y", lambda s: {"log": [s["a"]]}))


@scenario({"a": 1}, stream_mode=EVERYTHING)
def a_cached_node_that_writes_nothing(engine: Engine) -> Any:
    policy = engine.types.CachePolicy()
    return run_before(engine, around(engine, lambda _: None, cache_policy=policy))


@scenario({"a": 1}, stream_mode=EVERYTHING)
def a_cached_node_beside_another(engine: Engine) -> Any:
    graph = around(engine, numbered(), cache_policy=engine.types.CachePolicy())
    graph.add_node("a1", numbered()).add_edge(engine.graph.START, "a1")
    return run_before(engine, graph)


@scenario({"a": 1}, stream_mode=EVERYTHING)
def a_failure_is_not_cached(engine: Engine) -> Any:
    policy = engine.types.CachePolicy()
    node = failing(1, ConnectionError())
    graph = around(engine, node, cache_policy=policy, retry_policy=soon(engine))
    return run_before(engine, graph)


@scenario({"a": 1}, stream_mode=EVERYTHING)
def two_tasks_with_one_key(engine: Engine) -> Any:
    policy = engine.types.CachePolicy(key_func=lambda _: "one")
    graph = engine.graph.StateGraph(State).add_node("x", numbered(), cache_policy=policy)
    send = engine.types.Send
    graph.add_conditional_edges(engine.graph.START, lambda _: [send("x", 1), send("x", 2)])
    return run_before(engine, graph)


@scenario({"a": 1}, stream_mode=EVERYTHING, subgraphs=True)
def a_graph_inside_has_no_share_of_the_cache(engine: Engine) -> Any:
    inner = around(engine, numbered(), cache_policy=engine.types.CachePolicy()).compile()
    return run_before(engine, around(engine, inner))


@scenario({"a": 1}, stream_mode=EVERYTHING)
def a_cache_policy_for_all_nodes(engine: Engine) -> Any:
    graph = around(engine, numbered()).set_node_defaults(cache_policy=engine.types.CachePolicy())
    return run_before(engine, graph)


# --- timeouts --------------------------------------------------------------------------------


async def too_long(_: Any) -> Any:
    await asyncio.sleep(60)


async def quick(_: Any) -> Any:
    return {"log": ["quick"]}


@scenario({"a": 1}, stream_mode=ALL)
def a_node_that_takes_too_long(engine: Engine) -> Any:
    return around(engine, too_long, timeout=0.01).compile()


@scenario({"a": 1}, stream_mode=ALL)
def a_node_that_is_idle_too_long(engine: Engine) -> Any:
    policy = engine.types.TimeoutPolicy(idle_timeout=timedelta(milliseconds=10))
    return around(engine, too_long, timeout=policy).compile()


@scenario({"a": 1}, stream_mode=ALL)
def a_node_that_is_quick_enough(engine: Engine) -> Any:
    return around(engine, quick, timeout=30).compile()


@scenario({"a": 1}, stream_mode=EVERYTHING)
def a_sync_node_cannot_have_a_timeout(engine: Engine) -> Any:
    return around(engine, lambda _: None, timeout=1).compile()


@scenario({"a": 1}, stream_mode=EVERYTHING)
def a_sync_runnable_cannot_have_a_timeout(engine: Engine) -> Any:
    return around(engine, RunnableLambda(lambda _: None) | quick, timeout=1).compile()


@scenario({"a": 1}, stream_mode=ALL)
def an_async_runnable_may_have_a_timeout(engine: Engine) -> Any:
    return around(engine, RunnableLambda(quick) | RunnableLambda(quick), timeout=9).compile()


@scenario({"a": 1}, stream_mode=EVERYTHING)
def a_timeout_must_be_positive(engine: Engine) -> Any:
    return around(engine, quick, timeout=0).compile()


@scenario({"a": 1}, stream_mode=ALL)
def a_timeout_for_all_nodes(engine: Engine) -> Any:
    graph = engine.graph.StateGraph(State).set_node_defaults(timeout=0.01)
    return graph.add_node("x", too_long).add_edge(engine.graph.START, "x").compile()


@scenario({"a": 1}, stream_mode=ALL)
def a_timeout_is_a_reason_to_try_again(engine: Engine) -> Any:
    attempts = itertools.count(1)

    async def node(_: Any) -> Any:
        if next(attempts) == 1:
            await asyncio.sleep(60)
        return {"log": ["at last"]}

    return around(engine, node, timeout=0.3, retry_policy=soon(engine)).compile()


@scenario({"a": 1}, stream_mode=ALL)
def a_timeout_that_is_sent(engine: Engine) -> Any:
    graph = engine.graph.StateGraph(State).add_node("x", too_long, timeout=60)
    sends = [engine.types.Send("x", {"a": 1}, timeout=0.01)]
    return graph.add_conditional_edges(engine.graph.START, lambda _: sends).compile()


@scenario({"a": 1}, stream_mode=EVERYTHING)
def a_node_that_cancels_itself(engine: Engine) -> Any:
    def node(_: Any) -> Any:
        raise asyncio.CancelledError

    return around(engine, node).compile()


# --- error handlers --------------------------------------------------------------------------


def boom(_: Any) -> Any:
    raise KeyError("boom")


def handler_of(engine: Engine, returned: Any = None) -> Callable[..., Any]:
    """Return a handler that tells what it was given, or returns something else."""

    def handler(s: Any, error: Any) -> Any:
        return returned or {"log": [s, error.node, type(error.error).__name__]}

    return node_error(engine, handler)


@scenario({"a": 1}, stream_mode=[*EVERYTHING, "debug"])
def an_error_is_handled(engine: Engine) -> Any:
    return around(engine, boom, error_handler=handler_of(engine)).compile()


@scenario({"a": 1}, stream_mode=EVERYTHING)
def a_handler_may_go_elsewhere(engine: Engine) -> Any:
    command = engine.types.Command(update={"log": ["handled"]}, goto="after")
    return around(engine, boom, error_handler=handler_of(engine, command)).compile()


@scenario({"a": 1}, stream_mode=EVERYTHING)
def a_handler_beside_another_node(engine: Engine) -> Any:
    graph = around(engine, boom, error_handler=handler_of(engine))
    graph.add_node("slow", lambda _: time.sleep(0.1)).add_edge(engine.graph.START, "slow")
    return graph.compile()


@scenario({"a": 1}, stream_mode=EVERYTHING)
def a_handler_of_a_sent_node(engine: Engine) -> Any:
    graph = engine.graph.StateGraph(State).add_node("x", boom, error_handler=handler_of(engine))
    sends = [engine.types.Send("x", {"a": 5})]
    return graph.add_conditional_edges(engine.graph.START, lambda _: sends).compile()


@scenario({"a": 1}, stream_mode=EVERYTHING)
def a_handler_that_fails(engine: Engine) -> Any:
    handler = node_error(engine, lambda _, error: 1 / 0)
    graph = around(engine, boom, error_handler=handler)
    return graph.set_node_defaults(error_handler=handler_of(engine)).compile()


@scenario({"a": 1}, stream_mode=EVERYTHING)
def a_handler_for_all_nodes(engine: Engine) -> Any:
    graph = engine.graph.StateGraph(State).add_edge(engine.graph.START, "x").add_node("x", boom)
    return graph.set_node_defaults(error_handler=handler_of(engine)).compile()


@scenario({"a": 1}, stream_mode=EVERYTHING)
def a_handler_after_the_last_attempt(engine: Engine) -> Any:
    policies = {"retry_policy": soon(engine), "error_handler": handler_of(engine)}
    return around(engine, failing(9, ConnectionError()), **policies).compile()


@scenario({"a": 1}, stream_mode=ALL)
def a_handler_of_a_wrong_return(engine: Engine) -> Any:
    handler = node_error(engine, lambda _, error: {"log": [type(error.error).__name__]})
    return around(engine, lambda _: 5, error_handler=handler).compile()


@scenario({"a": 1}, stream_mode=EVERYTHING)
def a_handler_of_a_conditional_edge(engine: Engine) -> Any:
    graph = engine.graph.StateGraph(State).add_edge(engine.graph.START, "x")
    graph.add_node("x", lambda _: {"log": ["x"]}, error_handler=handler_of(engine))
    return graph.add_conditional_edges("x", boom).compile()


@scenario({"a": 1}, stream_mode=EVERYTHING)
def a_conditional_edge_that_fails_after_its_node(engine: Engine) -> Any:
    graph = engine.graph.StateGraph(State).add_edge(engine.graph.START, "x")
    graph.add_node("x", lambda _: {"log": ["x"]})
    return graph.add_conditional_edges("x", boom).compile()


@scenario({"a": 1}, stream_mode=EVERYTHING)
def a_handler_of_a_cancellation(engine: Engine) -> Any:
    def node(_: Any) -> Any:
        raise asyncio.CancelledError

    return around(engine, node, error_handler=handler_of(engine)).compile()


@scenario({"a": 1}, stream_mode=EVERYTHING)
def a_command_to_the_graph_around_is_no_error(engine: Engine) -> Any:
    command = engine.types.Command
    goto = command(graph=command.PARENT, update={"log": ["up"]})
    inner = around(engine, lambda _: goto, error_handler=handler_of(engine)).compile()
    return around(engine, inner, error_handler=handler_of(engine)).compile()


@scenario({"a": 1}, stream_mode=EVERYTHING, subgraphs=True)
def a_handler_of_a_graph_inside(engine: Engine) -> Any:
    inner = chain(engine, boom)
    return around(engine, inner, error_handler=handler_of(engine)).compile()


@scenario({"a": 1}, stream_mode=EVERYTHING, config={"tags": ["t"], "metadata": {"m": 1}})
def the_config_of_a_handler(engine: Engine) -> Any:
    def handler(_: Any, config: RunnableConfig, error: Any) -> Any:
        config = {"tags": config["tags"], "metadata": config["metadata"]}
        return {"log": [config, error.node]}

    handled = node_error(engine, handler)
    return around(engine, boom, error_handler=handled, metadata={"of": "x"}).compile()


def speaking_handler(engine: Engine) -> Any:
    model = says("one two")
    inner = chain(engine, lambda _, writer: writer("inside"))

    def handler(s: Any, config: RunnableConfig, runtime: Any, error: Any) -> Any:
        runtime.stream_writer("custom")
        answer = model.invoke("?", config)
        inner.invoke({"a": s["a"]}, config)
        return {"log": [answer, error.node]}

    return around(engine, boom, error_handler=node_error(engine, handler)).compile()


@scenario({"a": 1}, stream_mode=EVERYTHING)
def what_a_handler_streams(engine: Engine) -> Any:
    return speaking_handler(engine)


@scenario({"a": 1}, stream_mode=EVERYTHING, subgraphs=True)
def what_a_handler_streams_with_subgraphs(engine: Engine) -> Any:
    return speaking_handler(engine)
