"""What the inside of LangGraph's prebuilt has and does the same here, under LangGraph's names."""

from __future__ import annotations

from runtime.prebuilt._agent_model import chat_model_in, needs_tools
from runtime.prebuilt._agent_nodes import check_history
from runtime.prebuilt._failures import handled_by

__all__ = ("_get_model", "_infer_handled_types", "_should_bind_tools", "_validate_chat_history")

_get_model = chat_model_in
_infer_handled_types = handled_by
_should_bind_tools = needs_tools
_validate_chat_history = check_history
