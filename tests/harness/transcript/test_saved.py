"""A saved transcript is the transcript."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from dataclasses import dataclass
from datetime import datetime, timezone
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, ToolCallChunk, ToolMessage
from pydantic import BaseModel

from harness import Rules, Transcript, capture
from harness.errors import HarnessError
from harness.transcript import StreamEvent


class Color(Enum):
    RED = 1


class Point(NamedTuple):
    x: int


@dataclass(frozen=True)
class Question:
    value: str
    task_id: str


class Model(BaseModel):
    x: int = 1


class Plain:
    def __init__(self) -> None:
        self.run_id = str(uuid4())


CALL = ToolCallChunk(type="tool_call_chunk", name="f", args='{"a": 1}', id="call_1", index=0)
VALUES: list[Any] = [
    *[None, True, 1, 1.5, float("inf"), "Grüße \ud800", b"a", 2j, UUID(int=7), ...],
    *[(1, [2]), {1: "x", "y": {"$tuple": [1]}}, {"a"}, frozenset({1}), {"$tuple": [1]}],
    *[OrderedDict(a=1), defaultdict(list, a=[1]), Color.RED, Point(1), Model(), Plain()],
    *[Question("sure?", str(uuid4())), ValueError("no"), datetime(2026, 1, 2, tzinfo=timezone.utc)],
    AIMessage([{"type": "text", "text": "a"}], id="1", name="n", extra="kept"),
    AIMessageChunk("", tool_call_chunks=[CALL], chunk_position="last"),
    ToolMessage("a", tool_call_id="1", status="error", artifact={"x": (1,)}),
    type("Name", (str,), {})("<id 1>"),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_every_kind_of_value(tmp_path: Path, value: Any) -> None:
    """The text of what was loaded is the text of what was saved."""
    ids = str(uuid4())
    events = [StreamEvent(n, (f"a:{ids}",), "custom", v) for n, v in enumerate([value, [value]], 1)]
    transcript = Transcript(tuple(events))
    transcript.save(tmp_path / "it.jsonl")
    assert Transcript.load(tmp_path / "it.jsonl").text() == transcript.text()


def test_a_real_stream(tmp_path: Path, two_calls: Any) -> None:
    """It answers the same questions, with the ids and times of that run, and saves the same."""
    transcript = capture(two_calls, {"topic": "cats"}, rules=Rules(numbered={r"cat\w*": "animal"}))
    transcript.save(tmp_path / "it.jsonl")
    loaded = Transcript.load(tmp_path / "it.jsonl")

    assert loaded == transcript
    assert loaded.events == transcript.events
    assert loaded.seconds == transcript.seconds
    assert loaded.tokens(node="tell_joke") == transcript.tokens(node="tell_joke")
    loaded.save(tmp_path / "again.jsonl")
    assert (tmp_path / "again.jsonl").read_bytes() == (tmp_path / "it.jsonl").read_bytes()
    assert len((tmp_path / "it.jsonl").read_text().splitlines()) == len(transcript.events) + 1


def test_an_exception_keeps_its_name(tmp_path: Path) -> None:
    """No class that a file names is looked up; the exception is one all the same."""
    Transcript((StreamEvent(1, (), "error", OSError("lost")),)).save(tmp_path / "it.jsonl")
    error = Transcript.load(tmp_path / "it.jsonl").error
    assert type(error).__name__ == "OSError"
    assert not isinstance(error, OSError)
    assert str(error) == "lost"


HEAD = '{"format": "stream transcript", "version": 1}\n'


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "it is empty"),
        ("{}", "line 1: .*does not say"),
        (
            '{"format": "stream transcript", "version": 9}',
            "line 1: ValueError: version 9, but this harness reads 1",
        ),
        (HEAD + '{"number": 1', "line 2: JSONDecodeError"),
        (
            HEAD
            + '{"number": 1, "namespace": [], "mode": "x", "seconds": 0, "payload": {"$os": 1}}',
            r"line 2: ValueError: unknown mark '\$os'",
        ),
    ],
)
def test_a_broken_file(tmp_path: Path, content: str, reason: str) -> None:
    """The message names the file, the line and what is wrong."""
    (tmp_path / "it.jsonl").write_text(content)
    with pytest.raises(HarnessError, match=f"it.jsonl is not a saved transcript: {reason}"):
        Transcript.load(tmp_path / "it.jsonl")
