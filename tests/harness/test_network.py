"""In a replay nothing reaches the network, whatever client tries."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType

import anthropic
import anyio
import httpx
import httpx2
import openai
import pytest
import requests
from loopback import plain_json, serve

try:
    import uvloop
except ImportError:  # there is none for Windows
    uvloop = None

from harness.cassettes import play
from harness.errors import NetworkBlockedError
from harness.network import block_network

NOBODY = "http://nobody.invalid/"


def in_a_thread() -> None:
    """Connect from a worker thread, which starts with an empty context."""
    with ThreadPoolExecutor() as pool:
        pool.submit(socket.create_connection, ("nobody.invalid", 80)).result()


def uvloop_run(made: Coroutine[object, object, object]) -> object:
    """Run in uvloop, which does without Python's sockets."""
    if uvloop is None:
        made.close()
        pytest.skip("uvloop is not here")
    return uvloop.run(made)


async def open_connection(host: str) -> object:
    """Connect as asyncio does."""
    return await asyncio.open_connection(host, 80)


async def look_up(host: str) -> object:
    """Ask the event loop for the addresses of a name."""
    return await asyncio.get_running_loop().getaddrinfo(host, 80)


CALLS: dict[str, Callable[[], object]] = {
    "urllib": lambda: urllib.request.urlopen(NOBODY),
    "requests": lambda: requests.get(NOBODY, timeout=5),
    "httpx": lambda: httpx.get(NOBODY),
    "httpx2": lambda: httpx2.get(NOBODY),
    "httpx2 async": lambda: asyncio.run(httpx2.AsyncClient().get(NOBODY)),
    "asyncio": lambda: asyncio.run(asyncio.open_connection("nobody.invalid", 80)),
    "anyio": lambda: anyio.run(anyio.connect_tcp, "nobody.invalid", 80),
    "uvloop": lambda: uvloop_run(open_connection("nobody.invalid")),
    "uvloop, httpx2": lambda: uvloop_run(httpx2.AsyncClient().get(NOBODY)),
    "uvloop, look-up": lambda: uvloop_run(look_up("nobody.invalid")),
    "socket": lambda: socket.create_connection(("nobody.invalid", 80)),
    "look-up": lambda: socket.gethostbyname("nobody.invalid"),
    "thread": in_a_thread,
    "openai": lambda: _models(openai.OpenAI),
    "openai async": lambda: asyncio.run(_amodels(openai.AsyncOpenAI)),
    "anthropic": lambda: _models(anthropic.Anthropic),
    "anthropic async": lambda: asyncio.run(_amodels(anthropic.AsyncAnthropic)),
}


def _models(client_class: type) -> None:
    with client_class(api_key="x", base_url=NOBODY) as client:
        client.models.list()


async def _amodels(client_class: type) -> None:
    async with client_class(api_key="x", base_url=NOBODY) as client:
        await client.models.list()


@pytest.mark.parametrize("name", CALLS)
def test_every_client_is_refused_at_once(name: str) -> None:
    """The error is ours, names the host, and was neither wrapped nor retried."""
    with block_network(), pytest.raises(NetworkBlockedError) as caught:
        CALLS[name]()
    assert "nobody.invalid" in str(caught.value)
    assert "--record-mode=once" in str(caught.value)
    assert "allow_hosts=['nobody.invalid']" in str(caught.value)


@pytest.mark.parametrize("library", [httpx, httpx2], ids=lambda library: library.__name__)
@pytest.mark.parametrize("loop", ["asyncio", "uvloop", "trio"])
def test_an_address_is_refused_with_one_error(loop: str, library: ModuleType) -> None:
    """Not with a group of them, although anyio and trio try several addresses at once."""
    pytest.importorskip(loop)
    backend = "trio" if loop == "trio" else "asyncio"
    options = {"use_uvloop": True} if loop == "uvloop" else {}
    refused = pytest.raises(NetworkBlockedError, match=r"blocked here: connect to 192\.0\.2\.1:80")
    with block_network(), refused:
        anyio.run(
            library.AsyncClient().get,
            "http://192.0.2.1/",
            backend=backend,
            backend_options=options,
        )


IMPORTS_INSIDE = """
import asyncio
from harness.errors import NetworkBlockedError
from harness.network import block_network

with block_network():
    import uvloop, httpx2
    for url in ("http://nobody.invalid/", "http://192.0.2.1/"):
        try:
            uvloop.run(httpx2.AsyncClient().get(url))
        except NetworkBlockedError as error:
            print(str(error).splitlines()[0])
"""


@pytest.mark.proof
@pytest.mark.skipif(uvloop is None, reason="uvloop is not here")
def test_what_is_imported_inside_the_block() -> None:
    """An event loop and a client that come late are refused the network, too."""
    ran = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", IMPORTS_INSIDE],
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    places = [line.rpartition(" ")[2] for line in ran.stdout.splitlines()]
    assert places == ["nobody.invalid:80", "192.0.2.1:80"]


