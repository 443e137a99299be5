"""The channel of a key that several nodes set to the same value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic

from runtime.channels._value import ValueChannel
from runtime.channels.base import MISSING, Value

__all__ = ("AnyValue",)


class AnyValue(ValueChannel[Value, Value], Generic[Value]):
    """Holds any one of the values of the last superstep, and nothing after one without.

    Whoever uses it says that all writes of one superstep are equal; the last one is taken.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AnyValue)

    __hash__ = None  # type: ignore[assignment]  # equality by kind, as schemas compare channels

    def update(self, values: Sequence[Value]) -> bool:
        """Take the last value, or forget the old one if there is none."""
        had_value = self.value is not MISSING
        self.value = values[-1] if values else MISSING
        return had_value or bool(values)
