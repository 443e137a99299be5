"""Cache policies: results of nodes that stand for later ones."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from langgraph.cache.memory import InMemoryCache
from runtime_graphs import State, chain

from runtime.graph import START, StateGraph
from runtime.types import CachePolicy, Send, TimeoutPolicy, default_cache_key


class Counted:
    """A node that counts how often it is run."""

    def __init__(self) -> None:
        self.runs = 0

    def __call__(self, _: Any) -> Any:
        self.runs += 1
        return {"log": [self.runs]}


def cached(node: Any, cache: Any, **policy: Any) -> Any:
    """Return a graph of one cached node."""
    graph: Any = StateGraph(State).add_node("x", node, cache_policy=CachePolicy(**policy))
    return graph.add_edge(START, "x").compile(cache=cache)


def test_a_node_is_run_once_for_an_input(drive) -> None:
    """A second run with the same input does not run it, in a sync or an async run."""
    node = Counted()
    graph = cached(node, InMemoryCache())
    given = [{"a": 1}, {"a": 2}, {"a": 1}]
    assert [drive.invoke(graph, each)["log"] for each in given] == [[1], [2], [1]]
    assert node.runs == 2


def test_what_comes_from_the_cache_is_marked(drive) -> None:
    """In `updates`; there is no task result, since no task was done."""
    graph = cached(Counted(), InMemoryCache())
    drive.invoke(graph, {"a": 1})
    chunks = drive.stream(graph, {"a": 1}, stream_mode=["updates", "tasks"])
    assert [mode for mode, _ in chunks] == ["tasks", "updates"]
    assert chunks[1][1] == {"x": {"log": [1]}, "__metadata__": {"cached": True}}


def test_graphs_may_share_a_cache(drive) -> None:
    """What counts is the node's name, its function and its input."""
    node, cache = Counted(), InMemoryCache()
    assert drive.invoke(cached(node, cache), {"a": 1}) == drive.invoke(
        cached(node, cache), {"a": 1}
    )
    assert node.runs == 1


class Forgetful(InMemoryCache[Any]):
    """A cache that notes for how long it is asked to keep things."""

    def __init__(self) -> None:
        super().__init__()
        self.ttls: list[Any] = []

    def set(self, keys: Any) -> None:
        self.ttls += [ttl for _, ttl in keys.values()]
        super().set(keys)


def test_the_time_to_live_is_the_caches_business(drive) -> None:
    """It gets the one of the policy with each result."""
    cache = Forgetful()
    drive.invoke(cached(Counted(), cache, ttl=5), {"a": 1})
    drive.invoke(cached(Counted(), cache), {"a": 2})
    assert cache.ttls == [5, None]


@pytest.mark.parametrize("names", [None, ["x"], ["x", "unknown"]])
def test_a_cache_can_be_cleared(drive, names) -> None:
    """For some nodes or for all, sync or async."""
    node = Counted()
    graph = cached(node, InMemoryCache())
    drive.invoke(graph, {"a": 1})
    if drive.name == "sync":
        graph.clear_cache(names)
    else:
        asyncio.run(graph.aclear_cache(names))
    drive.invoke(graph, {"a": 1})
    assert node.runs == 2


def test_clearing_what_is_not_there_says_how_to_get_it() -> None:
    """A graph without a cache has nothing to clear."""
    with pytest.raises(ValueError, match=r"No cache is set for this graph.*compile"):
        chain(lambda _: None).clear_cache()


def test_a_send_with_a_timeout_comes_back_from_the_cache() -> None:
    """A cache keeps plain values; a `Send` is put together again."""
    seen: list[Any] = []
    policy = TimeoutPolicy(idle_timeout=9.0, refresh_on="heartbeat")
    graph: Any = StateGraph(State).add_edge(START, "x")
    graph.add_node("x", lambda _: Send("y", {"a": 7}, timeout=policy), cache_policy=CachePolicy())

    async def y(s: Any) -> None:
        seen.append(s)

    compiled = graph.add_node("y", y).compile(cache=InMemoryCache())
    for _ in range(2):
        asyncio.run(compiled.ainvoke({"a": 1}))
    assert seen == [{"a": 7}] * 2


def test_the_default_key_ignores_the_order_of_keys() -> None:
    """Inputs that are equal have one key; others have others."""
    assert default_cache_key({"a": [1, {"b": 2, "c": 3}]}) == default_cache_key(
        {"a": [1, {"c": 3, "b": 2}]}
    )
    assert default_cache_key({"a": 1}) != default_cache_key({"a": 2})
