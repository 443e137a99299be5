"""The channel of a key that several nodes set to the same value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic

from typing_extensions import Self

from runtime.channels.base import MISSING, BaseChannel, Value
from runtime.errors import EmptyChannelError

__all__ = ("AnyValue",)


class AnyValue(BaseChannel[Value, Value, Value], Generic[Value]):
    """Holds any one of the values of the last superstep, and nothing after one without.

    Whoever uses it says that all writes of one superstep are equal; the last one is taken.
    """

    __slots__ = ("value",)

    def __init__(self, typ: Any, key: str = "") -> None:
        super().__init__(typ, key)
        self.value: Value | Any = MISSING

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AnyValue)

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
        channel = self._blank()
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
        """Take the last value, or forget the old one if there is none."""
        had_value = self.value is not MISSING
        self.value = values[-1] if values else MISSING
        return had_value or bool(values)
