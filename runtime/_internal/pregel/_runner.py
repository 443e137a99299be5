"""What LangGraph's inside has for the tasks of a superstep."""

from __future__ import annotations

from runtime._absent import absent

__all__ = ("FuturesDict", "PregelRunner", "_should_stop_others")

FuturesDict = absent("FuturesDict")
PregelRunner = absent("PregelRunner")
_should_stop_others = absent("_should_stop_others")
