"""What LangGraph's inside has for streams of tool calls."""

from __future__ import annotations

from runtime.prebuilt._tool_call_stream import ToolCallTransformer

__all__ = ("ToolCallTransformer",)
