"""Whatever happens while a cassette is written, nothing that was good is lost."""

from __future__ import annotations

import itertools
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
from harness.errors import CassetteError

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


def record_and_die(path: Path, url: str, first_came: int) -> None:
    """Record a large answer in a forked process that lives until it is killed, or is done."""
    with (
        use_cassette(path, "rewrite", recorded_as="https://a.example"),
        httpx2.Client() as client,
        client.stream("POST", url) as response,
    ):
        for number, _ in enumerate(response.iter_raw()):
            if not number:
                os.write(first_came, b"x")
    os._exit(0)


def large_answer(number: int) -> Reply:
    """An answer that no other run gets: all of it says which one it is."""
    line = b'data: {"choices": [{"delta": {"content": "word %05d"}}]}\n\n' % number
    return Reply([line * 500] * 8)


@pytest.mark.proof
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")
def test_killed_while_recording(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Killed from the first byte to the rename, at least 200 times: the file is old or new.

    How many kills fall inside the write depends on how fast the machine is, so it goes on until
    enough of them did.
    """
    path, random = tmp_path / "a.yaml", Random(8)  # noqa: S311 - to spread the kills
    numbers = itertools.count()
    seen: dict[str, Counter[int]] = {"before": Counter(), "inside": Counter(), "after": Counter()}
    with serve(lambda _: large_answer(next(numbers))) as server:

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

        takes = sorted(run(None) for _ in range(5))[2]
        for number in range(5, 1005):
            before = path.read_bytes()
            at = random.random()
            run(at * takes)
            parts = list(tmp_path.glob(".a.yaml.*.tmp"))
            is_new = path.read_bytes() != before
            (kept,) = read_recording(path).interactions
            if is_new:
                assert kept.response.body == b"".join(large_answer(number).steps)
            seen["inside" if parts else "after" if is_new else "before"][int(at * 10)] += 1
            for part in parts:
                part.unlink()
            if number >= 204 and seen["inside"].total() >= 30:
                break
    with capsys.disabled():
        print("\nkilled while recording, by the tenth of the time at which it was:")  # noqa: T201
        for when, tenths in seen.items():
            print(f"  {when:6} the write", *(f"{tenths[k]:3}" for k in range(10)))  # noqa: T201
    assert seen["inside"].total() >= 30


FULL = """
import resource, sys, httpx2
from harness import use_cassette
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    with use_cassette(sys.argv[1], "rewrite"):
        httpx2.post(sys.argv[2])
except OSError as error:
    print(error.strerror)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files")
def test_no_room_for_the_new_file(tmp_path: Path) -> None:
    """The program is told, the old file is whole, and nothing is left beside it."""
    path = tmp_path / "a.yaml"
    with serve([plain_json("small"), Reply([b"data: large\n\n" * 5000])]) as server:
        with use_cassette(path, "once"):
            httpx2.post(server.url)
        good = path.read_bytes()
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-c", FULL, str(path), server.url],
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert (done.stdout, done.returncode) == ("File too large\n", 0), done.stderr
    assert path.read_bytes() == good
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("folder", "Is a directory"),
        ("file/a.yaml", "Not a directory"),
        (f"{'a' * 300}.yaml", "File name too long"),
        pytest.param(
            "protected/a.yaml",
            "Permission denied",
            marks=pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere"),
        ),
    ],
)
def test_a_place_that_cannot_be_written(place: str, why: str, tmp_path: Path) -> None:
    """It is told before the first request is sent: nobody pays for what cannot be kept."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "protected").mkdir(mode=0o555)
    with (
        serve([plain_json({})]) as server,
        pytest.raises(CassetteError, match=f"cannot record into .*: {why}"),
        use_cassette(tmp_path / place, "rewrite"),
    ):
        httpx2.post(server.url)
    assert server.requests == []


def test_who_may_read_a_file_stays(tmp_path: Path) -> None:
    """A private cassette is private when it was recorded anew."""
    path = tmp_path / "a.yaml"
    with serve(lambda _: plain_json({})) as server:
        for mode in ("once", "rewrite"):
            with use_cassette(path, mode):
                httpx2.post(server.url)
            path.chmod(0o600 if mode == "once" else path.stat().st_mode)
    assert path.stat().st_mode & 0o777 == 0o600
