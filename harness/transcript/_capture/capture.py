"""Stream a graph, or anything else, and keep every chunk.

The graph is known by its `stream` and `astream` alone, so ours, the installed LangGraph's and a
remote one all work.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any, Literal, Protocol, TypeAlias

from harness.transcript._capture.chunks import PlainShape, ServerSentShape, Shape, streams_modes
from harness.transcript._capture.events import EventsShape, listening_for
from harness.transcript._capture.head import DEFAULT_MODES, MODES, head_of
from harness.transcript._capture.listening import tell
from harness.transcript._capture.recorder import ReadsChunks, Recorder
from harness.transcript._model import Payload
from harness.transcript._rules import Rules
from harness.transcript._transcript import Transcript

Errors: TypeAlias = Literal["raise", "keep"]
Form: TypeAlias = Literal["chunks", "server-sent"]

_VERSIONS = ("v1", "v2", "v3")
_EVENTS = "v3"


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
    after: Transcript | None = None,
    rules: Rules | None = None,
    **kwargs: Any,
) -> Transcript:
    """Stream a graph to its end and return what it streamed.

    A chain of LangChain has no stream modes: its messages are kept as those of messages mode,
    everything else as `output`.

    Args:
        graph: A compiled graph, or a chain.
        input: The input of the run; `Command(resume=...)` or `None` continues an interrupted one.
        config: LangChain's runnable config.
        stream_mode: One mode or several; the transcript keeps the mode of every chunk.
        subgraphs: Whether chunks of subgraphs are captured too, with their namespace.
        errors: What an exception of the stream does. `"raise"`: it is raised from here.
            `"keep"`: it becomes the last event, `Transcript.error` returns it, and it is part
            of what is compared.
        after: The transcript of the run that this one continues. The result holds both, with this
            input as an event between them.
        rules: What else differs from run to run (`Rules`); by default those of `after`.
        **kwargs: Passed on to `graph.stream` (`context`, `durability`, ...). With `version="v2"`
            the graph streams typed parts, with `version="v3"` events (`graph.stream_events`); the
            transcript is the same, but for how models cut what they say. An event stream may have
            the mode `"lifecycle"`, too.

    Returns:
        The transcript of the whole run.

    Raises:
        ValueError: A stream mode does not exist. LangGraph itself streams nothing then.
        TypeError: The graph is not compiled, or another shape of chunks was asked for.
    """
    arguments = _arguments(graph, stream_mode, subgraphs, kwargs)
    _check(graph, "stream", errors)
    recorder = _begin(graph, input, after, arguments, rules)
    with _kept(recorder, errors):
        if arguments.get("version") == _EVENTS:
            shape, opening = _events(graph, arguments, recorder)
            run = graph.stream_events(input, config, **opening)  # type: ignore[attr-defined]
            for event in run:
                recorder.chunk(event, shape)
        else:
            plain = Shape.of(graph, arguments)
            for chunk in graph.stream(input, config, **arguments):
                recorder.chunk(chunk, plain)
    return recorder.transcript()


async def acapture(
    graph: AsyncStreams,
    input: Payload,  # noqa: A002 - LangGraph's name for it
    config: Any = None,
    *,
    stream_mode: str | Sequence[str] = DEFAULT_MODES,
    subgraphs: bool = False,
    errors: Errors = "raise",
    after: Transcript | None = None,
    rules: Rules | None = None,
    **kwargs: Any,
) -> Transcript:
    """Stream a graph with `astream`; everything else is as in `capture`."""
    arguments = _arguments(graph, stream_mode, subgraphs, kwargs)
    _check(graph, "astream", errors)
    recorder = _begin(graph, input, after, arguments, rules)
    with _kept(recorder, errors):
        if arguments.get("version") == _EVENTS:
            shape, opening = _events(graph, arguments, recorder)
            opened = graph.astream_events(input, config, **opening)  # type: ignore[attr-defined]
            async for event in await opened:
                recorder.chunk(event, shape)
        else:
            plain = Shape.of(graph, arguments)
            async for chunk in graph.astream(input, config, **arguments):
                recorder.chunk(chunk, plain)
    return recorder.transcript()


def capture_chunks(
    chunks: Iterable[Any],
    *,
    form: Form = "chunks",
    errors: Errors = "raise",
    rules: Rules | None = None,
) -> Transcript:
    """Keep what any iterable yields: the chunks of a chain, or the body of an HTTP response.

    Args:
        chunks: What is streamed.
        form: `"chunks"`: messages and events of `astream_events` are recognised, anything else is
            kept as it is. `"server-sent"`: bytes or text of a server-sent-events endpoint, cut
            anywhere (`response.iter_bytes()`).
        errors: As in `capture`.
        rules: As in `capture`.
    """
    recorder, shape = Recorder(rules=rules), _shape(form, errors)
    with _kept(recorder, errors):
        for chunk in chunks:
            recorder.chunk(chunk, shape)
    return recorder.transcript()


async def acapture_chunks(
    chunks: AsyncIterable[Any],
    *,
    form: Form = "chunks",
    errors: Errors = "raise",
    rules: Rules | None = None,
) -> Transcript:
    """Keep what an async iterable yields, such as `astream_events`; see `capture_chunks`."""
    recorder, shape = Recorder(rules=rules), _shape(form, errors)
    with _kept(recorder, errors):
        async for chunk in chunks:
            recorder.chunk(chunk, shape)
    return recorder.transcript()


@contextmanager
def _kept(recorder: Recorder, errors: Errors) -> Iterator[None]:
    """Keep what is streamed meanwhile, and how it ends.

    Whoever listens sees a stream that breaks off, too: what it said until then is what explains
    the failure.
    """
    tell(recorder.transcript)
    try:
        with recorder.listening():
            yield
    except Exception as error:
        recorder.error(error)
        if errors == "raise":
            raise


def _events(
    graph: object, arguments: dict[str, Any], recorder: Recorder
) -> tuple[EventsShape, dict[str, Any]]:
    """Return how to read the events of a run, and what to open it with."""
    opening = {**arguments}
    modes, subgraphs = opening.pop("stream_mode", ()), opening.pop("subgraphs", False)
    shape = EventsShape(modes, subgraphs)
    listening = listening_for(graph, modes, lambda event: recorder.chunk(event, shape))
    opening["transformers"] = [*(opening.get("transformers") or ()), listening]
    return shape, opening


def _begin(
    graph: object,
    value: Payload,
    after: Transcript | None,
    arguments: dict[str, Any],
    rules: Rules | None,
) -> Recorder:
    if after is None:
        recorder = Recorder(head_of(graph, value, arguments), rules=rules)
    else:
        recorder = Recorder(after.head, after.events, rules or after.rules)
        recorder.goes_on_with(value)
    recorder.comes_from(graph, after.origin if after else None)
    return recorder


def _shape(form: str, errors: str) -> ReadsChunks:
    _check_errors(errors)
    if form not in ("chunks", "server-sent"):
        raise ValueError(f"form={form!r}: expected 'chunks' or 'server-sent'")
    return PlainShape() if form == "chunks" else ServerSentShape()


def _check(graph: object, method: str, errors: str) -> None:
    if not hasattr(graph, method):
        hint = "; call .compile() on it first" if hasattr(graph, "compile") else ""
        raise TypeError(f"cannot capture a {type(graph).__name__}: it has no {method}(){hint}")
    _check_errors(errors)


def _check_errors(errors: str) -> None:
    if errors not in ("raise", "keep"):
        raise ValueError(f"errors={errors!r}: expected 'raise' or 'keep'")


def _arguments(
    graph: object, stream_mode: str | Sequence[str], subgraphs: bool, kwargs: dict[str, Any]
) -> dict[str, Any]:
    """The arguments of `stream` and `astream`, checked."""
    if not streams_modes(graph):
        return kwargs
    version = kwargs.get("version", "v1")
    if version not in _VERSIONS:
        raise TypeError(f"capture reads streams of 'v1', 'v2' and 'v3', not {version!r}")
    known = (*MODES, "lifecycle") if version == _EVENTS else MODES
    modes = [stream_mode] if isinstance(stream_mode, str) else list(stream_mode)
    for mode in modes:
        if mode not in known:
            close = get_close_matches(str(mode), known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else "modes: " + ", ".join(known)
            raise ValueError(f"unknown stream mode {mode!r}; {hint}")
    if not modes:
        raise ValueError("no stream mode given; modes: " + ", ".join(MODES))
    # A list, also of one mode: only then does the graph name the mode of each chunk.
    return {**kwargs, "stream_mode": modes, "subgraphs": subgraphs}
