"""A stream that died is replayed as a stream that dies: the same pieces, then the same error."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from clients import OPENAI, SDKS, Client, openai_sync
from loopback import Reply, plain_json, serve

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


def test_an_error_status(record: Callable, sdk: Client) -> None:
    """Retries of a rate limit are recorded and replayed one by one."""
    error = {"type": "error", "error": {"type": "rate_limit_error", "message": "slow down"}}
    path, live = record(sdk, plain_json(error, 429, retry_after_ms="1"))
    assert live == ["RateLimitError"]
    with use_cassette(path) as cassette:
        assert sdk.stream(sdk.address) == live
    assert [item.response.status for item in cassette.played] == [429, 429, 429]
