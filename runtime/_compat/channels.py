"""What the inside of LangGraph has for channels and does the same here, under LangGraph's names."""

from __future__ import annotations

from runtime.channels._message_writes import merge_messages
from runtime.graph._schema import channel_of

__all__ = ("_get_channel", "_messages_delta_reducer")

_get_channel = channel_of
_messages_delta_reducer = merge_messages
