"""What LangGraph's inside has for queues."""

from __future__ import annotations

from runtime._absent import absent

__all__ = ("AsyncQueue", "SyncQueue")

AsyncQueue = absent("AsyncQueue")
SyncQueue = absent("SyncQueue")
