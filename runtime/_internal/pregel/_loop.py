"""What LangGraph's inside has for a run."""

from __future__ import annotations

from runtime._absent import absent

__all__ = ("AsyncPregelLoop", "PregelLoop", "SyncPregelLoop")

PregelLoop = absent("PregelLoop")
SyncPregelLoop = absent("SyncPregelLoop")
AsyncPregelLoop = absent("AsyncPregelLoop")
