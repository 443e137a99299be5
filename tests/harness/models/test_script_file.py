"""A script made of a model cassette says the same, and can be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from asking_models import USAGE, calling
from generated_turns import CUTS, TURNS
from hypothesis import HealthCheck, given, settings
from langchain_core.messages import AIMessage

from harness import CassetteChatModel, ScriptedChatModel
from harness.errors import RecordedCallError
from harness.models._script_file import python, script_text
from harness.models._tape_file import read_tape


class FailedError(Exception):
    """An exception that is no builtin."""


def recorded(path: Path, *turns: Any, ask: str = "stream", **kwargs: Any) -> Path:
    """Record an answer for each turn."""
    live = ScriptedChatModel(turns, **kwargs)
    model = CassetteChatModel(path, model=live, record_mode="rewrite")
    for _ in turns:
        try:
            list(model.stream("q")) if ask == "stream" else model.invoke("q")
        except (OSError, FailedError):
            continue
    return path


def script_of(path: Path) -> tuple[str, ScriptedChatModel]:
    """Return the text of the script and the model that it makes."""
    text = script_text(read_tape(path), path.name)
    space: dict[str, Any] = {}
    exec(text, space)  # noqa: S102 - our own text
    return text, space["model"]()


@given(turn=TURNS, cut=CUTS)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_script_says_what_the_cassette_says(tmp_path, turn, cut) -> None:
    """Over generated turns, in every field of every chunk."""
    path = recorded(tmp_path / "c.yaml", turn, cut=cut, model_provider="openai")
    _, model = script_of(path)
    said = list(CassetteChatModel(path).stream("q"))
    assert [c.model_dump() for c in model.stream("q")] == [c.model_dump() for c in said]


def test_a_script_can_be_read(tmp_path: Path) -> None:
    """What was asked stands above each turn, texts stand side by side."""
    text, model = script_of(recorded(tmp_path / "c.yaml", "Why was the cat?", ids="m"))
    assert text.splitlines()[2:] == [
        "from langchain_core.messages import AIMessageChunk",
        "",
        "from harness import ScriptedChatModel",
        "",
        "",
        "def model() -> ScriptedChatModel:",
        '    """Return a model that answers turn by turn."""',
        "    return ScriptedChatModel(",
        "        [",
        "            # 0: human: q",
        "            [",
        '                AIMessageChunk(content="Why", id="m-1"), " was", " the", " cat",',
        '                AIMessageChunk(content="?", chunk_position="last"),',
        "            ],",
        "        ],",
        '        ls_provider="scripted",',
        '        ls_model_name="scripted",',
        "    )",
    ]
    assert model.invoke("q").text == "Why was the cat?"


def test_whole_messages_stay_whole(tmp_path: Path) -> None:
    """What was not streamed is one message, with its tool calls and usage."""
    message = calling(("w", {"a": 1}), text="ok then", usage_metadata=USAGE, id="own")
    text, model = script_of(recorded(tmp_path / "c.yaml", message, ask="invoke"))
    assert "AIMessage(" in text
    assert 'cut="given"' in text
    got = model.invoke("q")
    assert isinstance(got, AIMessage)
    assert got == CassetteChatModel(tmp_path / "c.yaml").invoke("q")


def test_failures_stay_failures(tmp_path: Path) -> None:
    """Builtin ones as they are, others by name, since their package may be absent."""
    path = recorded(tmp_path / "c.yaml", ["a", OSError("gone")], FailedError("no"))
    text, model = script_of(path)
    assert 'OSError("gone")' in text
    with pytest.raises(OSError, match="gone"):
        list(model.stream("q"))
    with pytest.raises(RecordedCallError, match="FailedError: no"):
        model.invoke("q")


def test_a_stream_that_was_left_says_so(tmp_path: Path) -> None:
    """The script ends there, with a comment."""
    path = tmp_path / "c.yaml"
    model = CassetteChatModel(path, model=ScriptedChatModel(["a b c"]), record_mode="once")
    stream = model.stream("q")
    next(stream)
    stream.close()
    text, script = script_of(path)
    assert "# the recorded program left this stream" in text
    assert script.invoke("q").text == "a"


def test_texts_are_python() -> None:
    """Whatever is in them."""
    odd = ['"', "\\", "'", "\n", "\r\n", "\u2028", "\U0001f63a", "\U0001f575\ufe0f\u200d", "\0"]
    assert [eval(python(text)) for text in odd] == odd  # noqa: S307 - our own text
