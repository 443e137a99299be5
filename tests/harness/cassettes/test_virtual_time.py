"""Recorded waits are skipped, and yet pass for every timer of the program that is tested."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx2
import pytest
from clients import OPENAI, SDKS, Client
from langchain_core.runnables import RunnableConfig
from langchain_openai import ChatOpenAI
from loopback import Reply, openai_chat, serve
from typing_extensions import TypedDict

from harness.cassettes import Interaction, Timing, play, read_recording, use_cassette

URL = "https://api.example.com/v1/chat"
MOST = 60.0
"""Seconds that no test takes that waits for nothing, on the busiest machine; recorded are hours."""

Build = Callable[..., Interaction]


class State(TypedDict, total=False):
    text: str


def streamed(build: Build, gap: float, count: int) -> Interaction:
    """Return a stream of which a piece comes every so many seconds."""
    pieces = [b"data: %d\n\n" % number for number in range(count)]
    cuts = tuple(len(b"".join(pieces[: k + 1])) for k in range(count))
    offsets = tuple(gap * (k + 1) for k in range(count))
    numbers = tuple(range(count + 3))
    timing = Timing(cuts, offsets, head=0.001, ended=offsets[-1], arrivals=numbers)
    return build(b"", b"".join(pieces), timing=timing)


async def read(got: list[bytes]) -> None:
    """Read the stream into the list, piece by piece."""
    async with httpx2.AsyncClient() as client, client.stream("POST", URL) as response:
        async for piece in response.aiter_raw():
            got.append(piece)  # noqa: PERF401 - the list is looked at meanwhile


async def by_timeout(got: list[bytes], seconds: float) -> None:
    """Limit the reading with `asyncio.timeout`, which newer Pythons have."""
    async with asyncio.timeout(seconds):
        await read(got)


async def by_wait_for(got: list[bytes], seconds: float) -> None:
    """Limit the reading with `asyncio.wait_for`."""
    await asyncio.wait_for(read(got), seconds)


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Callable[[Coroutine], Any]:
    """Run a coroutine in an event loop of each kind."""
    if request.param == "asyncio":
        return asyncio.run
    return pytest.importorskip("uvloop").run


@pytest.mark.parametrize("limited", [by_timeout, by_wait_for])
def test_a_time_limit(limited: Any, run: Callable, interaction: Build) -> None:
    """An hour's stream is cut by a limit of 35 minutes after the pieces of 35 minutes, at once."""
    if limited is by_timeout and not hasattr(asyncio, "timeout"):
        pytest.skip("asyncio.timeout came with Python 3.11")
    got: list[bytes] = []
    started = time.perf_counter()
    with play([streamed(interaction, 600.0, 6)]), pytest.raises(asyncio.TimeoutError):
        run(limited(got, 2100))
    assert len(got) == 3
    assert time.perf_counter() - started < MOST


def test_a_limit_on_each_piece(run: Callable, interaction: Build) -> None:
    """A limit that is set anew for each piece ends the wait for the one that came too late."""
    got: list[bytes] = []

    async def read_on() -> None:
        async with httpx2.AsyncClient() as client, client.stream("POST", URL) as response:
            pieces = response.aiter_raw()
            while True:
                got.append(await asyncio.wait_for(anext(pieces), 650))

    slow = streamed(interaction, 600.0, 4)
    timing = slow.response.timing
    late = replace(timing, offsets=(600.0, 1200.0, 1900.0, 2000.0))
    item = replace(slow, response=replace(slow.response, timing=late))
    with play([item]), pytest.raises(asyncio.TimeoutError):
        run(read_on())
    assert len(got) == 2


def test_a_heartbeat(run: Callable, interaction: Build) -> None:
    """What happens once a minute happens ten times between pieces that came ten minutes apart."""
    seen: list[str] = []
    got: list[bytes] = []

    async def beat() -> None:
        while True:
            await asyncio.sleep(60)
            seen.append(f"beat after {len(got)}")

    async def both() -> None:
        beating = asyncio.create_task(beat())
        await read(got)
        beating.cancel()

    with play([streamed(interaction, 605.0, 3)]):
        run(both())
    assert [seen.count(f"beat after {number}") for number in range(3)] == [10, 10, 10]


def test_clocks_agree(run: Callable, interaction: Build) -> None:
    """The loop and `time.monotonic` see the recorded time, and no clock goes back afterwards."""

    async def look() -> None:
        loop = asyncio.get_running_loop()
        with play([streamed(interaction, 3600.0, 2)]):
            before = loop.time(), time.monotonic()
            await read([])
            assert loop.time() - before[0] == pytest.approx(7200, abs=60)
            assert time.monotonic() - before[1] == pytest.approx(7200, abs=60)
            inside = loop.time()
        assert loop.time() >= inside

    run(look())


def test_one_cassette_after_the_other(run: Callable, interaction: Build) -> None:
    """In one loop, a time limit goes off in the second as in the first."""

    async def limited() -> list[int]:
        counts = []
        for _ in range(3):
            got: list[bytes] = []
            with play([streamed(interaction, 600.0, 6)]), pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(read(got), 2100)
            counts.append(len(got))
        return counts

    assert run(limited()) == [3, 3, 3]


