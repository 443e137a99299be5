"""What the runtime raises. Class names, bases and codes are LangGraph's; the texts are ours."""

from __future__ import annotations

from enum import Enum
from typing import Any

__all__ = (
    "EmptyChannelError",
    "EmptyInputError",
    "ErrorCode",
    "GraphBubbleUp",
    "GraphRecursionError",
    "InvalidUpdateError",
    "ParentCommand",
)


class ErrorCode(Enum):
    """Stable names for the mistakes that a graph author makes."""

    GRAPH_RECURSION_LIMIT = "GRAPH_RECURSION_LIMIT"
    INVALID_CONCURRENT_GRAPH_UPDATE = "INVALID_CONCURRENT_GRAPH_UPDATE"
    INVALID_GRAPH_NODE_RETURN_VALUE = "INVALID_GRAPH_NODE_RETURN_VALUE"
    MULTIPLE_SUBGRAPHS = "MULTIPLE_SUBGRAPHS"
    INVALID_CHAT_HISTORY = "INVALID_CHAT_HISTORY"


class EmptyChannelError(Exception):
    """A channel was read before anything was written to it."""


class EmptyInputError(Exception):
    """A run was started with no input and there is nothing to continue."""


class GraphBubbleUp(Exception):  # noqa: N818 - LangGraph's public name
    """Base of what travels up through graphs without being a failure."""


class GraphRecursionError(RecursionError):
    """The graph took more supersteps than `recursion_limit` allows."""


class InvalidUpdateError(Exception):
    """A node wrote something that the state cannot take."""


class ParentCommand(GraphBubbleUp):
    """A `Command` with `graph=Command.PARENT`, on its way to the graph around this one."""

    args: tuple[Any]
