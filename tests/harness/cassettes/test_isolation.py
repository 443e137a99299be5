"""Several cassettes at once: each piece of a program talks to its own, and nothing stays behind."""

from __future__ import annotations

import asyncio
import contextvars
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import httpx2
import pytest
from clients import SDKS
from langsmith.utils import get_env_var, tracing_is_enabled
from loopback import plain_json, serve

from harness.cassettes import Interaction, play, read_recording, use_cassette
from harness.errors import CassetteError

URL = "https://api.example.com/v1/chat"
Build = Callable[..., Interaction]


def post(url: str = URL) -> object:
    """Send a request and return the answer."""
    with httpx2.Client() as client:
        return client.post(url).json()


async def apost(url: str = URL) -> object:
    """Send a request asynchronously."""
    async with httpx2.AsyncClient() as client:
        return (await client.post(url)).json()


async def test_two_tasks(interaction: Build) -> None:
    """Each task is answered from the cassette that it opened, however they are interleaved."""
    opened = asyncio.Barrier(2) if hasattr(asyncio, "Barrier") else None

    async def run(answer: int) -> object:
        async with play([interaction(b"", b"%d" % answer)]):
            await (opened.wait() if opened else asyncio.sleep(0.01))
            return await apost()

    assert await asyncio.gather(run(1), run(2)) == [1, 2]


def test_two_threads(interaction: Build) -> None:
    """The same for threads."""
    opened = threading.Barrier(2)

    def run(answer: int) -> object:
        with play([interaction(b"", b"%d" % answer)]):
            opened.wait(5)
            return post()

    with ThreadPoolExecutor() as pool:
        assert list(pool.map(run, [1, 2])) == [1, 2]


async def test_two_recordings_at_once(tmp_path: Path) -> None:
    """Two tasks record into two files, and each file holds its own request only."""

    async def run(name: str, url: str) -> None:
        async with use_cassette(tmp_path / f"{name}.yaml", "once"):
            await apost(f"{url}/{name}")

    with serve(lambda request: plain_json(request.path)) as server:
        await asyncio.gather(*(run(name, server.url) for name in "ab"))
    for name in "ab":
        (recorded,) = read_recording(tmp_path / f"{name}.yaml").interactions
        assert recorded.response.body == b'"/%s"' % name.encode()


def test_nested(interaction: Build) -> None:
    """The innermost cassette answers; the outer one goes on afterwards."""
    outer, inner = interaction(b"", b"1"), interaction(b"", b"2")
    with play([outer]):
        with play([inner]):
            assert post() == 2
        assert post() == 1


def test_a_recording_inside_a_replay(interaction: Build, tmp_path: Path) -> None:
    """It reaches its provider, although the replay around it has no network."""
    with serve([plain_json(3)]) as server, play([interaction(b"", b"1")]):
        with use_cassette(tmp_path / "a.yaml", "once"):
            assert post(server.url) == 3
        assert post() == 1


def test_a_plain_thread_belongs_to_the_open_cassette(interaction: Build) -> None:
    """A thread starts with an empty context; the innermost open cassette is meant."""
    got: list[object] = []
    inner = play([interaction(b"", b"1")])
    with play([interaction(b"", b"2")], allow_unplayed=True), inner:
        thread = threading.Thread(target=lambda: got.append(post()))
        thread.start()
        thread.join()
    assert got == [1]


def test_a_plain_thread_between_two_cassettes(interaction: Build) -> None:
    """Where two are open side by side, the thread is told how to belong to one."""
    opened, done = threading.Barrier(3), threading.Event()

    def hold() -> None:
        with play([interaction()], allow_unplayed=True):
            opened.wait(5)
            done.wait(5)

    with ThreadPoolExecutor() as pool:
        held = [pool.submit(contextvars.Context().run, hold) for _ in range(2)]
        opened.wait(5)
        with pytest.raises(CassetteError, match="copy_context"):
            post()
        done.set()
        for future in held:
            future.result()


async def test_a_task_that_outlives_the_block(interaction: Build) -> None:
    """A copied context does not keep a closed cassette alive, whatever others have open."""
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def late() -> object:
        return await apost(await address)

    with play([interaction()], allow_unplayed=True):
        task = asyncio.create_task(late())
        await asyncio.sleep(0)
    with serve([plain_json(7)]) as server, play([]):
        address.set_result(server.url)
        assert await task == 7


def test_nothing_stays_patched(interaction: Build) -> None:
    """After the last block the classes and the import system are as they were."""

    def patched() -> list[object]:
        return [
            *sys.meta_path,
            *(
                getattr(getattr(library, name), method)
                for library in (httpx, httpx2)
                for name, method in (
                    ("HTTPTransport", "handle_request"),
                    ("AsyncHTTPTransport", "handle_async_request"),
                )
            ),
        ]

    before = patched()
    with pytest.raises(ZeroDivisionError), play([interaction()]):  # noqa: PT012  # leaves the block
        assert patched() != before
        raise ZeroDivisionError
    assert patched() == before


def test_a_client_that_is_imported_inside_the_block(record: Callable) -> None:
    """Opening a cassette imports no HTTP library; one that comes later is played all the same."""
    path, _ = record(SDKS[0], SDKS[0].reply(["a", "b"]))
    program = f"""
        import sys
        from harness.cassettes import use_cassette
        with use_cassette({str(path)!r}):
            assert not {{"httpx", "httpx2", "openai"}} & set(sys.modules)
            import openai
            client = openai.OpenAI(api_key="x")
            stream = client.chat.completions.create(
                model="gpt-4o-mini", messages=[{{"role": "user", "content": "hi"}}], stream=True)
            print("".join(c.choices[0].delta.content or "" for c in stream if c.choices))
    """
    run = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.stdout, run.stderr) == ("ab\n", "")


def test_nothing_is_traced_in_a_replay(
    interaction: Build, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Tracing that the environment asks for is off while recorded answers are played, only then."""
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    get_env_var.cache_clear()
    try:
        with use_cassette(tmp_path / "a.yaml", "once"):
            assert tracing_is_enabled()
        with play([interaction()], allow_unplayed=True):
            assert not tracing_is_enabled()
        assert tracing_is_enabled()
    finally:
        monkeypatch.undo()
        get_env_var.cache_clear()
