"""Names that users write in graphs and filters."""

from __future__ import annotations

from importlib import import_module
from sys import intern
from typing import Any

__all__ = (
    "CONF",
    "CONFIG_KEY_CHECKPOINTER",
    "END",
    "START",
    "TAG_HIDDEN",
    "TAG_NOSTREAM",
    "TASKS",
)

START = intern("__start__")
"""The virtual node before the first one."""
END = intern("__end__")
"""The virtual node after the last one."""
TAG_NOSTREAM = intern("nostream")
"""A chat model with this tag does not stream into `messages` mode."""
TAG_HIDDEN = intern("langsmith:hidden")
"""A node with this tag is left out of streams and traces."""
CONF = "configurable"
"""The key of a config for what is no field of it."""
CONFIG_KEY_CHECKPOINTER = "__pregel_checkpointer"
"""The key in `configurable` under which a server lends a saver."""
TASKS = "__pregel_tasks"
"""The channel of what is sent to nodes."""


def __getattr__(name: str) -> Any:
    # what LangGraph once had here, found when asked for, since everything else imports this module
    if name.startswith("__"):  # the import system asks
        raise AttributeError(name)
    return import_module("runtime._moved").moved_constant(name)
