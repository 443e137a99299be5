"""The typed shapes of stream chunks; users import them from `runtime.types`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Literal, TypeVar

from langchain_core.messages import AnyMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import CheckpointMetadata
from typing_extensions import NotRequired, TypeAliasType, TypedDict

__all__ = (
    "CheckpointPayload",
    "CheckpointStreamPart",
    "CheckpointTask",
    "CustomStreamPart",
    "DebugPayload",
    "DebugStreamPart",
    "MessagesStreamPart",
    "StreamPart",
    "StreamWriter",
    "TaskPayload",
    "TaskResultPayload",
    "TasksStreamPart",
    "UpdatesStreamPart",
    "ValuesStreamPart",
)

OutputT = TypeVar("OutputT")

StreamWriter = Callable[[Any], None]
"""A function that puts one value into the `custom` stream."""


class TaskPayload(TypedDict):
    """A task that is about to run.

    `triggers` are the channels that made it run; `metadata` is what users put there, with their
    tags under `tags`.
    """

    id: str
    name: str
    input: Any
    triggers: tuple[str, ...]
    metadata: NotRequired[dict[str, Any]]


class TaskResultPayload(TypedDict):
    """A task that is done, or failed with `error`.

    `result` is what it wrote, by key; several writes of one key stand as `{"$writes": [...]}`.
    """

    id: str
    name: str
    error: BaseException | None
    interrupts: list[dict[str, Any]]
    result: dict[str, Any]


class CheckpointTask(TypedDict):
    """A task of the superstep after a checkpoint, with what is stored of it already.

    A task that failed has an `error`, one that is done a `result`, others have `interrupts`.
    `state` is the config of the graph inside, if its node is one.
    """

    id: str
    name: str
    error: NotRequired[str]
    interrupts: NotRequired[tuple[dict[str, Any], ...]]
    result: NotRequired[Any]
    state: RunnableConfig | None


class CheckpointPayload(TypedDict, Generic[OutputT]):
    """A checkpoint: the state between two supersteps, and the nodes that run `next`."""

    config: RunnableConfig
    parent_config: RunnableConfig | None
    values: OutputT
    metadata: CheckpointMetadata
    next: list[str]
    tasks: list[CheckpointTask]


class DebugPayload(TypedDict):
    """Another payload with the superstep and the time, in ISO 8601, at which it was made."""

    step: int
    timestamp: str
    type: Literal["checkpoint", "task", "task_result"]
    payload: CheckpointPayload[Any] | TaskPayload | TaskResultPayload


class ValuesStreamPart(TypedDict, Generic[OutputT]):
    """The state after a superstep, as an object of the output schema."""

    type: Literal["values"]
    ns: tuple[str, ...]
    data: OutputT
    interrupts: tuple[Any, ...]


class UpdatesStreamPart(TypedDict):
    """What nodes wrote, by node."""

    type: Literal["updates"]
    ns: tuple[str, ...]
    data: dict[str, Any]


class MessagesStreamPart(TypedDict):
    """A message or a chunk of one, and its metadata."""

    type: Literal["messages"]
    ns: tuple[str, ...]
    data: tuple[AnyMessage, dict[str, Any]]


class CustomStreamPart(TypedDict):
    """What a node handed to its stream writer."""

    type: Literal["custom"]
    ns: tuple[str, ...]
    data: Any


class CheckpointStreamPart(TypedDict, Generic[OutputT]):
    """A checkpoint."""

    type: Literal["checkpoints"]
    ns: tuple[str, ...]
    data: CheckpointPayload[OutputT]


class TasksStreamPart(TypedDict):
    """A task that starts or is done."""

    type: Literal["tasks"]
    ns: tuple[str, ...]
    data: TaskPayload | TaskResultPayload


class DebugStreamPart(TypedDict):
    """A checkpoint, or a task that starts or is done, with step and time."""

    type: Literal["debug"]
    ns: tuple[str, ...]
    data: DebugPayload


StreamPart = TypeAliasType(
    "StreamPart",
    ValuesStreamPart[OutputT]
    | UpdatesStreamPart
    | MessagesStreamPart
    | CustomStreamPart
    | CheckpointStreamPart[OutputT]
    | TasksStreamPart
    | DebugStreamPart,
    type_params=(OutputT,),
)
"""What a stream with `version="v2"` yields; `part["type"]` tells which one it is."""
