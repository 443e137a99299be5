"""What a saver is asked to do, and what kinds of savers there are."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from inspect import signature
from types import MappingProxyType
from typing import Any, NamedTuple

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver

__all__ = ("Save", "Unsaved", "is_quick", "takes_paths")

Unsaved = tuple[str, tuple[Any, ...]]
"""What is to be saved: a method of the saver, and its arguments."""


class Save(NamedTuple):
    """Something for whoever works on a thread to have the saver do, and to send back."""

    method: str
    arguments: tuple[Any, ...]
    options: Mapping[str, Any] = MappingProxyType({})


def is_quick(saver: BaseCheckpointSaver[Any]) -> bool:
    """Return whether a saver never waits, so that calling it beats handing over to a thread."""
    return isinstance(saver, InMemorySaver) and _keeps_its_ways(type(saver))


@cache
def _keeps_its_ways(saver: Any) -> bool:
    """Return whether a class of memory savers reads and writes as its base does."""
    methods = ("get_tuple", "list", "put", "put_writes", "get_delta_channel_history")
    names = [name for method in methods for name in (method, f"a{method}")]
    return all(getattr(saver, name) is getattr(InMemorySaver, name) for name in names)


@cache
def takes_paths(saver: Any) -> bool:
    """Return whether a class of savers is told the paths of tasks: those of old are not."""
    methods = (saver.put_writes, saver.aput_writes)
    return all("task_path" in signature(method).parameters for method in methods)
