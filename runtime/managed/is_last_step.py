"""How near the recursion limit is."""

from __future__ import annotations

from typing import Annotated

from runtime.managed.base import ManagedValue, Progress

__all__ = ("IsLastStep", "RemainingSteps")


class IsLastStepManager(ManagedValue[bool]):
    """Whether the run fails unless it ends with this superstep."""

    @staticmethod
    def get(scratchpad: Progress) -> bool:
        """Return it."""
        return scratchpad.step == scratchpad.stop - 1


IsLastStep = Annotated[bool, IsLastStepManager]
"""A state key that tells a node whether the run fails unless it ends with this superstep."""


class RemainingStepsManager(ManagedValue[int]):
    """How many supersteps are left before the run fails, this one included."""

    @staticmethod
    def get(scratchpad: Progress) -> int:
        """Return the number."""
        return scratchpad.stop - scratchpad.step


RemainingSteps = Annotated[int, RemainingStepsManager]
"""A state key that tells a node how many supersteps are left before the run fails."""
