"""Type variables for those who write generic graphs."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypeVar

__all__ = ("ContextT", "InputT", "OutputT", "StateT", "StateT_co", "StateT_contra")

StateT = TypeVar("StateT", bound=Any)
"""The state of a graph."""
StateT_co = TypeVar("StateT_co", bound=Any, covariant=True)
StateT_contra = TypeVar("StateT_contra", bound=Any, contravariant=True)
ContextT = TypeVar("ContextT", bound=Any, default=None)
"""What nodes get as `runtime.context`."""
InputT = TypeVar("InputT", bound=Any, default=StateT)
"""What a graph takes."""
OutputT = TypeVar("OutputT", bound=Any, default=StateT)
"""What a graph gives."""
