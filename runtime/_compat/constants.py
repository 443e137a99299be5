"""Names of LangGraph's inside that mean the same here."""

from __future__ import annotations

from typing import Final

from runtime.prebuilt._failures import TOOL_INVOCATION_ERROR_TEMPLATE
from runtime.pregel._known import LENT
from runtime.pregel._thread import INTERRUPT

__all__ = (
    "CONF",
    "CONFIG_KEY_CHECKPOINTER",
    "INTERRUPT",
    "NS_END",
    "NS_SEP",
    "TASKS",
    "TOOL_EXECUTION_ERROR_TEMPLATE",
)

CONF: Final = "configurable"
"""The key of a config for what is no field of it."""
CONFIG_KEY_CHECKPOINTER: Final = LENT
"""The key in `configurable` under which a server lends a saver."""
NS_SEP: Final = "|"
"""Stands between two parts of a checkpoint namespace."""
NS_END: Final = ":"
"""Stands between the node and the task id in a part of a checkpoint namespace."""
TASKS: Final = "__pregel_tasks"
"""The channel of what is sent to nodes."""
TOOL_EXECUTION_ERROR_TEMPLATE: Final = TOOL_INVOCATION_ERROR_TEMPLATE.replace(
    "invoking", "executing", 1
)
"""Says that a tool failed; nothing in here or in LangGraph uses it."""