@pytest.mark.skipif(uvloop is None, reason="uvloop is not here")
def test_uvloop_may_reach_what_is_allowed() -> None:
    """And what is not, it may not, be it an address; afterwards it is as it was."""
    before = dict(vars(uvloop.Loop))

    async def aget(url: str) -> httpx2.Response:
        async with httpx2.AsyncClient() as client:
            return await client.get(url)

    with serve([plain_json(1)]) as server:
        with block_network(allow=["localhost"]):
            assert uvloop.run(aget(server.url)).json() == 1
        with block_network(), pytest.raises(NetworkBlockedError, match=r"127\.0\.0\.1:80"):
            uvloop.run(open_connection("127.0.0.1"))
    assert dict(vars(uvloop.Loop)) == before


@pytest.mark.parametrize("call", ["connect", "connect_ex", "sendto"])
def test_addresses_are_refused_too(call: str) -> None:
    """Without a name there is still a connection; the port is named."""
    kind = socket.SOCK_DGRAM if call == "sendto" else socket.SOCK_STREAM
    arguments = (b"x", ("192.0.2.1", 443)) if call == "sendto" else (("192.0.2.1", 443),)
    with (
        block_network(),
        socket.socket(type=kind) as own,
        pytest.raises(NetworkBlockedError, match=r"192\.0\.2\.1:443"),
    ):
        getattr(own, call)(*arguments)


def test_a_replay_blocks_the_network() -> None:
    """A client that cassettes do not know is refused inside a cassette."""
    with play([]), pytest.raises(NetworkBlockedError):
        socket.create_connection(("nobody.invalid", 80))


@pytest.mark.parametrize("allow", ["localhost", "127.0.0.1", "127.0.*", "127.0.0.1:{port}"])
def test_allowed_hosts(allow: str) -> None:
    """A name for this machine stands for all its addresses; patterns and ports work."""
    with serve([plain_json(1)] * 9) as server:
        allowed = allow.format(port=server.url.rpartition(":")[2])
        with block_network(allow=[allowed]):
            assert httpx2.get(server.url).json() == 1
            with pytest.raises(NetworkBlockedError):
                httpx2.get(NOBODY)
        with play([], allow_hosts=allowed):
            assert httpx2.get(server.url).json() == 1


@pytest.mark.parametrize("drive", ["sync", "async"])
def test_an_allowed_name_may_be_connected_to(drive: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The addresses to which an allowed name resolves are allowed with it."""
    resolve = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _, *rest, **kw: resolve("localhost", *rest))

    async def aget(url: str) -> httpx2.Response:
        async with httpx2.AsyncClient() as client:
            return await client.get(url)

    with serve([plain_json(1)]) as server, block_network(allow=["db.invalid"]):
        with pytest.raises(NetworkBlockedError):
            httpx2.get(server.url)
        url = server.url.replace("127.0.0.1", "db.invalid")
        answer = httpx2.get(url) if drive == "sync" else asyncio.run(aget(url))
        assert answer.json() == 1


def test_sockets_within_the_machine_work() -> None:
    """Socket pairs and the event loop's own pipes are not the network; nor is a server."""
    with block_network():
        one, other = socket.socketpair()
        one.send(b"x")
        assert other.recv(1) == b"x"
        one.close(), other.close()
        assert asyncio.run(asyncio.sleep(0, "ran")) == "ran"
        with serve([]) as server:
            assert server.url


def test_blocks_nest() -> None:
    """The innermost block decides; leaving it brings back the outer one."""
    with serve([plain_json(1)] * 2) as server:
        with block_network(allow=["localhost"]):
            with block_network(), pytest.raises(NetworkBlockedError):
                httpx2.get(server.url)
            assert httpx2.get(server.url).json() == 1
        assert httpx2.get(server.url).json() == 1


async def test_tasks_have_their_own() -> None:
    """A task that is blocked does not block another one."""
    blocked = asyncio.Event()
    done = asyncio.Event()

    async def replay() -> None:
        with block_network():
            blocked.set()
            await done.wait()

    with serve([plain_json(1)]) as server:
        task = asyncio.create_task(replay())
        await blocked.wait()
        async with httpx2.AsyncClient() as client:
            url = server.url.replace("127.0.0.1", "localhost")
            assert (await client.get(url)).json() == 1
        done.set()
        await task


def test_a_thread_without_a_context_is_blocked_too() -> None:
    """A plain thread inside the block must not reach the network behind its back."""
    caught: list[Exception] = []

    def run() -> None:
        try:
            socket.create_connection(("nobody.invalid", 80))
        except NetworkBlockedError as error:
            caught.append(error)

    with block_network():
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    assert len(caught) == 1


def test_everything_is_restored() -> None:
    """Also when the block is left by an exception, and after all the tests before this one."""
    with pytest.raises(ZeroDivisionError), block_network():  # noqa: PT012  # leaves the block
        assert functions() != PRISTINE
        raise ZeroDivisionError
    assert functions() == PRISTINE


def functions() -> list[object]:
    """All that a block replaces."""
    names = ("getaddrinfo", "gethostbyname", "gethostbyname_ex")
    calls = (
        "connect",
        "connect_ex",
        "sendto",
    )  # pytest-socket leaves some where they were inherited
    return [
        *(getattr(socket, name) for name in names),
        *(getattr(socket.socket, name) for name in calls),
        asyncio.BaseEventLoop.getaddrinfo,
    ]


PRISTINE = functions()
