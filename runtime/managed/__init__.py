"""Values that a node can read like state keys, and that the run itself keeps."""

from runtime.managed.is_last_step import IsLastStep, RemainingSteps

__all__ = ("IsLastStep", "RemainingSteps")
