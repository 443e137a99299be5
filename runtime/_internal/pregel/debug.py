"""What LangGraph's inside has for debug mode."""

from __future__ import annotations

from runtime._absent import absent
from runtime.types import PregelExecutableTask, PregelTask, StateSnapshot

__all__ = ("PregelExecutableTask", "PregelTask", "StateSnapshot", "map_debug_tasks")

map_debug_tasks = absent("map_debug_tasks")
