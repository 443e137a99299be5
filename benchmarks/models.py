"""The chat models side by side with langchain-core's fake one and with vcrpy under ChatOpenAI.

Medians per token or per replay, and their ratio; rounds are interleaved, so that a machine that
slows down slows both down. Run with `make bench`; `--json` prints one object.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import vcr
import yaml
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_openai import ChatOpenAI

from harness import CassetteChatModel, ScriptedChatModel
from harness.commands._convert import converted

TOKENS = 4000
CHUNKS = 500
URL = "https://api.openai.com/v1/chat/completions"
QUESTION = "Write about cats"

Run = Callable[[], None]


def drain(model: Any) -> None:
    """Stream the model to its end."""
    for _ in model.stream(QUESTION):
        pass


def adrain(model: Any) -> None:
    """Do the same in an event loop."""

    async def run() -> None:
        async for _ in model.astream(QUESTION):
            pass

    asyncio.run(run())


def recording(folder: Path) -> Path:
    """Write what vcrpy would have recorded of a completion of so many chunks."""
    head = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o-mini"}
    deltas = [{"content": f" word{k}"} for k in range(CHUNKS - 2)]
    choices = [
        {"index": 0, "delta": delta, "finish_reason": None if delta else "stop"}
        for delta in ({"role": "assistant", "content": ""}, *deltas, {})
    ]
    events = [json.dumps({**head, "choices": [choice]}) for choice in choices]
    body = {
        "messages": [{"content": QUESTION, "role": "user"}],
        "model": "gpt-4o-mini",
        "stream": True,
    }
    request = {
        "method": "POST",
        "uri": URL,
        "headers": {"content-type": ["application/json"]},
        "body": json.dumps(body),
    }
    response = {
        "status": {"code": 200, "message": "OK"},
        "headers": {"content-type": ["text/event-stream"]},
        "body": {"string": "".join(f"data: {event}\n\n" for event in [*events, "[DONE]"])},
    }
    path = folder / "http.yaml"
    interactions = [{"request": request, "response": response}]
    path.write_text(yaml.safe_dump({"version": 1, "interactions": interactions}))
    return path


@contextmanager
def workloads() -> Iterator[list[tuple[str, float, float, Run, Run]]]:
    """Yield name, units of work, factor that is wanted, the other's run, and ours."""
    text = " ".join("w" for _ in range(TOKENS // 2))
    with tempfile.TemporaryDirectory() as name:
        http = recording(Path(name))
        tape = Path(name) / "model.yaml"
        tape.write_text(converted(http, "cassette").text)
        model = ChatOpenAI(model="gpt-4o-mini", api_key="none", stream_usage=False)
        recorder = vcr.VCR(record_mode="none", match_on=["method", "uri"])

        with recorder.use_cassette(str(http), allow_playback_repeats=True) as playing:

            def their_replay() -> None:
                drain(model)

            def their_load() -> None:
                with recorder.use_cassette(str(http)):
                    drain(model)

            played = [CassetteChatModel(tape) for _ in range(200)]

            def our_replay() -> None:
                drain(played.pop())

            yield [
                (
                    f"{TOKENS} scripted tokens, sync: token",
                    TOKENS,
                    1 / 0.6,
                    lambda: drain(GenericFakeChatModel(messages=iter([text]))),
                    lambda: drain(ScriptedChatModel([text], cut=1)),
                ),
                (
                    f"{TOKENS} scripted tokens, async: token",
                    TOKENS,
                    10,
                    lambda: adrain(GenericFakeChatModel(messages=iter([text]))),
                    lambda: adrain(ScriptedChatModel([text], cut=1)),
                ),
                (f"replay of {CHUNKS} chunks, loaded", 1, 10, their_replay, our_replay),
                (
                    f"replay of {CHUNKS} chunks, with loading",
                    1,
                    5,
                    their_load,
                    lambda: drain(CassetteChatModel(tape)),
                ),
            ]
        assert playing.play_count


def measure(rounds: int) -> list[dict[str, Any]]:
    """Return a row for each workload: microseconds per unit for both, and the ratio."""
    rows = []
    with workloads() as found:
        for name, units, wanted, theirs, ours in found:
            runs = {"theirs": theirs, "ours": ours}
            for run in runs.values():
                run()  # warms up
            gc.collect()
            gc.freeze()  # or a round measures whether a collection of all imports falls into it
            times: dict[str, list[float]] = {who: [] for who in runs}
            for _ in range(rounds):
                for who, run in runs.items():
                    gc.collect()  # what the run before has left
                    start = time.perf_counter()
                    run()
                    times[who].append((time.perf_counter() - start) / units * 1e6)
            medians = {who: statistics.median(taken) for who, taken in times.items()}
            ratio = medians["theirs"] / medians["ours"]
            rows.append({"workload": name, **medians, "ratio": ratio, "wanted": wanted})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rounds", type=int, default=9, help="rounds of each workload")
    args = parser.parse_args()
    machine = {
        "python": platform.python_version(),
        "machine": f"{platform.machine()} {platform.system()}",
        "langchain-core": version("langchain-core"),
        "vcrpy": version("vcrpy"),
    }
    rows = measure(args.rounds)
    if args.json:
        print(json.dumps({**machine, "rows": rows}))
        return
    print(", ".join(f"{name} {what}" for name, what in machine.items()))
    print(f"{'':44} {'theirs':>12} {'ours':>10} {'ratio':>7} {'wanted':>7}")
    for row in rows:
        figures = f"{row['theirs']:10.1f}us {row['ours']:8.1f}us {row['ratio']:6.1f}x"
        print(f"{row['workload']:44} {figures} {row['wanted']:6.1f}x")


if __name__ == "__main__":
    main()
