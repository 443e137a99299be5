"""The channels of one run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from typing import Any

from runtime.channels.base import MISSING, BaseChannel
from runtime.constants import TASKS
from runtime.errors import EmptyChannelError
from runtime.managed.base import Progress

__all__ = ("Channels",)


class Channels(dict[str, BaseChannel[Any, Any, Any]]):
    """Channels by name, each made when it is first used.

    A graph of ten thousand nodes has as many trigger channels, of which a superstep touches a few:
    neither starting a run nor a superstep may cost more because the others exist.

    Args:
        specs: One channel of each name, to make the run's own from; never changed.
        saved: What `BaseChannel.checkpoint` returned for each name in an earlier run.
    """

    __slots__ = ("all_saved", "awake", "progress", "saved", "specs")

    def __init__(
        self,
        specs: Mapping[str, BaseChannel[Any, Any, Any]],
        saved: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.specs = specs
        self.saved = saved or {}
        self.progress: Progress | None = None
        """How far the run is, for managed values."""
        self.all_saved = False
        """Whether it is known that checkpoints hold all of them."""
        self.awake: set[str] = set()
        """Channels that hold a value and must hear of the next superstep, written or not."""
        for name in self.saved:
            if name in specs:
                self.note(name, self[name])

    def __missing__(self, name: str) -> BaseChannel[Any, Any, Any]:
        channel = self.specs[name].from_checkpoint(self.saved.get(name, MISSING))
        self[name] = channel
        return channel

    def take(self, written: Mapping[str, Sequence[Any]], changed: dict[str, None]) -> set[str]:
        """Have channels take what was written to each of them.

        Args:
            written: What was written, by channel.
            changed: Gets the channels that change.

        Returns:
            Those of them that hold a value now.
        """
        updated, awake = set(), self.awake
        for name, values in written.items():
            channel = self[name]
            did_change = channel.update(values)
            available = channel.is_available()
            if not channel.wants_every_step:
                pass
            elif available:  # as `note` does, without a call for each channel
                awake.add(name)
            else:
                awake.discard(name)
            if did_change:
                changed[name] = None
                if available:
                    updated.add(name)
        return updated

    def note(self, name: str, channel: BaseChannel[Any, Any, Any]) -> bool:
        """Remember whether a channel must hear of the next superstep; return `is_available`."""
        available = channel.is_available()
        if channel.wants_every_step:
            (self.awake.add if available else self.awake.discard)(name)
        return available

    def saved_of(self, writes: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
        """Return those of the writes that checkpoints hold, as they are to be saved."""
        if self.all_saved:
            return [*writes]
        specs, kept = self.specs, []
        for write in writes:
            name, value = write
            if name == TASKS:
                kept.append((name, self.tracked(value)))
            elif name not in specs or specs[name].is_saved:
                kept.append(write)
        return kept

    def tracked(self, send: Any) -> Any:
        """Return a `Send` as it is to be saved: without the untracked keys of what it carries."""
        specs, given = self.specs, send.arg
        if self.all_saved or not isinstance(given, dict):
            return send
        kept = {
            name: value
            for name, value in given.items()
            if name not in specs or specs[name].is_saved
        }
        if len(kept) < len(given):
            send = copy(send)
            send.arg = kept
        return send

    def after(self, writes: Iterable[tuple[str, Any]]) -> Channels:
        """Return the channels as they would be after these writes alone."""
        changed: dict[str, list[Any]] = {}
        for name, value in writes:
            if name in self.specs:
                changed.setdefault(name, []).append(value)
        if not changed:
            return self
        fresh = Channels(self.specs, self.saved)
        fresh.progress = self.progress
        fresh.update(self)
        for name, values in changed.items():
            fresh[name] = self[name].copy()
            fresh[name].update(values)
        return fresh

    def read(self, names: Iterable[str]) -> dict[str, Any]:
        """Return the values of those channels that hold one."""
        values: dict[str, Any] = {}
        for name in names:
            try:
                values[name] = self[name].get()
            except EmptyChannelError:
                continue
        return values
