"""The names of tasks: their paths, ids and namespaces. The formulas are LangGraph's.

A task that is planned again from the same checkpoint has the same id, so that what is kept of it
can be found; a thread that one of the two engines wrote goes on in the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha1
from operator import itemgetter
from typing import Any, Final

from xxhash import xxh3_128_hexdigest

__all__ = (
    "PULL",
    "PUSH",
    "RESCUE",
    "TaskPath",
    "first_task_id",
    "id_part",
    "inner_ns",
    "path_text",
    "task_id",
    "within",
    "without_ids",
)

PULL: Final = "__pregel_pull"
"""A task whose node was triggered by channels."""

PUSH: Final = "__pregel_push"
"""A task that somebody asked for: with a `Send`, or as the handler of an error."""

RESCUE: Final = "node_error_handler"
"""In the path of a task that handles the error of another, behind the path of that one."""

TaskPath = tuple[Any, ...]
"""`("__pregel_pull", node)` or `("__pregel_push", index, False)`; paths sort, pulls first.

That of a task which another one calls is `("__pregel_push", path of that one, index, True)`."""


def within(around: str, name: str) -> str:
    """Return the namespace of something in the namespace around it."""
    return f"{around}|{name}" if around else name


def without_ids(ns: str) -> str:
    """Return a namespace as the names of its nodes alone."""
    return "|".join(part.partition(":")[0] for part in ns.split("|") if not part.isdigit())


def inner_ns(around: str, number: int) -> str:
    """Return the namespace of a graph called in a node.

    Args:
        around: The namespace of the task.
        number: How many graphs the task has called before: they are told apart.
    """
    return f"{around}|{number}" if number else around


def id_part(path: TaskPath, triggers: Sequence[str]) -> str:
    """Return what the id of a task holds of its path."""
    return f"{PUSH}{path[1]}" if path[0] == PUSH else "".join((PULL, *triggers))


@lru_cache(maxsize=1024)  # nodes run again and again, and their paths are the same
def path_text(path: Any) -> str:
    """Return a path as savers get it: such texts sort as the paths do."""
    if isinstance(path, tuple):
        return f"~{', '.join(path_text(part) for part in path)}"
    return f"{path:010d}" if isinstance(path, int) else str(path)


@lru_cache(maxsize=64)  # all tasks of a superstep start from the same one
def _as_bytes(checkpoint_id: str) -> bytes:
    return bytes.fromhex(checkpoint_id.replace("-", ""))


_groups: Final = itemgetter(slice(8), slice(8, 12), slice(12, 16), slice(16, 20), slice(20, 32))
"""The parts of an id between its hyphens."""


def task_id(checkpoint_id: str, ns: str, step: int, name: str, part: str) -> str:
    """Return the id of a task.

    Args:
        checkpoint_id: The checkpoint that its superstep starts from.
        ns: Its namespace without the id: that of the graph and the name of its node.
        step: The superstep.
        name: The name of its node.
        part: What `id_part` says.
    """
    seed = f"{ns}{step}{name}{part}"
    return "-".join(_groups(xxh3_128_hexdigest(_as_bytes(checkpoint_id) + seed.encode())))


def first_task_id(checkpoint_id: str, ns: str, step: int, name: str, part: str) -> str:
    """Return the id that a task had in the first format of checkpoints."""
    seed = f"{ns}{step}{name}{part}"
    hashed = sha1(_as_bytes(checkpoint_id) + seed.encode(), usedforsecurity=False)
    return "-".join(_groups(hashed.hexdigest()))
