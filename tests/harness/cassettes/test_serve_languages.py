"""`harness serve` for clients in other languages: they read what a client in Python reads."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import httpx2
import pytest
from clients import OPENAI, SDKS, ask
from loopback import serve

from harness.cassettes import Timing, read_recording, use_cassette
from harness.cassettes._format.store import dumped

pytestmark = pytest.mark.proof

SCRIPT = Path(__file__).with_name("stream.mjs")
TOKENS = ["Why", " caf\u00e9", " \U0001f600", "?"]
CUTS: dict[str, Callable[[bytes], list[int]]] = {
    "as sent": lambda body: [at + 2 for at in range(len(body)) if body[at : at + 2] == b"\n\n"],
    "in a character": lambda body: [body.index(b"\xc3") + 1, body.index(b"\x9f\x98"), len(body)],
    "single bytes": lambda body: list(range(1, len(body) + 1)),
    "in one": lambda body: [len(body)],
}
BROKEN = "broken off"
PROMPTS = (*CUTS, BROKEN)
PATIENCE = 60


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which node finds OpenAI's package."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not here")
    folder = tmp_path_factory.mktemp("node")
    install = ["npm", "install", "--no-save", "--no-package-lock", "--no-audit", "--no-fund"]
    try:
        done = subprocess.run(  # noqa: S603 - npm, in a folder of its own
            [*install, "openai"], cwd=folder, capture_output=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.skip("npm does not answer")
    if done.returncode:
        pytest.skip("npm cannot install the package `openai` here")
    shutil.copy(SCRIPT, folder)
    return folder


@pytest.fixture(scope="module")
def cassettes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One answer under each cut, and one that broke off; the prompt is the name of the case."""
    folder = tmp_path_factory.mktemp("cassettes")
    sdk, paths = SDKS[0], {}
    for prompt in PROMPTS:
        path = paths[prompt] = folder / f"{prompt.replace(' ', '_')}.yaml"
        with serve([sdk.reply(TOKENS)]) as server, use_cassette(path, "once", recorded_as=OPENAI):
            sdk.stream(server.url, prompt)
        (item,) = read_recording(path).interactions
        body = item.response.body
        end = "complete"
        if prompt == BROKEN:
            body, end = body[: body.index(b"?")], "reset"
        cuts = tuple(CUTS.get(prompt, CUTS["in one"])(body))
        timing = Timing(cuts, (0.0,) * len(cuts), end, "ReadError: " * (end == "reset"))
        response = replace(item.response, body=body, timing=timing)
        path.write_text(dumped([replace(item, response=response)]))
    return paths


@contextmanager
def served(paths: list[Path], log: list[str]) -> Iterator[str]:
    """Run the command and yield its address; what it has printed is in the log afterwards."""
    command = [sys.executable, "-m", "harness", "serve", "--fast", *map(str, paths)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603
        try:
            yield server.stdout.readline().split()[-1]
        finally:
            server.terminate()  # SIGINT may be ignored, where the tests run in the background
            log += server.communicate(timeout=PATIENCE)[0].splitlines()


def expected(path: Path) -> list[bytes]:
    """Return the pieces that a cassette holds."""
    response = read_recording(path).interactions[0].response
    cuts = response.timing.cuts
    return [response.body[start:end] for start, end in zip((0, *cuts), cuts, strict=False)]


def by_node(folder: Path, url: str, prompts: tuple[str, ...]) -> list[tuple[list[bytes], list]]:
    """Ask everything at once, with the `openai` package of npm."""
    ran = subprocess.run(  # noqa: S603 - our own script
        ["node", "stream.mjs", url, *prompts],  # noqa: S607 - whichever node there is
        cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return [
        ([base64.b64decode(piece) for piece in answer["pieces"]], answer["tokens"])
        for answer in json.loads(ran.stdout)
    ]


def by_python(url: str, prompt: str) -> list[bytes]:
    """Ask with httpx2, and return the pieces until the end, however it comes."""
    pieces: list[bytes] = []
    body = {**ask(OPENAI, prompt), "stream": True}
    with (
        httpx2.Client(timeout=PATIENCE) as client,
        client.stream("POST", f"{url}/v1/chat/completions", json=body) as response,
    ):
        try:
            pieces.extend(response.iter_raw())
        except httpx2.ReadError:
            pieces.append(b"(reset)")
    return pieces


def by_curl(url: str, prompt: str) -> list[bytes]:
    """Ask with curl, which prints the chunks of HTTP as they are."""
    body = json.dumps({**ask(OPENAI, prompt), "stream": True})
    command = ["curl", "-sN", "--raw", "-d", body, "--max-time", str(PATIENCE)]
    ran = subprocess.run(  # noqa: S603 - on loopback
        [*command, f"{url}/v1/chat/completions"], capture_output=True, check=False
    )
    pieces, left = [], ran.stdout
    while left:
        size, _, left = left.partition(b"\r\n")
        if piece := left[: int(size, 16)]:
            pieces.append(piece)
        left = left[int(size, 16) + 2 :]
    return [*pieces, *([b"(reset)"] if ran.returncode else [])]


def test_python_and_node_read_the_same_at_once(node: Path, cassettes: dict[str, Path]) -> None:
    """Both ask for five cassettes at once: the same pieces, tokens and ends; each hit is logged."""
    log: list[str] = []
    with served([*cassettes.values()], log) as url, ThreadPoolExecutor(len(PROMPTS) + 1) as pool:
        asked = pool.submit(by_node, node, url, PROMPTS)
        here = dict(zip(PROMPTS, pool.map(partial(by_python, url), PROMPTS), strict=True))
        there = dict(zip(PROMPTS, asked.result(), strict=True))
    for prompt in CUTS:
        assert here[prompt] == expected(cassettes[prompt])
        assert there[prompt] == (here[prompt], TOKENS)
    assert here[BROKEN] == [*expected(cassettes[BROKEN]), b"(reset)"]
    pieces, tokens = there[BROKEN]
    assert (pieces, tokens[:-1]) == (expected(cassettes[BROKEN]), TOKENS[:-1])
    assert "Error" in tokens[-1]
    for path in cassettes.values():
        hits = [line for line in log if line.startswith("hit") and str(path) in line]
        assert len(hits) == 2


def test_node_is_told_of_a_miss(node: Path, cassettes: dict[str, Path]) -> None:
    """What no cassette answers is an error of the client's own kind, and a line of the log."""
    log: list[str] = []
    with served([cassettes["in one"]], log) as url:
        ((_, tokens),) = by_node(node, url, ("another question",))
    assert tokens == ["NotFoundError"]
    (missed,) = [line for line in log if line.startswith("miss POST /v1/chat/completions")]
    assert "another question" in missed


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not here")
def test_python_and_curl_read_the_same(cassettes: dict[str, Path]) -> None:
    """The same pieces and ends, asked for at once."""
    with served([*cassettes.values()], []) as url, ThreadPoolExecutor(2 * len(PROMPTS)) as pool:
        here = pool.map(partial(by_python, url), PROMPTS)
        there = pool.map(partial(by_curl, url), PROMPTS)
        assert list(there) == list(here)
