"""What LangGraph's inside has for the fields of schemas."""

from __future__ import annotations

from runtime._absent import absent

__all__ = ("_is_optional_type", "get_enhanced_type_hints", "get_field_default")

_is_optional_type = absent("_is_optional_type")
get_enhanced_type_hints = absent("get_enhanced_type_hints")
get_field_default = absent("get_field_default")
