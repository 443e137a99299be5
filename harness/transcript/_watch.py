"""Watch a graph while a program streams it: every chunk is kept and passed on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any

from harness.transcript._chunks import Shape
from harness.transcript._head import head_of
from harness.transcript._model import Payload
from harness.transcript._recorder import ReadsChunks, Recorder
from harness.transcript._rules import Rules
from harness.transcript._transcript import Transcript

_END = object()


class WatchedGraph:
    """A graph that keeps what it streams; see `watch`."""

    def __init__(self, graph: Any, rules: Rules | None) -> None:
        self._graph = graph
        self._rules = rules
        self._recorder = Recorder()

    @property
    def transcript(self) -> Transcript:
        """Everything streamed until now; each run after the first begins with its input."""
        return self._recorder.transcript(self._rules)

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
        try:
            # Closed with this one: a program may stop reading before the end.
            async with aclosing(self._graph.astream(input, config, **kwargs)) as chunks:
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
        self._recorder.begins(head_of(self._graph, value, arguments))
        self._recorder.comes_from(self._graph)
        return Shape.of(self._graph, arguments)

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
        The graph, with a `transcript` of what its `stream` and `astream` yielded until now.
    """
    return WatchedGraph(graph, rules)
