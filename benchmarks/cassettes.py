"""Replay side by side with vcrpy, above the floor of the same SDK on an in-memory transport.

The floor reads the whole body in one piece and knows no cassette. Rounds are interleaved, so that a
machine that slows down slows all of them down. Run with `make bench`; `--json` prints one object.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx2
import openai
import vcr

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from clients import KEY, OPENAI, ask
from loopback import Reply, openai_chat, serve

from harness import use_cassette
from harness.cassettes import read_recording

TOKENS = 500
REPLY = openai_chat(["word "] * TOKENS)


def read(client: openai.OpenAI) -> int:
    """Stream one answer and count its chunks."""
    return sum(1 for _ in client.chat.completions.create(**ask(OPENAI, "hi"), stream=True))


def in_memory(_: httpx2.Request) -> httpx2.Response:
    """Answer without a network and without a cassette."""
    body = b"".join(step for step in REPLY.steps if isinstance(step, bytes))
    return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=body)


def replay(path: Path, rounds: int) -> dict[str, float]:
    """Return milliseconds for one stream: the floor, ours, vcrpy's."""
    floor = openai.OpenAI(
        api_key=KEY, http_client=httpx2.Client(transport=httpx2.MockTransport(in_memory))
    )
    usual = openai.OpenAI(api_key=KEY)
    matchers = ["method", "host", "path", "body"]
    kinds: dict[str, tuple[openai.OpenAI, Callable[[], Any]]] = {
        "floor": (floor, nullcontext),
        "ours": (usual, lambda: use_cassette(path)),
        "vcrpy": (
            usual,
            lambda: vcr.use_cassette(
                str(path), record_mode="none", match_on=matchers, allow_playback_repeats=True
            ),
        ),
    }
    times: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(rounds):
        for name, (client, opened) in kinds.items():
            with opened():
                start = time.perf_counter()
                assert read(client) > TOKENS
                times[name].append((time.perf_counter() - start) * 1000)
    return {name: statistics.median(taken[1:]) for name, taken in times.items()}


def loading(folder: Path, megabytes: int) -> dict[str, float]:
    """Return seconds, and how many times its size a file takes in memory."""
    path = folder / "large.yaml"
    answer = 'response: {status: 200, body: {string: "%s"}}' % ("data: x\\n\\n" * 5000)
    one = f"- request: {{method: GET, uri: u}}\n  {answer}\n"
    path.write_text("interactions:\n" + one * (megabytes * 1_000_000 // len(one)))
    start = time.perf_counter()
    read_recording(path)
    seconds = time.perf_counter() - start
    tracemalloc.start()
    read_recording(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return {"seconds": seconds, "times its size": peak / path.stat().st_size}


@contextmanager
def provider() -> Iterator[str]:
    """Serve one token at once, and the others when somebody asks for them."""
    with serve(lambda _: Reply(REPLY.steps[:20])) as server:
        yield server.url


def first_token(folder: Path, rounds: int) -> dict[str, float]:
    """Return milliseconds until the first chunk, live and while recording."""
    times: dict[str, list[float]] = {"live": [], "recording": []}
    with provider() as url:
        for number in range(rounds):
            for name, taken in times.items():
                path = folder / f"{number}.yaml"
                opened = use_cassette(path, "once") if name == "recording" else nullcontext()
                with opened, openai.OpenAI(base_url=f"{url}/v1", api_key=KEY) as client:
                    start = time.perf_counter()
                    stream = client.chat.completions.create(**ask(OPENAI, "hi"), stream=True)
                    next(iter(stream))
                    taken.append((time.perf_counter() - start) * 1000)
                    sum(1 for _ in stream)
    return {name: statistics.median(taken) for name, taken in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rounds", type=int, default=15, help="rounds of each measurement")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "stream.yaml"
        with serve([REPLY]) as server, use_cassette(path, "once", recorded_as=OPENAI):
            read(openai.OpenAI(base_url=f"{server.url}/v1", api_key=KEY))
        rows = {
            f"replay of {TOKENS} tokens, ms": replay(path, args.rounds),
            "loading of 50 MB": loading(folder, 50),
            "first token, ms": first_token(folder, args.rounds),
        }
    if args.json:
        print(json.dumps({"vcrpy": version("vcrpy"), "openai": version("openai"), **rows}))
        return
    for title, row in rows.items():
        print(f"{title:30}", "  ".join(f"{name} {value:.2f}" for name, value in row.items()))


if __name__ == "__main__":
    main()
