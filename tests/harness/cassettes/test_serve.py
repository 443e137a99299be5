"""A cassette as a server: what clients read from it is what the provider sent."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest
from clients import SDKS, Client
from loopback import Reply, plain_json, serve

from harness.cassettes import Interaction, Timing, read_recording, use_cassette
from harness.cassettes._serve import LogEntry, serving


def stream(client: Client, reply: Reply, folder: Path, prompt: str = "hi") -> tuple[Path, list]:
    """Record one answer."""
    path = folder / f"{prompt}.yaml"
    cassette = use_cassette(path, "once", recorded_as=client.address)
    with serve([reply] * 9) as server, cassette:
        return path, client.stream(server.url, prompt)


ENDS = {
    "complete": lambda sdk: sdk.reply(["a", "b"]),
    "reset": lambda sdk: Reply(sdk.reply("abc").steps[:4], end="reset"),
    "429": lambda _: plain_json({"error": {"message": "slow down"}}, 429, retry_after_ms="1"),
}


@pytest.mark.parametrize("end", ENDS)
def test_clients_see_what_they_saw_live(end: str, sdk: Client, tmp_path: Path) -> None:
    """The same tokens and the same exception, from a server that nobody knows is a recording."""
    path, live = stream(sdk, ENDS[end](sdk), tmp_path)
    with serving(read_recording(path).interactions, realtime=False) as url:
        for _ in range(2):  # what was played may be asked for again
            assert sdk.stream(url) == live


def test_served_and_recorded_again(sdk: Client, tmp_path: Path) -> None:
    """Bytes, cuts and end come out again, and no piece comes earlier than it came."""
    path, _ = stream(sdk, sdk.reply(["a", "b"]).delayed(0.03), tmp_path)
    (first,) = read_recording(path).interactions
    again = tmp_path / "again.yaml"
    with serving([first]) as url, use_cassette(again, "once", recorded_as=sdk.address):
        sdk.stream(url)
    (second,) = read_recording(again).interactions
    assert second.response.body == first.response.body
    assert second.request.body == first.request.body
    one, two = first.response.timing, second.response.timing
    assert (two.cuts, two.end) == (one.cuts, one.end)
    for before, after in zip(one.offsets, two.offsets, strict=True):
        assert after >= before - 0.005


def test_several_cassettes_and_clients(tmp_path: Path) -> None:
    """Eight clients at once each get their own answer."""
    sdk = SDKS[0]
    items: list[Interaction] = []
    for number in range(8):
        path, _ = stream(sdk, sdk.reply([f"{number}.{k}" for k in range(3)]), tmp_path, f"{number}")
        items += read_recording(path).interactions  # there is no order between recordings
    with serving(items, realtime=False) as url, ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda number: sdk.stream(url, str(number)), range(8)))
    assert got == [[f"{number}.{k}" for k in range(3)] for number in range(8)]


def test_hits_and_misses(interaction: Callable[..., Interaction]) -> None:
    """Each request is logged; a miss says what was nearest."""
    log: list[LogEntry] = []
    with serving([interaction({"q": 1})], log=log.append) as url:
        assert httpx2.post(f"{url}/v1/chat", json={"q": 1}).status_code == 200
        missed = httpx2.post(f"{url}/v1/chat", json={"q": 2})
    assert missed.status_code == 404
    assert "body.q: recorded 1, sent 2" in missed.json()["error"]["message"]
    lines = [str(entry).split(": ")[0] for entry in log]
    assert lines == ["hit  POST /v1/chat", "sent POST /v1/chat", "miss POST /v1/chat"]


def test_a_request_in_chunks(interaction: Callable[..., Interaction]) -> None:
    """A client need not know how long its request is; one that says nonsense is a miss."""
    log: list[LogEntry] = []
    with serving([interaction(b"whole", b"yes")], log=log.append) as url:
        assert httpx2.post(f"{url}/v1/chat", content=iter([b"wh", b"ole"])).text == "yes"
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as client:
            client.sendall(b"POST /v1/chat HTTP/1.1\r\ncontent-length: five\r\n\r\n")
            assert client.recv(12) == b"HTTP/1.1 404"
    assert [entry.what for entry in log] == ["hit", "sent", "miss"]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not here")
def test_curl(tmp_path: Path, interaction: Callable[..., Interaction]) -> None:
    """The command serves a client that is not Python."""
    body = b"data: caf\xc3\xa9\n\ndata: 2\n\n"
    timing = Timing((10, len(body)), (0.0, 0.0))
    item = interaction(b"", body, timing=timing)
    from harness.cassettes._format.store import dumped  # noqa: PLC0415 - only here

    path = tmp_path / "a.yaml"
    path.write_text(dumped([item]))
    command = [sys.executable, "-m", "harness", "serve", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - ours
        try:
            url = server.stdout.readline().split()[-1]
            asked = ["curl", "-sN", "-X", "POST", "--max-time", "10", f"{url}/v1/chat"]
            ran = subprocess.run(asked, capture_output=True, check=True)  # noqa: S603 - on loopback
        finally:
            server.terminate()  # SIGINT may be ignored, where the tests run in the background
        assert server.wait(10) == 0
    assert ran.stdout == body
