"""One superstep, as two pure functions: which nodes run next, and what their writes change.

Neither waits, emits, reads a clock or draws an id. Their cost depends on what was written in the
last superstep, not on the size of the graph.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from runtime.channels._state import Channels

if TYPE_CHECKING:
    from runtime.pregel._node import Node, Write

__all__ = ("TASKS", "apply_writes", "next_nodes")

TASKS = "__pregel_tasks"
"""The channel that collects `Send`s."""

logger = logging.getLogger(__name__)


class Written(Protocol):
    """What a task is to `apply_writes`: a node that ran, and what it wrote."""

    @property
    def node(self) -> Node:
        """The node."""

    @property
    def writes(self) -> Sequence[Write]:
        """Its writes."""


def next_nodes(
    updated: Iterable[str], trigger_to_nodes: Mapping[str, Sequence[str]]
) -> Sequence[str]:
    """Return the nodes that the updated channels trigger, sorted by name.

    Args:
        updated: Channels that the last superstep changed and that hold a value.
        trigger_to_nodes: For each trigger channel, the nodes that wait for it.
    """
    hit = [trigger_to_nodes[name] for name in updated if name in trigger_to_nodes]
    if len(hit) == 1:  # most supersteps: one edge was followed
        return hit[0]
    return sorted({name for names in hit for name in names})


def apply_writes(
    channels: Channels,
    tasks: Sequence[Written],
    trigger_to_nodes: Mapping[str, Sequence[str]],
    hear_of_the_end: Sequence[str] = (),
) -> set[str]:
    """Apply the writes of a finished superstep, in path order.

    Args:
        channels: Changed in place.
        tasks: All tasks of the superstep, sorted by path.
        trigger_to_nodes: For each trigger channel, the nodes that wait for it.
        hear_of_the_end: The channels to tell when no node is triggered; they may trigger some.

    Returns:
        The channels that changed and hold a value.

    Raises:
        InvalidUpdateError: A channel cannot combine what was written to it.
    """
    for name in {name for task in tasks for name in task.node.triggers if name in channels}:
        channels[name].consume()

    written: dict[str, list[Any]] = {}
    for task in tasks:
        for name, value in task.writes:
            values = written.get(name)
            if values is not None:
                values.append(value)
            elif name in channels.specs:
                written[name] = [value]
            else:
                logger.warning(
                    "Node %r wrote to %r, which is not a channel of this graph: ignored.",
                    task.node.name,
                    name,
                )

    asleep = channels.awake.difference(written)
    updated: set[str] = set()
    for name, values in written.items():
        channel = channels[name]
        changed = channel.update(values)
        if channels.note(name, channel) and changed:
            updated.add(name)
    for name in asleep:
        channel = channels[name]
        changed = channel.update(())
        if channels.note(name, channel) and changed:
            updated.add(name)
    if hear_of_the_end and not any(name in trigger_to_nodes for name in updated):
        for name in hear_of_the_end:
            channel = channels[name]
            changed = channel.finish()
            if channels.note(name, channel) and changed:
                updated.add(name)
    return updated
