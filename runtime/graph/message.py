"""State that is a list of messages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from importlib import import_module
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, cast, overload

from langchain_core.messages import (
    AnyMessage,
    BaseMessage,
    BaseMessageChunk,
    MessageLikeRepresentation,
    RemoveMessage,
    convert_to_messages,
    convert_to_openai_messages,
    message_chunk_to_message,
)
from typing_extensions import TypedDict

from runtime._internal import names_of
from runtime.channels._message_writes import REMOVE_ALL_MESSAGES
from runtime.config import current_task
from runtime.turns import current_turns

if TYPE_CHECKING:
    from runtime.graph._message_graph import MessageGraph

__all__ = (
    "REMOVE_ALL_MESSAGES",
    "MessageGraph",
    "MessagesState",
    "add_messages",
    "push_message",
)

Messages = list[MessageLikeRepresentation] | MessageLikeRepresentation
Format = Literal["langchain-openai"]


@overload
def add_messages(left: Messages, right: Messages, *, format: Format | None = None) -> Messages: ...
@overload
def add_messages(*, format: Format | None = None) -> Callable[[Messages, Messages], Messages]: ...
def add_messages(
    left: Messages | None = None,
    right: Messages | None = None,
    *,
    format: Format | None = None,  # noqa: A002 - LangGraph's public name
) -> Messages | Callable[[Messages, Messages], Messages]:
    """Merge two lists of messages by id; the reducer of `MessagesState`.

    Args:
        left: The messages so far.
        right: The new ones, or a single one, in any form that langchain-core can convert. One
            with a known id replaces the old one in its place; a `RemoveMessage` removes it, or
            everything if its id is `REMOVE_ALL_MESSAGES`; all others are appended.
        format: With `"langchain-openai"`, contents are converted to OpenAI's format.

    Returns:
        A new list in which every message has an id; chunks have become messages. Without `left`
        and `right`, a reducer with this format.

    Raises:
        ValueError: A `RemoveMessage` names an id that is not there, the format is unknown, or
            only one of `left` and `right` is given.
    """
    if left is None and right is None:
        return cast(
            "Callable[[Messages, Messages], Messages]", partial(add_messages, format=format)
        )
    if left is None or right is None:
        raise ValueError(
            "Must specify non-null arguments for both 'left' and 'right'. "
            f"Only received: '{'left' if right is None else 'right'}'."
        )
    if format not in (None, "langchain-openai"):
        raise ValueError(f"Unrecognized format={format!r}. Expected 'langchain-openai' or None.")
    old, new = _with_ids(left), _with_ids(right)
    messages = new.messages
    for index in range(len(messages) - 1, -1, -1):
        if new.ids[index] == REMOVE_ALL_MESSAGES and isinstance(messages[index], RemoveMessage):
            return cast(Messages, messages[index + 1 :])
    merged = _merge(old, new)
    if format == "langchain-openai":
        merged = convert_to_messages(convert_to_openai_messages(merged))
    return cast(Messages, merged)


class _Listed(NamedTuple):
    """Messages in a list of their own, and the ids that they have."""

    messages: list[BaseMessage]
    ids: list[str | None]


def _merge(old: _Listed, new: _Listed) -> list[BaseMessage]:
    merged, added = old.messages, set(new.ids)
    removes = any(isinstance(message, RemoveMessage) for message in new.messages)
    if not removes and len(added) == len(new.ids) and added.isdisjoint(old.ids):
        return merged + new.messages  # as most updates are; told faster than by the places of all
    place = {id_: index for index, id_ in enumerate(old.ids)}
    removed: set[str | None] = set()
    for message in new.messages:
        index = place.get(message.id)
        if isinstance(message, RemoveMessage):
            if index is None:
                raise ValueError(
                    "Attempting to delete a message with an ID that doesn't exist "
                    f"({message.id!r}). The list holds {[m.id for m in merged]}."
                )
            removed.add(message.id)
        elif index is None:
            place[message.id] = len(merged)
            merged.append(message)
        else:
            removed.discard(message.id)
            merged[index] = message
    if removed:
        return [message for message in merged if message.id not in removed]
    return merged


_id_of = attrgetter("id")


@cache  # for each class that there is
def _is_plain(kind: type) -> bool:
    return issubclass(kind, BaseMessage) and not issubclass(kind, BaseMessageChunk)


def _with_ids(messages: Messages) -> _Listed:
    """Return the messages as plain ones with ids; a missing id is written into the message."""
    listed: Sequence[Any] = messages if isinstance(messages, list) else [messages]
    if not all(map(_is_plain, set(map(type, listed)))):
        listed = [
            message_chunk_to_message(m) if isinstance(m, BaseMessageChunk) else m
            for m in convert_to_messages(listed)
        ]
    ids = list(map(_id_of, listed))
    if None in ids:
        for index, message in enumerate(listed):
            if message.id is None:  # unless it stands there twice
                message.id = current_turns().message_id()
            ids[index] = message.id
    return _Listed(list(listed), ids)


def push_message(
    message: MessageLikeRepresentation, *, state_key: str | None = "messages"
) -> AnyMessage:
    """Put a message into the `messages` stream by hand, from inside a node.

    Args:
        message: The message, with an id, in any form that langchain-core can convert.
        state_key: The key of the state to write it to, too; `None` for none.

    Returns:
        The message.

    Raises:
        ValueError: It has no id.
        RuntimeError: Called outside of a node, task or tool of a running graph.
    """
    task = current_task()
    pushed = cast(AnyMessage, next(iter(convert_to_messages([message]))))
    if pushed.id is None:
        raise ValueError(
            "Message ID is required: a pushed message can be told from others only by its id, "
            "for example AIMessage('...', id=str(uuid4()))."
        )
    for handler in task.run.listeners.handlers:
        handler.push(task, pushed)
    if state_key is not None:
        task.writes.append((state_key, pushed))
    return pushed


class MessagesState(TypedDict):
    """A state with one key, `messages`."""

    messages: Annotated[list[AnyMessage], add_messages]


def __getattr__(name: str) -> Any:
    if name == "MessageGraph":  # found when asked for: it is a graph, and needs what is here
        return import_module("runtime.graph._message_graph").MessageGraph
    return names_of(__name__)(name)
