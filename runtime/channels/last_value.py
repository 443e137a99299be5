"""The channel of a plain state key, and its form that waits for the end of the run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic

from typing_extensions import Self

from runtime.channels._value import ValueChannel
from runtime.channels.base import MISSING, Value
from runtime.errors import EmptyChannelError, InvalidUpdateError

__all__ = ("LastValue", "LastValueAfterFinish")


class LastValue(ValueChannel[Value, Value], Generic[Value]):
    """Holds the last value written; two writes in one superstep are a mistake."""

    __slots__ = ()
    wants_every_step = False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LastValue)

    __hash__ = None  # type: ignore[assignment]  # equality by kind, as schemas compare channels

    def update(self, values: Sequence[Value]) -> bool:
        """Take the one value."""
        if not values:
            return False
        if len(values) > 1:
            raise InvalidUpdateError(
                f"At key '{self.key}': Can receive only one value per step, got {len(values)}. "
                "Several nodes of one superstep wrote it. Give the key a reducer, for example "
                f"`{self.key}: Annotated[list, operator.add]`, or write it from one node."
            )
        self.value = values[0]
        return True


class LastValueAfterFinish(ValueChannel[Value, "tuple[Value, bool]"], Generic[Value]):
    """Holds the last value written, shows it when nothing else is left to run, and only once.

    The trigger of a deferred node: `add_node(..., defer=True)`.
    """

    __slots__ = ("finished",)
    wants_every_step = False

    def __init__(self, typ: Any, key: str = "") -> None:
        super().__init__(typ, key)
        self.finished = False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LastValueAfterFinish)

    __hash__ = None  # type: ignore[assignment]  # equality by kind, as schemas compare channels

    def from_checkpoint(self, checkpoint: tuple[Value, bool] | Any) -> Self:
        """Return a new channel with the saved value, shown or not as it was."""
        channel = self._blank()
        if checkpoint is not MISSING:
            channel.value, channel.finished = checkpoint
        return channel

    def checkpoint(self) -> tuple[Value, bool] | Any:
        """Return the value and whether it is shown, or `MISSING`."""
        return MISSING if self.value is MISSING else (self.value, self.finished)

    def get(self) -> Value:
        """Return the value once the run is about to end."""
        if not self.finished or self.value is MISSING:
            raise EmptyChannelError(self.key)
        return self.value

    def is_available(self) -> bool:
        """Return whether a value was written and the run is about to end."""
        return self.finished and self.value is not MISSING

    def update(self, values: Sequence[Value]) -> bool:
        """Take the last value, and wait for the end anew."""
        if not values:
            return False
        self.value, self.finished = values[-1], False
        return True

    def consume(self) -> bool:
        """Forget the value that was shown."""
        if not self.finished:
            return False
        self.value, self.finished = MISSING, False
        return True

    def finish(self) -> bool:
        """Show the value."""
        if self.finished or self.value is MISSING:
            return False
        self.finished = True
        return True
