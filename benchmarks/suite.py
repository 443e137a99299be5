"""A suite of replayed tests beside pytest-recording's, above the floor of an in-memory transport.

Each way is a pytest process of its own that runs the same tests: every test streams one answer
through the OpenAI SDK. The floor has neither plugin and answers from memory, with the same cuts.
Both others play one cassette per test, from the same files. What counts is the processor time of
the whole process, start-up included, in interleaved rounds. Run with `make bench`; `--json` prints
one object.

All three make the same client, as a program does that is tested: with its own transport, whose TLS
context takes a tenth of a second to make. The floor puts one before it that answers from memory. A
client that has nothing else would lack what no tool adds, and both would bear it as if they did.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import textwrap
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from clients import KEY, OPENAI, ask
from loopback import openai_chat, serve

TOKENS = 20
PROMPT = "question 0000"
WAYS = {
    "floor": ("memory", "-p", "no:harness", "-p", "no:recording"),
    "ours": ("cassettes",),
    "pytest-recording": ("cassettes", "-p", "no:harness"),
}
SUITE = f"""
    import os

    import httpx2
    import openai
    import pytest

    STEPS = [*open("steps", "rb").read().splitlines(keepends=True)]

    class Answer(httpx2.SyncByteStream):
        def __iter__(self):
            body = b"".join(STEPS)
            start = 0
            while start < len(body):
                end = body.index(b"\\n\\n", start) + 2
                yield body[start:end]
                start = end

    def in_memory(_):
        headers = {{"content-type": "text/event-stream"}}
        return httpx2.Response(200, headers=headers, stream=Answer())

    is_floor = os.environ["SUITE"] == "memory"
    before = {{"all://": httpx2.MockTransport(in_memory)}} if is_floor else None
    client = openai.OpenAI(api_key="x", http_client=httpx2.Client(mounts=before))

    @pytest.fixture(scope="module")
    def vcr_config():
        return {{"match_on": ["method", "host", "path", "body"]}}

    @pytest.mark.vcr
    @pytest.mark.parametrize("number", range(int(os.environ["TESTS"])))
    def test_answer(number):
        messages = [{{"role": "user", "content": f"question {{number:04}}"}}]
        stream = client.chat.completions.create(
            model="gpt-4o-mini", messages=messages, stream=True)
        assert sum(1 for _ in stream) == {TOKENS + 3}
    """


def project(folder: Path, tests: int) -> None:
    """Write the suite and its cassettes, which are one recording with other questions."""
    import openai  # noqa: PLC0415 - only here

    from harness import use_cassette  # noqa: PLC0415 - as above

    reply = openai_chat(["word "] * TOKENS)
    recorded = folder / "recorded.yaml"
    with serve([reply]) as server, use_cassette(recorded, "once", recorded_as=OPENAI):
        client = openai.OpenAI(base_url=f"{server.url}/v1", api_key=KEY)
        sum(1 for _ in client.chat.completions.create(**ask(OPENAI, PROMPT), stream=True))
    (folder / "steps").write_bytes(b"".join(step for step in reply.steps if type(step) is bytes))
    cassettes = folder / "cassettes" / "test_suite"
    cassettes.mkdir(parents=True)
    text = recorded.read_text()
    assert text.count(PROMPT) == 1
    for number in range(tests):
        content = text.replace(PROMPT, f"question {number:04}")
        (cassettes / f"test_answer[{number}].yaml").write_text(content)
    (folder / "test_suite.py").write_text(textwrap.dedent(SUITE))
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = vcr: play a cassette\n")


def measure(folder: Path, way: str, tests: int) -> float:
    """Return the seconds of processor time of one run."""
    source, *options = WAYS[way]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    environment = {**os.environ, "SUITE": source, "TESTS": str(tests), "OPENAI_API_KEY": "x"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # what was compiled once stays, as usual
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(  # noqa: S603 - our own suite
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert f"{tests} passed" in done.stdout, done.stdout + done.stderr
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="only see that everything runs")
    parser.add_argument(
        "--rounds", type=int, default=6, help="runs of each way, the first is dropped"
    )
    parser.add_argument("--tests", type=int, default=500, help="how many tests the suite has")
    args = parser.parse_args()
    tests, rounds = (5, 1) if args.quick else (args.tests, args.rounds)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project(folder, tests)
        times: dict[str, list[float]] = {way: [] for way in WAYS}
        for _ in range(rounds):
            for way, taken in times.items():
                taken.append(measure(folder, way, tests))
    if rounds > 1:  # the first one compiles
        times = {way: taken[1:] for way, taken in times.items()}
    medians = {way: statistics.median(taken) for way, taken in times.items()}
    shares = {way: medians[way] - medians["floor"] for way in WAYS if way != "floor"}
    third = shares["ours"] / shares["pytest-recording"]
    if args.json:
        versions = {name: version(name) for name in ("vcrpy", "pytest-recording", "openai")}
        row = {"tests": tests, "seconds": medians, "shares": shares, "ours/theirs": third}
        print(json.dumps({**versions, **row}))
        return
    print(f"{tests} replayed tests, seconds of processor time, whole process")
    for way, seconds in medians.items():
        more = f"  {shares[way]:+.2f} above the floor" if way in shares else ""
        print(f"  {way:17} {seconds:6.2f}{more}")
    verdict = "met" if third <= 1 / 3 else "NOT MET"
    print(f"  our share is {third:.2f} of pytest-recording's  [<= 0.33 {verdict}]")


if __name__ == "__main__":
    main()
