"""Change a captured transcript in every single place: the text changes every time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from chunk_models import ChunkModel
from langchain_core.messages import AIMessageChunk, BaseMessage, ToolCallChunk

from harness import Transcript, capture
from harness.transcript import SET_APART, StreamEvent

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


@pytest.fixture
def transcript(build: Callable[..., Any]) -> Transcript:
    """Capture a stream with every kind of chunk."""
    call = ToolCallChunk(type="tool_call_chunk", name="look", args='{"a": 1}', id=None, index=0)
    usage = {"input_tokens": 4, "output_tokens": 2, "total_tokens": 6}
    model = ChunkModel(
        chunks=[
            AIMessageChunk("Why", additional_kwargs={"refusal": None}),
            AIMessageChunk([{"type": "text", "text": " was", "index": 0}]),
            AIMessageChunk("", tool_call_chunks=[call], name="joker"),
            AIMessageChunk("", response_metadata={"finish": "stop"}, usage_metadata=usage),
        ]
    )

    def joke(state: dict[str, Any]) -> dict[str, Any]:
        return {"joke": model.invoke("go on"), "log": ["told", ""]}

    return capture(build(joke, poem), {"topic": "cats"})


def poem(state: dict[str, Any]) -> dict[str, Any]:
    """Return values of several types."""
    return {"poem": {"lines": ("In", 2, None, True, 0.5, b"x")}}


def mutations(value: Any) -> Iterator[Any]:
    """Every copy of a value in which exactly one place is different."""
    if isinstance(value, str):
        yield (
            UUID.sub(lambda _: str(uuid4()), value, count=1) if UUID.search(value) else f"{value}x"
        )
    elif isinstance(value, dict):
        yield {**value, "new": 1}
        for key, item in value.items():
            yield {other: value[other] for other in value if other != key}
            if key not in SET_APART["messages"]:
                yield from ({**value, key: changed} for changed in mutations(item))
    elif isinstance(value, (list, tuple)):
        kind = type(value)
        yield kind([*value, "new"])
        yield list(value) if kind is tuple else tuple(value)
        for i, item in enumerate(value):
            yield kind([*value[:i], *value[i + 1 :]])
            yield from (kind([*value[:i], new, *value[i + 1 :]]) for new in mutations(item))
    elif isinstance(value, BaseMessage):
        for name, item in value:
            yield from (value.model_copy(update={name: changed}) for changed in mutations(item))
    else:
        yield "was " + repr(value)


def mutated(transcript: Transcript) -> Iterator[tuple[str, Transcript]]:
    """Every transcript that differs in one place."""
    events = transcript.events
    for i, event in enumerate(events):
        around = events[:i], events[i + 1 :]
        yield f"{i} is gone", Transcript((*around[0], *around[1]))
        yield f"{i} twice", Transcript((*events[: i + 1], event, *around[1]))
        for changed in mutations(event.payload):
            new = replace(event, payload=changed)
            yield f"{i}: {changed!r}", Transcript((*around[0], new, *around[1]))
        other: list[StreamEvent] = [replace(event, mode="other"), replace(event, namespace=("a",))]
        yield from ((repr(new), Transcript((*around[0], new, *around[1]))) for new in other)


def test_every_mutation_is_seen(transcript: Transcript) -> None:
    """Fields, keys, items, types, ids, modes, namespaces, numbers of chunks: nothing is unseen."""
    cases = list(mutated(transcript))

    assert len(cases) > 500
    assert [name for name, changed in cases if changed.text() == transcript.text()] == []


def test_every_swap_is_seen(transcript: Transcript) -> None:
    """Two neighbouring chunks that change places change the text."""
    events = transcript.events
    for i in range(len(events) - 1):
        swapped = (*events[:i], events[i + 1], events[i], *events[i + 2 :])
        assert Transcript(swapped) != transcript


def test_merging_the_two_tasks_is_seen(two_calls: Any) -> None:
    """If two tasks had one id, the text would say so."""
    before = capture(two_calls, {"topic": "cats"})
    spaces = [
        e.payload[1]["langgraph_checkpoint_ns"] for e in before.events if e.mode == "messages"
    ]
    first, last = (space.split(":")[1] for space in (spaces[0], spaces[-1]))
    events = []
    for event in before.events:
        payload = event.payload
        if event.mode == "messages":
            metadata = {
                key: item.replace(last, first) if isinstance(item, str) else item
                for key, item in payload[1].items()
            }
            payload = (payload[0], metadata)
        events.append(replace(event, payload=payload))
    assert Transcript(tuple(events)) != before
