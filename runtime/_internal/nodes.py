"""What the inside of LangGraph has for nodes and schemas and does the same here."""

from __future__ import annotations

from runtime._absent import absent
from runtime.graph.state import _name_of

__all__ = (
    "_get_node_name",
    "_is_field_channel",
    "_normalize_stream_transformer_factories",
    "_warn_invalid_state_schema",
)

_get_node_name = _name_of
_is_field_channel = absent("_is_field_channel")
_normalize_stream_transformer_factories = absent("_normalize_stream_transformer_factories")
_warn_invalid_state_schema = absent("_warn_invalid_state_schema")
