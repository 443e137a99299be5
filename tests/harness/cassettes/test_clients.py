"""Clients other than httpx and httpx2, and event loops other than one."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import httpx2
import pytest
from clients import KEY, OPENAI
from langchain_openai import ChatOpenAI
from loopback import Reply, gzipped, openai_chat, plain_json, serve

from harness.cassettes import Interaction, Timing, play, read_recording, use_cassette
from harness.errors import CassetteMissError, NetworkBlockedError

STREAM = openai_chat(["Why", " not"]).delayed(0.01)


async def pieces(url: str) -> list[Any]:
    """Return what aiohttp gives piece by piece, and the name of the error that ended it."""
    got: list[Any] = []
    try:
        async with aiohttp.ClientSession() as session, session.post(url, json={"a": 1}) as answer:
            got.append(answer.status)
            async for piece in answer.content.iter_any():
                got.append(piece)  # noqa: PERF401 - an error comes last
    except Exception as error:  # noqa: BLE001 - what the client sees is the result
        got.append(repr(error))
    return got


@pytest.mark.parametrize(
    "reply",
    [
        STREAM,
        Reply(STREAM.steps[:6], end="cut"),
        Reply(STREAM.steps[:6], end="reset"),
        plain_json({"error": "slow down"}, 429),
    ],
    ids=["complete", "cut", "reset", "429"],
)
def test_aiohttp(reply: Reply, tmp_path: Path) -> None:
    """Its pieces, and how they end, come back as they were."""
    path = tmp_path / "a.yaml"
    with serve([reply]) as server, use_cassette(path, "once"):
        url = f"{server.url}/v1"
        live = asyncio.run(pieces(url))
    for _ in range(2):
        with use_cassette(path):
            assert asyncio.run(pieces(url)) == live


async def test_aiohttp_is_refused(tmp_path: Path) -> None:
    """A connection that could not be made is the same error in a replay, with the same text."""
    said = r"Cannot connect to host 127.0.0.1:9 ssl:default \[Connect call failed"
    async with aiohttp.ClientSession() as session:
        for mode in ("once", "none"):
            cassette = use_cassette(tmp_path / "a.yaml", mode)
            with cassette, pytest.raises(aiohttp.ClientConnectorError, match=said):
                await session.get("http://127.0.0.1:9")


async def test_a_websocket(tmp_path: Path) -> None:
    """It passes a recording by, is no part of it, and is refused in a replay."""
    path = tmp_path / "a.yaml"
    async with aiohttp.ClientSession() as session:
        with (
            serve([plain_json({}, 400)]) as server,
            use_cassette(path, "once"),
            pytest.raises(aiohttp.WSServerHandshakeError),
        ):
            await session.ws_connect(server.url)
        assert not path.exists()
        with play([]), pytest.raises(NetworkBlockedError, match="to record it, if it is HTTP"):
            await session.ws_connect(server.url)


def test_aiohttp_gets_pieces_live(tmp_path: Path) -> None:
    """While recording, the second piece is sent when the program has seen the first."""
    first = threading.Event()

    async def read(url: str) -> list[bytes]:
        got: list[bytes] = []
        async with aiohttp.ClientSession() as session, session.post(url) as answer:
            async for piece in answer.content.iter_any():
                got.append(piece)
                first.set()
        return got

    held = Reply([b"data: 1\n\n", first, b"data: 2\n\n"])
    with serve([held]) as server, use_cassette(tmp_path / "a.yaml", "once"):
        assert asyncio.run(read(server.url)) == [b"data: 1\n\n", b"data: 2\n\n"]
    assert server.waited_in_vain == 0


@pytest.mark.parametrize("backend", ["asyncio", "uvloop", "trio"])
def test_pieces_come_live_in_every_loop(backend: str, tmp_path: Path) -> None:
    """Recording withholds nothing there, either."""
    pytest.importorskip(backend)
    first = threading.Event()
    got: list[bytes] = []

    async def read(url: str) -> None:
        async with httpx2.AsyncClient() as client, client.stream("POST", url) as response:
            async for piece in response.aiter_raw():
                got.append(piece)
                first.set()

    held = Reply([b"data: 1\n\n", first, b"data: 2\n\n"])
    options = {"use_uvloop": True} if backend == "uvloop" else {}
    kind = "trio" if backend == "trio" else "asyncio"
    with serve([held]) as server, use_cassette(tmp_path / "a.yaml", "once"):
        anyio.run(read, server.url, backend=kind, backend_options=options)
    assert got == [b"data: 1\n\n", b"data: 2\n\n"]
    assert server.waited_in_vain == 0


def test_aiohttp_decodes(tmp_path: Path) -> None:
    """A compressed body is stored plain."""
    path = tmp_path / "a.yaml"
    with serve([gzipped(STREAM)]) as server, use_cassette(path, "once"):
        asyncio.run(pieces(server.url))
    response = read_recording(path).interactions[0].response
    assert response.body == b"".join(s for s in STREAM.steps if isinstance(s, bytes))
    assert response.content_encoding == "gzip"


async def test_aiohttp_sees_recorded_time(interaction: Callable[..., Interaction]) -> None:
    """Its own time limit goes off at the recorded time, at once."""
    timing = Timing((9, 18), (10.0, 700.0), head=1.0, ended=700.0, arrivals=(0, 1, 2, 3, 4))
    with play([interaction(b"", b"data: 1\n\ndata: 2\n\n", timing=timing)]):
        limit = aiohttp.ClientTimeout(total=600)
        async with aiohttp.ClientSession(timeout=limit) as session:
            with pytest.raises(asyncio.TimeoutError):
                await (await session.post("https://api.example.com/v1/chat")).read()


async def test_aiohttp_misses(interaction: Callable[..., Interaction]) -> None:
    """A request that is not recorded raises the error of the cassette."""
    with play([interaction()], allow_unplayed=True):
        async with aiohttp.ClientSession() as session:
            with pytest.raises(CassetteMissError):
                await session.post("https://api.example.com/v1/other")


@pytest.mark.parametrize("kind", ["asyncio", "anyio", "uvloop"])
def test_several_event_loops(kind: str, tmp_path: Path) -> None:
    """One shared model records and replays in one loop after the other, of whatever kind."""
    path = tmp_path / "a.yaml"

    def ask_in_two_loops(url: str) -> list[list[str]]:
        model = ChatOpenAI(model="gpt-4o-mini", base_url=f"{url}/v1", api_key=KEY)

        async def ask() -> list[str]:
            return [chunk.text async for chunk in model.astream("hi")]

        if kind == "anyio":
            return [anyio.run(ask) for _ in range(2)]
        if kind == "uvloop":
            uvloop = pytest.importorskip("uvloop")
            return [uvloop.run(ask()) for _ in range(2)]
        return [asyncio.run(ask()) for _ in range(2)]

    keep = {"connection": "keep-alive"}
    replies = [Reply(STREAM.steps, headers=keep)] * 2
    with serve(replies) as server, use_cassette(path, "once", recorded_as=OPENAI):
        live = ask_in_two_loops(server.url)
    with use_cassette(path):
        assert ask_in_two_loops(OPENAI) == live
    assert len(read_recording(path).interactions) == 2


@pytest.mark.parametrize("backend", ["uvloop", "trio"])
def test_parallel_streams_in_other_loops(
    backend: str, interaction: Callable[..., Interaction]
) -> None:
    """The recorded order holds where the idling of a loop cannot be seen, too."""
    pytest.importorskip(backend)
    httpx2 = pytest.importorskip("httpx2")
    first = Timing((1, 2), (0, 0), ended=0, arrivals=(0, 2, 4, 6, 8))
    second = Timing((1, 2), (0, 0), ended=0, arrivals=(1, 3, 5, 7, 9))
    items = [
        interaction(b"a", b"12", index=0, timing=first),
        interaction(b"b", b"34", index=1, timing=second),
    ]
    got: list[bytes] = []

    async def read(client: Any, body: bytes) -> None:
        url = "https://api.example.com/v1/chat"
        async with client.stream("POST", url, content=body) as response:
            async for piece in response.aiter_raw():
                got.append(piece)  # noqa: PERF401 - both append

    async def run() -> None:
        async with httpx2.AsyncClient() as client, anyio.create_task_group() as group:
            for body in (b"b", b"a"):
                group.start_soon(read, client, body)

    options = {"use_uvloop": True} if backend == "uvloop" else {}
    with play(items):
        anyio.run(run, backend="trio" if backend == "trio" else "asyncio", backend_options=options)
    assert got == [b"1", b"3", b"2", b"4"]


IMPORTS_INSIDE = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from harness import use_cassette

class Hello(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello")
    def log_message(self, *_): pass

server = HTTPServer(("127.0.0.1", 0), Hello)
Thread(target=server.handle_request, daemon=True).start()
with use_cassette(sys.argv[1], record_mode="once"):
    assert "requests" not in sys.modules and "urllib3" not in sys.modules
    import requests
    requests.get(f"http://127.0.0.1:{server.server_port}/")
"""


def test_a_client_may_be_imported_inside(tmp_path: Path) -> None:
    """One that imports another one, as requests does, is played and recorded, too."""
    path = tmp_path / "inside.yaml"
    command = [sys.executable, "-c", IMPORTS_INSIDE, str(path)]
    done = subprocess.run(  # noqa: S603 - our own program
        command, check=False, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "hello" in path.read_text(encoding="utf-8")
