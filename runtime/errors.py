"""What the runtime raises. Class names, bases and codes are LangGraph's; the texts are ours."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

__all__ = (
    "EmptyChannelError",
    "EmptyInputError",
    "ErrorCode",
    "GraphBubbleUp",
    "GraphRecursionError",
    "InvalidUpdateError",
    "NodeCancelledError",
    "NodeError",
    "NodeTimeoutError",
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


@dataclass(frozen=True, slots=True)
class NodeError:
    """What an error handler gets as its `error` parameter, which must be annotated with this class.

    Args:
        node: The name of the node that failed.
        error: What it raised.
    """

    node: str
    error: BaseException


class NodeCancelledError(Exception):
    """A node raised `asyncio.CancelledError` itself: nobody cancelled the run.

    Args:
        node: The name of the node.
        message: What to say instead of the usual text.
    """

    def __init__(self, node: str, message: str | None = None) -> None:
        super().__init__(message or f"Node {node!r} raised asyncio.CancelledError")
        self.node = node


class NodeTimeoutError(Exception):
    """An attempt of a node took longer than one of its timeouts.

    No `TimeoutError`, which is an `OSError`: by default it is a reason to run the node again.

    Args:
        node: The name of the node.
        elapsed: How many seconds the attempt had taken.
        kind: Which of the two timeouts it was.
        idle_timeout: The idle timeout, if the node has one.
        run_timeout: The run timeout, if the node has one.

    Attributes:
        timeout: The timeout that was exceeded.
    """

    def __init__(
        self,
        node: str,
        elapsed: float,
        *,
        kind: Literal["idle", "run"],
        idle_timeout: float | None = None,
        run_timeout: float | None = None,
    ) -> None:
        if kind not in ("idle", "run"):
            raise ValueError(f"kind must be 'idle' or 'run', not {kind!r}")
        timeout = idle_timeout if kind == "idle" else run_timeout
        if timeout is None:
            raise ValueError(f"{kind}_timeout is required when kind={kind!r}")
        without = " without making progress" if kind == "idle" else ""
        super().__init__(
            f"Node '{node}' exceeded its {kind} timeout of {timeout:.3f}s{without} "
            f"(elapsed: {elapsed:.3f}s)."
        )
        self.node = node
        self.elapsed = elapsed
        self.kind = kind
        self.timeout = timeout
        self.idle_timeout = idle_timeout
        self.run_timeout = run_timeout
