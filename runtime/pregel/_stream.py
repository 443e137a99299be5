"""From what happens in a run to the chunks that its consumer reads.

A chunk is `(namespace, mode, payload)`; a `Sink` gives it the shape its consumer asked for. A run
has the sink of its own consumer and those of the graphs around it that stream subgraphs.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from runtime.types import StreamMode

__all__ = ("LIVE_MODES", "Emit", "Sink", "Stream", "check_modes")

Namespace = tuple[str, ...]
Emit = Callable[[Namespace, str, Any], None]

MODES: tuple[str, ...] = get_args(StreamMode)
LIVE_MODES = frozenset({"messages", "custom"})
"""Modes whose chunks come from inside nodes and must reach the consumer while these still run."""


def check_modes(stream_mode: StreamMode | Sequence[StreamMode]) -> tuple[str, ...]:
    """Return the modes asked for, each once.

    Raises:
        ValueError: One of them does not exist; LangGraph would silently yield nothing.
    """
    modes = (stream_mode,) if isinstance(stream_mode, str) else tuple(dict.fromkeys(stream_mode))
    for mode in modes:
        if mode not in MODES:
            hint = ""
            if isinstance(mode, str) and "," in mode:
                hint = f" Pass several modes as a list: {[m.strip() for m in mode.split(',')]}."
            elif near := difflib.get_close_matches(str(mode), MODES, n=1):
                hint = f" Did you mean {near[0]!r}?"
            raise ValueError(
                f"Unknown stream mode {mode!r}.{hint} Valid modes: {', '.join(MODES)}."
            )
    return modes


@dataclass(frozen=True, slots=True)
class Sink:
    """One consumer of chunks.

    Args:
        modes: The modes it asked for.
        many: Whether it asked for a list of modes, and so wants the mode with each payload.
        subgraphs: Whether it wants chunks of graphs inside this one, and so the namespace.
        put: Takes a finished chunk; may be called from any thread.
    """

    modes: tuple[str, ...]
    many: bool
    subgraphs: bool
    put: Callable[[Any], None]

    @property
    def live(self) -> bool:
        """Whether chunks come from inside nodes: tokens, custom items, all of graphs inside."""
        return self.subgraphs or not LIVE_MODES.isdisjoint(self.modes)

    def emitter(self, put: Callable[[Any], None]) -> Emit:
        """Return a function that shapes a chunk for this consumer and hands it to `put`."""
        if self.subgraphs and self.many:
            return lambda ns, mode, payload: put((ns, mode, payload))
        if self.subgraphs:
            return lambda ns, _mode, payload: put((ns, payload))
        if self.many:
            return lambda _ns, mode, payload: put((mode, payload))
        return lambda _ns, _mode, payload: put(payload)


class Stream:
    """Where the chunks of one run go.

    Args:
        own: The run's own consumer, if it has one.
        around: The consumers of graphs around this one that stream subgraphs.
        ready: Takes chunks of the run's own consumer that come from the driver itself.
    """

    __slots__ = ("_emitters", "sinks")

    def __init__(self, own: Sink | None, around: Iterable[Sink], ready: Callable[[Any], None]):
        self._emitters: dict[str, list[Emit]] = {}
        outer = tuple(around)
        self.sinks = ((own,) if own is not None else ()) + outer
        """All consumers; a graph inside this one passes its chunks to those with `subgraphs`."""
        for mode in own.modes if own is not None else ():
            put = own.put if mode in LIVE_MODES else ready  # type: ignore[union-attr]  # own is set
            self._emitters.setdefault(mode, []).append(own.emitter(put))  # type: ignore[union-attr]
        for sink in outer:
            for mode in sink.modes:
                self._emitters.setdefault(mode, []).append(sink.emitter(sink.put))

    def wants(self, mode: str) -> bool:
        """Return whether anybody reads this mode; if not, its payloads need not be made."""
        return mode in self._emitters

    def emit(self, ns: Namespace, mode: str, payload: Any) -> None:
        """Give a chunk to everyone who reads its mode."""
        for emitter in self._emitters.get(mode, ()):
            emitter(ns, mode, payload)
