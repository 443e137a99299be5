"""From objects to msgpack: ours under LangGraph's names, and nothing twice that is as it was.

An agent saves all its messages in each superstep: as its state, and in what it sends to its tools.
Most of them are as they were. Whether they are can only be told by looking at all of their fields,
as anybody may change a message in place; but to pack the fields of all at once, and to compare that
with what came of it last time, is several times cheaper than to pack each as savers want it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import fields as fields_of
from operator import attrgetter, is_
from typing import Any, Final, NamedTuple, cast

import ormsgpack
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    ChatMessage,
    ChatMessageChunk,
    FunctionMessage,
    FunctionMessageChunk,
    HumanMessage,
    HumanMessageChunk,
    RemoveMessage,
    SystemMessage,
    SystemMessageChunk,
    ToolMessage,
    ToolMessageChunk,
)
from langgraph.checkpoint.serde import jsonplus

from runtime._interrupts import Interrupt
from runtime._policies import TimeoutPolicy
from runtime._threads import PregelTask, StateSnapshot
from runtime.channels.delta import DeltaSnapshot
from runtime.types import Command, Overwrite, Send

__all__ = ("MODULE", "OPTION", "OURS", "Packing", "packed", "packing")

MODULE: Final = "langgraph.types"
"""Where savers find our classes."""

OURS: Final[dict[str, Callable[..., Any]]] = {
    cls.__name__: cls
    for cls in (Command, Interrupt, Overwrite, PregelTask, Send, StateSnapshot, TimeoutPolicy)
}
"""Our classes by their names."""

_OUR_TYPES: Final = frozenset(OURS.values())
OPTION: Final = jsonplus._option  # noqa: SLF001 - there is no public way to extend it
_MESSAGES: Final[dict[type, tuple[str, str]]] = {
    cls: (cls.__module__, cls.__name__)
    for cls in (
        *(AIMessage, AIMessageChunk, ChatMessage, ChatMessageChunk, FunctionMessage),
        *(FunctionMessageChunk, HumanMessage, HumanMessageChunk, RemoveMessage, SystemMessage),
        *(SystemMessageChunk, ToolMessage, ToolMessageChunk),
    )
}
_values_of = attrgetter("__dict__")
_extra_of = attrgetter("__pydantic_extra__")
_packb = ormsgpack.packb
_LIST: Final = (0x90, 0xDC)
_DICT: Final = (0x80, 0xDE)
"""How msgpack marks lists and dicts: few items, and many."""

_FEW: Final = 4
"""So many messages are packed as they come."""

_STATE: Final = 64
"""The keys of a dict that may be a state: in one of more, no messages are looked for."""


class _Messages(NamedTuple):
    """A list of messages that was packed.

    Args:
        them: The messages.
        kinds: The class of each.
        fields: The fields of each, packed one after the other.
        forms: Each as savers want it, packed one after the other.
    """

    them: tuple[Any, ...]
    kinds: list[type]
    fields: bytes
    forms: bytes


class Anew:
    """Packs everything as it comes. What is called for each object that msgpack does not know."""

    def __call__(self, obj: Any) -> Any:
        """Return what msgpack writes for an object."""
        return _named(obj)

    def messages(self, given: list[Any]) -> bytes | None:
        """Return the messages of a list as msgpack, without a head; `None` if only `packb` can."""
        return None


class Packing(Anew):
    """Packs for one run, and what is as it was only once.

    While it is entered, nobody can change what is packed: within that time an object is looked at
    once. Messages are looked at each time, but packed again only if they have changed.
    """

    def __init__(self) -> None:
        self._forms: dict[int, tuple[Any, Any]] = {}  # and the object, so that its id lasts
        self._now: dict[int, _Messages] = {}  # by the id of the first message
        self._before: dict[int, _Messages] = {}

    def __enter__(self) -> None:
        self._token = packing.set(self)

    def __exit__(self, *_: object) -> None:
        packing.reset(self._token)
        self._forms.clear()
        if self._now:
            self._before, self._now = self._now, {}

    def __call__(self, obj: Any) -> Any:
        """Return what msgpack writes for an object."""
        found = self._forms.get(id(obj))
        if found is None:
            found = self._forms[id(obj)] = obj, _named(obj)
        return found[1]

    def messages(self, given: list[Any]) -> bytes | None:
        """Return the messages of a list as msgpack, without a head; `None` if only `packb` can."""
        key = id(given[0])
        last = self._now.get(key)
        if last is not None and len(last.them) == len(given) and all(map(is_, given, last.them)):
            return last.forms
        kinds = [*map(type, given)]
        if not _MESSAGES.keys() >= {*kinds} or any(map(_extra_of, given)):
            return None
        try:
            fields = _packb([*map(_values_of, given)], None, OPTION)
        except ormsgpack.MsgpackEncodeError:  # they hold others than plain values
            return None
        fields = fields[len(_head(len(given), *_LIST)) :]
        forms, new = b"", given
        last = last or self._before.get(key)
        if last is not None and fields.startswith(last.fields):
            same = len(last.kinds)
            if kinds[:same] == last.kinds:
                forms, new = last.forms, given[same:]
        forms = b"".join([forms, *[_packb(message, _named, OPTION) for message in new]])
        self._now[key] = _Messages(tuple(given), kinds, fields, forms)
        return forms


packing: Final[ContextVar[Anew]] = ContextVar("packing", default=Anew())  # noqa: B039 - it holds nothing
"""How what is saved now is packed."""


def packed(value: Any) -> bytes:
    """Return a value as msgpack.

    Raises:
        MsgpackEncodeError: It holds something that msgpack cannot write.
    """
    now = packing.get()
    if type(value) is list and len(value) > _FEW and type(value[0]) in _MESSAGES:
        forms = now.messages(value)
        if forms is not None:
            return _head(len(value), *_LIST) + forms
    return _packb(value, now, OPTION)


def _state(value: Any) -> list[bytes]:
    """Return what a `Send` carries as msgpack, in parts: most often a state with messages in it.

    Containers are their items, one after the other, behind a head.
    """
    if type(value) is not dict or len(value) > _STATE or {*map(type, value)} != {str}:
        return [packed(value)]
    parts = [_head(len(value), *_DICT)]
    for key, item in value.items():
        parts += _packb(key, None, OPTION), *_state(item)
    return parts


def _head(count: int, few: int, many: int) -> bytes:
    """Return how a container begins, of whose kind these are the bytes for few and many items."""
    if count < 16:  # noqa: PLR2004 - msgpack's
        return bytes((few + count,))
    if count < 1 << 16:
        return bytes((many, *count.to_bytes(2, "big")))
    return bytes((many + 1, *count.to_bytes(4, "big")))


_SEND: Final = b"".join([_head(3, *_LIST), _packb(MODULE), _packb(Send.__name__)])
"""How a `Send` begins; what it is made of comes next, as a list."""


def _named(obj: Any) -> Any:
    """Return what msgpack writes for an object: ours under LangGraph's names.

    The fields of messages are a dict already, if they hold plain values alone.
    """
    kind = type(obj)
    if (name := _MESSAGES.get(kind)) is not None:
        extra = obj.__pydantic_extra__
        values = {**obj.__dict__, **extra} if extra else obj.__dict__
        try:
            data = _packb((*name, values, "model_validate_json"), None, OPTION)
            return ormsgpack.Ext(jsonplus.EXT_PYDANTIC_V2, data)
        except ormsgpack.MsgpackEncodeError:  # they hold others; as the saver itself does it, then
            pass
    if kind is DeltaSnapshot:
        return ormsgpack.Ext(jsonplus.EXT_DELTA_SNAPSHOT, packed(obj.value))
    if kind not in _OUR_TYPES:
        return jsonplus._msgpack_default(obj)  # noqa: SLF001 - as above
    if isinstance(obj, Send):
        timeout = () if obj.timeout is None else (packed(obj.timeout),)
        count = _head(2 + len(timeout), *_LIST)
        data = b"".join([_SEND, count, packed(obj.node), *_state(obj.arg), *timeout])
        return ormsgpack.Ext(jsonplus.EXT_CONSTRUCTOR_POS_ARGS, data)
    if isinstance(obj, tuple):
        arguments = cast(Any, obj)._asdict()
    else:
        arguments = {field.name: getattr(obj, field.name) for field in fields_of(obj)}
    data = packed((MODULE, kind.__name__, arguments))
    return ormsgpack.Ext(jsonplus.EXT_CONSTRUCTOR_KW_ARGS, data)
