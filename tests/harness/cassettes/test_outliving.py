"""What goes on after the block of its cassette, or in another process."""

from __future__ import annotations

import asyncio
import contextvars
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import aiohttp
import httpx2
import pytest
from loopback import Reply, plain_json, serve

from harness.cassettes import Interaction, Timing, play, read_recording, use_cassette

URL = "https://api.example.com/v1/chat"
BODY = b"data: 1\n\ndata: 2\n\n"


@pytest.fixture
def slow(interaction: Callable[..., Interaction]) -> Interaction:
    """Two pieces, half an hour apart."""
    timing = Timing((9, 18), (0.0, 1800.0), ended=1800.0, arrivals=(0, 1, 2, 3, 4))
    return interaction(b"", BODY, timing=timing)


def test_the_rest_of_a_replayed_answer(slow: Interaction) -> None:
    """Whoever reads on after the block has the rest, at once."""
    with httpx2.Client() as client:
        with play([slow]):
            answer = client.send(client.build_request("POST", URL), stream=True)
            came = answer.iter_raw()
            first = next(came)
        assert first + b"".join(came) == BODY


async def test_the_rest_for_a_task_that_waits(slow: Interaction) -> None:
    """So has a task that was waiting for it when the block ended."""
    async with aiohttp.ClientSession() as session:
        with play([slow]):
            answer = await session.post(URL)
            first = await answer.content.readany()
            reading = asyncio.create_task(answer.read())
        assert first + await asyncio.wait_for(reading, 30) == BODY


def test_what_is_read_after_a_recording(tmp_path: Path) -> None:
    """It reaches the program and no file, and the program is told."""
    path, hold = tmp_path / "a.yaml", threading.Event()
    with (
        serve([Reply([b"data: 1\n\n", hold, b"data: 2\n\n"])]) as server,
        httpx2.Client() as client,
    ):
        with use_cassette(path, "once"):
            answer = client.send(client.build_request("POST", server.url), stream=True)
            came = answer.iter_raw()
            first = next(came)
        hold.set()
        with pytest.warns(UserWarning, match="read on after its cassette was closed"):
            rest = b"".join(came)
    assert first + rest == BODY
    assert read_recording(path).interactions[0].response.body == first


FORKED = """
import os, sys, httpx2
from harness import use_cassette
from harness.errors import CassetteError

path, url = sys.argv[1:]
with use_cassette(path, "once"):
    httpx2.post(f"{url}/parent")
    child = os.fork()
    if child == 0:
        try:
            httpx2.post(f"{url}/child")
        except CassetteError as error:
            print(error, flush=True)
if child:
    os.waitpid(child, 0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_process_that_was_forked(tmp_path: Path) -> None:
    """It does not ask what would be in no file, is told so, and leaves the file to its parent."""
    path = tmp_path / "a.yaml"
    with serve(lambda _: plain_json({})) as server:
        command = [sys.executable, "-c", FORKED, str(path), server.url]
        ran = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)  # noqa: S603 - ours
    assert "was opened in another process, and records only there" in ran.stdout
    assert [request.path for request in server.requests] == ["/parent"]
    assert [item.request.url for item in read_recording(path).interactions] == [
        f"{server.url}/parent"
    ]


def test_a_program_that_changes_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path means the folder in which the block was made."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with serve([plain_json({})]) as server, use_cassette("a.yaml", "once"):
        httpx2.post(server.url)
        monkeypatch.chdir(tmp_path / "elsewhere")
    assert [path.name for path in tmp_path.rglob("*.yaml")] == ["a.yaml"]
    assert len(read_recording(tmp_path / "a.yaml").interactions) == 1


def test_blocks_that_take_turns_with_one_file(tmp_path: Path) -> None:
    """What one adds while another is open is there once, however often the file is written."""
    path = tmp_path / "a.yaml"
    contexts = [contextvars.copy_context() for _ in range(2)]

    def opened(who: int) -> Callable[[int], None]:
        block = use_cassette(path, "new_episodes")
        contexts[who].run(block.__enter__)

        def ask_and_close(number: int) -> None:
            contexts[who].run(httpx2.post, f"{server.url}/{number}")
            contexts[who].run(block.__exit__, None, None, None)

        return ask_and_close

    with serve(lambda _: plain_json({})) as server:
        first, second = opened(0), opened(1)
        second(1)
        second = opened(1)
        first(2)
        first = opened(0)
        second(3)
        first(4)
    recorded = read_recording(path).interactions
    assert sorted(item.request.url[-1] for item in recorded) == ["1", "2", "3", "4"]
