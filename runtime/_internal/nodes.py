"""What the inside of LangGraph has for nodes and schemas and does the same here."""

from __future__ import annotations

from typing import Any

from runtime._absent import absent
from runtime.channels.base import BaseChannel
from runtime.graph._schema import channel_of
from runtime.graph.state import _name_of

__all__ = (
    "_get_node_name",
    "_is_field_channel",
    "_normalize_stream_transformer_factories",
    "_warn_invalid_state_schema",
)

_get_node_name = _name_of
_normalize_stream_transformer_factories = absent("_normalize_stream_transformer_factories")
_warn_invalid_state_schema = absent("_warn_invalid_state_schema")


def _is_field_channel(annotation: Any) -> BaseChannel[Any, Any, Any] | None:
    """Return the channel that stands in an annotation, if one does."""
    for extra in getattr(annotation, "__metadata__", ()):
        if isinstance(extra, BaseChannel):
            return extra
        if isinstance(extra, type) and issubclass(extra, BaseChannel):
            return channel_of("", annotation)
    return None
