"""What LangGraph's inside has for how far tasks are."""

from __future__ import annotations

from runtime._absent import absent

__all__ = ("read_task_statuses",)

read_task_statuses = absent("read_task_statuses")
