"""Concurrent requests are replayed in the order in which their pieces arrived when recorded."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import parallel_nodes
import pytest
from clients import OPENAI
from loopback import openai_chat, serve
from parallel_nodes import CASES, name_of, path_of, tokens

from harness import deterministic
from harness.cassettes import Interaction, Timing, play, read_recording, use_cassette
from harness.cassettes._timing.order import Order
from harness.errors import CassetteOrderError

URL = "https://api.example.com/v1/chat"
WAIT = 60  # seconds; nothing here takes as long, unless it hangs
Build = Callable[..., Interaction]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[str]]]:
    """Every case of parallel nodes, recorded once."""
    folder = tmp_path_factory.mktemp("cassettes")
    return folder, parallel_nodes.record(folder)


def recorded_order(path: Path) -> list[str]:
    """Return the tokens of a cassette in the order of their arrival numbers."""
    arrived = []
    for item in read_recording(path).interactions:
        body, timing = item.response.body, item.response.timing
        starts = (0, *timing.cuts[:-1])
        for number, start, cut in zip(timing.arrivals[2:-1], starts, timing.cuts, strict=True):
            if body[start:cut].startswith(b"data: {"):
                arrived.append((number, json.loads(body[start + 6 : cut])))
    choices = [chunk["choices"] for _, chunk in sorted(arrived, key=lambda pair: pair[0])]
    return [text for choice in choices if choice and (text := choice[0]["delta"].get("content"))]


@pytest.mark.usefixtures("restless")
@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_parallel_nodes(case: tuple[str, int, str], recorded: tuple) -> None:
    """Their tokens come in the recorded order, on both engines, in threads and in a loop."""
    path = path_of(recorded[0], case)
    expected = recorded_order(path)
    assert len(expected) == case[1] * parallel_nodes.TOKENS
    assert expected != sorted(expected), "nothing was interleaved"
    for _ in range(3):
        with use_cassette(path):
            assert tokens(*case, OPENAI) == expected


@pytest.mark.usefixtures("restless")
def test_tasks_that_take_turns(recorded: tuple) -> None:
    """In a deterministic run a task that waits for a recorded piece lets the others run."""
    path = path_of(recorded[0], ("runtime", 8, "sync"))
    for _ in range(3):
        with deterministic(), use_cassette(path):
            assert tokens("runtime", 8, "sync", OPENAI) == recorded_order(path)


@pytest.mark.usefixtures("restless")
@pytest.mark.parametrize("case", CASES[2:4] + CASES[6:8], ids=name_of)
def test_identical_requests(case: tuple[str, int, str], tmp_path: Path) -> None:
    """Nodes that ask the same at the same time each get the answer that they got live."""
    path = tmp_path / "a.yaml"
    replies = [openai_chat([f"answer {number}"]).delayed(0.002) for number in range(case[1])]
    engine, width, drive = case
    if engine == "langgraph" and drive == "async" and sys.version_info < (3, 11):
        pytest.skip("LangGraph's async nodes do not know there which they are: they have no lane")

    def answers(url: str) -> list[tuple[str, str]]:
        built = parallel_nodes.graph(engine, width, drive, url, "the same")
        if drive == "async":
            return sorted(asyncio.run(built.ainvoke({"log": []}))["log"])
        return sorted(built.invoke({"log": []})["log"])

    with serve(replies) as server, use_cassette(path, "once", recorded_as=OPENAI):
        live = answers(server.url)
    assert len(dict(live)) == len({answer for _, answer in live}) == width
    for _ in range(5):
        with use_cassette(path, patience=60):  # restless threads on a loaded machine
            assert answers(OPENAI) == live


def overlapping(build: Build) -> list[Interaction]:
    """Return two requests whose pieces came in turns: a, b, a, b."""
    first = Timing((1, 2), (0, 0), ended=0, arrivals=(0, 2, 4, 6, 8))
    second = Timing((1, 2), (0, 0), ended=0, arrivals=(1, 3, 5, 7, 9))
    return [
        build(b"a", b"12", index=0, timing=first),
        build(b"b", b"34", index=1, timing=second),
    ]


def test_a_request_that_nobody_makes(interaction: Build) -> None:
    """A program that asks one after the other what overlapped is told what waits for what."""
    with (
        play(overlapping(interaction), allow_unplayed=True, patience=0.05),
        httpx2.Client() as client,
        pytest.raises(CassetteOrderError) as caught,
    ):
        client.post(URL, content=b"a")
    report = str(caught.value)
    assert "the head of interaction 0 (POST https://api.example.com/v1/chat) has waited" in report
    assert "comes after interaction 1 (POST" in report
    assert "which has not been asked for" in report
    assert "patience=0.5" in report


async def test_a_request_that_nobody_makes_in_a_loop(interaction: Build) -> None:
    """The same in an event loop, which goes on meanwhile."""
    with play(overlapping(interaction), allow_unplayed=True, patience=0.05):
        async with httpx2.AsyncClient() as client:
            with pytest.raises(CassetteOrderError, match="which has not been asked for"):
                await client.post(URL, content=b"b")


def test_a_reader_that_does_not_come_back(interaction: Build) -> None:
    """A thread that keeps a piece and waits for another reader is told so."""
    asked = threading.Event()

    def read(body: bytes) -> None:
        with httpx2.Client() as client, client.stream("POST", URL, content=body) as response:
            for _ in response.iter_raw():
                if body == b"a":
                    asked.wait(WAIT)

    cassette = play(overlapping(interaction), allow_unplayed=True, patience=2)
    with cassette, ThreadPoolExecutor() as pool:
        first, second = (pool.submit(read, body) for body in (b"a", b"b"))
        with pytest.raises(CassetteOrderError, match="has not come back for more"):
            second.result(WAIT)
        asked.set()
        first.result(WAIT)


@pytest.mark.parametrize("leaving", ["thread", "task"])
async def test_a_thread_and_a_task(leaving: str, interaction: Build) -> None:
    """When one of them stops reading, the other one is told, and the loop goes on meanwhile."""
    left, left_here = threading.Event(), asyncio.Event()
    rounds = 0

    def by_thread() -> None:
        with httpx2.Client() as client, client.stream("POST", URL, content=b"a") as response:
            for _ in response.iter_raw():
                if leaving == "thread":
                    left.wait(WAIT)

    async def by_task() -> None:
        async with (
            httpx2.AsyncClient() as client,
            client.stream("POST", URL, content=b"b") as response,
        ):
            async for _ in response.aiter_raw():
                if leaving == "task":
                    await left_here.wait()

    async def count() -> None:
        nonlocal rounds
        while True:
            await asyncio.sleep(0.01)
            rounds += 1

    with play(overlapping(interaction), allow_unplayed=True, patience=0.5):
        counting = asyncio.create_task(count())
        tasks = {"thread": asyncio.create_task(asyncio.to_thread(by_thread))}
        tasks["task"] = asyncio.create_task(by_task())
        waiting = tasks["task" if leaving == "thread" else "thread"]
        with pytest.raises(CassetteOrderError, match=r"it comes after .*interaction"):
            await asyncio.wait_for(asyncio.shield(waiting), WAIT)
        left.set()
        left_here.set()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
        counting.cancel()
    assert rounds > 1


def test_the_budget_is_five_seconds_and_real(interaction: Build) -> None:
    """Recorded hours do not use it up, and a caller who says nothing has five seconds of it."""
    assert Order([], "a recording").patience == 5
    late = Timing((1,), (3600.0,), head=1800.0, ended=7200.0, arrivals=(0, 1, 2, 3))
    with play([interaction(b"", b"1", timing=late)], patience=0.2), httpx2.Client() as client:
        assert client.post(URL).json() == 1


async def test_threads_that_a_loop_waits_for(interaction: Build) -> None:
    """Code that blocks its loop until a thread is done, as sync streams in notebooks do, goes on.

    The loop has read the answer before and cannot say that it is done with it.
    """
    timings = (Timing((1,), (0,), ended=0, arrivals=tuple(range(k, k + 4))) for k in (0, 4))
    items = [
        interaction(b"", b"%d" % k, index=k, timing=timing) for k, timing in enumerate(timings)
    ]

    def post() -> object:
        with httpx2.Client() as client:
            return client.post(URL).json()

    with play(items, patience=WAIT), ThreadPoolExecutor() as pool:
        async with httpx2.AsyncClient() as client:
            assert (await client.post(URL)).json() == 0
        assert pool.submit(post).result(WAIT) == 1  # in the loop, which stands still meanwhile


def test_requests_that_did_not_overlap(interaction: Build) -> None:
    """They may be made in any order."""
    first = Timing((1,), (0,), ended=0, arrivals=(0, 1, 2, 3))
    second = Timing((1,), (0,), ended=0, arrivals=(4, 5, 6, 7))
    items = [
        interaction(b"a", b"1", index=0, timing=first),
        interaction(b"b", b"2", index=1, timing=second),
    ]
    with play(items), httpx2.Client() as client:
        assert [client.post(URL, content=body).json() for body in (b"b", b"a")] == [2, 1]


RUNS = 50
BESIDE = 20
SUPPORTED = ("3.10", "3.11", "3.12", "3.13")
KEPT = Path(__file__).parents[3] / ".matrix"
"""Where `make matrix` keeps an environment for each Python."""


def interpreter(version: str) -> str:
    """Return a Python of this version that has what the tests need."""
    if version == f"{sys.version_info[0]}.{sys.version_info[1]}":
        return sys.executable
    python = KEPT / version / "bin" / "python"
    if not python.is_file():
        pytest.skip(f"no environment for Python {version}; `make matrix` makes one")
    return str(python)


def orders_in_fresh_processes(
    python: str, folder: Path, tool: str, *engines: str, runs: int = RUNS
) -> list[dict[str, list[str]]]:
    """Replay every case, or those of some engines, in processes of their own, two at a time."""

    def run(_: int) -> dict[str, list[str]]:
        command = [python, parallel_nodes.__file__, str(folder), tool, *engines]
        ran = subprocess.run(  # noqa: S603 - our own program
            command, capture_output=True, text=True, timeout=300, check=False
        )
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout)

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(run, range(runs)))


@pytest.mark.proof
@pytest.mark.parametrize("version", SUPPORTED)
def test_fifty_fresh_processes(version: str, recorded: tuple) -> None:
    """One order in 50 processes, the recorded one, on every Python, from the same cassettes.

    LangGraph's engine takes most of the time; it is asked on the Python of this run.
    """
    folder, _ = recorded
    python = interpreter(version)
    engines = () if python == sys.executable else ("runtime",)
    orders = orders_in_fresh_processes(python, folder, "harness", *engines)
    for case in [case for case in CASES if not engines or case[0] in engines]:
        expected = recorded_order(path_of(folder, case))
        assert [run[name_of(case)] == expected for run in orders] == [True] * RUNS


@pytest.mark.proof
def test_how_many_orders_vcrpy_gives(recorded: tuple, capsys: pytest.CaptureFixture[str]) -> None:
    """Beside it, from the same cassettes: what stock vcrpy shows is printed, and is not one order.

    Of eight parallel nodes, that is: two may come in one order by luck.
    """
    folder, _ = recorded
    orders = orders_in_fresh_processes(sys.executable, folder, "vcrpy", runs=BESIDE)
    seen = {case: Counter(tuple(run[name_of(case)]) for run in orders) for case in CASES}
    with capsys.disabled():
        for case in CASES:
            right = seen[case][tuple(recorded_order(path_of(folder, case)))]
            found = f"{len(seen[case])} orders in {BESIDE} replays, {right} of them as recorded"
            print(f"\nvcrpy, {name_of(case)}: {found}", end="")  # noqa: T201 - what was seen
    assert max(len(seen[case]) for case in CASES) > 1
