"""Write a normalized value as one line of text.

The notation is Python's with JSON's strings: types stay visible (`("a",)` and `["a"]`, `1` and
`"1"`, `AIMessage` and `AIMessageChunk`), and no character is invisible. Keys of dicts are sorted,
because equal dicts may differ in order.

A message is written as `Class(content, field=..., ...)` with every field that differs from the
class's own default. Other objects are written with all their fields.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from langchain_core.messages import AIMessageChunk, BaseMessage
from pydantic_core import PydanticUndefined

from harness.transcript._records import Record, taken_apart

LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"')
"""A string as `quoted` writes it."""

_INVISIBLE = re.compile(
    "[\x7f-\xa0\xad\u0600-\u0605\u061c\u200b-\u200f\u2028-\u202f\u205f-\u206f\u3000\ud800-\udfff"
    "\ue000-\uf8ff\ufe00-\ufe0e\ufeff\ufff0-\uffff\U000e0000-\U0010ffff]"
)
_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def quoted(text: str) -> str:
    r"""Quote a string as JSON does, with every invisible character as `\uXXXX`."""
    return _INVISIBLE.sub(
        lambda match: json.dumps(match[0])[1:-1], json.dumps(text, ensure_ascii=False)
    )


def one_line(value: object) -> str:  # noqa: PLR0911 - one for each kind of value
    """The whole value on one line, however long."""
    if type(value) is str:
        return quoted(value)
    if type(value) is dict:
        pairs = sorted((one_line(key), item) for key, item in value.items())
        return "{" + ", ".join(f"{key}: {one_line(item)}" for key, item in pairs) + "}"
    if type(value) is list:
        return "[" + ", ".join(map(one_line, value)) + "]"
    if type(value) is tuple:
        return f"({', '.join(map(one_line, value))}{',' * (len(value) == 1)})"
    if isinstance(value, BaseMessage):
        shown = message_fields(value)
        return _call(type(value).__name__, (shown.pop("content", ""),), shown.items())
    record = taken_apart(value)
    if isinstance(record, Record):
        return _call(record.name, record.arguments, record.fields)
    # A `repr` of several lines is still one value on one line.
    return f"<{quoted(record.text)}>" if _BREAKS.search(record.text) else record.text


def message_fields(message: BaseMessage) -> dict[str, Any]:
    """The fields of a message that differ from the defaults of its class, sorted.

    What the class derives by itself (the tool calls of a chunk, from its tool call chunks) is
    left out as long as it is what the class would derive.
    """
    usual = {name: _default(info) for name, info in type(message).model_fields.items()}
    usual |= _derived(message)
    return {
        name: value
        for name, value in sorted(dict(message).items())
        if name not in usual or not _same(value, usual[name])
    }


def _derived(message: BaseMessage) -> dict[str, object]:
    if not isinstance(message, AIMessageChunk) or not message.tool_call_chunks:
        return {}
    try:
        derived = AIMessageChunk(content="", tool_call_chunks=message.tool_call_chunks)
    except (TypeError, ValueError, AttributeError):
        return {}  # not made by the class itself
    return {name: getattr(derived, name) for name in ("tool_calls", "invalid_tool_calls")}


def _default(info: Any) -> object:
    if info.default is not PydanticUndefined:
        return info.default
    if info.default_factory in (list, dict):
        return info.default_factory()
    return PydanticUndefined


def _same(left: object, right: object) -> bool:
    """Equal in type as well, all the way down."""
    return left is right or (type(left) is type(right) and one_line(left) == one_line(right))


def _call(name: str, arguments: Iterable[object], named: Iterable[tuple[str, object]]) -> str:
    items = [*map(one_line, arguments), *(f"{key}={one_line(item)}" for key, item in named)]
    return f"{name}({', '.join(items)})"
