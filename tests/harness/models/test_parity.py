"""One script, one answer: by every way of asking, over generated scripts."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from asking_models import added
from generated_turns import CHUNKS, CUTS, MESSAGES, TEXT, TURNS
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage

from harness import ScriptedChatModel


def plain(message: BaseMessage) -> dict[str, Any]:
    """Every field of a message."""
    return message.model_dump()


async def asked(model: ScriptedChatModel) -> dict[str, Any]:
    """Ask in every way there is."""
    streams = {
        "stream": list(model.stream("q")),
        "astream": [chunk async for chunk in model.astream("q")],
    }
    events = [event async for event in model.astream_events("q", version="v2")]
    streams["astream_events"] = [
        e["data"]["chunk"] for e in events if e["event"] == "on_chat_model_stream"
    ]
    return {
        **{name: [plain(chunk) for chunk in chunks] for name, chunks in streams.items()},
        "sum": plain(added(streams["stream"])),
        "invoke": plain(model.invoke("q")),
        "ainvoke": plain(await model.ainvoke("q")),
        "streaming invoke": plain(model.invoke("q", stream=True)),
        "end of events": plain(added([events[-1]["data"]["output"]])),
    }


@given(turn=TURNS, cut=CUTS)
@settings(max_examples=60, deadline=None)
def test_all_ways_of_asking_agree(turn, cut) -> None:
    """`invoke`, its async twin and the sum of every stream are equal in every field."""
    model = ScriptedChatModel(lambda *_, **__: turn, cut=cut, ids="m")
    found = _same_ids(asyncio.run(asked(model)))
    assert found["astream"] == found["stream"]
    assert found["astream_events"] == found["stream"]
    for name in ("invoke", "ainvoke", "streaming invoke", "end of events"):
        assert found[name] == found["sum"], name


def _same_ids(value: Any) -> Any:
    """Take the number of the call out of generated ids."""
    if isinstance(value, dict):
        return {k: _same_ids(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_same_ids(v) for v in value]
    if isinstance(value, str) and value.startswith("m-"):
        return value.lstrip("m-0123456789")
    return value


@given(turn=MESSAGES, cut=CUTS)
@settings(max_examples=60, deadline=None)
def test_a_message_arrives_as_it_was_written(turn, cut) -> None:
    """Whatever the cut: only indices of content blocks and missing ids are added."""
    got = ScriptedChatModel([turn], cut=cut).invoke("q")
    assert _content(got) == _content(turn)
    assert [(c["name"], c["args"]) for c in got.tool_calls] == [
        (c["name"], c["args"]) for c in turn.tool_calls
    ]
    assert got.usage_metadata == turn.usage_metadata
    assert got.response_metadata == turn.response_metadata
    assert got.additional_kwargs == turn.additional_kwargs
    assert turn.id in {None, got.id}


def _content(message: AIMessage) -> Any:
    if isinstance(message.content, str):
        return message.content
    return [{k: v for k, v in block.items() if k != "index"} for block in message.content]


@given(pieces=st.lists(TEXT | CHUNKS, max_size=4), failure=st.sampled_from([OSError("x"), OSError]))
@settings(max_examples=30, deadline=None)
def test_failures_come_after_the_same_chunks(pieces, failure) -> None:
    """Sync and async."""
    model = ScriptedChatModel([[*pieces, failure]] * 2, ids="m")
    seen: tuple[list[Any], list[Any]] = ([], [])

    async def follow() -> None:
        async for chunk in model.astream("q"):
            seen[1].append(chunk)

    with pytest.raises(OSError):  # noqa: PT011 - any
        seen[0].extend(model.stream("q"))
    with pytest.raises(OSError):  # noqa: PT011 - any
        asyncio.run(follow())
    assert len(seen[0]) == len(seen[1]) == len(pieces)
