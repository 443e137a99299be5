"""What the tests of chat models have in common: tools, calls of them, sums of chunks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.ai import add_ai_message_chunks
from langchain_core.messages.tool import tool_call
from langchain_core.messages.utils import message_chunk_to_message
from langchain_core.tools import tool


@tool
def weather(city: str, days: int = 1) -> str:
    """Tell the weather."""
    return f"sunny in {city} for {days}"


@tool
def time_in(city: str) -> str:
    """Tell the time."""
    return f"noon in {city}"


def calling(*calls: tuple[str, dict[str, Any]], text: str = "", **fields: Any) -> AIMessage:
    """A message that calls tools."""
    made = [tool_call(name=name, args=args, id=None) for name, args in calls]
    return AIMessage(text, tool_calls=made, **fields)


def texts(chunks: Sequence[AIMessageChunk]) -> list[str]:
    """The texts of the chunks that have one."""
    return [str(chunk.text) for chunk in chunks if chunk.text]


def added(chunks: Sequence[AIMessageChunk]) -> AIMessage:
    """The message that the chunks are together, as langchain-core adds them up."""
    message = message_chunk_to_message(add_ai_message_chunks(*chunks))
    assert isinstance(message, AIMessage)
    return message


USAGE = {"input_tokens": 7, "output_tokens": 5, "total_tokens": 12}
