"""Checkpoints of LangGraph from before 0.4: what channels were called then, and are today.

A node wrote to a channel of its own name, which triggered the nodes that its edges led to, and
other ways to the same node had a channel each. Today a node has one channel for all ways to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from runtime.pregel._commands import trigger_of

if TYPE_CHECKING:
    from runtime.pregel._saved.thread import Thread
    from runtime.pregel.main import Pregel

__all__ = ("NAMES_SINCE", "rename_channels")

NAMES_SINCE: Final = 3
"""The format of the checkpoints that have the names of today."""


def rename_channels(thread: Thread, graph: Pregel[Any, Any, Any, Any]) -> None:
    """Give what was loaded of a thread the names of today.

    Channels that became one have the latest of their versions.
    """
    known = {*thread.values, *thread.versions}
    today = {name: _today(name, graph) for seen in (known, *thread.seen.values()) for name in seen}
    thread.values = {new: value for old, value in thread.values.items() for new in today[old]}
    thread.versions = _latest(thread.versions, today)
    thread.seen = {node: _latest(seen, today) for node, seen in thread.seen.items()}


def _today(name: str, graph: Pregel[Any, Any, Any, Any]) -> tuple[str, ...]:
    """Return the channels that do today what one of this name did."""
    if name in graph.channels:
        return (name,)
    if name.startswith(("start:", "branch:")):
        return (trigger_of(name.rpartition(":")[2]),)
    if name in graph.nodes:
        ways = (channel for channel, _ in graph.nodes[name].static_writes)
        return tuple(channel for channel in ways if channel.startswith(trigger_of("")))
    return (name,)


def _latest(versions: Mapping[str, Any], today: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    latest: dict[str, Any] = {}
    for old, version in versions.items():
        for new in today[old]:
            latest[new] = max(version, latest.get(new, version))
    return latest
