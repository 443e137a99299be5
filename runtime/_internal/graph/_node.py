"""Classes of graphs and tasks that other packages name, mostly in annotations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langchain_core.runnables import Runnable

from runtime.graph.state import NodeSpec

__all__ = ("StateNode", "StateNodeSpec")

StateNode = Callable[..., Any] | Runnable[Any, Any]
"""What can be a node."""

StateNodeSpec = NodeSpec
