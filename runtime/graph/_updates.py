"""From what a node returned to the writes of its task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runtime.constants import TASKS
from runtime.errors import InvalidUpdateError, ParentCommand
from runtime.pregel._commands import ROOT, goto_writes, object_writes, update_writes
from runtime.pregel._nodes.node import Write
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
            writes = list(output.items())
            return writes if allowed.issuperset(output) else [w for w in writes if w[0] in allowed]
        if output is None:
            return []
        if isinstance(output, Command):
            return _command_writes(output, allowed)
        if isinstance(output, Send):
            return [(TASKS, output)]
        if _holds_command(output):
            return [write for part in output for write in updates(part)]
        found = object_writes(output, allowed)
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
    writes = [(name, value) for name, value in update_writes(command) if name in allowed]
    return writes + goto_writes(command)


def _holds_command(output: Any) -> bool:
    return isinstance(output, (list, tuple)) and any(isinstance(o, Command) for o in output)
