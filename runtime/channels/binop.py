"""The channel of a state key with a reducer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Generic

from langgraph.checkpoint.serde.types import _DeltaSnapshot as DeltaSnapshot
from typing_extensions import Self

from runtime._internal import names_of
from runtime.channels._empty import concrete
from runtime.channels._overwrite import single_overwrite
from runtime.channels._value import ValueChannel
from runtime.channels.base import MISSING, Value
from runtime.types import Overwrite

__all__ = ("BinaryOperatorAggregate",)


def _first_value(typ: Any) -> Any:
    """Return an empty value of the type, or `MISSING` if the type has no empty value."""
    try:
        return concrete(typ)()
    except Exception:  # noqa: BLE001 - any constructor may refuse in its own way
        return MISSING


class BinaryOperatorAggregate(ValueChannel[Value, Value], Generic[Value]):
    """Folds every write into the value with a two-argument function.

    Args:
        typ: The type of the value; an empty one of it (`list()`, `0`, ...) is what the fold
            starts from, where the type has one.
        operator: Called as `operator(current, written)`; returns the new value.
        key: The name of the channel.
    """

    __slots__ = ("operator",)
    wants_every_step = False

    def __init__(self, typ: Any, operator: Callable[[Any, Any], Any], key: str = "") -> None:
        super().__init__(typ, key)
        self.operator = operator
        self.value = _first_value(typ)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BinaryOperatorAggregate):
            return False
        # a lambda in a schema that is evaluated twice is two objects: nothing tells them apart
        lambdas = (
            getattr(op, "__name__", "") == "<lambda>" for op in (self.operator, other.operator)
        )
        return other.operator is self.operator or any(lambdas)

    __hash__ = None  # type: ignore[assignment]  # equality by kind, as schemas compare channels

    def _blank(self) -> Self:
        return type(self)(self.typ, self.operator, self.key)

    def from_checkpoint(self, checkpoint: Value | Any) -> Self:
        """Return a new channel of this kind with the saved value, if there is one.

        Args:
            checkpoint: The value; or a snapshot, where the key had a `DeltaChannel` before.
        """
        if isinstance(checkpoint, DeltaSnapshot):
            checkpoint = checkpoint.value
        return super().from_checkpoint(checkpoint)

    def replay_writes(self, writes: Sequence[tuple[str, str, Any]]) -> None:
        """Fold writes in that were saved while the key had a `DeltaChannel`.

        Args:
            writes: The id of the task, the name of the channel and what was written, the oldest
                first, as savers have them.
        """
        for _, _, value in writes:
            self.update([value])

    def update(self, values: Sequence[Value | Overwrite]) -> bool:
        """Fold the writes in; an `Overwrite` replaces the value, and wins over plain writes."""
        if not values:
            return False
        fixed = single_overwrite(values, self.key)
        if fixed is not MISSING:
            self.value = fixed
            return True
        for written in values:
            self.value = written if self.value is MISSING else self.operator(self.value, written)
        return True


if not TYPE_CHECKING:  # for type checkers there is only what stands here
    __getattr__ = names_of(__name__)
