"""What LangGraph's inside has for the tasks of a superstep."""

from __future__ import annotations

from runtime._absent import absent

__all__ = ("FuturesDict", "PregelRunner")

FuturesDict = absent("FuturesDict")
PregelRunner = absent("PregelRunner")
