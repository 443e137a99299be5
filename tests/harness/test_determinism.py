"""`deterministic` makes runs of the bundled runtime come out the same every time."""

from __future__ import annotations

import asyncio
import operator
import os
import threading
import time
import uuid
from datetime import date, datetime, timedelta, timezone
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import pytest
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from typing_extensions import TypedDict

from harness import deterministic
from harness.determinism import TurnsStalledError
from runtime.errors import NodeTimeoutError
from runtime.graph import START, MessagesState, StateGraph


class State(TypedDict):
    log: Annotated[list, operator.add]


def fan_out(*names: str, inner: Any = None) -> Any:
    """Return a graph of parallel nodes, each of which writes ten custom items."""
    graph = StateGraph(State)
    for name in names:

        def node(_: Any, writer, name: str = name) -> Any:
            for item in range(10):
                writer(f"{name}{item}")
            if inner is not None:
                inner.invoke({"log": []})
            return {"log": [name]}

        graph.add_node(name, node)
        graph.add_edge(START, name)
    return graph.compile()


@pytest.mark.usefixtures("restless")
def test_parallel_sync_nodes_come_in_path_order() -> None:
    """Items and updates of nodes in threads stand in one order, run after run."""
    graph = fan_out("b", "c", "a")
    expected = []
    for name in "abc":
        expected += [("custom", f"{name}{item}") for item in range(10)]
        expected.append(("updates", {name: {"log": [name]}}))
    for _ in range(50):
        with deterministic():
            assert list(graph.stream({"log": []}, stream_mode=["custom", "updates"])) == expected


@pytest.mark.usefixtures("restless")
def test_graphs_inside_parallel_nodes_take_turns_too() -> None:
    """A node that runs a graph of parallel nodes lets them run, and its siblings wait."""
    graph = fan_out("b", "a", inner=fan_out("y", "x"))
    orders = set()
    for _ in range(20):
        with deterministic():
            chunks = graph.stream({"log": []}, stream_mode=["custom", "updates"], subgraphs=True)
            orders.add(repr(list(chunks)))
    assert len(orders) == 1


@pytest.mark.usefixtures("restless")
async def test_parallel_sync_nodes_of_an_async_run_come_in_path_order() -> None:
    """Sync nodes that the async driver runs in threads take turns as well."""
    graph = fan_out("b", "a")
    expected = [*(f"a{item}" for item in range(10)), *(f"b{item}" for item in range(10))]
    for _ in range(20):
        with deterministic():
            seen = [c async for c in graph.astream({"log": []}, stream_mode="custom")]
        assert seen == expected


def test_ids_are_numbered() -> None:
    """Two runs have the same task ids and message ids; live runs do not."""
    graph = StateGraph(MessagesState)
    graph.add_node("answer", lambda _: {"messages": [AIMessage("hi")]}).add_edge(START, "answer")
    compiled = graph.compile()

    def run() -> str:
        return repr(list(compiled.stream({"messages": []}, stream_mode="messages")))

    with deterministic():
        first = run()
    with deterministic():
        second = run()
    assert first == second
    assert run() != run()


def test_tasks_that_wait_for_each_other_are_told_so() -> None:
    """A node that waits for a sibling fails the run after the patience, and nothing hangs."""
    came = threading.Event()
    graph = StateGraph(State)
    graph.add_node("a", lambda _: {"log": [came.wait(10)]}).add_edge(START, "a")
    graph.add_node("b", lambda _: came.set()).add_edge(START, "b")
    with (
        deterministic(patience=0.2),
        pytest.raises(TurnsStalledError, match=r"Task 'b' waited 0\.2 s for Task 'a'"),
    ):
        graph.compile().invoke({"log": []})
    assert came.is_set()


def test_now_sets_the_wall_clock() -> None:
    """With `now` the clock stands at that time, in UTC, and goes on after the block."""
    with deterministic(now="2024-05-06T07:08:09Z") as turns:
        assert turns.now() == time.time() == 1714979289
        assert datetime.now() == datetime(2024, 5, 6, 7, 8, 9)  # noqa: DTZ001, DTZ005
        assert date.today() == date(2024, 5, 6)  # noqa: DTZ011
    assert time.time() > 1714979289


