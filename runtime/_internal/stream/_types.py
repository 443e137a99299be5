"""What LangGraph's inside has for event streams."""

from __future__ import annotations

from runtime.stream._event import ProtocolEvent
from runtime.stream._transformer import StreamTransformer

__all__ = ("ProtocolEvent", "StreamTransformer")
