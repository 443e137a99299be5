"""Clients that are built on the standard library's http.client: requests, urllib3, urllib."""

from __future__ import annotations

import socket
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import urllib3
from loopback import Reply, openai_chat, plain_json, serve

from harness.cassettes import Interaction, play, read_recording, use_cassette
from harness.errors import CassetteMissError

STREAM = openai_chat(["Why", " not"]).delayed(0.01)
WITHOUT_RETRIES = urllib3.Retry(0)


def with_requests(url: str) -> Iterator[bytes]:
    """Stream with requests."""
    with requests.post(f"{url}/a", json={"a": 1}, timeout=0.5, stream=True) as answer:
        yield from answer.iter_content(None)


def with_urllib3(url: str) -> Iterator[bytes]:
    """Stream with urllib3, in a pool of its own."""
    with urllib3.PoolManager(retries=WITHOUT_RETRIES, timeout=0.5) as pool:
        answer = pool.request("POST", f"{url}/a", json={"a": 2}, preload_content=False)
        yield from answer.stream()
        answer.release_conn()


def with_urllib(url: str) -> Iterator[bytes]:
    """Stream with the standard library."""
    with urllib.request.urlopen(f"{url}/a", data=b"x", timeout=0.5) as answer:  # noqa: S310 - loopback
        while piece := answer.read1():
            yield piece


Ask = Callable[[str], Iterator[bytes]]


@pytest.fixture(params=[with_requests, with_urllib3, with_urllib], ids=lambda ask: ask.__name__)
def ask(request: pytest.FixtureRequest) -> Ask:
    """Each of them in turn."""
    return request.param


def seen(ask: Ask, url: str, on_piece: Callable[[], object] = lambda: None) -> list[Any]:
    """Return the pieces, and the name of the error that ended them."""
    got: list[Any] = []
    try:
        for piece in ask(url):
            got.append(piece)
            on_piece()
    except Exception as error:  # noqa: BLE001 - what the client sees is the result
        got.append(type(error).__name__)
    return got


def test_pieces_come_live(ask: Ask, tmp_path: Path) -> None:
    """While recording, the second piece is sent when the client has seen the first."""
    path, first = tmp_path / "a.yaml", threading.Event()
    pieces = [b"data: 1\n\n", b"data: 2\n\n", b"data: 3\n\n"]
    held = Reply([pieces[0], first, 0.03, pieces[1], 0.03, pieces[2]])
    with serve([held]) as server, use_cassette(path, "once"):
        live = seen(ask, server.url, first.set)
    assert server.waited_in_vain == 0
    assert live == pieces
    assert read_recording(path).interactions[0].response.timing.cuts == (9, 18, 27)
    with use_cassette(path):
        assert seen(ask, server.url) == pieces


@pytest.mark.parametrize("end", ["cut", "reset", "timeout"])
def test_ends(end: str, ask: Ask, tmp_path: Path) -> None:
    """How a stream ended is what the client sees again."""
    path, hold = tmp_path / "a.yaml", threading.Event()
    steps = [*STREAM.steps[:6], hold] if end == "timeout" else STREAM.steps[:6]
    with serve([Reply(steps, end="cut" if end == "timeout" else end)]) as server:
        with use_cassette(path, "once"):
            live = seen(ask, server.url)
        hold.set()
    assert len(live) == 4
    with use_cassette(path):
        assert seen(ask, server.url) == live
    timing = read_recording(path).interactions[0].response.timing
    assert timing.end == ("timeout" if end == "timeout" else "reset")


def test_a_connection_that_is_refused(ask: Ask, tmp_path: Path) -> None:
    """It is refused again."""
    path, url = tmp_path / "a.yaml", "http://127.0.0.1:9"
    with use_cassette(path, "once"):
        live = seen(ask, url)
    assert live in (["ConnectionError"], ["MaxRetryError"], ["URLError"])
    with use_cassette(path):
        assert seen(ask, url) == live


