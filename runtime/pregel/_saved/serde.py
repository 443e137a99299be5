"""Checkpoints in the words of LangGraph.

A saver writes `langgraph.types.Send` where this runtime has a `Send`, and gets one of ours back
where that name stands, without importing langgraph: so a thread that one of the two engines wrote
goes on in the other. Everything else is as the saver's own serializer has it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextlib import suppress
from copy import copy
from dataclasses import is_dataclass
from functools import cache
from typing import Any, Final, cast, get_args
from weakref import WeakKeyDictionary

import ormsgpack
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.serde import jsonplus
from langgraph.checkpoint.serde.encrypted import EncryptedSerializer
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from ormsgpack import packb
from pydantic import BaseModel
from typing_extensions import is_typeddict

from runtime._hints import hints_of
from runtime.channels.base import MISSING
from runtime.channels.delta import DeltaSnapshot
from runtime.pregel._saved.packing import MODULE, OPTION, OURS, packed, packing
from runtime.types import Send

__all__ = ("known_types", "speaking")

logger = logging.getLogger(__name__)

# a payload is a list that begins with the module: one byte for the list, one for the string
_HEAD: Final = bytes([0xA0 + len(MODULE)]) + MODULE.encode()
_AT: Final = slice(1, 1 + len(_HEAD))


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
            made = OURS.get(name)
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
        if obj is None:  # an edge, as most writes are
            return "null", b""
        if isinstance(obj, (bytes, bytearray)):
            return super().dumps_typed(obj)
        try:
            if type(obj) is not list:  # one call less for most of what is saved
                return "msgpack", packb(obj, packing.get(), OPTION)
            return "msgpack", packed(obj)
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
        own = self.__dict__.get("serde")
        if own is not self._heard:  # a saver asks for each value
            self._heard = own
            self._speaker = _speaking(cls.serde if own is None else own)
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
