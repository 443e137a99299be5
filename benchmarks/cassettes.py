"""Replay side by side with vcrpy, above the floor of the same SDK on an in-memory transport.

There are two floors, which know no cassette: one has the body in one piece, as vcrpy has it, one
has it in the recorded pieces, as ours has it. Pieces cost the SDK's decoder something, whoever
brings them, so each tool's share is what it takes above its own floor; both floors are printed.
Processor time is measured, in interleaved rounds, so that a machine that slows down slows all of
them down. Run with `make bench`; `--json` prints one object.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
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


PIECES = [step for step in REPLY.steps if isinstance(step, bytes)]


def read(client: openai.OpenAI) -> int:
    """Stream one answer and count its chunks."""
    return sum(1 for _ in client.chat.completions.create(**ask(OPENAI, "hi"), stream=True))


async def aread(client: openai.AsyncOpenAI) -> int:
    """Do the same in an event loop."""
    stream = await client.chat.completions.create(**ask(OPENAI, "hi"), stream=True)
    return len([chunk async for chunk in stream])


class Answer(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    """A body in memory."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


def in_memory(pieces: list[bytes]) -> httpx2.MockTransport:
    """Answer without a network and without a cassette."""
    headers = {"content-type": "text/event-stream"}
    return httpx2.MockTransport(
        lambda _: httpx2.Response(200, headers=headers, stream=Answer(pieces))
    )


def stock(path: Path) -> Any:
    """Open the cassette with vcrpy."""
    matchers = ["method", "host", "path", "body"]
    return vcr.use_cassette(str(path), record_mode="none", match_on=matchers)


def replay(path: Path, rounds: int, drive: str) -> dict[str, float]:
    """Return milliseconds for a stream, and each tool's share with and without the opening."""
    loop = asyncio.new_event_loop()
    one, cut = in_memory([b"".join(PIECES)]), in_memory(PIECES)
    if drive == "async":
        floors = [
            openai.AsyncOpenAI(api_key=KEY, http_client=httpx2.AsyncClient(transport=transport))
            for transport in (one, cut)
        ]
        usual: Any = openai.AsyncOpenAI(api_key=KEY)
        run: Callable[[Any], int] = lambda client: loop.run_until_complete(aread(client))  # noqa: E731
    else:
        floors = [
            openai.OpenAI(api_key=KEY, http_client=httpx2.Client(transport=transport))
            for transport in (one, cut)
        ]
        usual, run = openai.OpenAI(api_key=KEY), read
    kinds: dict[str, tuple[Any, Callable[[], Any]]] = {
        "floor in one": (floors[0], nullcontext),
        "floor in pieces": (floors[1], nullcontext),
        "ours": (usual, lambda: use_cassette(path)),
        "vcrpy": (usual, lambda: stock(path)),
    }
    streams: dict[str, list[float]] = {name: [] for name in kinds}
    blocks: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(rounds):
        for name, (client, opened) in kinds.items():
            start = time.process_time()
            with opened():
                began = time.process_time()
                assert run(client) > TOKENS
                streams[name].append((time.process_time() - began) * 1000)
            blocks[name].append((time.process_time() - start) * 1000)
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
    row = {name: statistics.median(taken[1:]) for name, taken in streams.items()}
    row |= _shares("share", streams)
    return row | _shares("share with opening", blocks)


def _shares(title: str, taken: dict[str, list[float]]) -> dict[str, float]:
    """Return what each tool takes above its floor: the median over the rounds."""
    pairs = {"ours": "floor in pieces", "vcrpy": "floor in one"}
    return {
        f"{title}, {name}": statistics.median(
            above - below for above, below in zip(taken[name][1:], taken[floor][1:], strict=True)
        )
        for name, floor in pairs.items()
    }


def loading(folder: Path, megabytes: int) -> dict[str, float]:
    """Return seconds, and how many times its size a file takes in memory."""
    path = folder / "large.yaml"
    answer = 'response: {status: 200, body: {string: "%s"}}' % ("data: x\\n\\n" * 5000)
    one = f"- request: {{method: GET, uri: u}}\n  {answer}\n"
    path.write_text("interactions:\n" + one * (megabytes * 1_000_000 // len(one)))
    start = time.process_time()
    read_recording(path)
    seconds = time.process_time() - start
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
            f"replay of {TOKENS} tokens, ms": replay(path, args.rounds, "sync"),
            "the same, async": replay(path, args.rounds, "async"),
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
