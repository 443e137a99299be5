"""The channel of a state key that is never saved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic

from typing_extensions import Self

from runtime.channels.base import MISSING, BaseChannel, Value
from runtime.errors import EmptyChannelError, InvalidUpdateError

__all__ = ("UntrackedValue",)


class UntrackedValue(BaseChannel[Value, Value, Value], Generic[Value]):
    """Holds the last value written, and leaves it out of checkpoints.

    For what cannot be saved or should not be: connections, clients, large caches. A run that is
    resumed starts without it.

    Args:
        typ: The type of the value.
        guard: Whether two writes in one superstep are a mistake; otherwise the last one counts.
        key: The name of the channel.
    """

    __slots__ = ("guard", "value")
    wants_every_step = False

    def __init__(self, typ: Any, guard: bool = True, key: str = "") -> None:
        super().__init__(typ, key)
        self.guard = guard
        self.value: Value | Any = MISSING

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UntrackedValue) and other.guard == self.guard

    __hash__ = None  # type: ignore[assignment]  # equality by kind, as schemas compare channels

    @property
    def ValueType(self) -> Any:  # noqa: N802
        """The declared type."""
        return self.typ

    @property
    def UpdateType(self) -> Any:  # noqa: N802
        """The declared type."""
        return self.typ

    def copy(self) -> Self:
        """Return a channel of the same kind with the same value, which a checkpoint would lose."""
        channel = self.from_checkpoint(MISSING)
        channel.value = self.value
        return channel

    def from_checkpoint(self, checkpoint: Value | Any) -> Self:
        """Return a new, empty channel, whatever was saved."""
        return type(self)(self.typ, self.guard, self.key)

    def checkpoint(self) -> Any:
        """Return `MISSING`: there is never anything to save."""
        return MISSING

    def get(self) -> Value:
        """Return the value."""
        if self.value is MISSING:
            raise EmptyChannelError(self.key)
        return self.value

    def is_available(self) -> bool:
        """Return whether a value was written in this run."""
        return self.value is not MISSING

    def update(self, values: Sequence[Value]) -> bool:
        """Take the value."""
        if not values:
            return False
        if self.guard and len(values) > 1:
            raise InvalidUpdateError(
                f"At key '{self.key}': UntrackedValue(guard=True) can receive only one value "
                f"per step, got {len(values)}. Use guard=False if any one of them will do."
            )
        self.value = values[-1]
        return True
