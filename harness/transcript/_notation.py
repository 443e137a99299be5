"""Write a normalized value as text: one line if it is short, one item a line if it is not.

The notation is Python's with JSON's strings: types stay visible (`("a",)` and `["a"]`, `1` and
`"1"`, `AIMessage` and `AIMessageChunk`), and no character is invisible. Keys of dicts are sorted,
because equal dicts may differ in order. A string that is too long for a line continues in the
next one; strings that stand side by side without a comma are one string.

A message is written as `Class(content, field=..., ...)` with every field that differs from the
class's own default. Other objects are written with all their fields.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import Any, TypeAlias

from langchain_core.messages import AIMessageChunk, BaseMessage
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

WIDTH = 100

_INVISIBLE = re.compile(
    "[\x7f-\xa0\xad\u0600-\u0605\u061c\u200b-\u200f\u2028-\u202f\u205f-\u206f\u3000\ud800-\udfff"
    "\ue000-\uf8ff\ufe00-\ufe0e\ufeff\ufff0-\uffff\U000e0000-\U0010ffff]"
)


@dataclass(frozen=True)
class Described:
    """A value that is its text: what has no notation of its own."""

    text: str


@dataclass(frozen=True)
class Record:
    """A value of a class that cannot be rebuilt, as its name, arguments and fields."""

    name: str
    arguments: tuple[Any, ...] = ()
    fields: tuple[tuple[str, Any], ...] = ()

    def __getattr__(self, name: str) -> Any:
        """A field of what it stands for."""
        for field, value in object.__getattribute__(self, "fields"):
            if field == name:
                return value
        raise AttributeError(f"{self.name} has no field {name!r}")


@dataclass(frozen=True)
class _Text:
    value: str


@dataclass(frozen=True)
class _Group:
    head: str
    items: tuple[tuple[str, Doc], ...]
    tail: str


Doc: TypeAlias = "str | _Text | _Group"


def quoted(text: str) -> str:
    r"""Quote a string as JSON does, with every invisible character as `\uXXXX`."""
    return _INVISIBLE.sub(
        lambda match: json.dumps(match[0])[1:-1], json.dumps(text, ensure_ascii=False)
    )


def one_line(value: object) -> str:
    """The whole value on one line, however long."""
    return _flat(_doc(value))


def block(value: object, *, prefix: str = "", indent: str = "") -> list[str]:
    """The value as indented lines of about `WIDTH` columns."""
    return _lines(_doc(value), prefix, indent, "")


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


def _doc(value: object) -> Doc:
    if isinstance(value, Described):
        return value.text
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, str):
        return _Text(value)
    return _container(value) or _object(value)


def _container(value: object) -> Doc | None:
    if isinstance(value, dict):
        pairs = sorted(((one_line(key), item) for key, item in value.items()), key=lambda p: p[0])
        return _Group("{", tuple((f"{key}: ", _doc(item)) for key, item in pairs), "}")
    if isinstance(value, list):
        return _Group("[", tuple(("", _doc(item)) for item in value), "]")
    if isinstance(value, tuple):
        return _Group("(", tuple(("", _doc(item)) for item in value), ")")
    return None


def _object(value: object) -> Doc:
    if isinstance(value, BaseMessage):
        shown = message_fields(value)
        return _call(type(value).__name__, (shown.pop("content", ""),), shown)
    if isinstance(value, BaseModel):
        return _call(type(value).__name__, (), dict(value))
    if isinstance(value, Record):
        return _call(value.name, value.arguments, dict(value.fields))
    if is_dataclass(value) and not isinstance(value, type):
        named = {item.name: getattr(value, item.name) for item in fields(value)}
        return _call(type(value).__name__, (), named)
    return repr(value)


def _call(name: str, arguments: tuple[object, ...], named: Mapping[str, object]) -> Doc:
    items = [("", _doc(item)) for item in arguments]
    items += [(f"{key}=", _doc(item)) for key, item in named.items()]
    return _Group(f"{name}(", tuple(items), ")")


def _flat(doc: Doc) -> str:
    if isinstance(doc, str):
        return doc
    if isinstance(doc, _Text):
        return quoted(doc.value)
    comma = "," if doc.head == "(" and len(doc.items) == 1 else ""
    inner = ", ".join(prefix + _flat(item) for prefix, item in doc.items)
    return f"{doc.head}{inner}{comma}{doc.tail}"


def _lines(doc: Doc, prefix: str, indent: str, comma: str) -> list[str]:
    line = f"{indent}{prefix}{_flat(doc)}{comma}"
    if len(line) <= WIDTH or isinstance(doc, str):
        return [line]
    if isinstance(doc, _Text):
        first, *rest = _pieces(doc.value, WIDTH - len(indent) - 4)
        lines = [f"{indent}{prefix}{quoted(first)}"]
        lines += [f"{indent}  {quoted(piece)}" for piece in rest]
        lines[-1] += comma
        return lines
    lines = [f"{indent}{prefix}{doc.head}"]
    for name, item in doc.items:
        lines += _lines(item, name, indent + "  ", ",")
    lines.append(f"{indent}{doc.tail}{comma}")
    return lines


def _pieces(text: str, room: int) -> list[str]:
    """Cut a long string after line breaks and between words; the pieces add up to it."""
    pieces = []
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        rest = line
        while len(rest) > room:
            cut = rest.rfind(" ", room // 2, room) + 1 or room
            pieces.append(rest[:cut])
            rest = rest[cut:]
        pieces.append(rest)
    return pieces
