"""The channel behind a waiting edge: `add_edge(["a", "b"], "c")`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from typing_extensions import Self

from runtime.channels.base import MISSING, BaseChannel
from runtime.errors import EmptyChannelError, InvalidUpdateError

__all__ = ("NamedBarrierValue", "NamedBarrierValueAfterFinish")


class NamedBarrierValue(BaseChannel[None, str, set[str]]):
    """Becomes available when every one of `names` was written, and starts over when consumed."""

    __slots__ = ("names", "seen")
    wants_every_step = False

    def __init__(self, typ: Any, names: set[str], key: str = "") -> None:
        super().__init__(typ, key)
        self.names = names
        self.seen: set[str] = set()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NamedBarrierValue) and other.names == self.names

    __hash__ = None  # type: ignore[assignment]  # equality by kind, as schemas compare channels

    @property
    def ValueType(self) -> Any:  # noqa: N802
        """The declared type."""
        return self.typ

    @property
    def UpdateType(self) -> Any:  # noqa: N802
        """The declared type."""
        return self.typ

    def from_checkpoint(self, checkpoint: set[str] | Any) -> Self:
        """Return a new channel that has seen the saved names."""
        channel = type(self)(self.typ, self.names, self.key)
        if checkpoint is not MISSING:
            channel.seen = set(checkpoint)
        return channel

    def checkpoint(self) -> set[str]:
        """Return the names seen so far."""
        return set(self.seen)

    def get(self) -> None:
        """Return `None` when all names were seen."""
        if self.seen != self.names:
            raise EmptyChannelError(self.key)

    def is_available(self) -> bool:
        """Return whether all names were seen."""
        return self.seen == self.names

    def update(self, values: Sequence[str]) -> bool:
        """Tick off the names written."""
        changed = False
        for name in values:
            if name not in self.names:
                raise InvalidUpdateError(
                    f"At key '{self.key}': Value {name} not in {sorted(self.names)}"
                )
            if name not in self.seen:
                self.seen.add(name)
                changed = True
        return changed

    def consume(self) -> bool:
        """Start over if all names were seen."""
        if self.seen != self.names:
            return False
        self.seen = set()
        return True


class NamedBarrierValueAfterFinish(NamedBarrierValue):
    """The same for a deferred node: available when, moreover, nothing else is left to run."""

    __slots__ = ("finished",)

    def __init__(self, typ: Any, names: set[str], key: str = "") -> None:
        super().__init__(typ, names, key)
        self.finished = False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NamedBarrierValueAfterFinish) and other.names == self.names

    __hash__ = None  # equality by kind, as schemas compare channels

    def from_checkpoint(self, checkpoint: tuple[set[str], bool] | Any) -> Self:
        """Return a new channel that has seen the saved names, shown or not as it was."""
        seen, finished = (MISSING, False) if checkpoint is MISSING else checkpoint
        channel = super().from_checkpoint(seen)
        channel.finished = finished
        return channel

    def checkpoint(self) -> Any:
        """Return the names seen so far, and whether the run was about to end."""
        return (set(self.seen), self.finished)

    def get(self) -> None:
        """Return `None` when all names were seen and the run is about to end."""
        if not self.is_available():
            raise EmptyChannelError(self.key)

    def is_available(self) -> bool:
        """Return whether all names were seen and the run is about to end."""
        return self.finished and super().is_available()

    def consume(self) -> bool:
        """Start over if it was available."""
        if not self.finished or not super().consume():
            return False
        self.finished = False
        return True

    def finish(self) -> bool:
        """Become available if all names were seen."""
        if self.finished or not super().is_available():
            return False
        self.finished = True
        return True
