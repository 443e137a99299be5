"""Names of LangGraph's inside that mean the same here."""

from __future__ import annotations

from typing import Final

from runtime.config import RUNTIME_KEY
from runtime.constants import CONF, CONFIG_KEY_CHECKPOINTER, TASKS
from runtime.prebuilt._failures import TOOL_INVOCATION_ERROR_TEMPLATE
from runtime.pregel._input import STRICT
from runtime.pregel._names import PULL, PUSH
from runtime.pregel._run import NODE_FINISHED, PREVIOUS
from runtime.pregel._saved.thread import ERROR, INTERRUPT, NO_WRITES, RESUME, RETURN
from runtime.pregel._state_api import INPUT
from runtime.pregel._step import NOBODY

__all__ = (
    "CONF",
    "CONFIG_KEY_CHECKPOINTER",
    "CONFIG_KEY_CHECKPOINT_ID",
    "CONFIG_KEY_CHECKPOINT_MAP",
    "CONFIG_KEY_CHECKPOINT_NS",
    "CONFIG_KEY_NODE_FINISHED",
    "CONFIG_KEY_RUNTIME",
    "CONFIG_KEY_STREAM",
    "CONFIG_KEY_STRICT_RESUME",
    "CONFIG_KEY_TASK_ID",
    "CONFIG_KEY_THREAD_ID",
    "CONFIG_KEY_TIMED_ATTEMPT_OBSERVER",
    "ERROR",
    "INPUT",
    "INTERRUPT",
    "NO_WRITES",
    "NS_END",
    "NS_SEP",
    "NULL_TASK_ID",
    "OVERWRITE",
    "PREVIOUS",
    "PULL",
    "PUSH",
    "RESUME",
    "RETURN",
    "TASKS",
    "TOOL_EXECUTION_ERROR_TEMPLATE",
)

CONFIG_KEY_RUNTIME: Final = RUNTIME_KEY
CONFIG_KEY_STRICT_RESUME: Final = STRICT
CONFIG_KEY_NODE_FINISHED: Final = NODE_FINISHED
CONFIG_KEY_STREAM: Final = "__pregel_stream"
CONFIG_KEY_TASK_ID: Final = "__pregel_task_id"
CONFIG_KEY_TIMED_ATTEMPT_OBSERVER: Final = "__pregel_timed_attempt_observer"
CONFIG_KEY_THREAD_ID: Final = "thread_id"
CONFIG_KEY_CHECKPOINT_ID: Final = "checkpoint_id"
CONFIG_KEY_CHECKPOINT_MAP: Final = "checkpoint_map"
CONFIG_KEY_CHECKPOINT_NS: Final = "checkpoint_ns"
NULL_TASK_ID: Final = NOBODY
"""Stands for a task where nobody in particular wrote something."""
OVERWRITE: Final = "__overwrite__"
"""The key of an `Overwrite` in its JSON form."""
NS_SEP: Final = "|"
"""Stands between two parts of a checkpoint namespace."""
NS_END: Final = ":"
"""Stands between the node and the task id in a part of a checkpoint namespace."""
TOOL_EXECUTION_ERROR_TEMPLATE: Final = TOOL_INVOCATION_ERROR_TEMPLATE.replace(
    "invoking", "executing", 1
)
"""Says that a tool failed; nothing in here or in LangGraph uses it."""