def test_a_server_that_hangs_up(ask: Ask, tmp_path: Path) -> None:
    """A connection that ends before an answer is a lost one, and is lost again."""
    path = tmp_path / "a.yaml"
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)

        thread = threading.Thread(target=hang_up)
        thread.start()
        with use_cassette(path, "once"):
            url = f"http://127.0.0.1:{server.getsockname()[1]}"
            live = seen(ask, url)
        thread.join()
    assert read_recording(path).interactions[0].response.timing.end == "reset"
    with use_cassette(path):
        assert seen(ask, url) == live


def test_a_reader_that_leaves(ask: Ask, tmp_path: Path) -> None:
    """What it did not wait for is not in the cassette."""
    path, hold = tmp_path / "a.yaml", threading.Event()
    with serve([Reply([b"data: 1\n\n", hold, b"data: 2\n\n"])]) as server:
        with use_cassette(path, "once"):
            stream = ask(server.url)
            assert next(stream) == b"data: 1\n\n"
            stream.close()
        hold.set()
    assert read_recording(path).interactions[0].response.timing.end == "dropped"
    with use_cassette(path):
        stream = ask(server.url)
        assert next(stream) == b"data: 1\n\n"
        with pytest.raises(CassetteMissError, match="its reader stopped there"):
            next(stream)


def test_a_miss(ask: Ask, interaction: Callable[..., Interaction]) -> None:
    """A request that is not recorded raises the error of the cassette, and reaches nobody."""
    with play([interaction()], allow_unplayed=True), pytest.raises(CassetteMissError):
        list(ask("https://api.example.com/v1"))


def test_tls_needs_no_server_in_a_replay(interaction: Callable[..., Interaction]) -> None:
    """Neither a connection nor a certificate is asked for, and nothing warns of that."""
    with play([interaction(b"", b'{"a": 1}')] * 1, match_on=["method", "host"]):
        assert requests.post("https://api.example.com/v1/chat", timeout=1).json() == {"a": 1}


@pytest.mark.parametrize("before", [False, True], ids=["made inside", "used before"])
def test_a_session_that_keeps_its_connection(before: bool, tmp_path: Path) -> None:
    """Requests over one connection are recorded one by one, and so are those over an older one."""
    path = tmp_path / "a.yaml"
    keep = {"connection": "keep-alive"}
    replies = [plain_json({"n": n}, **keep) for n in range(4)]
    with requests.Session() as session, serve(replies) as server:
        if before:
            session.post(f"{server.url}/0", timeout=5)
        with use_cassette(path, "once"):
            live = [session.post(f"{server.url}/{n}", timeout=5).json() for n in (1, 2)]
        after = session.post(f"{server.url}/3", timeout=5).json()
    assert after == {"n": 2 + before}
    with requests.Session() as session, use_cassette(path):
        assert [session.post(f"{server.url}/{n}", timeout=5).json() for n in (1, 2)] == live


def test_a_proxy_changes_nothing(
    interaction: Callable[..., Interaction], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address of the request is the provider's, through a tunnel and without."""
    monkeypatch.setenv("http_proxy", "http://proxy.example.com:3128")
    monkeypatch.setenv("https_proxy", "http://proxy.example.com:3128")
    addresses = ["http://api.example.com/v1/chat", "https://api.example.com/v1/chat"]
    items = [interaction(index=index, url=url) for index, url in enumerate(addresses)]
    with play(items, match_on=["method", "scheme", "host", "path"]):
        for url in addresses:
            assert requests.post(url, timeout=1).json() == {}


def test_nothing_stays_patched(tmp_path: Path) -> None:
    """After the block the classes are what they were."""
    before = urllib3.connection.HTTPSConnection.connect
    with use_cassette(tmp_path / "a.yaml", "once"):
        assert urllib3.connection.HTTPSConnection.connect is not before
    assert urllib3.connection.HTTPSConnection.connect is before
