"""One captured stream chunk, and the copy that keeps it as it was when it arrived."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from langchain_core.messages.base import TextAccessor

from harness._answered import Answered

Payload: TypeAlias = Any
"""What a graph streams is the user's own data; nothing is assumed about it."""

ERROR = "error"
"""The mode of the event that stands for an exception which ended the stream."""

INTERRUPT = "interrupt"
"""The mode of the event that stands for the questions at which a run stopped."""

INPUT = "input"
"""The mode of the event that stands for the input with which a later run went on."""


@dataclass(frozen=True)
class Head:
    """What was streamed.

    Args:
        graph: The name of the graph, or of the class of a chain.
        nodes: The names of its nodes; empty where nobody knows them.
        input: The input of the first run, as it was then.
        modes: The stream modes that were asked for; empty for a chain.
    """

    graph: str
    nodes: tuple[str, ...]
    input: Payload
    modes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Origin:
    """Where a stream came from; never compared.

    Args:
        engine: The package that ran the graph, such as `langgraph` or `runtime`.
        calls: The model calls that a recording or a script answered, in the order of the requests.
    """

    engine: str = ""
    calls: tuple[Answered, ...] = ()


@dataclass(frozen=True)
class StreamEvent:
    """A stream chunk, or the exception that ended the stream.

    Args:
        number: Arrival number, from 1.
        namespace: Path of the subgraph that streamed the chunk; `()` for the graph itself.
        mode: Stream mode of the chunk; `"error"` for an exception, `"interrupt"` for the questions
            at which the run stopped, `"input"` for what it then went on with.
        payload: What the graph streamed, as it was on arrival.
        seconds: When it arrived, counted from the start of its run. Never compared.
    """

    number: int
    namespace: tuple[str, ...]
    mode: str
    payload: Payload
    seconds: float | None = field(default=None, compare=False)

    @property
    def lane(self) -> tuple[str, ...]:
        """The task that a token comes from, or the namespace of any other chunk."""
        metadata = metadata_of(self)
        path = metadata.get("langgraph_checkpoint_ns")
        return tuple(path.split("|")) if isinstance(path, str) and path else self.namespace


def is_message_pair(event: StreamEvent) -> bool:
    """Whether the payload is the `(message, metadata)` pair of messages mode."""
    payload = event.payload
    return (
        event.mode == "messages"
        and type(payload) is tuple
        and len(payload) == 2  # noqa: PLR2004 - a pair
        and isinstance(payload[1], dict)
    )


def metadata_of(event: StreamEvent) -> dict[str, Any]:
    """The metadata of a messages chunk; empty for every other chunk."""
    metadata: dict[str, Any] = event.payload[1] if is_message_pair(event) else {}
    return metadata


def copied(value: Payload) -> Payload:
    """Copy a payload so that the running program cannot change it later.

    LangGraph shares one metadata dict between the chunks of a model call and hands out the
    message objects of the state. What cannot be copied (a client, a lock) is kept as it is; the
    containers around it are copied all the same. The text of a message is text: of which class
    `message.text` is depends on the version of langchain-core.
    """
    kind = type(value)
    if kind is TextAccessor:
        return str.__str__(value)
    if kind is dict:
        return {copied(key): copied(item) for key, item in value.items()}
    if kind in (list, tuple, set, frozenset):
        return kind(copied(item) for item in value)
    try:
        return deepcopy(value)
    except Exception:  # noqa: BLE001 - any class may refuse to be copied, each in its own way
        return value
