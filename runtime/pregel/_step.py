"""One superstep, as two pure functions: which nodes run next, and what their writes change.

Neither waits, emits, reads a clock or draws an id. Their cost depends on what was written in the
last superstep, not on the size of the graph.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from runtime.channels._state import Channels

if TYPE_CHECKING:
    from runtime.pregel._nodes.node import Write

__all__ = ("NOBODY", "Given", "Identified", "apply_writes", "next_nodes")

NOBODY: Final = "00000000-0000-0000-0000-000000000000"
"""The task of what comes from outside: the parts of a `Command` that a run is given."""

logger = logging.getLogger(__name__)


class Written(Protocol):
    """What a task is to `apply_writes`."""

    @property
    def name(self) -> str:
        """The node that ran."""

    @property
    def triggers(self) -> Sequence[str]:
        """The channels whose update made it run."""

    @property
    def writes(self) -> Sequence[Write]:
        """Its writes."""


class Identified(Written, Protocol):
    """What a task is to the thread that keeps what it wrote."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def path(self) -> Sequence[Any]:
        """Its place among the tasks of the superstep."""


class Given(NamedTuple):
    """What comes from outside rather than from a task."""

    writes: Sequence[Write]
    name: str = "__input__"
    triggers: tuple[str, ...] = ()
    id: str = NOBODY
    path: tuple[()] = ()


def next_nodes(
    updated: AbstractSet[str], trigger_to_nodes: Mapping[str, Sequence[str]]
) -> Sequence[str]:
    """Return the nodes that the updated channels trigger, sorted by name.

    Args:
        updated: Channels that the last superstep changed and that hold a value.
        trigger_to_nodes: For each trigger channel, the nodes that wait for it.
    """
    hit = updated & trigger_to_nodes.keys()
    if len(hit) == 1:  # most supersteps: one edge was followed
        (name,) = hit
        return trigger_to_nodes[name]
    return sorted({name for trigger in hit for name in trigger_to_nodes[trigger]})


def apply_writes(
    channels: Channels,
    tasks: Sequence[Written],
    trigger_to_nodes: Mapping[str, Sequence[str]],
    hear_of_the_end: Sequence[str] = (),
    changed: dict[str, None] | None = None,
) -> set[str]:
    """Apply the writes of a finished superstep, in path order.

    Args:
        channels: Changed in place.
        tasks: All tasks of the superstep, sorted by path; then `Given`, if there is any. Where
            that stands alone there was no superstep, and channels that were not written hear of
            nothing.
        trigger_to_nodes: For each trigger channel, the nodes that wait for it.
        hear_of_the_end: The channels to tell when no node is triggered; they may trigger some.
        changed: Gets the channels that changed, whether or not they still hold a value, in an order
            that is the same each time.

    Returns:
        The channels that changed and hold a value.

    Raises:
        InvalidUpdateError: A channel cannot combine what was written to it.
    """
    stepped = bool(tasks) and type(tasks[0]) is not Given
    if changed is None:
        changed = {}
    for task in tasks:
        for name in task.triggers:
            if name in channels and channels[name].is_consumed and channels[name].consume():
                changed[name] = None
    written: dict[str, Sequence[Any]] = _by_channel(tasks, channels)
    if stepped and (unwritten := channels.awake.difference(written)):
        written |= dict.fromkeys(sorted(unwritten), ())
    updated = channels.take(written, changed)
    if hear_of_the_end and stepped and trigger_to_nodes.keys().isdisjoint(updated):
        for name in hear_of_the_end:
            channel = channels[name]
            did_change = channel.finish()
            if channels.note(name, channel) and did_change:
                updated.add(name)
            if did_change:
                changed[name] = None
    return updated


def _by_channel(tasks: Sequence[Written], channels: Channels) -> dict[str, Any]:
    """Return what was written to each channel, as lists."""
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
                    task.name,
                    name,
                )
    return written
