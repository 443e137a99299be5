"""From what happens in a run to the chunks that its consumer reads.

A chunk is `(namespace, mode, payload)`; a `Sink` gives it the shape its consumer asked for. A run
has the sink of its own consumer and those of the graphs around it that stream subgraphs.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, NamedTuple, get_args

from runtime.constants import START
from runtime.pregel._reader import Reader
from runtime.pregel._saved.thread import INTERRUPT
from runtime.stream._event import ProtocolEvent, event_of
from runtime.types import StreamMode

__all__ = ("LIVE_MODES", "Emit", "EventShape", "Sink", "Stream", "check_modes")

Namespace = tuple[str, ...]
Emit = Callable[[Namespace, str, Any], None]

MODES: tuple[str, ...] = get_args(StreamMode)
LIVE_MODES = frozenset({"messages", "custom", "tools"})
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


class EventShape(NamedTuple):
    """What the events of an event stream are like.

    Args:
        now: The wall clock.
        same_messages: Whether nodes get the messages of their models as these made them.
    """

    now: Callable[[], float]
    same_messages: bool


class Sink(NamedTuple):
    """One consumer of chunks.

    Args:
        modes: The modes it asked for.
        many: Whether it asked for a list of modes, and so wants the mode with each payload.
        subgraphs: Whether it wants chunks of graphs inside this one, and so the namespace.
        put: Takes a finished chunk; may be called from any thread.
        printed: Modes whose payloads are printed when they are made.
        typed: Whether it wants stream parts, `{"type", "ns", "data"}`, whatever it asked for.
        coerce: For stream parts: makes the state in `values` an object of its class.
        full_metadata: Whether messages that nodes return carry what tokens carry of the graph.
        events: What the events are like that it wants, if it wants those.
        reader: Tells graphs inside how far it has read, if it wants their chunks.
    """

    modes: tuple[str, ...]
    many: bool
    subgraphs: bool
    put: Callable[[Any], None]
    printed: tuple[str, ...] = ()
    typed: bool = False
    coerce: Callable[[Any], Any] | None = None
    full_metadata: bool = False
    events: EventShape | None = None
    reader: Reader | None = None

    @property
    def all_modes(self) -> tuple[str, ...]:
        """The modes whose payloads must be made for it."""
        return tuple(dict.fromkeys(self.modes + self.printed)) if self.printed else self.modes

    @property
    def live(self) -> bool:
        """Whether chunks come from inside nodes: tokens, custom items, all of graphs inside."""
        return self.subgraphs or not LIVE_MODES.isdisjoint(self.all_modes)

    def emitter(self, mode: str, put: Callable[[Any], None]) -> Emit:
        """Return a function that shapes a payload of this mode and hands the chunk to `put`."""
        if mode not in self.modes:
            return self._print
        shaped = self._shaped(put)
        if mode not in self.printed:
            return shaped

        def print_too(ns: Namespace, mode: str, payload: Any) -> None:
            self._print(ns, mode, payload)
            shaped(ns, mode, payload)

        return print_too

    def _shaped(self, put: Callable[[Any], None]) -> Emit:
        if self.events is not None:
            now = self.events.now
            return lambda ns, mode, payload: put(self._event(ns, mode, payload, now()))
        if self.typed:
            return lambda ns, mode, payload: put(self._part(ns, mode, payload))
        if self.subgraphs and self.many:
            return lambda ns, mode, payload: put((ns, mode, payload))
        if self.subgraphs:
            return lambda ns, _mode, payload: put((ns, payload))
        if self.many:
            return lambda _ns, mode, payload: put((mode, payload))
        return lambda _ns, _mode, payload: put(payload)

    def _part(self, ns: Namespace, mode: str, payload: Any) -> dict[str, Any]:
        part = {"type": mode, "ns": ns, "data": payload}
        if mode == "values":
            part["interrupts"] = ()
            if isinstance(payload, dict):
                if INTERRUPT in payload:
                    payload = dict(payload)
                    part["interrupts"] = payload.pop(INTERRUPT)
                part["data"] = payload if self.coerce is None else self.coerce(payload)
        elif self.coerce is not None:
            checkpoint = payload
            if mode == "debug":
                checkpoint = payload["payload"] if payload["type"] == "checkpoint" else None
            if mode in ("checkpoints", "debug") and checkpoint is not None:
                part["data"] = _with_values(payload, checkpoint, self.coerce)
        return part

    def _event(self, ns: Namespace, mode: str, payload: Any, seconds: float) -> ProtocolEvent:
        if mode in LIVE_MODES:
            return event_of(mode, list(ns), seconds, payload)
        part = self._part(ns, mode, payload)
        event = event_of(mode, list(ns), seconds, part["data"])
        if "interrupts" in part:
            event["params"]["interrupts"] = part["interrupts"]
        return event

    def _print(self, ns: Namespace, mode: str, payload: Any) -> None:
        graph = f" \033[1;33m[graph={ns}]\033[0m" if self.subgraphs and ns else ""
        print(f"\033[1m[{mode}]\033[0m{graph} {payload!r}")  # noqa: T201 - what `print_mode` is for


def _with_values(
    payload: dict[str, Any], checkpoint: dict[str, Any], coerce: Callable[[Any], Any]
) -> dict[str, Any]:
    """Return the payload of a checkpoint, or of `debug` around it, with an object as its state."""
    values = checkpoint["values"]
    if START in checkpoint["next"]:  # the state does not have all its keys yet
        return payload
    if isinstance(values, dict):
        checkpoint = {**checkpoint, "values": coerce(values)}
    return {**payload, "payload": checkpoint} if "payload" in payload else checkpoint


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
        self.sinks = (*around,) if own is None else (own, *around)
        """All consumers; a graph inside this one passes its chunks to those with `subgraphs`."""
        for sink in self.sinks:
            for mode in sink.all_modes:
                put = ready if sink is own and mode not in LIVE_MODES else sink.put
                self._emitters.setdefault(mode, []).append(sink.emitter(mode, put))

    @property
    def modes(self) -> Collection[str]:
        """The modes that anybody reads; payloads of others need not be made."""
        return self._emitters

    def emit(self, ns: Namespace, mode: str, payload: Any) -> None:
        """Give a chunk to everyone who reads its mode."""
        for emitter in self._emitters.get(mode, ()):
            emitter(ns, mode, payload)
