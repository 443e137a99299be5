"""What the channels that hold one value have in common; how they take writes is their own."""

from __future__ import annotations

from typing import Any, Generic

from typing_extensions import Self

from runtime.channels.base import MISSING, BaseChannel, Saved, Value
from runtime.errors import EmptyChannelError

__all__ = ("ValueChannel",)


class ValueChannel(BaseChannel[Value, Value, Saved], Generic[Value, Saved]):
    """Holds one value of the declared type, or `MISSING`."""

    __slots__ = ("value",)

    def __init__(self, typ: Any, key: str = "") -> None:
        super().__init__(typ, key)
        self.value: Value | Any = MISSING

    @property
    def ValueType(self) -> Any:  # noqa: N802 - LangGraph's public name
        """The declared type."""
        return self.typ

    @property
    def UpdateType(self) -> Any:  # noqa: N802 - LangGraph's public name
        """The declared type."""
        return self.typ

    def from_checkpoint(self, checkpoint: Saved | Any) -> Self:
        """Return a new channel of this kind with the saved value, if there is one."""
        channel = self._blank()
        if checkpoint is not MISSING:
            channel.value = checkpoint
        return channel

    def checkpoint(self) -> Saved | Any:
        """Return the value, or `MISSING`."""
        return self.value

    def get(self) -> Value:
        """Return the value."""
        if self.value is MISSING:
            raise EmptyChannelError(self.key)
        return self.value

    def is_available(self) -> bool:
        """Return whether there is a value."""
        return self.value is not MISSING
