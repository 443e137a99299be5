"""What users give and get when they look at a thread or change it."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointMetadata

from runtime._interrupts import Interrupt

__all__ = (
    "Checkpointer",
    "Durability",
    "PregelTask",
    "StateSnapshot",
    "StateUpdate",
    "ensure_valid_checkpointer",
)

Durability = Literal["sync", "async", "exit"]
"""When checkpoints are stored: before the next superstep starts, while it runs, or when the run
ends. With `sync`, what a consumer has seen of a task is stored."""

Checkpointer = None | bool | BaseCheckpointSaver[Any]
"""What keeps the threads of a graph: a saver; `None` for that of the graph around it, if there is
one; `True` for the same with one history per thread instead of one per call; `False` for none."""


def ensure_valid_checkpointer(checkpointer: Checkpointer) -> Checkpointer:
    """Return what was given.

    Raises:
        TypeError: It is nothing that can be a checkpointer.
    """
    if checkpointer is None or isinstance(checkpointer, bool | BaseCheckpointSaver):
        return checkpointer
    raise TypeError(
        "Invalid checkpointer provided. Expected an instance of `BaseCheckpointSaver`, `True`, "
        f"`False`, or `None`. Received {type(checkpointer).__name__}. Pass a saver, for example "
        "InMemorySaver(); one that is opened by a `with` block is passed inside of it."
    )


class StateUpdate(NamedTuple):
    """One change of a thread's state, as if a node had written it.

    Args:
        values: What the node would have returned.
        as_node: The node; by default the one that wrote last.
        task_id: The task to which it counts; by default one that waits for this node.
    """

    values: dict[str, Any] | None
    as_node: str | None = None
    task_id: str | None = None


class PregelTask(NamedTuple):
    """A task of the next superstep of a thread.

    Args:
        id: Its id.
        name: The name of its node.
        path: Its place among the tasks of the superstep.
        error: Why it failed, if it did.
        interrupts: What it asks.
        state: For a node that is a graph: the state of that, or the config to get it with.
        result: What it wrote, if it is done.
    """

    id: str
    name: str
    path: tuple[Any, ...]
    error: Exception | None = None
    interrupts: tuple[Interrupt[Any], ...] = ()
    state: RunnableConfig | StateSnapshot | None = None
    result: Any | None = None


class StateSnapshot(NamedTuple):
    """The state of a thread at one checkpoint.

    Args:
        values: The state.
        next: The nodes that would run next.
        config: What to run or look at to go on from here.
        metadata: What the checkpoint says of itself: `source`, `step`, `parents` and the metadata
            of the run that made it.
        created_at: When it was made, in ISO 8601.
        parent_config: The same as `config` for the checkpoint before it.
        tasks: The tasks that would run next, or have run from here.
        interrupts: What these ask. Of the latest state: only what waits for an answer.
    """

    values: dict[str, Any] | Any
    next: tuple[str, ...]
    config: RunnableConfig
    metadata: CheckpointMetadata | None
    created_at: str | None
    parent_config: RunnableConfig | None
    tasks: tuple[PregelTask, ...]
    interrupts: tuple[Interrupt[Any], ...]
