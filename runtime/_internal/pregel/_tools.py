"""What LangGraph's inside has for tools mode."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final

__all__ = ("_tool_call_writer",)

_tool_call_writer: Final = ContextVar[Callable[[Any], None] | None](
    "_tool_call_writer", default=None
)
"""Nothing here sets it."""
