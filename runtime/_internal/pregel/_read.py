"""What LangGraph's inside has for nodes."""

from __future__ import annotations

from runtime._absent import absent

__all__ = ("PregelNode",)

PregelNode = absent("PregelNode")
