"""Classes of graphs and tasks that other packages name, mostly in annotations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langchain_core.runnables import Runnable

from runtime._compat.absent import Absent
from runtime.graph.state import NodeSpec

__all__ = ("MessageGraph", "PregelExecutableTask", "StateNode", "StateNodeSpec")

StateNode = Callable[..., Any] | Runnable[Any, Any]
"""What can be a node."""

StateNodeSpec = NodeSpec


class MessageGraph(Absent):
    """The old form of a graph whose state is a list of messages."""

    instead = "Use StateGraph(MessagesState)."


class PregelExecutableTask(Absent):
    """A task as the inside of LangGraph has it."""
