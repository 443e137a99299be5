"""Stream a graph and keep every chunk: the only code here that waits.

The graph is known by its `stream` and `astream` alone, so ours, the installed LangGraph's and a
remote one all work.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any, Literal, Protocol, TypeAlias

from harness.transcript._model import ERROR, Payload, StreamEvent, copied
from harness.transcript._transcript import Transcript

Errors: TypeAlias = Literal["raise", "keep"]

DEFAULT_MODES = ("values", "updates", "messages", "custom")
_MODES = (*DEFAULT_MODES, "tasks", "checkpoints", "debug", "tools")


class Streams(Protocol):
    """A graph that can be streamed."""

    def stream(self, input: Any, config: Any = None, **kwargs: Any) -> Iterator[Any]:  # noqa: A002
        """Stream the graph."""
        ...


class AsyncStreams(Protocol):
    """A graph that can be streamed in an event loop."""

    def astream(
        self,
        input: Any,  # noqa: A002
        config: Any = None,
        **kwargs: Any,
    ) -> AsyncIterator[Any]:
        """Stream the graph."""
        ...


def capture(
    graph: Streams,
    input: Payload,  # noqa: A002 - LangGraph's name for it
    config: Any = None,
    *,
    stream_mode: str | Sequence[str] = DEFAULT_MODES,
    subgraphs: bool = False,
    errors: Errors = "raise",
    **kwargs: Any,
) -> Transcript:
    """Stream a graph to its end and return what it streamed.

    Args:
        graph: A compiled graph.
        input: The input of the run; `None` continues an interrupted one.
        config: LangChain's runnable config.
        stream_mode: One mode or several; the transcript keeps the mode of every chunk.
        subgraphs: Whether chunks of subgraphs are captured too, with their namespace.
        errors: What an exception of the stream does. `"raise"`: it is raised from here.
            `"keep"`: it becomes the last event, `Transcript.error` returns it, and it is part
            of what is compared.
        **kwargs: Passed on to `graph.stream` (`context`, `durability`, ...).

    Returns:
        The transcript of the whole run.

    Raises:
        ValueError: A stream mode does not exist. LangGraph itself streams nothing then.
        TypeError: The graph is not compiled, or another shape of chunks was asked for.
    """
    arguments = _arguments(stream_mode, subgraphs, kwargs)
    _check(graph, "stream", errors)
    events: list[StreamEvent] = []
    try:
        for chunk in graph.stream(input, config, **arguments):
            events.append(_event(len(events) + 1, chunk, subgraphs))
    except Exception as error:
        if errors == "raise":
            raise
        events.append(StreamEvent(len(events) + 1, (), ERROR, error))
    return _told(Transcript(tuple(events)))


async def acapture(
    graph: AsyncStreams,
    input: Payload,  # noqa: A002 - LangGraph's name for it
    config: Any = None,
    *,
    stream_mode: str | Sequence[str] = DEFAULT_MODES,
    subgraphs: bool = False,
    errors: Errors = "raise",
    **kwargs: Any,
) -> Transcript:
    """Stream a graph with `astream`; everything else is as in `capture`."""
    arguments = _arguments(stream_mode, subgraphs, kwargs)
    _check(graph, "astream", errors)
    events: list[StreamEvent] = []
    try:
        async for chunk in graph.astream(input, config, **arguments):
            events.append(_event(len(events) + 1, chunk, subgraphs))
    except Exception as error:
        if errors == "raise":
            raise
        events.append(StreamEvent(len(events) + 1, (), ERROR, error))
    return _told(Transcript(tuple(events)))


_listeners: list[Callable[[Transcript], None]] = []


@contextmanager
def listening(listener: Callable[[Transcript], None]) -> Iterator[None]:
    """Have a function called with each transcript that is captured meanwhile, by whomever."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def _told(transcript: Transcript) -> Transcript:
    for listener in _listeners:
        listener(transcript)
    return transcript


def _check(graph: object, method: str, errors: str) -> None:
    if not hasattr(graph, method):
        hint = "; call .compile() on it first" if hasattr(graph, "compile") else ""
        raise TypeError(f"cannot capture a {type(graph).__name__}: it has no {method}(){hint}")
    if errors not in ("raise", "keep"):
        raise ValueError(f"errors={errors!r}: expected 'raise' or 'keep'")


def _arguments(
    stream_mode: str | Sequence[str], subgraphs: bool, kwargs: dict[str, Any]
) -> dict[str, Any]:
    """The arguments of `stream` and `astream`, checked."""
    if kwargs.get("version", "v1") != "v1":
        raise TypeError(f"capture reads chunks of version 'v1', not {kwargs['version']!r}")
    modes = [stream_mode] if isinstance(stream_mode, str) else list(stream_mode)
    for mode in modes:
        if mode not in _MODES:
            close = get_close_matches(str(mode), _MODES, n=1)
            hint = f"did you mean {close[0]!r}?" if close else "modes: " + ", ".join(_MODES)
            raise ValueError(f"unknown stream mode {mode!r}; {hint}")
    if not modes:
        raise ValueError("no stream mode given; modes: " + ", ".join(_MODES))
    # A list, also of one mode: only then does the graph name the mode of each chunk.
    return {**kwargs, "stream_mode": modes, "subgraphs": subgraphs}


def _event(number: int, chunk: Payload, subgraphs: bool) -> StreamEvent:
    if subgraphs:
        namespace, mode, payload = chunk
        return StreamEvent(number, tuple(namespace), mode, copied(payload))
    mode, payload = chunk
    return StreamEvent(number, (), mode, copied(payload))
