"""What LangGraph's inside has for timeouts."""

from __future__ import annotations

from runtime.types import TimeoutPolicy

__all__ = ("coerce_timeout_policy",)

coerce_timeout_policy = TimeoutPolicy.coerce
