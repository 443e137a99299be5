"""What packages built on LangGraph look for in a node's config, beside its constants.

Once this is imported, the configs of nodes hold it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from runtime._internal import _names
from runtime._internal._names import *  # noqa: F403 - the same names, and some more
from runtime.config import RUNTIME_KEY
from runtime.pregel._task import in_configs

if TYPE_CHECKING:
    from runtime.pregel._nodes.node import Write
    from runtime.pregel._task import Task

__all__ = (*_names.__all__, "CONFIG_KEY_READ", "CONFIG_KEY_SEND")  # noqa: PLE0604

CONFIG_KEY_READ: Final = "__pregel_read"
"""The key under which a node finds what reads the state."""
CONFIG_KEY_SEND: Final = "__pregel_send"
"""The key under which a node finds what writes to the state."""


def _read(task: Task, select: str | Sequence[str], fresh: bool = False) -> Any:
    """Return the value of a channel, `None` if it has none, or those of several that have one.

    Args:
        task: Who reads.
        select: The channel, or several.
        fresh: Whether what the task wrote so far counts.

    Raises:
        KeyError: There is no such channel.
    """
    channels = task.run.channels.after(task.writes if fresh else ())
    if isinstance(select, str):
        return channels.read([select]).get(select)
    return channels.read(select)


def _reader(task: Task) -> Callable[..., Any]:
    return partial(_read, task)


def _sender(task: Task) -> Callable[[Sequence[Write]], None]:
    return task.writes.extend


def _runtime(task: Task) -> Any:
    return task.runtime


in_configs.update(
    {
        CONFIG_KEY_READ: _reader,
        CONFIG_KEY_SEND: _sender,
        RUNTIME_KEY: _runtime,
    }
)
