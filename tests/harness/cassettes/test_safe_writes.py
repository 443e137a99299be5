"""Whatever happens while a cassette is written, nothing that was good is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

import httpx2
import pytest
from loopback import Reply, plain_json, serve

from harness.cassettes import read_recording, use_cassette

WORKER = """
import sys, httpx2
from harness import use_cassette
path, url, mode, name = sys.argv[1:]
with use_cassette(path, mode):
    print("open", flush=True)
    sys.stdin.readline()
    for number in range(3):
        httpx2.post(f"{url}/{name}/{number}")
"""


@pytest.mark.parametrize(
    "mode",
    [
        "new_episodes",
        *(pytest.param(m, marks=pytest.mark.proof) for m in ("once", "rewrite", "all")),
    ],
)
def test_two_processes_record_into_one_file(mode: str, tmp_path: Path) -> None:
    """What both recorded is there, with arrivals that no two events share."""
    path = tmp_path / "a.yaml"
    with serve(lambda request: plain_json(request.path)) as server:
        if mode != "once":
            with use_cassette(path, "once"):
                httpx2.post(f"{server.url}/before")
        workers = [
            subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-c", WORKER, str(path), server.url, mode, name],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for name in "ab"
        ]
        for worker in workers:
            assert worker.stdout.readline() == "open\n"
        for worker in workers:
            worker.communicate("go\n", timeout=30)
            assert worker.returncode == 0
    items = read_recording(path).interactions
    paths = sorted(item.request.url.removeprefix(server.url) for item in items)
    before = ["/before"] if mode in {"new_episodes", "all"} else []
    assert paths == [*(f"/{name}/{number}" for name in "ab" for number in range(3)), *before]
    numbers = [number for item in items for number in item.response.timing.arrivals]
    assert len(set(numbers)) == len(numbers)


def test_a_failing_test_overwrites_only_if_told_to(tmp_path: Path) -> None:
    """By default a good cassette stays as it was."""
    path = tmp_path / "a.yaml"

    def rewrite(*, fails: bool, **options: bool) -> bytes:
        with serve([plain_json(time.time())]) as server:
            try:
                with use_cassette(path, "rewrite", recorded_as="https://a.example", **options):
                    httpx2.post(server.url)
                    assert not fails
            except AssertionError:
                pass
        return path.read_bytes()

    good = rewrite(fails=False)
    assert rewrite(fails=True) == good
    assert rewrite(fails=True, save_failed=True) != good


def record_and_die(path: Path, url: str, body_came: int) -> None:
    """Record a large answer in a forked process that lives until it is killed, or is done."""
    with (
        use_cassette(path, "rewrite", recorded_as="https://a.example"),
        httpx2.Client() as client,
        client.stream("POST", url) as response,
    ):
        for number, _ in enumerate(response.iter_raw()):
            if not number:
                os.write(body_came, b"x")
    os._exit(0)


@pytest.mark.proof
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")
def test_killed_while_recording(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Killed 200 times from the first byte to the rename: the file is the old or the new one."""
    path, random = tmp_path / "a.yaml", Random(8)  # noqa: S311 - to spread the kills
    line = b'data: {"choices": [{"delta": {"content": "word"}}]}\n\n'
    replies = [Reply([line * 500] * 8) for _ in range(400)]
    seen: Counter[str] = Counter()
    with serve(replies) as server:

        def run(after: float | None) -> float:
            reads, writes = os.pipe()
            child = os.fork()
            if not child:
                record_and_die(path, server.url, writes)
            os.close(writes)
            os.read(reads, 1)
            os.close(reads)
            started = time.monotonic()
            if after is not None:
                time.sleep(after)
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return time.monotonic() - started

        takes = run(None)
        good = read_recording(path).interactions[0].response.body
        for _ in range(200):
            before = path.stat().st_ino
            run(random.uniform(0, takes))
            (kept,) = read_recording(path).interactions
            assert kept.response.body == good
            parts = list(tmp_path.glob(".a.yaml.*.tmp"))
            is_new = path.stat().st_ino != before
            seen["inside the write" if parts else "after" if is_new else "before the write"] += 1
            for part in parts:
                part.unlink()
    with capsys.disabled():
        print(f"\nkilled while recording: {dict(seen)}", end="")  # noqa: T201 - the histogram
    assert seen["inside the write"] >= 30