@pytest.mark.parametrize(
    "now",
    [
        "2024-05-06T09:08:09+02:00",
        datetime(2024, 5, 6, 7, 8, 9),  # noqa: DTZ001 - in UTC, too
        datetime(2024, 5, 6, 9, 8, 9, tzinfo=timezone(timedelta(hours=2))),
        datetime(2024, 5, 6, 9, 8, 9, tzinfo=ZoneInfo("Europe/Berlin")),
    ],
    ids=["text", "naive", "offset", "zone"],
)
def test_forms_of_now(now: datetime | str) -> None:
    """A text or a datetime, with or without a zone; a named zone is the local one."""
    with deterministic(now=now):
        assert time.time() == 1714979289
        is_zone = isinstance(now, datetime) and isinstance(now.tzinfo, ZoneInfo)
        assert datetime.now().hour == (9 if is_zone else 7)  # noqa: DTZ005


def test_a_text_that_is_no_time() -> None:
    """The error shows what one looks like."""
    with (
        pytest.raises(ValueError, match="now='tomorrow' is no time in ISO 8601"),
        deterministic(now="tomorrow"),
    ):
        pass


def test_durations_go_on() -> None:
    """`time.monotonic` and the clock of an event loop are not touched."""

    async def loop_time() -> float:
        return asyncio.get_running_loop().time()

    before, function = time.monotonic(), time.monotonic
    with deterministic(now="2024-05-06"):
        assert time.monotonic is function
        time.sleep(0.002)
        assert time.monotonic() > before
        assert asyncio.run(loop_time()) > before


async def test_a_node_times_out_all_the_same() -> None:
    """The timeout of a node is no wall-clock time."""

    async def slow(_: State) -> dict[str, Any]:
        await asyncio.sleep(30)
        return {"log": []}

    graph = StateGraph(State).add_node("slow", slow, timeout=0.05).add_edge(START, "slow")
    with deterministic(now="2024-05-06"), pytest.raises(NodeTimeoutError, match="slow"):
        await graph.compile().ainvoke({"log": []})


def test_datetimes_keep_their_type() -> None:
    """In a checkpoint, in a pydantic model that is defined meanwhile, and in a tool's schema."""
    with deterministic(now="2024-05-06T07:08:09Z"):
        graph = StateGraph(State).add_node("now", lambda _: {"log": [datetime.now(timezone.utc)]})
        kept = graph.add_edge(START, "now").compile(checkpointer=InMemorySaver())
        config = {"configurable": {"thread_id": "1"}}
        kept.invoke({"log": []}, config)

        @tool
        def remind(when: datetime) -> str:
            """Remind."""
            return f"{type(when)}"

        schema = remind.args["when"]
        said = remind.invoke({"when": "2024-05-06T00:00:00"})
    (value,) = kept.get_state(config).values["log"]
    assert type(value) is datetime
    assert value == datetime(2024, 5, 6, 7, 8, 9, tzinfo=timezone.utc)
    assert schema == {"title": "When", "type": "string", "format": "date-time"}
    assert said == str(datetime)


def test_nothing_is_left() -> None:
    """After the block time, ids and the local zone are what they were; also after an error."""
    zone = (os.environ.get("TZ"), time.tzname)
    with pytest.raises(KeyError), deterministic(now="2024-05-06"):
        raise KeyError
    assert (os.environ.get("TZ"), time.tzname) == zone
    assert abs(time.time() - datetime.now(timezone.utc).timestamp()) < 60
    assert uuid.uuid4() != uuid.UUID("00000004-0000-4000-8000-000000000001")


@pytest.mark.parametrize("now", [None, "2024-05-06"])
def test_it_is_cheap(now: str | None) -> None:
    """To enter and leave it takes less than two milliseconds of work."""
    took = []
    for _ in range(20):
        before = time.thread_time()  # of this thread alone, however busy the machine is
        with deterministic(now=now):
            pass
        took.append(time.thread_time() - before)
    assert min(took) < 0.002
