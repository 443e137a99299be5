"""The channel of a state key with a reducer."""

from __future__ import annotations

import collections.abc
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, get_origin

from typing_extensions import NotRequired, Required, Self

from runtime.channels._value import ValueChannel
from runtime.channels.base import MISSING, Value
from runtime.errors import InvalidUpdateError
from runtime.types import Overwrite

__all__ = ("BinaryOperatorAggregate",)

_CONCRETE: dict[Any, type] = {
    collections.abc.Sequence: list,
    collections.abc.MutableSequence: list,
    collections.abc.Set: set,
    collections.abc.MutableSet: set,
    collections.abc.Mapping: dict,
    collections.abc.MutableMapping: dict,
}


def _first_value(typ: Any) -> Any:
    """Return an empty value of the type, or `MISSING` if the type has no empty value."""
    while get_origin(typ) in (Annotated, Required, NotRequired):
        typ = typ.__origin__ if get_origin(typ) is Annotated else typ.__args__[0]
    origin = get_origin(typ) or typ
    try:
        return _CONCRETE.get(origin, origin)()
    except Exception:  # noqa: BLE001 - any constructor may refuse in its own way
        return MISSING


class BinaryOperatorAggregate(ValueChannel[Value, Value], Generic[Value]):
    """Folds every write into the value with a two-argument function.

    Args:
        typ: The type of the value; an empty one of it (`list()`, `0`, ...) is what the fold
            starts from, where the type has one.
        operator: Called as `operator(current, written)`; returns the new value.
        key: The name of the channel.
    """

    __slots__ = ("operator",)
    wants_every_step = False

    def __init__(self, typ: Any, operator: Callable[[Any, Any], Any], key: str = "") -> None:
        super().__init__(typ, key)
        self.operator = operator
        self.value = _first_value(typ)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BinaryOperatorAggregate):
            return False
        # a lambda in a schema that is evaluated twice is two objects: nothing tells them apart
        lambdas = (
            getattr(op, "__name__", "") == "<lambda>" for op in (self.operator, other.operator)
        )
        return other.operator is self.operator or any(lambdas)

    __hash__ = None  # type: ignore[assignment]  # equality by kind, as schemas compare channels

    def _blank(self) -> Self:
        return type(self)(self.typ, self.operator, self.key)

    def update(self, values: Sequence[Value | Overwrite]) -> bool:
        """Fold the writes in; an `Overwrite` replaces the value, and wins over plain writes."""
        if not values:
            return False
        fixed = False
        for written in values:
            overwrite = _overwritten(written)
            if overwrite is not MISSING:
                if fixed:
                    raise InvalidUpdateError(
                        f"At key '{self.key}': Can receive only one Overwrite value per step. "
                        "Let one node of the superstep set the key, or write plain values."
                    )
                self.value, fixed = overwrite, True
            elif self.value is MISSING:
                self.value = written
            elif not fixed:
                self.value = self.operator(self.value, written)
        return True


def _overwritten(value: Any) -> Any:
    """Return what an `Overwrite`, or its JSON form, sets the channel to, else `MISSING`."""
    if isinstance(value, Overwrite):
        return value.value
    if isinstance(value, dict):
        if value.keys() == {"__overwrite__"}:
            return value["__overwrite__"]
        if value.keys() == {"value", "type"} and value["type"] == "__overwrite__":
            return value["value"]
    return MISSING
