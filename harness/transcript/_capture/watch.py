"""Watch a graph while a program streams it: every chunk is kept and passed on."""

from __future__ import annotations

import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from typing import Any

from harness.transcript._capture.chunks import PlainShape, Shape
from harness.transcript._capture.events import EventsShape, hear_items, watching_for
from harness.transcript._capture.head import head_of
from harness.transcript._capture.listening import tell
from harness.transcript._capture.recorder import ReadsChunks, Recorder
from harness.transcript._model import Payload
from harness.transcript._rules import Rules
from harness.transcript._transcript import Transcript

_END = object()
_EVENTS = "v3"
_MODE = {"stream_mode": "events"}  # what the head says of event streams: they have no other modes


class WatchedGraph:
    """A graph that keeps what it streams; see `watch`."""

    def __init__(self, graph: Any, recorder: Recorder) -> None:
        self._graph = graph
        self._recorder = recorder

    @property
    def transcript(self) -> Transcript:
        """Everything streamed until now; each run after the first begins with its input."""
        return self._recorder.transcript()

    def stream(
        self,
        input: Payload,  # noqa: A002 - LangGraph's name for it
        config: Any = None,
        **kwargs: Any,
    ) -> Iterator[Any]:
        """Stream the graph with exactly these arguments and keep what passes by."""
        shape = self._begin(input, kwargs)
        try:
            chunks = iter(self._graph.stream(input, config, **kwargs))
            while True:
                # Only while the graph runs: what the program asks itself is not the graph's.
                with self._recorder.listening():
                    chunk = next(chunks, _END)
                if chunk is _END:
                    break
                self._recorder.chunk(chunk, shape)
                yield chunk
        except Exception as error:
            self._recorder.error(error)
            raise

    async def astream(
        self,
        input: Payload,  # noqa: A002 - LangGraph's name for it
        config: Any = None,
        **kwargs: Any,
    ) -> AsyncIterator[Any]:
        """Do the same in an event loop."""
        shape = self._begin(input, kwargs)
        async for chunk in self._passing(self._graph.astream(input, config, **kwargs), shape):
            yield chunk

    def stream_events(
        self,
        input: Payload,  # noqa: A002 - LangGraph's name for it
        config: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Open an event stream of the graph and keep each event, whatever the program reads."""
        arguments, take = self._seen(input, kwargs)
        run = self._graph.stream_events(input, config, **arguments)
        hear_items(run, take)
        return run

    def astream_events(
        self,
        input: Payload,  # noqa: A002 - LangGraph's name for it
        config: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Do the same in an event loop; of the older versions keep the events that pass by."""
        if kwargs.get("version") == _EVENTS:
            return self._opened(input, config, kwargs)
        self._begins(input, _MODE)
        return self._passing(self._graph.astream_events(input, config, **kwargs), PlainShape())

    async def _opened(self, value: Payload, config: Any, kwargs: dict[str, Any]) -> Any:
        arguments, take = self._seen(value, kwargs)
        run = await self._graph.astream_events(value, config, **arguments)
        hear_items(run, take)
        return run

    def with_config(self, *args: Any, **kwargs: Any) -> WatchedGraph:
        """Bind config to the graph; what the new one streams is kept here, too."""
        return WatchedGraph(self._graph.with_config(*args, **kwargs), self._recorder)

    async def _passing(self, stream: Any, shape: ReadsChunks) -> AsyncIterator[Any]:
        """Pass on what a stream yields, and keep it."""
        try:
            # Closed with this one: a program may stop reading before the end.
            async with aclosing(stream) as chunks:
                while True:
                    with self._recorder.listening():
                        chunk = await anext(chunks, _END)
                    if chunk is _END:
                        break
                    self._recorder.chunk(chunk, shape)
                    yield chunk
        except Exception as error:
            self._recorder.error(error)
            raise

    def _begin(self, value: Payload, arguments: dict[str, Any]) -> ReadsChunks:
        self._begins(value, arguments)
        return Shape.of(self._graph, arguments)

    def _begins(self, value: Payload, arguments: dict[str, Any]) -> None:
        self._recorder.begins(head_of(self._graph, value, arguments))
        self._recorder.comes_from(self._graph)
        tell(self._recorder.transcript)

    def _seen(
        self, value: Payload, arguments: dict[str, Any]
    ) -> tuple[dict[str, Any], Callable[[Any], None]]:
        """Return the arguments that open an event stream with one who sees its events, and who.

        Whoever reads the run drives it, so calls of models are heard from now to its end.
        """
        recorder, shape = self._recorder, EventsShape(None, subgraphs=True)
        done: list[Callable[[], object]] = []

        def over(error: BaseException | None) -> None:
            if isinstance(error, Exception):
                recorder.error(error)
            done[0]()

        def take(event: Any) -> None:
            recorder.chunk(event, shape)

        seeing = watching_for(self._graph, take, over)
        self._begins(value, _MODE)
        # a run that nobody reads to its end is over when it is gone
        done.append(weakref.finalize(seeing, recorder.listening_anywhere()))
        transformers = [*(arguments.get("transformers") or ()), seeing]
        return {**arguments, "transformers": transformers}, take

    def __getattr__(self, name: str) -> Any:
        """Everything else is the graph's."""
        return getattr(self._graph, name)


def watch(graph: Any, *, rules: Rules | None = None) -> WatchedGraph:
    """Stand in for a graph and keep everything that it streams while a program consumes it.

    The program gets each chunk as the graph made it, in the shape that it asked for:

        monkeypatch.setattr(app, "graph", watched := watch(app.graph))
        client.post("/chat", ...)  # production code, which streams app.graph
        assert watched.transcript == stream_snapshot

    Args:
        graph: A compiled graph, or a chain.
        rules: What else differs from run to run.

    Returns:
        The graph, with a `transcript` of what its `stream` and `astream` yielded until now, and of
        the events of its event streams. What `invoke` does is no stream, and not kept.
    """
    return WatchedGraph(graph, Recorder(rules=rules))
