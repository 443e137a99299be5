"""From what users write, commands and objects of their own, to writes to channels."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any, Final, cast

from pydantic import BaseModel

from runtime.channels.base import MISSING
from runtime.constants import END, TASKS
from runtime.pregel._nodes.node import Write
from runtime.types import Command, Send

__all__ = ("ROOT", "fields_of", "goto_writes", "object_writes", "trigger_of", "update_writes")

ROOT: Final = "__root__"
"""The one channel of a state that is not made of keys."""


def trigger_of(node: str) -> str:
    """Return the channel that makes a node run."""
    return f"branch:to:{node}"


def goto_writes(command: Command[Any], source: str | None = None) -> list[Write]:
    """Return the writes that make the jumps of a command.

    Args:
        command: The command.
        source: What is written to the triggers of nodes.

    Raises:
        TypeError: It jumps to something that is neither a node nor a `Send`.
    """
    goto = (command.goto,) if isinstance(command.goto, (str, Send)) else command.goto
    if not isinstance(goto, Iterable):
        raise TypeError(
            f"Command(goto={goto!r}): expected the name of a node, a Send, or several of them."
        )
    writes: list[Write] = []
    for end in goto:
        if isinstance(end, Send):
            writes.append((TASKS, end))
        elif end != END:
            writes.append((trigger_of(cast(str, end)), source))
    return writes


def update_writes(command: Command[Any]) -> list[Write]:
    """Return the writes of the state update of a command."""
    update = command.update
    if update is None:
        return []
    if isinstance(update, dict):
        return list(update.items())
    if isinstance(update, (list, tuple)) and all(
        isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str)  # noqa: PLR2004
        for pair in update
    ):
        return list(update)
    names = frozenset(fields_of(type(update)))
    return object_writes(update, names) if names else [(ROOT, update)]  # type: ignore[return-value]


def object_writes(value: Any, allowed: frozenset[str]) -> list[Write] | None:
    """Return the writes in an object with annotated fields, or `None` if it is no such thing.

    Fields of a Pydantic model that were left at a default of `None` are no writes.
    """
    names = fields_of(type(value))
    if not names:
        return None
    model_fields = type(value).model_fields if isinstance(value, BaseModel) else {}
    given = value.model_fields_set if isinstance(value, BaseModel) else frozenset()
    writes = []
    for name in names:
        held = getattr(value, name, MISSING)
        if name not in allowed or held is MISSING:
            continue
        default = model_fields[name].default if name in model_fields else MISSING
        if held is not None or default is not None or name in given:
            writes.append((name, held))
    return writes


def fields_of(kind: type) -> tuple[str, ...]:
    """Return the annotated names of a class, base classes first; empty if it has none."""
    names: dict[str, None] = {}
    for base in reversed(getattr(kind, "__mro__", ())):
        names.update(dict.fromkeys(inspect.get_annotations(base)))
    return tuple(names)
