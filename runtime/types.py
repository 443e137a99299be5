"""Values that users pass to graphs and get from them."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeVar

from langchain_core.messages.tool import ToolOutputMixin

from runtime._absent import Absent
from runtime._ask import interrupt
from runtime._internal import names_of
from runtime._interrupts import Interrupt
from runtime._parts import (
    CheckpointPayload,
    CheckpointStreamPart,
    CheckpointTask,
    CustomStreamPart,
    DebugPayload,
    DebugStreamPart,
    MessagesStreamPart,
    StreamPart,
    StreamWriter,
    TaskPayload,
    TaskResultPayload,
    TasksStreamPart,
    UpdatesStreamPart,
    ValuesStreamPart,
)
from runtime._policies import (
    CachePolicy,
    RetryPolicy,
    TimeoutPolicy,
    TracePolicy,
    default_cache_key,
    default_retry_on,
    omit_payload,
)
from runtime._threads import (
    Checkpointer,
    Durability,
    PregelTask,
    StateSnapshot,
    StateUpdate,
    ensure_valid_checkpointer,
)
from runtime.warnings import LangGraphDeprecatedSinceV11, deprecated

__all__ = (
    "All",
    "CachePolicy",
    "CheckpointPayload",
    "CheckpointStreamPart",
    "CheckpointTask",
    "Checkpointer",
    "Command",
    "CustomStreamPart",
    "DebugPayload",
    "DebugStreamPart",
    "Durability",
    "GraphOutput",
    "Interrupt",
    "MessagesStreamPart",
    "Overwrite",
    "PregelExecutableTask",
    "PregelTask",
    "RetryPolicy",
    "Send",
    "StateSnapshot",
    "StateUpdate",
    "StreamMode",
    "StreamPart",
    "StreamWriter",
    "TaskPayload",
    "TaskResultPayload",
    "TasksStreamPart",
    "TimeoutPolicy",
    "TracePolicy",
    "UpdatesStreamPart",
    "ValuesStreamPart",
    "default_cache_key",
    "default_retry_on",
    "ensure_valid_checkpointer",
    "interrupt",
    "omit_payload",
)

All = Literal["*"]
"""Stands for every node where a list of nodes is expected."""

StreamMode = Literal[
    "values", "updates", "messages", "custom", "tasks", "checkpoints", "debug", "tools"
]
"""What a stream consists of.

- `values`: the whole state after every superstep that wrote an output key.
- `updates`: what each node wrote, as `{node: update}`, when it finishes.
- `messages`: `(message chunk, metadata)` for every token of every model called in the graph.
- `custom`: whatever nodes hand to their stream writer.
- `tasks`: each task when it starts (`TaskPayload`) and when it is done (`TaskResultPayload`).
- `checkpoints`: each checkpoint of a graph that has a checkpointer (`CheckpointPayload`).
- `debug`: both of these with step and time (`DebugPayload`).
- `tools`: when tools start, finish and fail, related by `tool_call_id`.
"""

N = TypeVar("N", bound=Hashable)


class Send:
    """Runs a node in the next superstep with an input of its own.

    Args:
        node: The name of the node.
        arg: What the node gets instead of the state.
        timeout: How long the node may take, instead of its own timeout; a number or a `timedelta`
            is a run timeout.
    """

    __slots__ = ("arg", "node", "timeout")

    def __init__(
        self,
        /,
        node: str,
        arg: Any,
        *,
        timeout: float | timedelta | TimeoutPolicy | None = None,
    ) -> None:
        self.node = node
        self.arg = arg
        self.timeout = TimeoutPolicy.coerce(timeout)

    def __hash__(self) -> int:
        return hash((self.node, self.arg, self.timeout))

    def __repr__(self) -> str:
        timeout = "" if self.timeout is None else f", timeout={self.timeout!r}"
        return f"Send(node={self.node!r}, arg={self.arg!r}{timeout})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Send):
            return False
        return (self.node, self.arg, self.timeout) == (other.node, other.arg, other.timeout)


@dataclass(kw_only=True, frozen=True, slots=True)
class Command(ToolOutputMixin, Generic[N]):
    """What a node returns to update the state and choose the next nodes in one go.

    Args:
        graph: `None` for this graph, `Command.PARENT` for the one around it.
        update: A state update: a dict, a list of `(key, value)`, or an object with annotations.
        resume: The answer to an interrupt.
        goto: A node, a `Send`, or a sequence of them, to run in the next superstep.
    """

    PARENT: ClassVar[Literal["__parent__"]] = "__parent__"

    graph: str | None = None
    update: Any | None = None
    resume: dict[str, Any] | Any | None = None
    goto: Send | Sequence[Send | N] | N = ()

    def __repr__(self) -> str:
        given = ((field.name, getattr(self, field.name)) for field in fields(self))
        return f"Command({', '.join(f'{name}={value!r}' for name, value in given if value)})"


OutputT = TypeVar("OutputT")


@dataclass(frozen=True)
class GraphOutput(Generic[OutputT]):
    """What `invoke` returns with `version="v2"`.

    Args:
        value: The final state, as an object of the output schema.
        interrupts: What the run waits for; empty if it is complete.
    """

    value: OutputT
    interrupts: tuple[Interrupt[Any], ...] = ()

    def __getitem__(self, key: str) -> Any:
        """Return a key of the state, as programs for the plain result expect it."""
        deprecated(
            "Accessing GraphOutput via `result[key]` is deprecated: use `result.value[key]`.",
            LangGraphDeprecatedSinceV11,
        )
        if key == "__interrupt__":
            return self.interrupts
        if isinstance(self.value, dict):
            return self.value[key]
        if not hasattr(self.value, key):
            raise KeyError(key)
        return getattr(self.value, key)

    def __contains__(self, key: object) -> bool:
        """Return whether the state has a key, as programs for the plain result expect it."""
        deprecated(
            "Accessing GraphOutput via `key in result` is deprecated: use `key in result.value`.",
            LangGraphDeprecatedSinceV11,
        )
        if key == "__interrupt__":
            return bool(self.interrupts)
        if isinstance(self.value, dict):
            return key in self.value
        return isinstance(key, str) and hasattr(self.value, key)


class PregelExecutableTask(Absent):
    """A task as the inside of LangGraph has it: only the name is here, for annotations."""


@dataclass(slots=True)
class Overwrite:
    """Sets a key to a value, past its reducer. At most one per key and superstep.

    Args:
        value: What the key is set to.
        type: Marks the value so that it is recognised after a trip through JSON.
    """

    value: Any
    type: Literal["__overwrite__"] = "__overwrite__"


if not TYPE_CHECKING:  # for type checkers there is only what stands here
    __getattr__ = names_of(__name__)
