"""What a node that is built by hand writes: entries, each for one channel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from runtime.constants import TASKS
from runtime.errors import InvalidUpdateError

if TYPE_CHECKING:
    from runtime.pregel._nodes.node import Write

__all__ = ("PASSTHROUGH", "SKIP_WRITE", "ChannelWriteEntry", "writes_of")

SKIP_WRITE: Final = object()
"""Returned by a mapper: nothing is to be written."""

PASSTHROUGH: Final = object()
"""The value of an entry that writes what the node returned."""


class ChannelWriteEntry(NamedTuple):
    """One write of a node that is built by hand.

    Args:
        channel: The channel to write to.
        value: What to write; `PASSTHROUGH` for what the node returned.
        skip_none: Whether `None` is not written.
        mapper: Makes what is written from the value; returns `SKIP_WRITE` to write nothing.
    """

    channel: str
    value: Any = PASSTHROUGH
    skip_none: bool = False
    mapper: Callable[[Any], Any] | None = None


def writes_of(entries: Sequence[ChannelWriteEntry], output: Any) -> list[Write]:
    """Return what a node writes that returned this output.

    Raises:
        InvalidUpdateError: An entry is for the channel that collects `Send`s.
    """
    writes: list[Write] = []
    for channel, given, skip_none, mapper in entries:
        if channel == TASKS:
            raise InvalidUpdateError(
                f"Cannot write to the reserved channel {TASKS!r}: it collects what is sent."
            )
        value = output if given is PASSTHROUGH else given
        if mapper is not None:
            value = mapper(value)
        if value is not SKIP_WRITE and not (skip_none and value is None):
            writes.append((channel, value))
    return writes
