"""What is known of an object of any class: its name, its arguments, its fields.

Numbering ids and saving to a file both have to look into whatever a user streams. Here is the one
place that knows how: what has a way of its own (None, numbers, strings, plain containers, messages)
stays what it is, and everything else becomes a `Record` or, if only its `repr` tells what it is, a
`Described`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import Any

from pydantic import BaseModel


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


def taken_apart(value: object) -> Record | Described:
    """An object as its parts, which are not taken apart themselves.

    Args:
        value: Of a class that has no notation of its own, subclasses of containers included.
    """
    kind = type(value)
    arguments = _arguments(value)
    if arguments is not None:
        return Record(kind.__name__, arguments)
    named = _fields(value)
    if named is not None:
        return Record(kind.__name__, (), named)
    return value if isinstance(value, (Record, Described)) else Described(_text(value))


def _arguments(value: object) -> tuple[Any, ...] | None:  # noqa: PLR0911 - one for each kind
    """What the class is called with, if that tells all."""
    if isinstance(value, Enum):
        return None
    if isinstance(value, dict):
        return (dict(value),)
    if isinstance(value, list):
        return (list(value),)
    if isinstance(value, tuple):
        return None if hasattr(value, "_fields") else tuple(value)
    if isinstance(value, (set, frozenset)):
        return tuple(value)
    if isinstance(value, str):
        return (str.__str__(value),)
    return (str(value),) if isinstance(value, BaseException) else None


def _fields(value: object) -> tuple[tuple[str, Any], ...] | None:
    """The fields of the object, if it has any that tell all."""
    if isinstance(value, (Record, Described)):
        return None
    if isinstance(value, tuple):
        return tuple(zip(getattr(value, "_fields", ()), value, strict=True))
    if isinstance(value, BaseModel):
        return tuple(value)
    if is_dataclass(value) and not isinstance(value, type):
        return tuple((field.name, getattr(value, field.name)) for field in fields(value))
    if type(value).__repr__ is object.__repr__:
        return tuple(sorted(getattr(value, "__dict__", {}).items()))
    return None


def _text(value: object) -> str:
    return f"{type(value).__name__}.{value.name}" if isinstance(value, Enum) else repr(value)
