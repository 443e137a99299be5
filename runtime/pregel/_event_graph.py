"""The part of a compiled graph that streams events."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, NoReturn, cast, overload

from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.schema import StreamEvent

from runtime.pregel._async import adrive
from runtime.pregel._chunks.sink import EventShape
from runtime.pregel._inbox import LEAVE, Inbox
from runtime.pregel._kept_graph import KeptGraph
from runtime.pregel._sync import drive
from runtime.stream._mux import StreamMux
from runtime.stream._source import Source
from runtime.stream._transformer import StreamTransformer, TransformerFactory
from runtime.stream.run_stream import AsyncGraphRunStream, GraphRunStream
from runtime.stream.transformers import BUILT_IN
from runtime.turns import current_turns

if TYPE_CHECKING:
    from runtime.pregel._run import Run

__all__ = ("EventGraph",)

Version = Literal["v1", "v2", "v3"]

_OWNED: Final = ("stream_mode", "subgraphs")
_OPTIONS: Final = frozenset(
    (
        "context",
        "control",
        "debug",
        "durability",
        "interrupt_after",
        "interrupt_before",
        "output_keys",
        "print_mode",
    )
)


class _AskedEvents(NamedTuple):
    """What the caller of an event stream asks for.

    Args:
        factories: What makes the transformers.
        same_messages: Whether nodes get the messages of their models as these made them.
        keep_items: Whether projections keep what comes before somebody reads them.
        options: What else, as for `stream`.
    """

    factories: Sequence[TransformerFactory]
    same_messages: bool
    keep_items: bool
    options: dict[str, Any]


class EventGraph(KeptGraph):
    """A graph whose runs can be read as events."""

    stream_transformers: tuple[TransformerFactory, ...]

    @overload  # type: ignore[override]  # LangGraph's signature, not Runnable's
    def stream_events(
        self,
        input: Any,
        config: RunnableConfig | None = None,
        *,
        version: Literal["v3"],
        transformers: Sequence[TransformerFactory] | None = None,
        same_messages: bool = False,
        keep_items: bool = False,
        **kwargs: Any,
    ) -> GraphRunStream: ...

    @overload
    def stream_events(
        self,
        input: Any,
        config: RunnableConfig | None = None,
        *,
        version: Literal["v1", "v2"] = "v2",
        **kwargs: Any,
    ) -> NoReturn: ...

    def stream_events(
        self,
        input: Any,  # noqa: A002 - LangGraph's public name
        config: RunnableConfig | None = None,
        *,
        version: Version = "v2",
        transformers: Sequence[TransformerFactory] | None = None,
        same_messages: bool = False,
        keep_items: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Run the graph as its caller reads it.

        Args:
            input: As for `stream`.
            config: As for `stream`.
            version: `"v3"`. Sync runs have no events of the other versions.
            transformers: Classes, or functions of the namespace of a graph, that make
                `StreamTransformer`s, besides those that the graph was compiled with.
            same_messages: Whether what lands in the state is what it would be without an event
                stream. Otherwise, as in LangGraph, nodes get the messages of models that stream as
                content blocks, under another id.
            keep_items: Whether projections keep what comes before somebody reads them. Otherwise,
                as in LangGraph, that is lost.
            **kwargs: `context`, `interrupt_before`, `interrupt_after`, `durability`, `control`,
                `output_keys`, `print_mode` and `debug`, as for `stream`.

        Returns:
            The run. Nothing has happened yet: reading it is what drives it.

        Raises:
            TypeError: `stream_mode` or `subgraphs` is given: the modes are those that the
                transformers require, and graphs inside are always there.
            NotImplementedError: The version is not `"v3"`.
        """
        if version != "v3":
            return super().stream_events(input, config, version=version, **kwargs)
        asked = self._asked_events(transformers, same_messages, keep_items, kwargs)
        inbox: SimpleQueue[Any] = SimpleQueue()
        run, mux = self._opened(inbox.put, input, config, asked, is_async=False)
        return GraphRunStream(cast(Source, drive(run, inbox)), mux)

    @overload  # type: ignore[override]  # LangGraph's signature, not Runnable's
    def astream_events(
        self,
        input: Any,
        config: RunnableConfig | None = None,
        *,
        version: Literal["v3"],
        transformers: Sequence[TransformerFactory] | None = None,
        same_messages: bool = False,
        keep_items: bool = False,
        **kwargs: Any,
    ) -> Awaitable[AsyncGraphRunStream]: ...

    @overload
    def astream_events(
        self,
        input: Any,
        config: RunnableConfig | None = None,
        *,
        version: Literal["v1", "v2"] = "v2",
        **kwargs: Any,
    ) -> AsyncIterator[StreamEvent]: ...

    def astream_events(
        self,
        input: Any,  # noqa: A002
        config: RunnableConfig | None = None,
        *,
        version: Version = "v2",
        transformers: Sequence[TransformerFactory] | None = None,
        same_messages: bool = False,
        keep_items: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Run the graph in an event loop as its callers read it; see `stream_events`.

        Returns:
            For `version="v3"` an awaitable that gives the run; for `"v1"` and `"v2"` the events of
            langchain-core, with its arguments.
        """
        if version != "v3":
            return super().astream_events(input, config, version=version, **kwargs)
        asked = self._asked_events(transformers, same_messages, keep_items, kwargs)

        async def opened() -> AsyncGraphRunStream:
            inbox = Inbox()
            run, mux = self._opened(inbox.put, input, config, asked, is_async=True)
            return AsyncGraphRunStream(adrive(run, inbox), mux, lambda: inbox.put(LEAVE))

        return opened()

    def _asked_events(
        self,
        more: Sequence[TransformerFactory] | None,
        same_messages: bool,
        keep_items: bool,
        options: dict[str, Any],
    ) -> _AskedEvents:
        """Return what the caller asks for, after a look at it.

        Raises:
            TypeError: An argument is not for event streams, or a transformer is one already.
        """
        if owned := [name for name in _OWNED if name in options]:
            raise TypeError(
                "stream_events(version='v3') / astream_events(version='v3') do not accept "
                f"{' and '.join(owned)}: the stream modes are those that the transformers require, "
                "and graphs inside are always there. For a mode that is missing pass its "
                "transformer: transformers=[UpdatesTransformer], from runtime.stream."
            )
        if unknown := sorted(options.keys() - _OPTIONS):
            raise TypeError(
                f"stream_events() got an unexpected keyword argument {unknown[0]!r}. What it takes "
                f"besides its own: {', '.join(sorted(_OPTIONS))}."
            )
        factories = [*BUILT_IN, *self.stream_transformers, *(more or ())]
        for factory in factories:
            if isinstance(factory, StreamTransformer):
                kind = type(factory).__name__
                raise TypeError(
                    "stream_events(version='v3') transformers must be scope-aware callables, got "
                    f"pre-built instance {kind}. Pass the transformer class or a factory like "
                    f"`lambda scope: {kind}(scope, ...)`."
                )
        return _AskedEvents(factories, same_messages, keep_items, options)

    def _opened(
        self,
        put: Callable[[Any], None],
        given: Any,
        config: RunnableConfig | None,
        asked: _AskedEvents,
        *,
        is_async: bool,
    ) -> tuple[Run, StreamMux]:
        """Return a run that has not begun, and what makes projections of its events."""
        opened: list[StreamMux] = []

        def modes_for(ns: tuple[str, ...]) -> Sequence[str]:
            mux = StreamMux(
                factories=asked.factories,
                is_async=is_async,
                scope=ns,
                keep_items=asked.keep_items,
            )
            opened.append(mux)
            return mux.required_modes

        shape = EventShape(current_turns().now, asked.same_messages)
        run = self._event_run(put, given, config, shape, modes_for, asked.options)
        return run, opened[0]

    @abstractmethod
    def _event_run(
        self,
        put: Callable[[Any], None],
        given: Any,
        config: RunnableConfig | None,
        shape: EventShape,
        modes_for: Callable[[tuple[str, ...]], Sequence[str]],
        options: dict[str, Any],
    ) -> Run:
        """Return a run whose chunks are events.

        Args:
            put: Takes events that nodes emit while they run.
            given: The input.
            config: What the caller passed as config.
            shape: What events are like.
            modes_for: Says which stream modes there are to be, once the namespace is known.
            options: The other arguments of the caller.
        """
