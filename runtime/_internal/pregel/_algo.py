"""What LangGraph's inside has for tasks."""

from __future__ import annotations

from runtime._absent import absent
from runtime.pregel._names import path_text

__all__ = ("prepare_next_tasks", "task_path_str")

prepare_next_tasks = absent("prepare_next_tasks")
task_path_str = path_text
