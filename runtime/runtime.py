"""What a node gets as its `runtime` parameter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final, Generic, Protocol, cast

from langgraph.store.base import BaseStore
from typing_extensions import TypeVar

from runtime import _contract
from runtime._parts import StreamWriter
from runtime.config import get_config, no_graph, runtime_in

__all__ = ("BaseUser", "ExecutionInfo", "RunControl", "Runtime", "ServerInfo", "get_runtime")

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


class RunControl:
    """Lets somebody outside of a run ask it to stop; for one run, from any thread.

    The run stops between two supersteps, with `GraphDrained`; what was done is kept, and the run
    can go on later. Nodes see the request at `runtime.control`, and may hurry.
    """

    __slots__ = ("_reason",)

    def __init__(self) -> None:
        self._reason: str | None = None

    def request_drain(self, reason: str = "shutdown") -> None:
        """Ask the run to stop before its next superstep."""
        self._reason = reason

    @property
    def drain_requested(self) -> bool:
        """Whether somebody has asked."""
        return self._reason is not None

    @property
    def drain_reason(self) -> str | None:
        """Why, or `None` if nobody has asked."""
        return self._reason


class BaseUser(Protocol):
    """Who called a graph on a server, as `ServerInfo.user` has it."""

    @property
    def is_authenticated(self) -> bool:
        """Whether the server knows who it is."""
        ...

    @property
    def display_name(self) -> str:
        """What to call them."""
        ...

    @property
    def identity(self) -> str:
        """Which user it is."""
        ...

    @property
    def permissions(self) -> Sequence[str]:
        """What they may do."""
        ...


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What a server that runs graphs tells its nodes; there is none in a run of one's own.

    Args:
        assistant_id: The assistant that runs.
        graph_id: The graph that it runs.
        user: Who called, if the server knows.
    """

    assistant_id: str
    graph_id: str
    user: BaseUser | None = None


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
        server_info: What the server tells, if one runs the graph.
        control: Whether somebody asks the run to stop.
    """

    context: ContextT = field(default=cast(ContextT, None))
    store: BaseStore | None = None
    stream_writer: StreamWriter = _no_writer
    heartbeat: Callable[[], None] = _no_heartbeat
    previous: Any = None
    execution_info: ExecutionInfo | None = None
    server_info: ServerInfo | None = None
    control: RunControl | None = None

    @property
    def drain_requested(self) -> bool:
        """Whether somebody asks the run to stop."""
        return self.control is not None and self.control.drain_requested

    @property
    def drain_reason(self) -> str | None:
        """Why somebody asks the run to stop, if anybody does."""
        return None if self.control is None else self.control.drain_reason

    def override(self, **overrides: Any) -> Runtime[ContextT]:
        """Return a copy with some fields replaced."""
        return replace(self, **overrides)

    def merge(self, other: Runtime[ContextT]) -> Runtime[ContextT]:
        """Return a copy with whatever another one has been given."""
        given = {each.name: getattr(other, each.name) for each in fields(other)}
        return replace(
            self, **{k: v for k, v in given.items() if v not in (None, _no_writer, _no_heartbeat)}
        )

    def patch_execution_info(self, **overrides: Any) -> Runtime[ContextT]:
        """Return a copy with some fields of its `execution_info` replaced.

        Raises:
            RuntimeError: It has none, as it is not that of a node.
        """
        if self.execution_info is None:
            raise RuntimeError(
                "Cannot patch execution_info before it has been set: only the runtime of a node "
                "has one."
            )
        return replace(self, execution_info=replace(self.execution_info, **overrides))


DEFAULT_RUNTIME: Final[Runtime[Any]] = Runtime()
"""What stands for a runtime where there is none."""


def get_runtime(context_schema: type[ContextT] | None = None) -> Runtime[ContextT]:
    """Return the runtime of the running node.

    Args:
        context_schema: The type of `runtime.context`; only for the type checker.

    Raises:
        RuntimeError: Called outside of a node, task or tool of a running graph.
    """
    runtime = runtime_in(get_config())
    if runtime is None and _contract.active is None:  # LangGraph has no error for it
        raise no_graph()
    return cast("Runtime[ContextT]", runtime)
