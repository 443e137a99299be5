"""What a thread keeps of its delta channels: what was written to them, rather than their values.

What tasks wrote stands under the checkpoint that their superstep started from, so the value of a
delta channel at a checkpoint is what was written under the checkpoints before it, back to one that
holds a snapshot. That is true only while what stands under a checkpoint is what was applied to make
the next one. Where it is not (the thread forks, a task that had written is dropped, an update has
no checkpoint to stand under), the next checkpoint holds a snapshot.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Container, Generator, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from langgraph.checkpoint.base import CheckpointTuple

from runtime.channels._overwrite import overwritten
from runtime.channels.base import MISSING
from runtime.channels.binop import BinaryOperatorAggregate
from runtime.channels.delta import DeltaChannel, DeltaSnapshot
from runtime.pregel._names import path_text
from runtime.pregel._step import NOBODY

if TYPE_CHECKING:
    from runtime.channels._state import Channels
    from runtime.pregel._nodes.node import Write

__all__ = ("COUNTERS", "Deltas", "Replayed", "history", "not_held")

COUNTERS: Final = "counters_since_delta_snapshot"
"""In the metadata of a checkpoint: per delta channel the supersteps that wrote it, and all
supersteps, since the last snapshot."""

_GIVEN: Final = f"{NOBODY[:-1]}1"
"""Stands for what nobody in particular wrote and is applied already."""

LONGEST: Final = int(os.environ.get("LANGGRAPH_DELTA_MAX_SUPERSTEPS_SINCE_SNAPSHOT", "5000"))
"""After how many supersteps a checkpoint holds a snapshot of a channel, whether written or not."""


Replayed = DeltaChannel[Any] | BinaryOperatorAggregate[Any]
"""A channel that can be made of what was written to it."""


class Kept(NamedTuple):
    """What a task wrote to delta channels, for the saver: as arguments of `put_writes`."""

    writes: list[Write]
    task_id: str
    task_path: str


def not_held(saved: CheckpointTuple, specs: Mapping[str, Replayed]) -> list[str]:
    """Return those of the channels that were written, and that a checkpoint does not hold."""
    versions, values = saved.checkpoint["channel_versions"], saved.checkpoint["channel_values"]
    return [name for name in specs if name in versions and name not in values]


def history(
    saved: CheckpointTuple, specs: Mapping[str, Replayed]
) -> Generator[dict[str, Any], Any, dict[str, DeltaSnapshot]]:
    """Return the values of channels at a checkpoint that does not hold them.

    Asks for arguments of the saver's `get_delta_channel_history`, to be sent what that returns.

    Args:
        saved: The checkpoint.
        specs: The channels: delta channels, and such as may have been one before.
    """
    names = not_held(saved, specs)
    if not names:
        return {}
    found = yield {"config": saved.config, "channels": names}
    made = {}
    for name in names:
        channel = specs[name].from_checkpoint(found[name].get("seed", MISSING))
        channel.replay_writes(found[name]["writes"])
        made[name] = DeltaSnapshot(channel.get())
    return made


class Deltas:
    """The delta channels of one run.

    Args:
        specs: The channels by name.
        readers: The nodes that channels trigger, by channel.
        at_exit: Whether the run is saved only at its end.

    Attributes:
        strayed: The channels for which what stands under the checkpoint is not what was applied
            since; some of them may never have been written.
        unborn: Whether an update makes the first checkpoint: nothing is counted up to there.
        counters: What `COUNTERS` is to say.
        kept: If saved at the end: what is to be saved under the checkpoint the run started from.
    """

    def __init__(
        self,
        specs: Mapping[str, DeltaChannel[Any]],
        readers: Mapping[str, Sequence[str]],
        at_exit: bool,
    ) -> None:
        self.specs = specs
        self.readers = readers
        self._at_exit = at_exit
        self.strayed: set[str] = set()
        self.unborn = False
        self.kept: list[Kept] = []
        self.counters: dict[str, tuple[int, int]] = {}
        self._closed = False
        self._stood: frozenset[str] = frozenset()
        self._first: int | None = None
        self._changed: set[str] = set()
        self._applied: dict[str, tuple[str, list[Write]]] = {}

    def load(self, metadata: Mapping[str, Any], pending: Mapping[str, Sequence[Write]]) -> None:
        """Go on from a checkpoint, and from what stands under it."""
        counters = metadata.get(COUNTERS) or {}
        self.counters = {name: (each[0], each[1]) for name, each in counters.items()}
        self._stood = frozenset(id_ for id_, writes in pending.items() if self._own(writes))

    def fork(self, pending: Mapping[str, Sequence[Write]]) -> None:
        """Hear that the thread has moved past the checkpoint, by what stands under it.

        Nothing more is to stand there.
        """
        self._closed = True
        self._stray(*pending.values())

    def uproot(self) -> None:
        """Hear that there is no checkpoint for anything to stand under."""
        self.strayed.update(self.specs)

    def keep(self, id_: str, writes: Iterable[Write]) -> None:
        """Hear what a task wrote that is to stand under the checkpoint.

        Savers leave what stands there of the same task.
        """
        if id_ in self._stood:
            self._stray(writes)

    def apply(self, id_: str, path: Sequence[Any], writes: Iterable[Write]) -> None:
        """Hear that what a task wrote is applied."""
        own = self._own(writes)
        if own:
            if id_ in self._applied:  # one of the two cannot stand
                self._stray(own, self._applied[id_][1])
            self._applied[id_] = path_text(path) if path else "", own

    def change(self, names: Iterable[str]) -> None:
        """Hear that channels changed."""
        self._changed.update(name for name in names if name in self.specs)

    def commit(self, step: int, pending: Mapping[str, Sequence[Write]]) -> None:
        """Hear that a superstep is done.

        Args:
            step: The step of the checkpoint that it makes.
            pending: What stands under the checkpoint that it started from.
        """
        applied = self._applied
        stands = {id_: own for id_, writes in pending.items() if (own := self._own(writes))}
        if not (stands.keys() >= applied.keys() or self._at_exit) or any(
            id_ not in applied or not _same(own, applied[id_][1]) for id_, own in stands.items()
        ):
            self._stray(*stands.values(), *(own for _, own in applied.values()))
        if applied:
            self._check()
            self._first = step if self._first is None else self._first
        if applied and self._closed:
            self._stray(*(own for _, own in applied.values()))
        elif applied and self._at_exit:
            self.kept += [
                Kept(writes, *self._place(step, id_, path))
                for id_, (path, writes) in applied.items()
                if id_ not in self._stood
            ]
        for name in self.specs:
            updates, steps = self.counters.get(name, (0, 0))
            self.counters[name] = updates + (name in self._changed), steps + 1
        self._applied, self._changed, self._stood = {}, set(), frozenset()

    def snapshots(self, channels: Channels, versions: Container[str]) -> dict[str, DeltaSnapshot]:
        """Return the snapshots that the checkpoint holds which is saved now.

        Args:
            channels: The channels as they are.
            versions: Those that were ever written.
        """
        taken = {}
        for name, spec in self.specs.items():
            updates, steps = self.counters.get(name, (0, 0))
            due = updates >= spec.snapshot_frequency or steps >= LONGEST
            if name in self.strayed or (due and name in versions):
                taken[name] = DeltaSnapshot(channels[name].get())
                self.counters.pop(name, None)
        if self.unborn:
            self.counters = {}
        self.strayed, self.unborn, self._closed = set(), False, False
        return taken

    def take_kept(self, snapshots: Collection[str]) -> list[Kept]:
        """Return what is to be saved of what was kept, as these channels have snapshots."""
        kept, self.kept = self.kept, []
        if not snapshots:
            return kept
        left = [
            Kept([write for write in each.writes if write[0] not in snapshots], *each[1:])
            for each in kept
        ]
        return [each for each in left if each.writes]

    def describe(self, metadata: dict[str, Any]) -> None:
        """Have the metadata of a checkpoint say how long ago the last snapshots were taken."""
        metadata.pop(COUNTERS, None)
        if self.counters:
            metadata[COUNTERS] = dict(self.counters)

    def _own(self, writes: Iterable[Write]) -> list[Write]:
        specs = self.specs
        return [write for write in writes if write[0] in specs]

    def _stray(self, *written: Iterable[Write]) -> None:
        for writes in written:
            self.strayed.update(name for name, _ in self._own(writes))

    def _check(self) -> None:
        """Stray if applying the writes one after the other would give another value.

        They are read in the order of the paths of tasks. What is written beside an `Overwrite`
        counts for nothing in a superstep, but not so when it is read.
        """
        places = [(path, id_) for id_, (path, _) in self._applied.items()]
        overwrites = any(
            overwritten(value) is not MISSING
            for _, own in self._applied.values()
            for _, value in own
        )
        if overwrites or places != sorted(places):
            self._stray(*(own for _, own in self._applied.values()))

    def _place(self, step: int, id_: str, path: str) -> tuple[str, str]:
        """Return the id and the path under which something stands that a later superstep wrote.

        The id is no task's, so that nobody takes the task to be done who goes on from there.
        Writes are read in the order of their paths, or of their ids: that of the supersteps.
        """
        if step == self._first:
            return f"{step:08d}{(_GIVEN if id_ == NOBODY else id_)[8:]}", path
        return f"ffffffff-{step // 10**4:04d}-{step % 10**4:04d}{id_[18:]}", f"~~{step:010d}{path}"


def _same(one: Sequence[Write], other: Sequence[Write]) -> bool:
    """Return whether two lists hold the very same writes."""
    return len(one) == len(other) and all(
        a[0] == b[0] and a[1] is b[1] for a, b in zip(one, other, strict=True)
    )
