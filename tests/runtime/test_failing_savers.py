"""A saver, store or cache that fails is heard of, whenever and wherever it does."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any

import pytest
from langgraph.cache.memory import InMemoryCache
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore
from runtime_graphs import State, chain

from runtime.graph import START, StateGraph
from runtime.types import CachePolicy, interrupt

THREAD: Any = {"configurable": {"thread_id": "1"}}
DURABILITIES = ["sync", "async", "exit"]


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """Fail a test that leaves a thread behind."""
    before = set(threading.enumerate())
    yield
    assert not [t for t in threading.enumerate() if t not in before and t.name != "asyncio_0"]


class Down(Exception):  # noqa: N818 - reads like what it says
    """The server cannot be reached."""


class Saver(InMemorySaver):
    """Fails from a call of one of its methods on, or is slow.

    Args:
        method: The method.
        nth: The first call of it that fails; none if 0.
        after: How many seconds a call of it takes.
    """

    def __init__(self, method: str = "", nth: int = 1, after: float = 0) -> None:
        super().__init__()
        self.method, self.nth, self.after = method, nth, after
        self.calls = 0

    def works(self, method: str) -> bool:
        """Fail, if it is the time to."""
        if method == self.method:
            self.calls += 1
            if self.nth and self.calls >= self.nth:
                raise Down(method)
        return True

    def get_tuple(self, config: Any) -> Any:
        return self.works("get_tuple") and super().get_tuple(config)

    def list(self, *args: Any, **kwargs: Any) -> Any:
        return self.works("list") and super().list(*args, **kwargs)

    def put(self, *args: Any) -> Any:
        time.sleep(self.after)
        return self.works("put") and super().put(*args)

    def put_writes(self, *args: Any) -> None:
        time.sleep(self.after)
        if self.works("put_writes"):
            super().put_writes(*args)

    async def aget_tuple(self, config: Any) -> Any:
        return self.get_tuple(config)

    async def alist(self, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        for found in self.list(*args, **kwargs):
            yield found

    async def aput(self, *args: Any) -> Any:
        await asyncio.sleep(self.after)
        return self.works("put") and InMemorySaver.put(self, *args)

    async def aput_writes(self, *args: Any) -> None:
        await asyncio.sleep(self.after)
        if self.works("put_writes"):
            InMemorySaver.put_writes(self, *args)


def logging(saver: Any, *more: Any) -> Any:
    """Return a graph of nodes that log `x`, `y` and `z`, and more nodes."""
    nodes = [lambda _, name=name: {"log": [name]} for name in "xyz"]
    return chain(*nodes, *more, checkpointer=saver)


def streamed(
    drive: Any, graph: Any, durability: str, leave_after: int = 0
) -> tuple[Sequence[str], BaseException | None]:
    """Return which nodes were shown, and the error that ended the stream."""
    seen: list[str] = []

    def take(update: Any) -> bool:
        seen.extend(update)
        return len(seen) == leave_after

    kwargs = {"stream_mode": "updates", "durability": durability}
    try:
        drive.each(take, graph, {"log": []}, THREAD, **kwargs)
    except Exception as error:  # noqa: BLE001 - which one it is, is the point
        return seen, error
    return seen, None


# --- savers that fail ------------------------------------------------------------------------


@pytest.mark.parametrize("durability", DURABILITIES)
def test_a_thread_that_cannot_be_read(drive, durability: str) -> None:
    """Nothing runs."""
    shown, error = streamed(drive, logging(Saver("get_tuple")), durability)
    assert (shown, str(error)) == ([], "get_tuple")


@pytest.mark.parametrize("nth", [1, 2, 4])
@pytest.mark.parametrize("method", ["put", "put_writes"])
def test_what_cannot_be_saved_at_once_stops_the_run(drive, method: str, nth: int) -> None:
    """With durability "sync" no node runs after the one that could not be saved."""
    shown, error = streamed(drive, logging(Saver(method, nth)), "sync")
    assert (type(error), str(error)) == (Down, method)
    assert shown == ["n0", "n1"][: nth - 2 if nth > 2 else 0]


@pytest.mark.parametrize("nth", [1, 2, 4])
@pytest.mark.parametrize("method", ["put", "put_writes"])
def test_what_cannot_be_saved_behind_the_run_ends_it(drive, method: str, nth: int) -> None:
    """With durability "async" the run may have come to its end, but it does not end well."""
    _, error = streamed(drive, logging(Saver(method, nth)), "async")
    assert (type(error), str(error)) == (Down, method)


def test_what_cannot_be_saved_at_the_end(drive) -> None:
    """With durability "exit" all is shown before the error."""
    shown, error = streamed(drive, logging(Saver("put")), "exit")
    assert (shown, type(error)) == (["n0", "n1", "n2"], Down)


@pytest.mark.parametrize("durability", DURABILITIES)
def test_the_error_of_a_node_comes_first(drive, durability: str) -> None:
    """That of the saver stands in its traceback."""

    def fails(_: Any) -> None:
        raise LookupError

    shown, error = streamed(drive, logging(Saver("put_writes", 5), fails), durability)
    assert (shown, type(error)) == (["n0", "n1", "n2"], LookupError)
    if durability != "exit":  # which has put only this one
        assert isinstance(error.__context__, Down)


def test_a_question_that_cannot_be_saved(drive) -> None:
    """It is no good: the run fails, rather than wait for an answer that would find nothing."""
    graph = chain(lambda _: interrupt("?"), checkpointer=Saver("put_writes", 2))
    for durability in DURABILITIES[:2]:
        graph.checkpointer.calls = 0
        assert isinstance(streamed(drive, graph, durability)[1], Down)


@pytest.mark.parametrize("durability", ["sync", "async"])
def test_nothing_is_saved_after_what_could_not_be(drive, durability: str) -> None:
    """A checkpoint that lacks what an earlier one had would be worse than none."""

    class OnceDown(Saver):
        def works(self, method: str) -> bool:
            try:
                return super().works(method)
            except Down:
                self.method = ""
                raise

    graph = logging(OnceDown("put", 3))
    streamed(drive, graph, durability)
    log = graph.get_state(THREAD).values["log"]
    assert log == ["x", "y", "z"][: len(log)]
    assert drive.invoke(graph, None, THREAD)["log"] == ["x", "y", "z"]


def test_a_history_that_cannot_be_read() -> None:
    """Sync and async."""
    graph = logging(Saver("list"))

    async def history() -> list[Any]:
        return [state async for state in graph.aget_state_history(THREAD)]

    with pytest.raises(Down):
        list(graph.get_state_history(THREAD))
    with pytest.raises(Down):
        asyncio.run(history())


@pytest.mark.parametrize("durability", DURABILITIES)
def test_a_slow_saver_saves_it_all(drive, durability: str) -> None:
    """The run ends when it is done."""
    graph = logging(Saver(after=0.01))
    drive.invoke(graph, {"log": []}, THREAD, durability=durability)
    assert graph.get_state(THREAD).values["log"] == ["x", "y", "z"]
    assert len(list(graph.get_state_history(THREAD))) == (1 if durability == "exit" else 5)


# --- consumers that leave --------------------------------------------------------------------


@pytest.mark.parametrize("modes", ["updates", ["values", "updates"]])
@pytest.mark.parametrize("after", [0, 0.01])
@pytest.mark.parametrize("durability", DURABILITIES)
def test_what_was_done_is_saved_when_the_consumer_leaves(
    drive, durability: str, after: float, modes: Any
) -> None:
    """The thread goes on with the next node, however slow the saver is."""
    graph = logging(Saver(after=after))

    def take(chunk: Any) -> bool:
        payload = chunk[1] if isinstance(chunk, tuple) else chunk
        return "n1" in payload or payload.get("log") == ["x", "y"]

    drive.each(take, graph, {"log": []}, THREAD, stream_mode=modes, durability=durability)
    state = graph.get_state(THREAD)
    assert (state.values["log"], state.next) == (["x", "y"], ("n2",))
    assert drive.invoke(graph, None, THREAD)["log"] == ["x", "y", "z"]


def test_leaving_at_a_state_that_was_saved_saves_it_once(drive) -> None:
    """A superstep that was applied is not applied again."""
    graph = logging(Saver())

    def take(state: Any) -> bool:
        return state["log"] == ["x"]

    drive.each(take, graph, {"log": []}, THREAD, stream_mode="values")
    history = graph.get_state_history(THREAD)
    assert [state.values["log"] for state in history] == [["x"], [], []]


@pytest.mark.parametrize("durability", ["sync", "async"])
def test_who_leaves_hears_of_what_could_not_be_saved(drive, durability: str) -> None:
    """Closing the stream raises it."""
    shown, error = streamed(drive, logging(Saver("put", 3)), durability, leave_after=1)
    assert (shown, type(error)) == (["n0"], Down)


def test_leaving_while_others_run_applies_nothing(drive) -> None:
    """What is done stays done; what was not runs again."""
    graph = StateGraph(State)
    go, begun = threading.Event(), []

    def slow(_: Any) -> Any:
        begun.append("slow")
        go.wait(10)
        return {"log": ["slow"]}

    graph.add_node("quick", lambda _: {"log": ["quick"]}).add_node("slow", slow)
    graph.add_edge(START, "quick").add_edge(START, "slow")
    compiled = graph.compile(checkpointer=InMemorySaver())

    def take(update: Any) -> bool:
        go.set()
        return "quick" in update

    drive.each(take, compiled, {"log": []}, THREAD, stream_mode="updates")
    state = compiled.get_state(THREAD)
    assert "quick" not in state.next
    assert sorted(drive.invoke(compiled, None, THREAD)["log"]) == ["quick", "slow"]


async def test_a_run_that_is_cancelled_while_it_saves_has_saved() -> None:
    """What was being put is put."""
    graph = logging(Saver("put", 0, after=0.05))
    run = asyncio.ensure_future(graph.ainvoke({"log": []}, THREAD, durability="sync"))
    await asyncio.sleep(0.02)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert (await graph.aget_state(THREAD)).metadata["source"] == "input"


# --- stores and caches -----------------------------------------------------------------------


def fails(*args: Any, **kwargs: Any) -> Any:
    """Stand for a method of a server that is down."""
    raise Down


async def afails(*args: Any, **kwargs: Any) -> Any:
    """Do the same in a loop."""
    raise Down


def down(base: type[Any], *methods: str) -> Any:
    """Return an object of a class some methods of which fail."""
    made: dict[str, Callable[..., Any]] = dict.fromkeys(methods, fails)
    made.update((f"a{name}", afails) for name in methods)
    return type("Broken", (base,), made)()


@pytest.mark.parametrize("method", ["get", "set"])
def test_a_cache_that_fails(drive, method: str) -> None:
    """Its error ends the run."""
    graph = StateGraph(State).add_node("x", lambda _: {"log": ["x"]}, cache_policy=CachePolicy())
    compiled = graph.add_edge(START, "x").compile(cache=down(InMemoryCache, method))
    with pytest.raises(Down):
        drive.invoke(compiled, {"log": []})


def test_a_store_that_fails(drive) -> None:
    """A node that uses it gets its error, and may go on without."""

    def node(_: Any, *, store: BaseStore) -> Any:
        try:
            store.put(("a",), "k", {})
        except Down:
            return {"log": ["without"]}
        return {"log": ["with"]}

    graph = chain(node, store=down(InMemoryStore, "put", "batch"))
    assert drive.invoke(graph, {"log": []})["log"] == ["without"]
