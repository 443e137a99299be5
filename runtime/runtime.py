"""What a node gets as its `runtime` parameter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Generic, cast

from langgraph.store.base import BaseStore
from typing_extensions import TypeVar

from runtime._parts import StreamWriter
from runtime.config import current_task

__all__ = ("ExecutionInfo", "Runtime", "get_runtime")

ContextT = TypeVar("ContextT", default=None)


def _no_writer(_value: Any) -> None:
    """Take a custom item that nobody asked for."""


def _no_heartbeat() -> None:
    """Take a sign of progress that nobody waits for."""


@dataclass(frozen=True, slots=True)
class ExecutionInfo:
    """Where in a run a node is running.

    Args:
        checkpoint_id: The checkpoint that the superstep started from.
        checkpoint_ns: The namespace of the task, `node:task_id`, subgraphs joined by `|`.
        task_id: The id of the task.
        thread_id: The thread, if the config names one.
        run_id: The run id, if the config gives one.
        node_attempt: Which attempt of the node this is, from 1.
        node_first_attempt_time: When the first one started, in seconds since the epoch.
    """

    checkpoint_id: str
    checkpoint_ns: str
    task_id: str
    thread_id: str | None = None
    run_id: str | None = None
    node_attempt: int = 1
    node_first_attempt_time: float | None = None

    def patch(self, **overrides: Any) -> ExecutionInfo:
        """Return a copy with some fields replaced."""
        return replace(self, **overrides)


@dataclass(kw_only=True, frozen=True, slots=True)
class Runtime(Generic[ContextT]):
    """The run-scoped things that a node can use.

    Args:
        context: What the caller passed as `context`, coerced to the graph's context schema.
        store: The store that the graph was compiled with.
        stream_writer: Puts a value into the `custom` stream; does nothing outside of that mode.
        heartbeat: A sign of progress, for a node with an idle timeout; does nothing in others.
        previous: The value that the entrypoint returned last time on this thread.
        execution_info: Where in the run the node is running; `None` outside of a node.
    """

    context: ContextT = field(default=cast(ContextT, None))
    store: BaseStore | None = None
    stream_writer: StreamWriter = _no_writer
    heartbeat: Callable[[], None] = _no_heartbeat
    previous: Any = None
    execution_info: ExecutionInfo | None = None

    def override(self, **overrides: Any) -> Runtime[ContextT]:
        """Return a copy with some fields replaced."""
        return replace(self, **overrides)


def get_runtime(context_schema: type[ContextT] | None = None) -> Runtime[ContextT]:
    """Return the runtime of the running node.

    Args:
        context_schema: The type of `runtime.context`; only for the type checker.

    Raises:
        RuntimeError: Called outside of a node, task or tool of a running graph.
    """
    return cast("Runtime[ContextT]", current_task().runtime)
