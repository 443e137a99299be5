"""What LangGraph's inside has for making events of stream chunks."""

from __future__ import annotations

import time
from typing import Any

from runtime.stream._event import ProtocolEvent, event_of

__all__ = ("convert_to_protocol_event",)


def convert_to_protocol_event(part: dict[str, Any]) -> ProtocolEvent:
    """Return the event that a stream chunk, in the shape of version 2, becomes."""
    event = event_of(part["type"], list(part["ns"]), time.time(), part["data"])
    if interrupts := part.get("interrupts"):
        event["params"]["interrupts"] = interrupts
    return event
