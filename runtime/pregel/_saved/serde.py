"""Checkpoints in the words of LangGraph.

A saver writes `langgraph.types.Send` where this runtime has a `Send`, and gets one of ours back
where that name stands, without importing langgraph: so a thread that one of the two engines wrote
goes on in the other. Everything else is as the saver's own serializer has it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from copy import copy
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Final, cast, get_args
from weakref import WeakKeyDictionary

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
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.serde import jsonplus
from langgraph.checkpoint.serde.encrypted import EncryptedSerializer
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from pydantic import BaseModel
from typing_extensions import is_typeddict

from runtime._hints import hints_of
from runtime._interrupts import Interrupt
from runtime._policies import TimeoutPolicy
from runtime._threads import PregelTask, StateSnapshot
from runtime.channels.base import MISSING
from runtime.channels.delta import DeltaSnapshot
from runtime.types import Command, Overwrite, Send

__all__ = ("known_types", "packed_once", "speaking")

logger = logging.getLogger(__name__)

_MODULE: Final = "langgraph.types"
_OURS: Final[dict[str, Callable[..., Any]]] = {
    cls.__name__: cls
    for cls in (Command, Interrupt, Overwrite, PregelTask, Send, StateSnapshot, TimeoutPolicy)
}
_OPTION: Final = jsonplus._option  # noqa: SLF001 - there is no public way to extend it
_OUR_TYPES: Final = frozenset(_OURS.values())
_MESSAGES: Final[dict[type, tuple[str, str]]] = {
    cls: (cls.__module__, cls.__name__)
    for cls in (
        *(AIMessage, AIMessageChunk, ChatMessage, ChatMessageChunk, FunctionMessage),
        *(FunctionMessageChunk, HumanMessage, HumanMessageChunk, RemoveMessage, SystemMessage),
        *(SystemMessageChunk, ToolMessage, ToolMessageChunk),
    )
}
# a payload is a list that begins with the module: one byte for the list, one for the string
_HEAD: Final = bytes([0xA0 + len(_MODULE)]) + _MODULE.encode()
_AT: Final = slice(1, 1 + len(_HEAD))


def _named(obj: Any) -> Any:
    """Return what msgpack writes for an object: ours under LangGraph's names.

    An agent saves all its messages in each superstep, so that most of its time would go into making
    dicts of them. The fields of messages are such a dict already, if they hold plain values alone.
    """
    kind = type(obj)
    if kind in _MESSAGES:
        module, name = _MESSAGES[kind]
        extra = obj.__pydantic_extra__
        values = {**obj.__dict__, **extra} if extra else obj.__dict__
        try:
            data = ormsgpack.packb((module, name, values, "model_validate_json"), None, _OPTION)
            return ormsgpack.Ext(jsonplus.EXT_PYDANTIC_V2, data)
        except ormsgpack.MsgpackEncodeError:  # they hold others; as the saver itself does it, then
            pass
    if kind is DeltaSnapshot:
        return ormsgpack.Ext(jsonplus.EXT_DELTA_SNAPSHOT, _packed(obj.value))
    if kind not in _OUR_TYPES:
        return jsonplus._msgpack_default(obj)  # noqa: SLF001 - as above
    code = jsonplus.EXT_CONSTRUCTOR_KW_ARGS
    arguments: Any
    if isinstance(obj, Send):
        code = jsonplus.EXT_CONSTRUCTOR_POS_ARGS
        timeout = () if obj.timeout is None else (obj.timeout,)
        arguments = (obj.node, obj.arg, *timeout)
    elif isinstance(obj, tuple):
        arguments = cast(Any, obj)._asdict()
    else:
        arguments = {field.name: getattr(obj, field.name) for field in fields(obj)}
    return ormsgpack.Ext(code, _packed((_MODULE, type(obj).__name__, arguments)))


def _naming_once() -> Callable[[Any], Any]:
    """Return a function like `_named` that does not look again at an object that it has seen."""
    forms: dict[int, tuple[Any, Any]] = {}  # with the object, so that its id stays its own

    def named(obj: Any) -> Any:
        key = id(obj)
        if key not in forms:
            forms[key] = obj, _named(obj)
        return forms[key][1]

    return named


class _PackedOnce(threading.local):
    """While this is entered, what one thread packs again is packed as it was before.

    For what is saved without a pause, in which nobody can change it: an agent saves all its
    messages as its state and in what it sends to its tools, as a write and as a channel.

    Attributes:
        named: Returns what msgpack writes for an object.
    """

    named: Callable[[Any], Any] = staticmethod(_named)

    def __enter__(self) -> None:
        self.named = _naming_once()

    def __exit__(self, *_: object) -> None:
        self.named = _named


packed_once: Final = _PackedOnce()


def _packed(value: Any) -> bytes:
    return ormsgpack.packb(value, packed_once.named, _OPTION)


class _Serializer(JsonPlusSerializer):
    """A serializer like another one, but for the names of our classes."""

    @classmethod
    def like(cls, other: JsonPlusSerializer) -> _Serializer:
        """Return one with the settings of another one, and with what its class overrides."""
        twin: Any = object.__new__(_behind(type(other)))
        twin.__dict__.update(other.__dict__)
        theirs = other._unpack_ext_hook  # noqa: SLF001 - as above

        def revive(code: int, data: bytes) -> Any:
            option = ormsgpack.OPT_NON_STR_KEYS
            if code == jsonplus.EXT_DELTA_SNAPSHOT:
                return DeltaSnapshot(ormsgpack.unpackb(data, ext_hook=revive, option=option))
            if data[_AT] != _HEAD:
                return theirs(code, data)
            _, name, arguments = ormsgpack.unpackb(data, ext_hook=revive, option=option)[:3]
            made = _OURS.get(name)
            if made is None:
                return theirs(code, data)
            if made is Send:
                node, arg, *timeout = arguments
                return Send(node, arg, timeout=timeout[0] if timeout else None)
            return made(**arguments)

        twin._unpack_ext_hook = revive  # noqa: SLF001 - as above
        return cast(_Serializer, twin)

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
        """Return an object as bytes, and how they are to be read."""
        if obj is None or isinstance(obj, (bytes, bytearray)):
            return super().dumps_typed(obj)
        try:
            # not by `_packed`: one call less for each value that is saved
            return "msgpack", ormsgpack.packb(obj, packed_once.named, _OPTION)
        except ormsgpack.MsgpackEncodeError:
            return super().dumps_typed(obj)  # says what is wrong with it, or pickles it


@cache
def _behind(cls: type[JsonPlusSerializer]) -> type[JsonPlusSerializer]:
    """Return a class of serializers with ours between it and its base."""
    if cls is JsonPlusSerializer:
        return _Serializer
    return type(cls.__name__, (cls, _Serializer), {"__module__": cls.__module__})


_serializers: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()


def _speaking(serde: Any) -> Any:
    found = _serializers.get(serde)
    if found is None:
        if isinstance(serde, EncryptedSerializer):
            found = copy(serde)
            found.serde = _speaking(serde.serde)
        elif isinstance(serde, JsonPlusSerializer) and not isinstance(serde, _Serializer):
            found = _Serializer.like(serde)
        else:  # somebody's own: they know what they do
            found = serde
        _serializers[serde] = found
    return found


@cache
def _bilingual(cls: type[BaseCheckpointSaver[Any]]) -> type[BaseCheckpointSaver[Any]]:
    """Return a class like a saver's, whose serializer speaks LangGraph's names."""

    def serde(self: Any) -> Any:
        own = self.__dict__.get("serde", cls.serde)
        if own is not self._heard:  # a saver asks for each value
            self._heard, self._speaker = own, _speaking(own)
        return self._speaker

    def keep(self: Any, value: Any) -> None:
        self.__dict__["serde"] = value

    body = {
        # of the twin alone, while it shares all else with the saver
        "__slots__": ("_heard", "_speaker"),
        "__module__": cls.__module__,
        "serde": property(serde, keep),
    }
    return type(cls.__name__, (cls,), body)


def speaking(saver: BaseCheckpointSaver[Any]) -> BaseCheckpointSaver[Any]:
    """Return a saver that is the given one but for its serializer.

    The two share all their attributes, so that it makes no difference through which of them
    something is done; the given one goes on to serve LangGraph if it is given to that, too.
    """
    if not hasattr(saver, "__dict__"):
        return saver
    twin: Any = object.__new__(_bilingual(type(saver)))  # type: ignore[arg-type]  # classes hash
    twin.__dict__ = saver.__dict__
    twin._heard = MISSING  # noqa: SLF001 - a class of our own
    return cast("BaseCheckpointSaver[Any]", twin)


def known_types(types: Iterable[type]) -> None:
    """Let the classes in a state be read from checkpoints without a warning about unknown classes.

    Whoever compiles a graph with a state of these classes trusts them.

    Args:
        types: The schemas. The types of their fields count, too, and those of their fields.
    """
    classes: dict[type, None] = {}
    for each in types:
        _find_classes(each, classes)
    jsonplus._warned_unregistered_types.update(  # noqa: SLF001 - as above
        (cls.__module__, cls.__name__) for cls in classes
    )


def _find_classes(hint: Any, found: dict[type, None]) -> None:
    """Add the classes that values of a type may have."""
    for argument in get_args(hint):
        _find_classes(argument, found)
    if not isinstance(hint, type) or hint in found or hint.__module__ == "builtins":
        return
    found[hint] = None
    if is_dataclass(hint) or is_typeddict(hint) or issubclass(hint, BaseModel):
        with suppress(NameError):  # a name that only a type checker can see
            for field in hints_of(hint).values():
                _find_classes(field, found)
