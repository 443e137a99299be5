"""What the runtime raises. Class names, bases and codes are LangGraph's; the texts are ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Literal

from runtime._interrupts import Interrupt
from runtime.warnings import LangGraphDeprecatedSinceV10, deprecated, package

__all__ = (
    "EmptyChannelError",
    "EmptyInputError",
    "ErrorCode",
    "GraphBubbleUp",
    "GraphDrained",
    "GraphInterrupt",
    "GraphRecursionError",
    "InvalidUpdateError",
    "NodeCancelledError",
    "NodeError",
    "NodeInterrupt",
    "NodeTimeoutError",
    "ParentCommand",
    "TaskNotFound",
    "UnknownInterruptError",
    "is_invalid_resume",
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


class GraphDrained(GraphBubbleUp):
    """A run stopped between two supersteps because `RunControl.request_drain` asked for it.

    Its checkpoint is stored; run the graph with `None` on the same thread to go on.

    Args:
        reason: What was given as the reason.
    """

    def __init__(self, reason: str = "shutdown") -> None:
        super().__init__(f"Graph drained: {reason}")
        self.reason = reason


class GraphInterrupt(GraphBubbleUp):
    """A node waits for an answer; ends the run at its outermost graph without being an error.

    Args:
        interrupts: The questions; none if the run stopped before or after a node.
    """

    args: tuple[Sequence[Interrupt[Any]]]

    def __init__(self, interrupts: Sequence[Interrupt[Any]] = ()) -> None:
        super().__init__(interrupts)


class NodeInterrupt(GraphInterrupt):
    """What a node raised to ask before there was `runtime.types.interrupt`; use that.

    Args:
        value: What the node asks.
        id: Which question it is.
    """

    def __init__(self, value: Any, id: str | None = None) -> None:  # noqa: A002 - public name
        deprecated(
            f"NodeInterrupt is deprecated. Please use `{package()}.types.interrupt` instead.",
            LangGraphDeprecatedSinceV10,
        )
        super().__init__([Interrupt(value) if id is None else Interrupt(value, id)])


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


class TaskNotFound(Exception):  # noqa: N818 - LangGraph's public name
    """An executor of tasks elsewhere was asked for one that it does not have."""


class UnknownInterruptError(Exception):
    """A resume does not fit the questions that wait, and the config asks to be strict about it.

    Args:
        message: What is wrong.
        reason: `not_pending`: it answers questions that do not wait; `empty_map`: it answers
            none; `ambiguous`: it is one answer, and several questions wait.
        interrupt_ids: Which questions do not wait.
        pending_ids: Which ones do.
    """

    def __init__(
        self,
        message: str,
        *,
        reason: Literal["not_pending", "empty_map", "ambiguous"],
        interrupt_ids: Sequence[str] = (),
        pending_ids: Sequence[str] = (),
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.interrupt_ids = tuple(interrupt_ids)
        self.pending_ids = tuple(pending_ids)


_INVALID_RESUME: Final = "__invalid_resume__"


def mark_invalid_resume(error: BaseException) -> None:
    """Note that this was raised because an answer did not fit what the question asks for."""
    setattr(error, _INVALID_RESUME, True)


def is_invalid_resume(error: BaseException) -> bool:
    """Return whether this was raised because an answer did not fit what the question asks for.

    The question still waits, so that it can be answered again.
    """
    return getattr(error, _INVALID_RESUME, False) is True
