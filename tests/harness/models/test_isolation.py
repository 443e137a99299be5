"""Nothing of a turn is shared between two calls, or with the script."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from asking_models import USAGE, calling
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk

from harness import ScriptedChatModel
from harness.models._chunks import Common, handed_out

RICH = calling(
    ("weather", {"city": ["Paris"]}),
    text="Why not?",
    usage_metadata={**USAGE, "input_token_details": {"cache_read": 1}},
    response_metadata={"model_provider": "x", "logprobs": [{"a": [1]}]},
    additional_kwargs={"refusal": "no", "nested": {"k": [1]}},
)
BLOCKS = AIMessage([{"type": "text", "text": "Why not?"}, {"type": "image", "url": "x", "l": [1]}])
TURNS: list[Any] = ["Why not?", RICH, BLOCKS, [AIMessageChunk(content=[{"k": [1]}]), "x"]]


def mutable(value: Any) -> Iterator[int]:
    """Yield the identity of every dict, list and message in a value."""
    if isinstance(value, BaseMessage):
        yield id(value)
        value = value.__dict__
    if isinstance(value, dict | list):
        yield id(value)
        for item in value.values() if isinstance(value, dict) else value:
            yield from mutable(item)


@pytest.mark.parametrize("turn", TURNS, ids=["text", "rich", "blocks", "chunks"])
def test_two_calls_share_nothing(drive, turn) -> None:
    """Not a list, not a dict, not a message, at any depth; nor with the script."""
    model = ScriptedChatModel(lambda *_, **__: turn)
    got = [drive.stream(model), drive.stream(model), drive.invoke(model), drive.invoke(model)]
    messages = [[turn] if isinstance(turn, str) else turn]
    messages += [answer if isinstance(answer, list) else [answer] for answer in got]
    seen: set[int] = set()
    for answer in messages:
        own = set(mutable(answer))
        assert not own & seen
        seen |= own


def test_what_a_program_does_to_a_chunk_is_its_own_affair(drive) -> None:
    """The next call gets what stands in the script."""
    model = ScriptedChatModel(lambda *_, **__: RICH)

    def spoil(chunk: AIMessageChunk) -> None:
        chunk.content = "spoiled"
        chunk.additional_kwargs["spoiled"] = chunk.response_metadata["spoiled"] = True
        chunk.tool_call_chunks.clear()

    drive.each(spoil, model)
    answer = drive.invoke(model)
    assert "spoiled" not in repr(answer)
    assert answer.tool_calls[0]["args"] == {"city": ["Paris"]}


def test_the_quick_chunk_is_the_real_one() -> None:
    """A chunk that is put together from its fields is what pydantic would have made."""
    quick = handed_out("Why", Common("m1", {"k": "v"}))
    real = ChatGenerationChunk(message=Common("m1", {"k": "v"}).chunk("Why"))
    assert quick == real
    for one, other in ((quick, real), (quick.message, real.message)):
        assert one.__dict__.keys() == other.__dict__.keys()
        assert one.model_dump() == other.model_dump()
        assert one.model_fields_set == other.model_fields_set
        assert one.model_extra == other.model_extra
        assert one.__pydantic_private__ == other.__pydantic_private__
        assert one.model_copy(deep=True) == other
    assert (quick + real).message.content == "WhyWhy"
