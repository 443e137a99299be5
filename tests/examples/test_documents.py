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
ONE_FORM = {"tokens_how_to"}  # its nodes are async, and its only sync graph has none to wait for
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


def test_they_run(request: pytest.FixtureRequest) -> None:
    """As printed, and with sync and async exchanged, the streams of the cassettes are printed."""
    mode = request.config.getoption("--record-mode") or "none"
    wanted = [f"{document}/printed" for document in DOCUMENTS]
    environment = {**os.environ, "OPENAI_API_KEY": "replay", "ANTHROPIC_API_KEY": "replay"}
    if mode == "none":  # the other form plays what is recorded for this one
        wanted += [f"{document}/turned" for document in DOCUMENTS if document not in ONE_FORM]
        shown = run(wanted, mode, environment)
    else:
        with serve(answer) as server:
            environment["OPENAI_BASE_URL"] = f"{server.url}/v1"
            environment["ANTHROPIC_BASE_URL"] = environment["ANTHROPIC_API_URL"] = server.url
            shown = run(wanted, mode, environment)
    assert list(shown) == wanted
    missing = {
        name: [text for text in EXPECTED[name.split("/")[0]] if text not in printed]
        for name, printed in shown.items()
    }
    assert not any(missing.values()), missing


def run(wanted: list[str], mode: str, environment: dict[str, str]) -> dict[str, str]:
    """Run documents in a process of their own, and return what each of them prints."""
    ran = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, str(HERE / "run_documents.py"), mode, *wanted],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env=environment,
        cwd=ROOT,
    )
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"
    return dict(each.split("\n", 1) for each in ran.stdout.split("\n=== ")[1:])
