"""What LangGraph's inside has for Pydantic models."""

from __future__ import annotations

from runtime._absent import absent

__all__ = ("create_model", "is_supported_by_pydantic")

create_model = absent("create_model")
is_supported_by_pydantic = absent("is_supported_by_pydantic")
