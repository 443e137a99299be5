"""What the inside of LangGraph has for channels and does the same here, under LangGraph's names."""

from __future__ import annotations

from typing import Any

from runtime.channels._message_writes import merge_messages
from runtime.channels._overwrite import overwritten
from runtime.channels.base import MISSING
from runtime.graph._schema import channel_of

__all__ = ("_get_channel", "_get_overwrite", "_messages_delta_reducer")

_get_channel = channel_of
_messages_delta_reducer = merge_messages


def _get_overwrite(value: Any) -> tuple[bool, Any]:
    """Return whether a write replaces the value of the channel, and by what."""
    found = overwritten(value)
    return (False, None) if found is MISSING else (True, found)
