"""From a state schema to channels, and between states as users and as channels hold them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import is_dataclass
from typing import Any, get_origin, get_type_hints

from pydantic import BaseModel
from typing_extensions import NotRequired, Required

from runtime.channels import BaseChannel, BinaryOperatorAggregate, LastValue
from runtime.channels._state import Channels
from runtime.channels.base import MISSING
from runtime.pregel._node import Write
from runtime.types import Command

__all__ = (
    "ROOT",
    "channels_of",
    "command_update",
    "fields_of",
    "input_schema_of",
    "reader_of",
    "updates_of",
)

ROOT = "__root__"
"""The one channel of a state that is not made of keys."""

Channel = BaseChannel[Any, Any, Any]


def channels_of(schema: Any) -> dict[str, Channel]:
    """Return a channel for each key of a state schema.

    Args:
        schema: A TypedDict, dataclass or Pydantic class; any other type becomes one channel.

    Raises:
        ValueError: A reducer does not take two arguments.
    """
    if not hasattr(schema, "__annotations__"):
        return {ROOT: _channel(ROOT, schema)}
    hints = get_type_hints(schema, include_extras=True)
    return {name: _channel(name, typ) for name, typ in hints.items() if name != "__slots__"}


def _channel(name: str, annotation: Any) -> Channel:
    """Return the channel that an annotation asks for.

    The last of several things in `Annotated[...]` may be a reducer; a channel, or a class of
    channels, may stand anywhere.
    """
    if get_origin(annotation) in (Required, NotRequired):
        annotation = annotation.__args__[0]
    extras = getattr(annotation, "__metadata__", ())
    for extra in extras:
        if isinstance(extra, BaseChannel):
            channel = extra.copy()  # the same object may stand at several keys
            channel.key = name
            return channel
        if isinstance(extra, type) and issubclass(extra, BaseChannel):
            return extra(annotation.__origin__, key=name)
    if extras and callable(extras[-1]):
        return BinaryOperatorAggregate(annotation, _checked_reducer(name, extras[-1]), name)
    return LastValue(annotation, name)


def _checked_reducer(name: str, reducer: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    try:
        signature = inspect.signature(reducer)
    except ValueError:  # a builtin without signature, such as `max`: believe the author
        return reducer
    positional = [
        p
        for p in signature.parameters.values()
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    if len(positional) != 2:  # noqa: PLR2004 - a fold takes two
        raise ValueError(
            f"Invalid reducer signature for key {name!r}. Expected (a, b) -> c. Got {signature}. "
            "A reducer is called as reducer(current, written)."
        )
    return reducer


def fields_of(kind: type) -> tuple[str, ...]:
    """Return the annotated names of a class, base classes first; empty if it has none."""
    names: dict[str, None] = {}
    for base in reversed(getattr(kind, "__mro__", ())):
        names.update(dict.fromkeys(inspect.get_annotations(base)))
    return tuple(names)


def input_schema_of(function: Any) -> Any:
    """Return the class with annotated fields that the first parameter is annotated with, if any."""
    try:
        schema = get_type_hints(function).get(next(iter(inspect.signature(function).parameters)))
        return schema if isinstance(schema, type) and get_type_hints(schema) else None
    except (NameError, StopIteration, TypeError, ValueError):
        return None  # annotations that cannot be evaluated say nothing


def reader_of(schema: Any, names: Sequence[str]) -> Callable[[Channels], Any]:
    """Return a function that makes a node's input of this schema from the channels.

    It gets the keys that hold a value. A dataclass or Pydantic class is called with them, so that
    defaults and validation are its own.
    """
    if list(names) == [ROOT]:
        return lambda channels: channels[ROOT].get() if channels[ROOT].is_available() else None
    if isinstance(schema, type) and (is_dataclass(schema) or issubclass(schema, BaseModel)):
        return lambda channels: schema(**channels.read(names))
    return lambda channels: channels.read(names)


def updates_of(value: Any, allowed: frozenset[str]) -> list[Write] | None:
    """Return the state writes in an object with annotated fields, or `None` if it is no such thing.

    Fields of a Pydantic model that were left at a default of `None` are no writes.
    """
    names = fields_of(type(value))
    if not names:
        return None
    model_fields = type(value).model_fields if isinstance(value, BaseModel) else {}
    given = value.model_fields_set if isinstance(value, BaseModel) else frozenset()
    writes = []
    for name in names:
        held = getattr(value, name, MISSING)
        if name not in allowed or held is MISSING:
            continue
        default = model_fields[name].default if name in model_fields else MISSING
        if held is not None or default is not None or name in given:
            writes.append((name, held))
    return writes


def command_update(command: Command[Any]) -> list[Write]:
    """Return the state writes of a command."""
    update = command.update
    if update is None:
        return []
    if isinstance(update, dict):
        return list(update.items())
    if isinstance(update, (list, tuple)) and all(
        isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str)  # noqa: PLR2004
        for pair in update
    ):
        return list(update)
    names = frozenset(fields_of(type(update)))
    return updates_of(update, names) if names else [(ROOT, update)]  # type: ignore[return-value]
