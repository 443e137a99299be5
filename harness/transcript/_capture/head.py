"""What is streamed: the name of the graph, its nodes, its input, the stream modes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.transcript._capture.chunks import streams_modes, unbound
from harness.transcript._model import Head, Payload, copied

DEFAULT_MODES = ("values", "updates", "messages", "custom")
MODES = (*DEFAULT_MODES, "tasks", "checkpoints", "debug", "tools")


def head_of(graph: object, value: Payload, arguments: Mapping[str, Any]) -> Head:
    """Describe a run of `graph.stream(value, ..., **arguments)` before it begins."""
    modes: tuple[str, ...] = ()
    if streams_modes(graph):
        asked: Any = arguments.get("stream_mode") or getattr(graph, "stream_mode", "updates")
        modes = _sorted([asked] if isinstance(asked, str) else asked)
    nodes = getattr(unbound(graph), "nodes", None)
    names = [n for n in nodes if isinstance(n, str)] if isinstance(nodes, Mapping) else []
    return Head(
        _name(graph), tuple(n for n in names if not n.startswith("__")), copied(value), modes
    )


def _sorted(modes: Sequence[str]) -> tuple[str, ...]:
    """The modes in an order of their own: which one was named first changes nothing."""
    return tuple(sorted({*map(str, modes)}, key=lambda mode: (*map(mode.__ne__, MODES), mode)))


def _name(graph: object) -> str:
    get_name = getattr(graph, "get_name", None)
    name = get_name() if callable(get_name) else None
    return name if isinstance(name, str) else type(graph).__name__
