"""What LangGraph's inside has for debug mode."""

from __future__ import annotations

from runtime._absent import absent
from runtime.types import (
    CheckpointPayload,
    CheckpointTask,
    PregelExecutableTask,
    PregelTask,
    StateSnapshot,
    TaskPayload,
    TaskResultPayload,
)

__all__ = (
    "CheckpointPayload",
    "CheckpointTask",
    "PregelExecutableTask",
    "PregelTask",
    "StateSnapshot",
    "TaskPayload",
    "TaskResultPayload",
    "map_debug_tasks",
)

map_debug_tasks = absent("map_debug_tasks")
