"""Every Python block of LangGraph's documents runs under the switch, offline.

A block stands in `documents/<document>/<number>.py` as printed, or with the changes in the patch
beside it. `make record` records the cassettes anew, from a server on loopback.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from documents_provider import answer
from loopback import serve

HERE = Path(__file__).parent / "documents"
ROOT = Path(__file__).parents[2]
SEEDS = ROOT.parent / "shared" / "seeds"

sys.path.insert(0, str(HERE))
from blocks import blocks, patch  # noqa: E402 - beside the examples

DOCUMENTS = {
    "agent_tokens": "000_",
    "messages_mode": "001_",
    "agent_progress": "002_",
    "token_reference": "003_",
    "tokens_how_to": "004_",
}
NO_PYTHON = {  # blocks without a language that are no Python
    ("agent_progress", 0): "the steps of an agent in words",
    ("tokens_how_to", 1): "shell commands of a notebook",
    **{("tokens_how_to", number): "output" for number in (5, 7, 9, 12, 14, 16)},
}
EXPECTED = {
    "agent_tokens": ["Token content=", "'langgraph_node': 'tools'", "sunny in San Francisco!"],
    "messages_mode": ["Why| did| the| ice| cream| melt|?|"],
    "agent_progress": [
        "{'agent': {'messages': [AIMessage(",
        "{'tools': {'messages': [ToolMessage(",
        "Looking up data for city: San Francisco",
    ],
    "token_reference": [
        "It's always sunny in San Francisco!",
        "[Calling tool: get_weather]",
        "piece  always",
        "whole 3",
    ],
    "tokens_how_to": ["Why| was| the| cat|", "In| sun|lit| patches|", "Writing poem..."],
}


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the documents are not on this machine")
@pytest.mark.parametrize("document", DOCUMENTS)
def test_no_block_is_left_out(document: str) -> None:
    """Each example is its block but for its patch, and there is one for each Python block."""
    [source] = SEEDS.glob(f"{DOCUMENTS[document]}*")
    wanted = set()
    for number, (language, block) in enumerate(blocks(source.read_text(encoding="utf-8"))):
        if language == "typescript" or (document, number) in NO_PYTHON:
            continue
        wanted.add(f"{number:02}.py")
        example = (HERE / document / f"{number:02}.py").read_text(encoding="utf-8")
        changes = HERE / document / f"{number:02}.patch"
        known = changes.read_text(encoding="utf-8") if changes.exists() else ""
        assert patch(block, example) == known
    assert {path.name for path in (HERE / document).glob("*.py")} == wanted


@pytest.mark.parametrize("form", ["printed", "turned"])
@pytest.mark.parametrize("document", DOCUMENTS)
def test_they_run(document: str, form: str, request: pytest.FixtureRequest) -> None:
    """As printed, and with sync and async exchanged, the streams of the cassettes are printed."""
    if document == "tokens_how_to" and form == "turned":
        pytest.skip("its nodes are async, and its only sync graph has none to wait for")
    mode = request.config.getoption("--record-mode") or "none"
    cassette = ROOT / "cassettes" / "documents" / f"{document}.yaml"
    if mode != "none" and form == "turned":
        pytest.skip("plays what is recorded for the other form")
    environment = {**os.environ, "OPENAI_API_KEY": "replay", "ANTHROPIC_API_KEY": "replay"}
    if mode == "none":
        shown = run(document, form, cassette, mode, environment)
    else:
        with serve(answer) as server:
            environment["OPENAI_BASE_URL"] = f"{server.url}/v1"
            environment["ANTHROPIC_BASE_URL"] = environment["ANTHROPIC_API_URL"] = server.url
            shown = run(document, form, cassette, mode, environment)
    assert [text for text in EXPECTED[document] if text not in shown] == []


def run(document: str, form: str, cassette: Path, mode: str, environment: dict[str, str]) -> str:
    """Run a document in a process of its own and return what it prints."""
    arguments = [document, form, str(cassette), mode]
    ran = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, str(HERE / "run_document.py"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=environment,
        cwd=ROOT,
    )
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"
    return ran.stdout
