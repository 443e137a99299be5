"""The channel that keeps every write, one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Generic

from typing_extensions import Self

from runtime.channels.base import MISSING, BaseChannel, Value
from runtime.errors import EmptyChannelError

__all__ = ("Topic",)


class Topic(BaseChannel[Sequence[Value], "Value | list[Value]", "list[Value]"], Generic[Value]):
    """Holds the values of the last superstep, or of all of them, as a list.

    Args:
        typ: The type of one value.
        accumulate: Whether values stay over supersteps.
        key: The name of the channel.
    """

    __slots__ = ("accumulate", "values")

    def __init__(self, typ: Any, accumulate: bool = False, key: str = "") -> None:
        super().__init__(typ, key)
        self.accumulate = accumulate
        self.values: list[Value] = []

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Topic) and other.accumulate == self.accumulate

    __hash__ = None  # type: ignore[assignment]  # equality by kind, as schemas compare channels

    @property
    def ValueType(self) -> Any:  # noqa: N802
        """A sequence of the declared type."""
        return Sequence[self.typ]  # type: ignore[name-defined]  # a type made at run time

    @property
    def UpdateType(self) -> Any:  # noqa: N802
        """One value or a list of values."""
        return self.typ | list[self.typ]  # type: ignore[name-defined]  # made at run time

    def from_checkpoint(self, checkpoint: list[Value] | Any) -> Self:
        """Return a new channel with the saved values."""
        channel = type(self)(self.typ, self.accumulate, self.key)
        if checkpoint is not MISSING:
            # LangGraph once saved a pair of (seen, values)
            saved = checkpoint[1] if isinstance(checkpoint, tuple) else checkpoint
            channel.values = list(saved)
        return channel

    def checkpoint(self) -> list[Value]:
        """Return the values; once written, a topic is kept even when it is empty."""
        return list(self.values)

    def get(self) -> Sequence[Value]:
        """Return the values in the order they were written."""
        if not self.values:
            raise EmptyChannelError(self.key)
        return list(self.values)

    def is_available(self) -> bool:
        """Return whether there is any value."""
        return bool(self.values)

    def update(self, values: Sequence[Value | list[Value]]) -> bool:
        """Take the writes; a written list counts as its members."""
        written = list(_flat(values))
        if self.accumulate:
            self.values = self.values + written
            return bool(written)
        changed = bool(self.values) or bool(written)
        self.values = written
        return changed


def _flat(values: Sequence[Value | list[Value]]) -> Iterator[Value]:
    for value in values:
        if isinstance(value, list):
            yield from value
        else:
            yield value
