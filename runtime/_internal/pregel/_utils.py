"""What LangGraph's inside has for what a function names."""

from __future__ import annotations

from runtime.pregel._nodes.inside import named_by

__all__ = ("get_function_nonlocals",)

get_function_nonlocals = named_by
