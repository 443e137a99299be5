"""`harness demo` shows the documentation's example and says whether it is what was accepted."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from harness import demo
from harness.cli import main
from harness.errors import CassetteNotFoundError

ROOT = Path(demo.__file__).parent.parent


def test_the_stream_matches(capsys: pytest.CaptureFixture[str]) -> None:
    """Tokens, metadata, filters and the verdict are printed; the exit status is 0."""
    assert main(["demo", "--fast"]) == 0
    out = capsys.readouterr().out
    assert "Why| was| the| cat| sitting| on| the| computer|?" in out
    assert "'langgraph_node': 'call_model'" in out
    assert "Filtered by tag 'joke': 20 tokens" in out
    assert "match: 147 chunks are what the snapshot says" in out


def test_the_verdict_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """For scripts there is the verdict alone."""
    assert main(["demo", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["match"] is True


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the demo use a copy of its files."""
    for path in ("cassettes/two_calls", "tests/examples/__snapshots__/test_two_calls"):
        shutil.copytree(ROOT / path, tmp_path / path)
    monkeypatch.setattr(demo, "_SHIPPED", tmp_path)
    return tmp_path


def test_one_byte_of_the_cassette_changes_what_is_shown(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The changed token is on the screen, and the verdict names it; the exit status is 1."""
    cassette = copy / "cassettes/two_calls/langchain.yaml"
    text = cassette.read_text(encoding="utf-8")
    cassette.write_text(text.replace('"content": " cat"', '"content": " bat"', 1), encoding="utf-8")
    assert main(["demo", "--fast"]) == 1
    out = capsys.readouterr().out
    assert "Why| was| the| bat| sitting|" in out
    assert '" cat" -> " bat"' in out


def test_a_missing_file_is_named() -> None:
    """The error says which file the demo lacks and how to get it."""
    with pytest.raises(CassetteNotFoundError, match=r"two_calls/no_such\.yaml is missing"):
        demo.recording("no_such")


def test_without_the_provider_package(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error names the extra that brings the models."""
    monkeypatch.setitem(sys.modules, "langchain_openai", None)
    assert main(["demo", "--fast"]) == 2
    assert "pip install 'replay-harness[openai]'" in capsys.readouterr().err
