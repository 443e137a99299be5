"""From a state schema to channels, and from channels to the state that a node is shown."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import is_dataclass
from functools import lru_cache
from types import BuiltinFunctionType, FunctionType
from typing import Any, get_args, get_origin, get_type_hints

from pydantic import BaseModel
from typing_extensions import NotRequired, Required

from runtime._hints import hints_of
from runtime.channels import BaseChannel, BinaryOperatorAggregate, LastValue
from runtime.channels._state import Channels
from runtime.managed.base import ManagedValueSpec, is_managed_value
from runtime.pregel._commands import ROOT, fields_of

__all__ = (
    "annotations_of",
    "channel_of",
    "channels_of",
    "coercion_to",
    "input_schema_of",
    "managed_in",
    "reader_of",
)

Channel = BaseChannel[Any, Any, Any]


def channels_of(schema: Any) -> dict[str, Channel | ManagedValueSpec]:
    """Return what each key of a state schema is: a channel, or a class of managed values.

    Args:
        schema: A TypedDict, dataclass or Pydantic class; any other type becomes one channel.

    Raises:
        ValueError: A reducer does not take two arguments, or a managed value is the whole state.
    """
    if not hasattr(schema, "__annotations__"):
        if managed_in(schema) is not None:
            raise ValueError(
                f"{schema} is not allowed as the whole state: nothing can be written to it. "
                "Make it a key of a TypedDict."
            )
        return {ROOT: channel_of(ROOT, schema)}
    return {
        name: managed_in(typ) or channel_of(name, typ)
        for name, typ in hints_of(schema).items()
        if name != "__slots__"
    }


def managed_in(annotation: Any) -> ManagedValueSpec | None:
    """Return the class of managed values that an annotation asks for, if it does."""
    while annotation is not None:
        for extra in getattr(annotation, "__metadata__", ())[-1:]:
            kind = get_origin(extra) or extra
            if is_managed_value(kind):
                return kind
        # within Required, NotRequired, Optional and so on
        annotation = next(iter(get_args(annotation)), None)
    return None


def channel_of(name: str, annotation: Any) -> Channel:
    """Return the channel that an annotation asks for.

    The last of several things in `Annotated[...]` may be a reducer; a channel, or a class of
    channels, may stand anywhere.
    """
    if get_origin(annotation) in (Required, NotRequired):
        annotation = annotation.__args__[0]
    extras = getattr(annotation, "__metadata__", ())
    for extra in extras:
        if isinstance(extra, BaseChannel):
            return extra.at(name, annotation)  # the same object may stand at several keys
        if isinstance(extra, type) and issubclass(extra, BaseChannel):
            channel = extra(annotation.__origin__)
            channel.key = name
            return channel
    if extras and callable(extras[-1]):
        return BinaryOperatorAggregate(annotation, _checked_reducer(name, extras[-1]), name)
    return LastValue(annotation, name)


def _checked_reducer(name: str, reducer: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    look = _signature_of_builtin if isinstance(reducer, BuiltinFunctionType) else inspect.signature
    try:
        signature = look(reducer)
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


@lru_cache(maxsize=64)
def _signature_of_builtin(function: Callable[..., Any]) -> inspect.Signature:
    """Return the signature of `operator.add` and the like, which is parsed from a text."""
    return inspect.signature(function)


def annotations_of(function: Any) -> Mapping[str, Any]:
    """Return the evaluated annotations of a function; none if they cannot be evaluated."""
    if not getattr(function, "__annotations__", None):
        return {}
    try:
        return get_type_hints(function)
    except (NameError, TypeError, ValueError):
        return {}


def input_schema_of(function: Any, annotations: Mapping[str, Any]) -> Any:
    """Return the class with annotated fields that the first parameter is annotated with, if any.

    Args:
        function: A function.
        annotations: Its annotations, evaluated.
    """
    if not annotations:
        return None
    try:
        schema = annotations.get(_first_parameter(function))
        return schema if isinstance(schema, type) and hints_of(schema) else None
    except (NameError, StopIteration, TypeError, ValueError):
        return None


def _first_parameter(function: Any) -> str:
    if type(function) is FunctionType and not function.__dict__ and function.__code__.co_argcount:
        return function.__code__.co_varnames[0]
    return next(iter(inspect.signature(function).parameters))


def reader_of(
    schema: Any, keys: Sequence[str], managed: Mapping[str, ManagedValueSpec]
) -> Callable[[Channels], Any]:
    """Return a function that makes a node's input of this schema from the channels.

    It gets the keys that hold a value. A dataclass or Pydantic class is called with them, so that
    defaults and validation are its own.

    Args:
        schema: What the node is shown.
        keys: The keys of the schema.
        managed: Those of all keys of the state that the run itself keeps.
    """
    names = [key for key in keys if key not in managed]
    if names == [ROOT]:
        return lambda channels: channels[ROOT].get() if channels[ROOT].is_available() else None
    kept = [(key, managed[key].get) for key in keys if key in managed]

    def read(channels: Channels) -> dict[str, Any]:
        values = channels.read(names)
        if kept and channels.progress is not None:
            values.update((key, get(channels.progress)) for key, get in kept)
        return values

    if isinstance(schema, type) and (is_dataclass(schema) or issubclass(schema, BaseModel)):
        return lambda channels: schema(**read(channels))
    return read if kept else lambda channels: channels.read(names)


def coercion_to(schema: Any) -> Callable[[dict[str, Any]], Any] | None:
    """Return a function that makes an object of the schema from state keys, if it is a class.

    Keys that the schema does not have are left out.
    """
    if not isinstance(schema, type) or not (is_dataclass(schema) or issubclass(schema, BaseModel)):
        return None
    names = fields_of(schema)
    return lambda values: schema(**{name: values[name] for name in names if name in values})
