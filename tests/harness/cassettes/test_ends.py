"""A stream that died is replayed as a stream that dies: the same pieces, then the same error."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import clients
import httpx2
import pytest
import yaml
from clients import OPENAI, SDKS, Client, openai_sync
from loopback import Reply, plain_json, serve, sse

from harness.cassettes import read_recording, use_cassette
from harness.errors import CassetteMissError


def shortened(reply: Reply, end: str) -> Reply:
    """Keep the reply up to its second token, then end it."""
    return replace(reply, steps=reply.steps[:4], end=end)


@pytest.mark.parametrize("end", ["cut", "reset"])
def test_a_lost_connection(end: str, sdk: Client, record: Callable) -> None:
    """After the same tokens the client sees the same exception, although no server is there."""
    path, live = record(sdk, shortened(sdk.reply(["a", "b", "c"]), end))
    assert live[:2] == ["a", "b"] if "openai" in sdk.name else live[:1] == ["a"]
    assert live[-1].endswith("Error")
    with use_cassette(path):
        assert sdk.stream(sdk.address) == live
    assert read_recording(path).interactions[0].response.timing.end == "reset"


def test_a_timeout(tmp_path: Path) -> None:
    """A server that fell silent is a ReadTimeout again, without the wait."""
    path, hold = tmp_path / "a.yaml", threading.Event()

    def read(url: str) -> list[bytes | str]:
        pieces: list[bytes | str] = []
        with httpx2.Client(timeout=0.1) as client, client.stream("POST", url) as response:
            try:
                pieces.extend(response.iter_raw())
            except httpx2.ReadTimeout as error:
                pieces.append(repr(error))
        return pieces

    with serve([Reply([b"data: 1\n\n", hold])]) as server:
        url = f"{server.url}/v1"
        with use_cassette(path, "once"):
            live = read(url)
        hold.set()
    assert live == [b"data: 1\n\n", "ReadTimeout('timed out')"]
    with use_cassette(path):
        assert read(url) == live


def test_a_reader_that_leaves(tmp_path: Path) -> None:
    """What the reader did not wait for is not in the cassette, and is not made up in replay."""
    path = tmp_path / "a.yaml"
    client = next(sdk for sdk in SDKS if sdk.name == "openai")
    hold = threading.Event()
    steps = client.reply(["a", "b", "c"]).steps
    with serve([Reply([*steps[:2], hold, *steps[2:]])]) as server:
        with use_cassette(path, "once", recorded_as=OPENAI):
            tokens = openai_sync(server.url, "hi")
            assert [next(tokens), next(tokens)] == ["", "a"]
            tokens.close()
        hold.set()
    assert read_recording(path).interactions[0].response.timing.end == "dropped"
    with use_cassette(path):
        tokens = openai_sync(OPENAI, "hi")
        assert [next(tokens), next(tokens)] == ["", "a"]
        with pytest.raises(CassetteMissError, match="its reader stopped there"):
            next(tokens)


def test_a_client_that_closes_at_the_last_event_lost_nothing(record: Callable) -> None:
    """The OpenAI client closes at `[DONE]`; the recording is complete."""
    client = SDKS[0]
    path, _ = record(client, client.reply(["a"]))
    assert read_recording(path).interactions[0].response.timing.end == "complete"


WHOLE = {
    "length": Reply(
        [b'{"a": ', b"1}"],
        headers={"content-length": "8"},
    ),
    "error event": Reply([b"data: 1\n\n", sse({"type": "error", "error": {"type": "x"}}, "error")]),
    "last event": Reply([b"data: 1\n\n", b"data: [DONE]\n\n"]),
}


@pytest.mark.parametrize("whole", WHOLE)
def test_a_body_that_came_whole_is_complete(whole: str, tmp_path: Path) -> None:
    """Although the program failed at its last piece: another one may read it to the end."""
    path, reply = tmp_path / "a.yaml", WHOLE[whole]
    with serve([reply]) as server:
        url = f"{server.url}/v1"
        with use_cassette(path, "once"), httpx2.stream("POST", url) as response:
            size = 0
            for piece in response.iter_raw():
                size += len(piece)
                if size == sum(map(len, reply.steps)):
                    break
    assert read_recording(path).interactions[0].response.timing.end == "complete"
    with use_cassette(path):
        assert httpx2.post(url).content == b"".join(reply.steps)


@pytest.mark.parametrize(("leaves", "end"), [(True, "dropped"), (False, "cancelled")])
async def test_what_is_known_of_a_reader_that_left(leaves: bool, end: str, tmp_path: Path) -> None:
    """A task that was cancelled while it waited did not leave of its own will."""
    path, hold, first = tmp_path / "a.yaml", threading.Event(), asyncio.Event()

    async def read(url: str) -> None:
        async with httpx2.AsyncClient() as client, client.stream("POST", url) as response:
            async for _ in response.aiter_raw():
                first.set()
                if leaves:
                    break

    with serve([Reply([b"data: 1\n\n", hold])]) as server:
        with use_cassette(path, "once"):
            task = asyncio.create_task(read(server.url))
            await first.wait()
            await asyncio.sleep(0.01)  # it waits for the next piece, or has left
            task.cancel()
            await asyncio.wait([task])
        hold.set()
    assert read_recording(path).interactions[0].response.timing.end == end


def test_an_error_status(record: Callable, sdk: Client) -> None:
    """Retries of a rate limit are recorded and replayed one by one."""
    error = {"type": "error", "error": {"type": "rate_limit_error", "message": "slow down"}}
    path, live = record(sdk, plain_json(error, 429, retry_after_ms="1"))
    assert live == ["RateLimitError"]
    with use_cassette(path) as cassette:
        assert sdk.stream(sdk.address) == live
    assert [item.response.status for item in cassette.played] == [429, 429, 429]


def overloaded(sdk: Client) -> Reply:
    """Two tokens, then an error event in the words of the provider."""
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    event = sse(error, "error") if "anthropic" in sdk.name else sse(error)
    return Reply([*sdk.reply(["a", "b", "c"]).steps[:4], event])


ENDS = {
    "complete": lambda sdk: sdk.reply(["a", "b"]),
    "cut": lambda sdk: shortened(sdk.reply(["a", "b", "c"]), "cut"),
    "reset": lambda sdk: shortened(sdk.reply(["a", "b", "c"]), "reset"),
    "error event": overloaded,
    "429": lambda _: plain_json({"error": {"message": "slow down"}}, 429, retry_after_ms="1"),
    "500": lambda _: plain_json({"error": {"message": "broken"}}, 500, retry_after_ms="1"),
}


@pytest.mark.parametrize("end", ENDS)
def test_live_against_replay(end: str, sdk: Client, record: Callable) -> None:
    """However a stream ended, replay gives the same tokens and the same exception."""
    path, live = record(sdk, ENDS[end](sdk))
    for _ in range(2):
        with use_cassette(path):
            assert sdk.stream(sdk.address) == live
    assert live[-1].endswith("Error") == (end != "complete")


def test_a_time_limit_of_the_client(
    sdk: Client, record: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A provider that fell silent in the middle: the same tokens, then the client's own error."""
    monkeypatch.setattr(clients, "LIMIT", 0.5)
    hold = threading.Event()
    steps = sdk.reply(["a", "b", "c"]).steps[:4]
    path, live = record(sdk, Reply([*steps, hold], end="cut"))
    hold.set()
    assert "a" in live
    assert live[-1] in {"ReadTimeout", "APITimeoutError"}
    assert read_recording(path).interactions[0].response.timing.end == "timeout"
    with use_cassette(path):
        assert sdk.stream(sdk.address) == live


