"""The event streaming of LangGraph (`stream_events(version="v3")`), of which only the names exist.

Agents are compiled with transformers of event streams. They are classes that nobody makes an object
of until such a stream is asked for, so an agent with them streams in every mode.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from typing_extensions import NotRequired, TypedDict

from runtime._compat.absent import Absent

__all__ = (
    "AsyncGraphRunStream",
    "AsyncSubgraphRunStream",
    "CheckpointsTransformer",
    "CustomTransformer",
    "DebugTransformer",
    "GraphRunStream",
    "LifecyclePayload",
    "LifecycleTransformer",
    "MessagesTransformer",
    "ProtocolEvent",
    "StreamChannel",
    "StreamMux",
    "StreamTransformer",
    "SubgraphRunStream",
    "SubgraphStatus",
    "SubgraphTransformer",
    "TasksTransformer",
    "ToolCallTransformer",
    "TransformerFactory",
    "UpdatesTransformer",
    "ValuesTransformer",
)

__path__: list[str] = []  # LangGraph has this as a package; all its modules are this one

SubgraphStatus = Literal["started", "running", "completed", "failed", "interrupted", "drained"]


class ProtocolEvent(TypedDict):
    """One event of an event stream."""

    type: str
    method: str
    params: dict[str, Any]
    seq: NotRequired[int]


class LifecyclePayload(TypedDict, total=False):
    """What an event of the method `lifecycle` says."""

    event: SubgraphStatus
    namespace: list[str]
    graph_name: str
    trigger_call_id: str
    cause: dict[str, Any]
    error: str


class _EventStreaming(Absent):
    instead = "Event streams are not there yet: use stream or astream with stream modes."


class StreamTransformer(_EventStreaming):
    """What makes something of the events of a run."""

    _native: ClassVar[bool] = False
    before_builtins: ClassVar[bool] = False
    required_stream_modes: ClassVar[tuple[str, ...]] = ()
    requires_async: ClassVar[bool] = False
    supports_sync: ClassVar[bool] = False


class _TasksLifecycleBase(StreamTransformer):
    """What follows the graphs inside a graph."""


class CheckpointsTransformer(StreamTransformer):
    """Collects checkpoints."""


class CustomTransformer(StreamTransformer):
    """Collects custom items."""


class DebugTransformer(StreamTransformer):
    """Collects debug events."""


class LifecycleTransformer(_TasksLifecycleBase):
    """Collects how graphs start and end."""


class MessagesTransformer(StreamTransformer):
    """Collects messages."""


class SubgraphTransformer(_TasksLifecycleBase):
    """Collects the graphs inside a graph."""


class TasksTransformer(StreamTransformer):
    """Collects tasks."""


class ToolCallTransformer(StreamTransformer):
    """Collects tool calls."""


class UpdatesTransformer(StreamTransformer):
    """Collects updates."""


class ValuesTransformer(StreamTransformer):
    """Collects states."""


class GraphRunStream(_EventStreaming):
    """A run of a graph, as its events."""


class SubgraphRunStream(GraphRunStream):
    """A run of a graph inside another one."""


class AsyncGraphRunStream(_EventStreaming):
    """An async run of a graph, as its events."""


class AsyncSubgraphRunStream(AsyncGraphRunStream):
    """An async run of a graph inside another one."""


class StreamChannel(_EventStreaming):
    """A place that items go through on their way to one consumer."""


class StreamMux(_EventStreaming):
    """What hands each event to all transformers."""


TransformerFactory = Any
"""A class or function that makes a transformer."""
