"""The contract of a managed value."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Generic, Protocol, TypeGuard, TypeVar

__all__ = ("ManagedValue", "ManagedValueMapping", "ManagedValueSpec", "Progress")

Value_co = TypeVar("Value_co", covariant=True)


class Progress(Protocol):
    """How far a run is.

    Attributes:
        step: The number of the superstep that is running; the first nodes run in step 1.
        stop: The first superstep that is one too many: a run that is not over before it fails.
    """

    step: int
    stop: int


class ManagedValue(ABC, Generic[Value_co]):
    """Base of managed values; a key of a state gets one as `Annotated[type, its class]`."""

    @staticmethod
    @abstractmethod
    def get(scratchpad: Progress) -> Value_co:
        """Return the value for a node of the superstep that is running."""


ManagedValueSpec = type[ManagedValue[Any]]
ManagedValueMapping = dict[str, ManagedValueSpec]


def is_managed_value(value: Any) -> TypeGuard[ManagedValueSpec]:
    """Return whether this is a class of managed values."""
    return isinstance(value, type) and issubclass(value, ManagedValue)
