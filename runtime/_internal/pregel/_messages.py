"""What LangGraph's inside has for messages mode."""

from __future__ import annotations

from runtime._absent import absent

__all__ = ("StreamMessagesHandler", "StreamMessagesHandlerV2")

StreamMessagesHandler = absent("StreamMessagesHandler")
StreamMessagesHandlerV2 = absent("StreamMessagesHandlerV2")
