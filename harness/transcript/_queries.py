"""What tests ask about the events of a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from typing import Any, TypeAlias

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, ToolCall, UsageMetadata
from langchain_core.messages.ai import add_usage

from harness.transcript._model import Payload, StreamEvent, is_message_pair, metadata_of

Place: TypeAlias = str | Callable[[StreamEvent], bool]
"""A node's name, or a function that tells which events are meant."""


def nodes_of(event: StreamEvent) -> tuple[str, ...]:
    """The nodes that a chunk comes from: of a token, an update, or a task."""
    if is_message_pair(event):
        node = told(event, "langgraph_node")
        return (node,) if isinstance(node, str) else ()
    payload = event.payload
    if not isinstance(payload, dict):
        return ()
    if event.mode == "updates":
        return tuple(key for key in payload if isinstance(key, str))
    if event.mode == "debug" and isinstance(payload.get("payload"), dict):
        payload = payload["payload"]
    name = payload.get("name") if event.mode in ("tasks", "debug") else None
    return (name,) if isinstance(name, str) else ()


def told(event: StreamEvent, key: str) -> Any:
    """What the metadata of a message says; in an event of `astream_events` it lies deeper."""
    metadata = metadata_of(event)
    inner = metadata.get("metadata")
    return metadata.get(key, inner.get(key) if isinstance(inner, dict) else None)


def is_in(event: StreamEvent, namespace: Iterable[str] | str | None) -> bool:
    """Whether a chunk comes from this namespace; `"inner"` means a subgraph of that node.

    A namespace may be given without the ids of its tasks.
    """
    if namespace is None:
        return True
    wanted = (namespace,) if isinstance(namespace, str) else tuple(namespace)
    if len(wanted) != len(event.namespace):
        return False
    pairs = zip(wanted, event.namespace, strict=True)
    return all(name in (part, part.partition(":")[0]) for name, part in pairs)


def select(
    events: Iterable[StreamEvent],
    *,
    mode: str | None = None,
    node: str | None = None,
    tag: str | None = None,
    step: int | None = None,
    namespace: Iterable[str] | str | None = None,
) -> list[StreamEvent]:
    """The events that are all of this."""
    return [
        event
        for event in events
        if (mode is None or event.mode == mode)
        and (node is None or node in nodes_of(event))
        and (tag is None or tag in (told(event, "tags") or ()))
        and (step is None or told(event, "langgraph_step") == step)
        and is_in(event, namespace)
    ]


def whole_messages(events: Iterable[StreamEvent]) -> list[BaseMessage]:
    """The messages that messages mode streamed, each put together from its chunks."""
    whole: dict[object, BaseMessage] = {}
    for event in events:
        if not is_message_pair(event) or not isinstance(event.payload[0], BaseMessage):
            continue
        message = event.payload[0]
        key = (message.id or event.lane, event.namespace)
        known = whole.get(key)
        if isinstance(known, AIMessageChunk) and isinstance(message, AIMessageChunk):
            whole[key] = known + message
        else:
            whole[key] = message
    return list(whole.values())


def messages_in(payload: Payload) -> Iterable[BaseMessage]:
    """The messages in what nodes wrote, however deep."""
    if isinstance(payload, BaseMessage):
        yield payload
    elif isinstance(payload, dict):
        for item in payload.values():
            yield from messages_in(item)
    elif isinstance(payload, (list, tuple)):
        for item in payload:
            yield from messages_in(item)


def ai_messages(events: list[StreamEvent]) -> list[AIMessage]:
    """What models answered: as it was streamed, or, without messages mode, as nodes wrote it."""
    found = whole_messages(events)
    if not found:
        seen: dict[object, BaseMessage] = {}
        for event in select(events, mode="updates"):
            for message in messages_in(event.payload):
                seen.setdefault(message.id or id(message), message)
        found = list(seen.values())
    return [message for message in found if isinstance(message, AIMessage)]


def tool_calls(messages: Iterable[AIMessage], name: str | None) -> list[ToolCall]:
    """The calls of tools in these messages, with their arguments."""
    calls = (call for message in messages for call in message.tool_calls)
    return [call for call in calls if name is None or call["name"] == name]


def usage(messages: Iterable[AIMessage]) -> UsageMetadata:
    """All tokens that were paid for."""
    total: UsageMetadata | None = None
    for message in messages:
        total = add_usage(total, message.usage_metadata)
    return add_usage(total, None)


def numbers(events: Sequence[StreamEvent], place: Place) -> list[int]:
    """The arrival numbers of the events that are meant; never none.

    Raises:
        ValueError: Nothing came from there.
    """
    if isinstance(place, str):
        found = [event.number for event in events if place in nodes_of(event)]
        name = repr(place)
    else:
        found = [event.number for event in events if place(event)]
        name = getattr(place, "__name__", repr(place))
    if not found:
        nodes = list(dict.fromkeys(node for event in events for node in nodes_of(event)))
        close = get_close_matches(name.strip("'"), nodes, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"nodes that streamed: {nodes}"
        raise ValueError(f"nothing was streamed by {name}; {hint}")
    return found
