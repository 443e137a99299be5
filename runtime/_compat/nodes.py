"""Classes of graphs and tasks that other packages name, mostly in annotations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langchain_core.runnables import Runnable

from runtime._compat.absent import Absent
from runtime.graph.state import NodeSpec

__all__ = ("PregelExecutableTask", "StateNode", "StateNodeSpec")

StateNode = Callable[..., Any] | Runnable[Any, Any]
"""What can be a node."""

StateNodeSpec = NodeSpec


class PregelExecutableTask(Absent):
    """A task as the inside of LangGraph has it."""
