"""Messages that are written to delta channels: how they merge, and how they get their ids.

The value of a delta channel is made of its writes whenever a thread is read. A message that got its
id in the reducer would get another one each time, so it gets one when it is written, before the
write is kept or shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from langchain_core.messages import BaseMessage, RemoveMessage, convert_to_messages

from runtime.channels._overwrite import overwritten
from runtime.channels.base import MISSING
from runtime.turns import current_turns
from runtime.types import Overwrite

if TYPE_CHECKING:
    from runtime.channels.delta import DeltaChannel

__all__ = ("REMOVE_ALL_MESSAGES", "merge_messages", "with_message_ids")

REMOVE_ALL_MESSAGES: Final = "__remove_all__"
"""The id of a `RemoveMessage` that empties the list before what follows it is added."""

_ROLES: Final = ("human", "user", "ai", "assistant", "system", "tool", "function")
_TYPES: Final = ("human", "ai", "system", "tool", "function", "remove")

Write = tuple[str, Any]


def merge_messages(current: Sequence[Any], writes: Sequence[Any]) -> list[BaseMessage]:
    """Merge what was written into a list of messages by id; a reducer for a `DeltaChannel`.

    Unlike `add_messages` it gives no ids, and it does not mind a `RemoveMessage` for a message that
    is not there: it has to return the same however the writes are divided among calls.

    Args:
        current: The messages so far.
        writes: Lists of messages and single messages, in any form that langchain-core can convert.
    """
    new: list[Any] = []
    for write in writes:
        new += write if isinstance(write, list) else [write]
    merged = {_key(message): message for message in _messages(current)}
    for message in _messages(new):
        if not isinstance(message, RemoveMessage):
            merged[_key(message)] = message
        elif message.id == REMOVE_ALL_MESSAGES:
            merged = {}
        else:
            merged.pop(message.id, None)
    return list(merged.values())


def _key(message: BaseMessage) -> Any:
    return object() if message.id is None else message.id


def _messages(given: Sequence[Any]) -> Sequence[BaseMessage]:
    if all(isinstance(each, BaseMessage) for each in given):
        return given
    return convert_to_messages(given)


def with_message_ids(
    writes: Iterable[Write], deltas: Mapping[str, DeltaChannel[Any]]
) -> list[Write]:
    """Return writes in which the messages for delta channels have ids.

    A message gets its id itself. A dict that says it is a message becomes one in a list, and gets
    an id where it stands alone; what `merge_messages` is to merge becomes a message in any case.

    Args:
        writes: What is written.
        deltas: The delta channels of the graph, by name.

    Raises:
        Exception: Something that is to be a message cannot be converted, as langchain-core says.
    """
    return [
        (name, _settled(value, merges=deltas[name].reducer is merge_messages))
        if name in deltas
        else (name, value)
        for name, value in writes
    ]


def _settled(value: Any, merges: bool) -> Any:
    fixed = overwritten(value)
    if fixed is not MISSING:
        if not isinstance(fixed, (list, tuple)):
            return value
        settled = _each(fixed, _as_message if merges else _stamped)
        return value if settled is fixed else Overwrite(settled)
    if isinstance(value, list):
        return _each(value, _as_message if merges else _as_message_if_it_is_one)
    if merges:
        return _as_message(value)
    if isinstance(value, dict) and _says_it_is_one(value) and not value.get("id"):
        return {**value, "id": current_turns().message_id()}
    return _stamped(value)


def _each(values: Sequence[Any], settle: Callable[[Any], Any]) -> Sequence[Any]:
    """Return the same object unless anything in it became another one."""
    settled = [settle(value) for value in values]
    return values if all(a is b for a, b in zip(values, settled, strict=True)) else settled


def _stamped(value: Any) -> Any:
    if isinstance(value, BaseMessage) and value.id is None:
        value.id = current_turns().message_id()
    return value


def _as_message_if_it_is_one(value: Any) -> Any:
    return _as_message(value) if _says_it_is_one(value) else _stamped(value)


def _as_message(value: Any) -> BaseMessage:
    if isinstance(value, BaseMessage):
        return cast(BaseMessage, _stamped(value))
    (message,) = convert_to_messages([value])
    message.id = message.id or current_turns().message_id()
    return message


def _says_it_is_one(value: Any) -> bool:
    """Return whether this is a dict with the role or the type of a message."""
    return isinstance(value, dict) and (value.get("role") in _ROLES or value.get("type") in _TYPES)
