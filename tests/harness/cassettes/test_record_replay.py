"""What is recorded from a live stream is replayed as the same stream."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import anyio
import httpx
import httpx2
import pytest
from clients import Client
from loopback import Reply, gzipped, serve

from harness.cassettes import Interaction, Timing, play, read_recording, use_cassette

TOKENS = ["Why", " was", " the", " cat", " on", " it? 😀"]


def test_replay_with_the_server_gone(client: Client, record: Callable) -> None:
    """Every client gets the recorded tokens again, at the provider's own address, offline."""
    path, live = record(client, client.reply(TOKENS))
    with use_cassette(path) as cassette:
        assert client.stream(client.address) == live == TOKENS
    assert cassette.played == cassette.interactions


def test_one_program_records_and_replays(sdk: Client, record: Callable) -> None:
    """With `recorded_as`, a program that still asks the loopback address is answered, too."""
    path, live = record(sdk, sdk.reply(TOKENS))
    with use_cassette(path, recorded_as=sdk.address):
        assert sdk.stream("http://127.0.0.1:9") == live


def test_recording_never_withholds_a_piece(client: Client, tmp_path: Path) -> None:
    """The server sends the second token only when the client has seen the first."""
    seen = threading.Event()
    reply = client.reply(TOKENS)
    first = next(k for k, step in enumerate(reply.steps) if b'"Why"' in step)
    held = Reply([*reply.steps[: first + 1], seen, *reply.steps[first + 1 :]])
    with serve([held]) as server, use_cassette(tmp_path / "a.yaml", "once"):
        assert client.stream(server.url, on_token=lambda _: seen.set()) == TOKENS
    assert server.waited_in_vain == 0


@pytest.mark.parametrize("library", [httpx, httpx2])
@pytest.mark.parametrize("drive", ["sync", "async"])
def test_pieces_are_cut_where_they_were(library: object, drive: str, tmp_path: Path) -> None:
    """Cuts in the middle of an event and of a character come back as they were."""
    cuts = [b'data: {"a"', b": 1}\n\ndata: caf\xc3", b"\xa9\n", b"\n"]
    path = tmp_path / "a.yaml"
    with serve([Reply(cuts)]) as server:
        url = f"{server.url}/v1"
        with use_cassette(path, "once"):
            assert pieces(library, drive, url) == cuts
    with use_cassette(path):
        assert pieces(library, drive, url) == cuts


def test_a_recording_of_another_tool_is_played_event_by_event(interaction: Callable) -> None:
    """Where no cuts were recorded, a stream comes in one piece per event."""
    events = [b"data: 1\n\n", b": ping\n\n", b"data: 2\r\n\r\n", b"data: rest"]
    with play([interaction(b"", b"".join(events))]):
        assert pieces(httpx2, "sync", "https://api.example.com/v1/chat") == events


@pytest.mark.parametrize(
    ("method", "headers"),
    [("HEAD", {"content-length": "5", "content-type": "a/b"}), ("POST", {"x-name": "caf\xe9"})],
)
def test_headers_are_what_they_were(method: str, headers: dict, tmp_path: Path) -> None:
    """The size that HEAD asks for, and letters beyond ASCII."""
    path = tmp_path / "a.yaml"
    with serve([Reply([], headers=headers)]) as server:
        with use_cassette(path, "once"):
            live = httpx2.request(method, server.url).headers
        with use_cassette(path):
            replayed = httpx2.request(method, server.url).headers
    assert {name: live[name] for name in headers} == {name: replayed[name] for name in headers}


def test_a_compressed_stream_is_stored_plain(record: Callable, sdk: Client) -> None:
    """The cassette holds the text, and names the encoding in which it came."""
    path, live = record(sdk, gzipped(sdk.reply(TOKENS)))
    (recorded,) = read_recording(path).interactions
    assert recorded.response.body == b"".join(sdk.reply(TOKENS).steps)
    assert recorded.response.content_encoding == "gzip"
    with use_cassette(path):
        assert sdk.stream(sdk.address) == live


def test_waits_are_skipped(slow: Interaction) -> None:
    """A stream that took an hour is replayed at once."""
    with play([slow]):
        assert pieces(httpx2, "sync", slow.request.url) == [b"data: 1\n\n", b"data: 2\n\n"]


@pytest.mark.parametrize("drive", ["sync", "async"])
def test_realtime_waits_as_long_as_it_took(drive: str, slow: Interaction) -> None:
    """With realtime, each piece comes when it came; `speed` makes 36 ms of the recorded hour."""
    started = time.perf_counter()
    with play([slow], realtime=True, speed=100_000):
        pieces(httpx2, drive, slow.request.url)
    assert time.perf_counter() - started >= 0.036


@pytest.fixture
def slow(interaction: Callable) -> Interaction:
    """A stream of two pieces, half an hour apart."""
    timing = Timing(cuts=(9, 18), offsets=(1800.0, 3600.0))
    return interaction(b"", b"data: 1\n\ndata: 2\n\n", timing=timing)


def pieces(library: object, drive: str, url: str) -> list[bytes]:
    """Post to the address and return the body as it comes."""

    async def run() -> list[bytes]:
        client = library.AsyncClient()
        async with client, client.stream("POST", url) as response:
            return [piece async for piece in response.aiter_raw()]

    if drive == "async":
        return anyio.run(run)
    with library.Client() as client, client.stream("POST", url) as response:
        return list(response.iter_raw())


def test_arrival_is_recorded(record: Callable, sdk: Client) -> None:
    """The offsets grow with the waits of the server, and are whole milliseconds."""
    path, _ = record(sdk, sdk.reply(["a"]).delayed(0.02))
    (recorded,) = read_recording(path).interactions
    timing = recorded.response.timing
    assert len(timing.cuts) == len(timing.offsets) == len(sdk.reply(["a"]).steps)
    # no piece can arrive before the server has waited for it and for those before it
    for number, offset in enumerate(timing.offsets, start=1):
        assert offset >= 0.02 * number - 0.001
