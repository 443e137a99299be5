"""The channel that carries a trigger or an input for exactly one superstep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic

from typing_extensions import Self

from runtime.channels._value import ValueChannel
from runtime.channels.base import MISSING, Value
from runtime.errors import InvalidUpdateError

__all__ = ("EphemeralValue",)


class EphemeralValue(ValueChannel[Value, Value], Generic[Value]):
    """Holds what the last superstep wrote, and nothing after the next one.

    Args:
        typ: The type of the value.
        guard: Whether two writes in one superstep are a mistake; otherwise the last one counts.
        key: The name of the channel.
    """

    __slots__ = ("guard",)

    def __init__(self, typ: Any, guard: bool = True, key: str = "") -> None:
        # not through two more constructors: each edge that is followed makes such a channel
        self.typ = typ
        self.key = key
        self.value = MISSING
        self.guard = guard

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EphemeralValue) and other.guard == self.guard

    __hash__ = None  # type: ignore[assignment]  # equality by kind, as schemas compare channels

    def from_checkpoint(self, checkpoint: Value | Any) -> Self:
        """Return a new channel of this kind with the saved value, if there is one."""
        channel = type(self)(self.typ, self.guard, self.key)
        channel.value = checkpoint
        return channel

    def update(self, values: Sequence[Value]) -> bool:
        """Take the value, or forget the old one if there is none."""
        if not values:
            had_value = self.value is not MISSING
            self.value = MISSING
            return had_value
        if self.guard and len(values) > 1:
            raise InvalidUpdateError(
                f"At key '{self.key}': EphemeralValue(guard=True) can receive only one value "
                f"per step, got {len(values)}. Use guard=False if any one of them will do."
            )
        self.value = values[-1]
        return True