@pytest.mark.parametrize("leave", ["break", "cancel"])
def test_a_reader_that_leaves_again(leave: str, sdk: Client, tmp_path: Path) -> None:
    """A reader that breaks off, or is cancelled, at the same token again sees no error."""
    path, hold = tmp_path / "a.yaml", threading.Event()

    class Left(BaseException):
        pass

    def stop(text: str) -> None:
        if text == "b":
            raise asyncio.CancelledError if leave == "cancel" else Left

    def read(url: str) -> list[str]:
        got: list[str] = []
        with pytest.raises((Left, asyncio.CancelledError)):
            sdk.stream(url, on_token=lambda token: (got.append(token), stop(token)))
        return got

    steps = sdk.reply(["a", "b", "c"]).steps
    at = next(k for k, step in enumerate(steps) if b'"b"' in step) + 1
    with serve([Reply([*steps[:at], hold, *steps[at:]])]) as server:
        with use_cassette(path, "once", recorded_as=sdk.address):
            live = read(server.url)
        hold.set()
    assert live == ["a", "b"]
    with use_cassette(path):
        assert read(sdk.address) == live


@pytest.mark.parametrize("drive", ["sync", "async"])
def test_no_response_at_all(drive: str, tmp_path: Path) -> None:
    """A connection that was refused is refused again; stock vcrpy sees status 599, no success."""
    path = tmp_path / "a.yaml"

    async def aget(url: str) -> Any:
        async with httpx2.AsyncClient() as client:
            return await client.get(url)

    def get(url: str) -> Any:
        if drive == "async":
            return asyncio.run(aget(url))
        with httpx2.Client() as client:
            return client.get(url)

    url = "http://127.0.0.1:9/v1"
    with use_cassette(path, "once"), pytest.raises(httpx2.ConnectError) as live:
        get(url)
    with use_cassette(path), pytest.raises(httpx2.ConnectError) as replayed:
        get(url)
    assert str(replayed.value) == str(live.value)
    (stored,) = yaml.safe_load(path.read_text())["interactions"]
    assert stored["response"]["status"]["code"] == 599
