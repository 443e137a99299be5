"""The contract of a channel.

A channel holds a value, or nothing. It changes only between supersteps: `update` gets all the
values that were written in one superstep, in the path order of the tasks that wrote them;
`consume` tells it that a task it triggered has run. Both return whether the channel changed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Final, Generic, TypeVar

from typing_extensions import Self

from runtime.errors import EmptyChannelError

__all__ = ("MISSING", "BaseChannel")

Value = TypeVar("Value")
Update = TypeVar("Update")
Saved = TypeVar("Saved")


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()
"""What an empty channel holds; distinct from `None`, which is a value."""


class BaseChannel(ABC, Generic[Value, Update, Saved]):
    """Base of all channels.

    Args:
        typ: The type of the values; shown in schemas, and used to make a first value where the
            channel needs one.
        key: The name of the channel, for error messages.
    """

    __slots__ = ("key", "typ")

    wants_every_step: bool = True
    """Whether the channel, while it holds a value, must hear of supersteps that did not write it.

    A class that sets this to `False` promises that `update([])` would change nothing; the cost of
    a superstep then does not grow with the number of such channels.
    """

    is_saved: ClassVar[bool] = True
    """Whether checkpoints hold what is written to channels of the class."""

    hears_of_the_end: ClassVar[bool] = False
    """Whether the class does anything on `finish`; set for each class that defines it."""

    is_consumed: ClassVar[bool] = False
    """Whether the class does anything on `consume`; set for each class that defines it."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.is_consumed = cls.consume is not BaseChannel.consume
        cls.hears_of_the_end = cls.finish is not BaseChannel.finish

    def __init__(self, typ: Any, key: str = "") -> None:
        self.typ = typ
        self.key = key

    @property
    @abstractmethod
    def ValueType(self) -> Any:  # noqa: N802 - LangGraph's public name
        """The type of the value that `get` returns."""

    @property
    @abstractmethod
    def UpdateType(self) -> Any:  # noqa: N802 - LangGraph's public name
        """The type of the values that `update` takes."""

    def copy(self) -> Self:
        """Return a channel of the same kind with the same value."""
        return self.from_checkpoint(self.checkpoint())

    def at(self, key: str, annotation: Any) -> Self:
        """Return a channel of the same kind for a key of a state with this annotation."""
        channel = self.copy()
        channel.key = key
        return channel

    def checkpoint(self) -> Saved | Any:
        """Return what `from_checkpoint` needs to restore the channel, or `MISSING`."""
        try:
            return self.get()
        except EmptyChannelError:
            return MISSING

    @abstractmethod
    def from_checkpoint(self, checkpoint: Saved | Any) -> Self:
        """Return a new channel of this kind, empty for `MISSING`, else with the saved value."""

    @abstractmethod
    def get(self) -> Value:
        """Return the value.

        Raises:
            EmptyChannelError: Nothing was written yet, or the value was used up.
        """

    def is_available(self) -> bool:
        """Return whether `get` would return a value."""
        try:
            self.get()
        except EmptyChannelError:
            return False
        return True

    @abstractmethod
    def update(self, values: Sequence[Update]) -> bool:
        """Take the writes of one superstep, in path order; empty if nobody wrote.

        Raises:
            InvalidUpdateError: The writes cannot be combined.
        """

    def consume(self) -> bool:
        """Hear that a task triggered by this channel has run."""
        return False

    def finish(self) -> bool:
        """Hear that no node is triggered, so that the run ends unless this channel triggers one."""
        return False

    def _blank(self) -> Self:
        """Return an empty twin, for `from_checkpoint` of a channel that needs only its type."""
        return type(self)(self.typ, self.key)
