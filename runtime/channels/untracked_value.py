"""The channel of a state key that is never saved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic

from typing_extensions import Self

from runtime.channels._value import ValueChannel
from runtime.channels.base import MISSING, Value
from runtime.errors import InvalidUpdateError

__all__ = ("UntrackedValue",)


class UntrackedValue(ValueChannel[Value, Value], Generic[Value]):
    """Holds the last value written, and leaves it out of checkpoints.

    For what cannot be saved or should not be: connections, clients, large caches. A run that is
    resumed starts without it.

    Args:
        typ: The type of the value.
        guard: Whether two writes in one superstep are a mistake; otherwise the last one counts.
        key: The name of the channel.
    """

    __slots__ = ("guard",)
    wants_every_step = False
    is_saved = False

    def __init__(self, typ: Any, guard: bool = True, key: str = "") -> None:
        super().__init__(typ, key)
        self.guard = guard

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UntrackedValue) and other.guard == self.guard

    __hash__ = None  # type: ignore[assignment]  # equality by kind, as schemas compare channels

    def copy(self) -> Self:
        """Return a channel of the same kind with the same value, which a checkpoint would lose."""
        channel = self._blank()
        channel.value = self.value
        return channel

    def _blank(self) -> Self:
        return type(self)(self.typ, self.guard, self.key)

    def from_checkpoint(self, checkpoint: Value | Any) -> Self:
        """Return a new, empty channel, whatever was saved."""
        return self._blank()

    def checkpoint(self) -> Any:
        """Return `MISSING`: there is never anything to save."""
        return MISSING

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
