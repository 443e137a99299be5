"""The channel of a state key whose value need not be saved each time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic

from langgraph.checkpoint.serde.types import _DeltaSnapshot as DeltaSnapshot
from typing_extensions import Self

from runtime.channels._empty import concrete
from runtime.channels._overwrite import overwritten, single_overwrite
from runtime.channels._value import ValueChannel
from runtime.channels.base import MISSING, Value

__all__ = ("DeltaChannel", "DeltaSnapshot")


class DeltaChannel(ValueChannel[Value, Any], Generic[Value]):
    """Folds the writes of a superstep into the value, and is saved as these writes.

    Checkpoints do not hold the value, which may be long: the writes of tasks are kept anyway, and
    the value is made of them again where a thread is read. Every now and then a checkpoint holds
    a snapshot, so that it is never made of more than that many. Stands in a state as
    `Annotated[list, DeltaChannel(reducer)]`.

    Args:
        reducer: Called as `reducer(current, writes)` with the writes of a superstep in path order;
            returns the new value. It must return the same for the same arguments, and it must not
            matter how the writes are divided among calls.
        typ: The type of the values, which an empty value is made of; in a state the annotation.
        snapshot_frequency: After how many supersteps with a write a checkpoint holds a snapshot.

    Raises:
        ValueError: The frequency is not positive.
    """

    __slots__ = ("reducer", "snapshot_frequency")
    wants_every_step = False

    def __init__(
        self,
        reducer: Callable[[Any, Sequence[Any]], Any],
        typ: type[Value] | None = None,
        *,
        snapshot_frequency: int = 100,
    ) -> None:
        if snapshot_frequency <= 0:
            raise ValueError(f"snapshot_frequency must be a positive int, got {snapshot_frequency}")
        super().__init__(concrete(list if typ is None else typ))
        self.reducer = reducer
        self.snapshot_frequency = snapshot_frequency

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DeltaChannel):
            return False
        # a lambda in a schema that is evaluated twice is two objects: nothing tells them apart
        names = (getattr(op, "__name__", "") for op in (self.reducer, other.reducer))
        same = self.reducer is other.reducer or all(name == "<lambda>" for name in names)
        return same and self.snapshot_frequency == other.snapshot_frequency

    __hash__ = None  # type: ignore[assignment]  # equality by kind, as schemas compare channels

    def _blank(self) -> Self:
        channel = type(self)(self.reducer, self.typ, snapshot_frequency=self.snapshot_frequency)
        channel.key = self.key
        return channel

    def at(self, key: str, annotation: Any) -> Self:
        """Return an unused channel of this kind for a key of a state with this annotation."""
        channel = self._blank()
        channel.key, channel.typ = key, concrete(annotation)
        return channel

    def copy(self) -> Self:
        """Return a channel of the same kind with the same value."""
        channel = self._blank()
        channel.value = self.value
        return channel

    def checkpoint(self) -> Any:
        """Return `MISSING`: the value is made of the writes again."""
        return MISSING

    def from_checkpoint(self, checkpoint: Any) -> Self:
        """Return a new channel of this kind with the value that writes are to be folded into.

        Args:
            checkpoint: A snapshot; or a plain value, where the key had another channel before; or
                `MISSING` for an empty value.

        Raises:
            TypeError: The type has no empty value.
        """
        channel = self._blank()
        if isinstance(checkpoint, DeltaSnapshot):
            channel.value = checkpoint.value
        else:
            is_empty = checkpoint is MISSING or checkpoint is None
            channel.value = self._nothing() if is_empty else checkpoint
        return channel

    def replay_writes(self, writes: Sequence[tuple[str, str, Any]]) -> None:
        """Fold writes of several supersteps in, from the last one that overwrites.

        Args:
            writes: The id of the task, the name of the channel and what was written, the oldest
                first, as savers have them.
        """
        values: list[Any] = []
        for _, _, value in writes:
            fixed = overwritten(value)
            if fixed is MISSING:
                values.append(value)
            else:
                self._overwrite(fixed)
                values = []
        if values:
            self._fold(values)

    def update(self, values: Sequence[Any]) -> bool:
        """Fold the writes in; an `Overwrite` replaces the value, and wins over plain writes."""
        if not values:
            return False
        fixed = single_overwrite(values, self.key)
        if fixed is MISSING:
            self._fold(values)
        else:
            self._overwrite(fixed)
        return True

    def _fold(self, values: Sequence[Any]) -> None:
        current = self._nothing() if self.value is MISSING else self.value
        self.value = self.reducer(current, values)

    def _overwrite(self, value: Any) -> None:
        self.value = self._nothing() if value is None else value

    def _nothing(self) -> Any:
        try:
            return self.typ()
        except Exception as error:
            raise TypeError(
                f"The DeltaChannel of key '{self.key}' needs an empty value to start from, and "
                f"{self.typ!r}() does not make one ({error}). Annotate the key with a type that "
                "can be called without arguments, such as list or dict."
            ) from error
