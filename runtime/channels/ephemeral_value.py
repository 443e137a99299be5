"""The channel that carries a trigger or an input for exactly one superstep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic

from typing_extensions import Self

from runtime.channels.base import MISSING, BaseChannel, Value
from runtime.errors import EmptyChannelError, InvalidUpdateError

__all__ = ("EphemeralValue",)


class EphemeralValue(BaseChannel[Value, Value, Value], Generic[Value]):
    """Holds what the last superstep wrote, and nothing after the next one.

    Args:
        typ: The type of the value.
        guard: Whether two writes in one superstep are a mistake; otherwise the last one counts.
        key: The name of the channel.
    """

    __slots__ = ("guard", "value")

    def __init__(self, typ: Any, guard: bool = True, key: str = "") -> None:
        super().__init__(typ, key)
        self.guard = guard
        self.value: Value | Any = MISSING

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EphemeralValue) and other.guard == self.guard

    __hash__ = None  # type: ignore[assignment]  # equality by kind, as schemas compare channels

    @property
    def ValueType(self) -> Any:  # noqa: N802
        """The declared type."""
        return self.typ

    @property
    def UpdateType(self) -> Any:  # noqa: N802
        """The declared type."""
        return self.typ

    def from_checkpoint(self, checkpoint: Value | Any) -> Self:
        """Return a new channel with the saved value."""
        channel = type(self)(self.typ, self.guard, self.key)
        channel.value = checkpoint
        return channel

    def checkpoint(self) -> Value | Any:
        """Return the value, or `MISSING`."""
        return self.value

    def get(self) -> Value:
        """Return the value."""
        if self.value is MISSING:
            raise EmptyChannelError(self.key)
        return self.value

    def is_available(self) -> bool:
        """Return whether the last superstep wrote a value."""
        return self.value is not MISSING

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
