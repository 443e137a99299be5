"""From what a node returned to the writes of its task."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, cast

from pydantic import BaseModel

from runtime.channels.base import MISSING
from runtime.constants import END
from runtime.errors import InvalidUpdateError, ParentCommand
from runtime.graph._branch import trigger_of
from runtime.graph._schema import ROOT, fields_of
from runtime.pregel._node import Write
from runtime.pregel._step import TASKS
from runtime.types import Command, Send

__all__ = ("updater",)


def updater(names: tuple[str, ...]) -> Callable[[Any], list[Write]]:
    """Return a function from what a node returned to its writes, for a state of these keys."""
    allowed = frozenset(names)

    if names == (ROOT,):

        def root_updates(output: Any) -> list[Write]:
            if isinstance(output, Command):
                return _command_writes(output, allowed)
            if _holds_command(output):
                return [write for part in output for write in root_updates(part)]
            return [] if output is None else [(ROOT, output)]

        return root_updates

    def updates(output: Any) -> list[Write]:
        if isinstance(output, dict):
            return [(name, value) for name, value in output.items() if name in allowed]
        if output is None:
            return []
        if isinstance(output, Command):
            return _command_writes(output, allowed)
        if isinstance(output, Send):
            return [(TASKS, output)]
        if _holds_command(output):
            return [write for part in output for write in updates(part)]
        found = _object_updates(output, allowed)
        if found is None:
            raise InvalidUpdateError(
                f"Expected dict, got {output!r}. A node returns a dict of state keys, an object "
                "of the state's class, a Command, or None; "
                f"the keys are {sorted(allowed)}."
            )
        return found

    return updates


def _command_writes(command: Command[Any], allowed: frozenset[str]) -> list[Write]:
    """Return the writes of a command: its state update, then its jumps."""
    if command.graph == Command.PARENT:
        raise ParentCommand(command)
    writes = [(name, value) for name, value in _command_update(command) if name in allowed]
    goto = (command.goto,) if isinstance(command.goto, (str, Send)) else command.goto
    if not isinstance(goto, Iterable):
        raise TypeError(
            f"Command(goto={goto!r}): expected the name of a node, a Send, or several of them."
        )
    for end in goto:
        if isinstance(end, Send):
            writes.append((TASKS, end))
        elif end != END:
            writes.append((trigger_of(cast(str, end)), None))
    return writes


def _holds_command(output: Any) -> bool:
    return isinstance(output, (list, tuple)) and any(isinstance(o, Command) for o in output)


def _object_updates(value: Any, allowed: frozenset[str]) -> list[Write] | None:
    """Return the state writes in an object with annotated fields, or `None` if it is no such thing.

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


def _command_update(command: Command[Any]) -> list[Write]:
    """Return the state writes of a command."""
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
    return _object_updates(update, names) if names else [(ROOT, update)]  # type: ignore[return-value]