def test_what_was_skipped_before(run: Callable, interaction: Build) -> None:
    """A time limit under which a cassette opens is not used up by the waits of earlier ones."""
    with play([streamed(interaction, 600.0, 6)]), httpx2.Client() as client:
        client.post(URL)

    async def look() -> None:
        before = asyncio.get_running_loop().time(), time.monotonic()
        with play([streamed(interaction, 0.001, 1)], allow_unplayed=True):
            now = asyncio.get_running_loop().time(), time.monotonic()
        assert now == (pytest.approx(before[0], abs=60), pytest.approx(before[1], abs=60))

    run(look())


def test_a_program_that_polls(run: Callable, interaction: Build) -> None:
    """A task that looks again and again does not keep the pieces from coming."""
    got: list[bytes] = []

    async def poll() -> None:
        reading = asyncio.create_task(read(got))
        while not reading.done():  # noqa: ASYNC110 - the bad habit that this is about
            await asyncio.sleep(0)

    with play([streamed(interaction, 600.0, 3)]):
        run(poll())
    assert len(got) == 3


def test_trio(interaction: Build) -> None:
    """Its deadlines go off in recorded time, too, in one cassette after the other."""
    trio = pytest.importorskip("trio")

    async def limited() -> list[int]:
        counts = []
        for _ in range(2):
            got: list[bytes] = []
            with play([streamed(interaction, 600.0, 6)]), trio.move_on_after(2100) as limit:
                await read(got)
            assert limit.cancelled_caught
            counts.append(len(got))
        return counts

    started = time.perf_counter()
    assert trio.run(limited) == [3, 3]
    assert time.perf_counter() - started < MOST


def test_a_clock_of_trio(interaction: Build) -> None:
    """It sees the recorded time, does not go back afterwards, and is trio's own again."""
    trio = pytest.importorskip("trio")

    async def look() -> None:
        own = type(trio.lowlevel.current_clock()).current_time
        before = trio.current_time()
        with play([streamed(interaction, 3600.0, 2)]):
            await read([])
            inside = trio.current_time()
        assert inside - before == pytest.approx(7200, abs=60)
        assert trio.current_time() >= inside
        assert type(trio.lowlevel.current_clock()).current_time is own

    trio.run(look)


async def test_real_input_goes_on(interaction: Build) -> None:
    """A worker thread that answers meanwhile is heard; nobody waits for recorded time."""
    with play([streamed(interaction, 600.0, 3)]):
        reading = asyncio.create_task(read([]))
        assert await asyncio.to_thread(lambda: 7) == 7
        await reading


def test_threads(interaction: Build) -> None:
    """A thread does not wait either."""
    started = time.perf_counter()
    with (
        play([streamed(interaction, 600.0, 6)]),
        httpx2.Client() as client,
        client.stream("POST", URL) as response,
    ):
        assert len(list(response.iter_raw())) == 6
    assert time.perf_counter() - started < MOST


@pytest.mark.parametrize("engine", ["langgraph", "runtime"])
async def test_a_node_timeout(engine: str, tmp_path: Path) -> None:
    """A node that fell silent for too long live does so after the same token in replay."""
    path = tmp_path / "a.yaml"
    graphs, types = import_module(f"{engine}.graph"), import_module(f"{engine}.types")

    async def tokens(url: str) -> list[str]:
        async def node(state: State, config: RunnableConfig) -> State:
            model = ChatOpenAI(
                model="gpt-4o-mini", base_url=f"{url}/v1", api_key="x", streaming=True
            )
            return {"text": (await model.ainvoke("hi", config)).content}

        graph = graphs.StateGraph(State)
        graph.add_node("node", node, timeout=types.TimeoutPolicy(idle_timeout=0.25))
        graph.add_edge(graphs.START, "node")
        got = []
        try:
            async for chunk, _ in graph.compile().astream({}, stream_mode="messages"):
                got += [chunk.text] if chunk.text else []
        except Exception as error:  # noqa: BLE001 - the name is what is compared
            got.append(type(error).__name__)
        return got

    ChatOpenAI(model="gpt-4o-mini", api_key="x")  # what is imported once is imported now
    steps = openai_chat("abc").steps
    provider = serve([Reply([*steps[:3], 0.4, *steps[3:]])])
    with provider as server, use_cassette(path, "once", recorded_as=OPENAI):
        live = await tokens(server.url)
    assert live == ["a", "b", "NodeTimeoutError"]
    with use_cassette(path):
        assert await tokens(OPENAI) == live


@pytest.mark.parametrize("sdk", [SDKS[1], SDKS[3]], ids=lambda sdk: sdk.name)
def test_a_consumer_that_gave_up(sdk: Client, tmp_path: Path) -> None:
    """What a time limit cut off live is cut off at the same token in replay."""
    path = tmp_path / "a.yaml"

    async def tokens(url: str) -> list[str]:
        got: list[str] = []
        stream = sdk.tokens(url, "hi")

        async def rest() -> None:
            async for token in stream:
                got.extend([token] if token else [])

        while not got:
            got.extend(filter(None, [await anext(stream)]))
        try:
            await asyncio.wait_for(rest(), 0.3)
        except asyncio.TimeoutError:
            got.append("timeout")
        return got

    reply = sdk.reply(["a", "b", "c", "d", "e", "f"]).delayed(0.12)
    with serve([reply]) as server, use_cassette(path, "once", recorded_as=sdk.address):
        live = asyncio.run(tokens(server.url))
    assert live[-1] == "timeout"
    assert read_recording(path).interactions[0].response.timing.end == "cancelled"
    for _ in range(3):
        with use_cassette(path):
            assert asyncio.run(tokens(sdk.address)) == live
