"""What is served and recorded again is what was served, for every stream of the pool.

Public recordings keep no cuts and no times. So each stream is served event by event with a rhythm,
recorded through a provider's SDK, and what was recorded is served and recorded once more.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import queue
import statistics
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import anthropic
import openai
import pytest
from clients import KEY

from harness.cassettes import Interaction, Timing, read_recording, use_cassette
from harness.cassettes._serve import LogEntry, serving
from harness.cassettes._sse import event_cuts

SHARED = Path(__file__).parents[4] / "shared" / "cassettes"
RHYTHM = (0.001, 0.003, 0.002, 0.03)
ALLOWED = 0.01
SILENT = 0.0005  # each of the many other events

pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(not SHARED.is_dir(), reason="no recordings beside the repository"),
]


def streams() -> Iterator[tuple[str, Interaction]]:
    """Yield every stream that was asked for with JSON, with the rhythm, and its name."""
    for name, known in json.loads((SHARED / "expectations.json").read_text()).items():
        streamed = [item["k"] for item in known if item["stream"] == "sse"]
        loaded = read_recording(SHARED / "pool" / name).interactions if streamed else ()
        for k in streamed:
            if loaded[k].request.json() is None:  # one uploads a recording of a voice
                continue
            response = loaded[k].response
            cuts = event_cuts(response.body)
            gaps = itertools.chain(RHYTHM * 3, itertools.repeat(SILENT))
            offsets = tuple(itertools.accumulate(itertools.islice(gaps, len(cuts))))
            timing = Timing(cuts, offsets)
            served = replace(loaded[k], response=replace(response, timing=timing))
            yield f"{name} {k}", replace(served, index=0)


def ask(item: Interaction, url: str, drive: str) -> None:
    """Send the recorded request with the SDK of the provider, and read all of the answer."""
    sdk = anthropic if "anthropic" in item.request.url else openai
    names = ("Anthropic", "Stream") if sdk is anthropic else ("OpenAI", "Stream")
    prefix = "Async" if drive == "async" else ""
    client_class, stream_class = (getattr(sdk, prefix + name) for name in names)
    parts = urlsplit(item.request.url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    asked = {"body": item.request.json(), "cast_to": object, "stream": True}

    async def aread() -> None:
        async with client_class(base_url=url, api_key=KEY, max_retries=0) as client:
            stream = await client.post(path, stream_cls=stream_class[object], **asked)
            async for _ in stream.response.aiter_raw():
                pass

    with suppress(sdk.APIStatusError):  # it has read the body then
        if drive == "async":
            asyncio.run(aread())
            return
        with client_class(base_url=url, api_key=KEY, max_retries=0) as client:
            stream = client.post(path, stream_cls=stream_class[object], **asked)
            for _ in stream.response.iter_raw():
                pass


def served_and_recorded(item: Interaction, path: Path, drive: str) -> tuple[Interaction, LogEntry]:
    """Serve an interaction, record it, and return what was recorded and what was sent."""
    log: queue.Queue[LogEntry] = queue.Queue()
    with serving([item], log=log.put) as url, use_cassette(path, "once"):
        ask(item, url, drive)
        hit, sent = log.get(timeout=60), log.get(timeout=60)
    assert (hit.what, sent.what) == ("hit", "sent")
    (recorded,) = read_recording(path).interactions
    return recorded, sent


def delays(served: Interaction, recorded: Interaction, sent: LogEntry) -> list[float]:
    """Return how much each piece's distance from the first one differs from how it was sent."""
    timing = recorded.response.timing
    came = dict(zip(timing.cuts, timing.offsets, strict=True))
    pairs = [
        (came[cut], at) for cut, at in zip(served.response.timing.cuts, sent.offsets, strict=True)
    ]
    return [abs((there - pairs[0][0]) - (here - pairs[0][1])) for there, here in pairs]


@pytest.mark.parametrize("drives", [("sync", "async"), ("async", "sync")], ids="-then-".join)
def test_every_stream_of_the_pool(
    drives: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bytes, cuts and end are recorded as served, and again; the rhythm to within 10 ms.

    Every other stream is recorded by the sync client first, the others by the async one first.
    """
    found: list[float] = []
    parted: list[int] = []

    def run(number: int, name: str, item: Interaction) -> None:
        for turn, drive in enumerate(drives):
            path = tmp_path / f"{number}-{turn}.yaml"
            recorded, sent = served_and_recorded(item, path, drive)
            before, after = item.response, recorded.response
            assert after.body == before.body, name
            assert after.timing.end == "complete", name
            more = set(after.timing.cuts) - set(before.timing.cuts)
            assert len(after.timing.cuts) - len(more) == len(before.timing.cuts), name
            parted.extend(more)  # the client's read of 64 KiB ended inside a piece
            found.extend(delays(item, recorded, sent))
            item = recorded

    every = list(streams())[drives[0] == "async" :: 2]
    assert len(every) >= 150
    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(run, number, *pair) for number, pair in enumerate(every)]
        failed = [repr(error)[:600] for future in done if (error := future.exception())]
    assert not failed, "\n".join([f"{len(failed)} of {len(every)}", *failed[:5]])
    near = sum(delay <= ALLOWED for delay in found) / len(found)
    report = f"{len(every)} streams twice, {len(found)} pieces, {near:.1%} within 10 ms"
    with capsys.disabled():
        print(f"\n{report}, {len(parted)} parted on the way")  # noqa: T201 - what was measured
    assert len(parted) <= len(found) / 100
    assert statistics.median(found) <= ALLOWED  # the others waited for a busy machine
