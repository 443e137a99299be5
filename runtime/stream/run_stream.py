"""Runs as their callers read them: whoever asks for the next item drives the graph that far.

There is no thread and no task behind a run. All who read it share one source of events; in an async
run one of them at a time waits for the source, and the others for that one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any, NoReturn

from typing_extensions import Self

from runtime.stream._event import ProtocolEvent
from runtime.stream._interleave import Interleaved
from runtime.stream._mux import StreamMux
from runtime.stream._source import AsyncSource, Left, Source
from runtime.stream.stream_channel import StreamChannel

if TYPE_CHECKING:
    from langchain_core.language_models.chat_model_stream import (
        AsyncChatModelStream,
        ChatModelStream,
    )

    from runtime.stream._subgraphs import LifecyclePayload, SubgraphStatus

__all__ = (
    "AsyncGraphRunStream",
    "AsyncSubgraphRunStream",
    "GraphRunStream",
    "SubgraphRunStream",
)


class _RunStream:
    """What is known of a run whose events pass by.

    Args:
        mux: What makes projections of them.

    Attributes:
        extensions: All projections by name; those of built-in transformers are attributes, too.
    """

    def __init__(self, mux: StreamMux) -> None:
        self._mux = mux
        self.extensions: Mapping[str, Any] = MappingProxyType(mux.extensions)
        self._own = list(mux.scope)
        self._latest: Any = None
        self._interrupts: list[Any] = []
        self._exhausted = False
        self._error: BaseException | None = None
        for key in mux.native_keys:
            setattr(self, key, mux.extensions[key])

    if TYPE_CHECKING:
        # projections of transformers that others have written
        def __getattr__(self, name: str) -> StreamChannel[Any]: ...

    else:

        def __getattr__(self, name: str) -> NoReturn:
            """Say which projections there are."""
            mux = self.__dict__.get("_mux")
            known = ", ".join(sorted(mux.native_keys)) if mux is not None else ""
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute {name!r} "
                f"(registered projections: {known})"
            )

    def _observe_event(self, event: ProtocolEvent) -> None:
        """Take the state, and what was asked, from an event of `values`."""
        params = event["params"]
        if event["method"] == "values" and params["namespace"] == self._own:
            self._latest = params["data"]
            if asked := params.get("interrupts"):
                self._interrupts += asked

    def _result(self) -> Any:
        """Return the last state, of a run that is over.

        Raises:
            BaseException: What the run failed with.
        """
        if self._error is not None:
            raise self._error
        return self._latest


class GraphRunStream(_RunStream):
    """A run of a graph, driven by whoever reads it.

    Iterating over it gives the raw events; each projection can be read in its place or beside it,
    by one consumer each (`tee` gives them to several). A `with` block stops the run when it ends.

    Args:
        source: Where its events come from; a graph inside has none of its own.
        mux: What makes projections of them.
        wire_pump: Whether whoever reads it drives it, rather than what drives the mux anyway.
    """

    values: StreamChannel[Any]
    messages: StreamChannel[ChatModelStream]
    lifecycle: StreamChannel[LifecyclePayload]
    subgraphs: StreamChannel[SubgraphRunStream]
    updates: StreamChannel[dict[str, Any]]
    custom: StreamChannel[Any]
    checkpoints: StreamChannel[Any]
    debug: StreamChannel[Any]
    tasks: StreamChannel[Any]
    tool_calls: StreamChannel[Any]

    def __init__(self, source: Source | None, mux: StreamMux, *, wire_pump: bool = True) -> None:
        super().__init__(mux)
        self._source = source
        if source is not None and wire_pump:
            mux.bind_pump(self._pump)

    def _pump(self) -> bool:
        """Hand out the next event; return whether there was one."""
        if self._exhausted or self._source is None:
            return False
        try:
            event = next(self._source)
            self._observe_event(event)
            self._mux.push(event)
        except StopIteration:
            self._end()
            return False
        except BaseException as error:
            self._fail(error)
            if not isinstance(error, Exception):
                raise
            return False
        return True

    def _end(self) -> None:
        self._exhausted = True
        try:
            self._mux.close()
        except Exception as error:  # noqa: BLE001 - of a transformer; whoever reads gets it
            self._error = error

    def _fail(self, error: BaseException) -> None:
        self._exhausted, self._error = True, error
        if self._source is not None:
            self._source.close()  # it goes on yet, if it was a transformer that failed
        self._mux.fail(error)

    def _drive(self) -> Any:
        """Go to the end, and return the last state."""
        while not self._mux.closed and self._mux.pump():
            pass
        return self._result()

    @property
    def output(self) -> Any:
        """Drive the run to its end, and return its last state.

        Raises:
            BaseException: What the run fails with.
        """
        return self._drive()

    @property
    def interrupted(self) -> bool:
        """Drive the run to its end, and return whether it stopped to ask something."""
        self._drive()
        return bool(self._interrupts)

    @property
    def interrupts(self) -> list[Any]:
        """Drive the run to its end, and return what was asked."""
        self._drive()
        return list(self._interrupts)

    def __iter__(self) -> Iterator[ProtocolEvent]:
        """Subscribe to the raw events."""
        return iter(self._mux._events)  # noqa: SLF001

    def interleave(self, *names: str) -> Iterator[tuple[str, Any]]:
        """Yield the items of several projections as `(name, item)`, in the order of arrival.

        Each of them has this one subscriber as long as it is read.

        Raises:
            KeyError: There is no projection of a name.
            TypeError: It is no channel.
            RuntimeError: Somebody else has subscribed to one.
        """
        with Interleaved(self._mux, names) as items:
            while True:
                yield from items.arrived()
                if items.are_over() or not self._mux.pump():
                    break
            yield from items.arrived()
            items.are_over()

    def abort(self) -> None:
        """Stop the run: what runs ends, also in graphs inside, before this returns.

        Sync nodes are waited for, since a thread cannot be stopped; graphs inside stop before their
        next superstep. Whoever reads the run comes to an end. Doing it twice is fine.
        """
        if self._exhausted:
            return
        if self._source is not None:
            self._source.close()
        self._end()

    def __enter__(self) -> Self:
        """Use the run in a block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the run."""
        self.abort()


class AsyncGraphRunStream(_RunStream):
    """A run of a graph in an event loop, driven by whoever reads it; see `GraphRunStream`.

    Several consumers may read at the same time.

    Args:
        source: Where its events come from; a graph inside has none of its own.
        mux: What makes projections of them.
        leave: Has the source end at once while somebody waits for it.
        wire_pump: Whether whoever reads it drives it, rather than what drives the mux anyway.
    """

    values: StreamChannel[Any]
    messages: StreamChannel[AsyncChatModelStream]
    lifecycle: StreamChannel[LifecyclePayload]
    subgraphs: StreamChannel[AsyncSubgraphRunStream]
    updates: StreamChannel[dict[str, Any]]
    custom: StreamChannel[Any]
    checkpoints: StreamChannel[Any]
    debug: StreamChannel[Any]
    tasks: StreamChannel[Any]
    tool_calls: StreamChannel[Any]

    def __init__(
        self,
        source: AsyncSource | None,
        mux: StreamMux,
        leave: Callable[[], None] = lambda: None,
        *,
        wire_pump: bool = True,
    ) -> None:
        super().__init__(mux)
        self._source = source
        self._leave = leave
        self._turn = asyncio.Lock()
        self._steps = 0
        if source is not None and wire_pump:
            mux.bind_pump(self._pump)

    async def _pump(self) -> bool:
        """Hand out the next event, or wait until somebody else has; return whether it was there."""
        if self._exhausted or self._source is None:
            return False
        step = self._steps
        async with self._turn:
            if self._steps != step:  # what is waited for may be there by now
                return True
            return not self._exhausted and await self._step(self._source)

    async def _step(self, source: AsyncSource) -> bool:
        try:
            event = await source.__anext__()
            self._observe_event(event)
            await self._mux.apush(event)
        except (StopAsyncIteration, Left):
            await self._end()
            return False
        except BaseException as error:
            await self._fail(error)
            if not isinstance(error, Exception):
                raise
            return False
        finally:
            self._steps += 1
        return True

    async def _end(self) -> None:
        self._exhausted = True
        try:
            await self._mux.aclose()
        except Exception as error:  # noqa: BLE001 - of a transformer; whoever reads gets it
            self._error = error

    async def _fail(self, error: BaseException) -> None:
        if isinstance(error, asyncio.CancelledError):
            # others who read are not cancelled
            error = RuntimeError(
                "The run has stopped: the task that was waiting for its next event was cancelled."
            )
        self._exhausted, self._error = True, error
        if self._source is not None:
            await self._source.aclose()
        await self._mux.afail(error)

    async def _drive(self) -> Any:
        while not self._mux.closed and await self._mux.apump():
            pass
        return self._result()

    async def output(self) -> Any:
        """Drive the run to its end, and return its last state.

        Raises:
            BaseException: What the run fails with.
        """
        return await self._drive()

    async def interrupted(self) -> bool:
        """Drive the run to its end, and return whether it stopped to ask something."""
        await self._drive()
        return bool(self._interrupts)

    async def interrupts(self) -> list[Any]:
        """Drive the run to its end, and return what was asked."""
        await self._drive()
        return list(self._interrupts)

    def __aiter__(self) -> AsyncIterator[ProtocolEvent]:
        """Subscribe to the raw events."""
        return aiter(self._mux._events)  # noqa: SLF001

    async def interleave(self, *names: str) -> AsyncIterator[tuple[str, Any]]:
        """Yield the items of several projections as `(name, item)`; see `GraphRunStream`."""
        with Interleaved(self._mux, names) as items:
            while True:
                for item in items.arrived():
                    yield item
                if items.are_over() or not await self._mux.apump():
                    break
            for item in items.arrived():
                yield item
            items.are_over()

    async def abort(self) -> None:
        """Stop the run: nodes are cancelled, also in graphs inside, before this returns.

        A consumer that waits for the next event comes to its end. Doing it twice is fine.
        """
        if self._exhausted:
            return
        if self._turn.locked():
            self._leave()
        async with self._turn:
            if not self._exhausted:
                if self._source is not None:
                    await self._source.aclose()
                await self._end()

    async def __aenter__(self) -> Self:
        """Use the run in a block."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the run."""
        await self.abort()


class _Inside(_RunStream):
    """What is known of the run of a graph inside.

    Attributes:
        path: Its namespace.
        graph_name: The name of the agent that it is, or of the node that it runs in.
        trigger_call_id: The id of the task that it runs in.
        status: How far it is.
        error: What it failed with.
    """

    def _identify(self, path: tuple[str, ...], graph_name: str | None, task: str | None) -> None:
        self.path = path
        self.graph_name = graph_name
        self.trigger_call_id = task
        self.status: SubgraphStatus = "started"
        self.error: str | None = None
        self._seen_terminal = False

    def end(self, status: SubgraphStatus, error: str | None) -> BaseException | None:
        """Note how it ended; return what those who read it are to get, if it failed."""
        self.status, self.error, self._seen_terminal = status, error, True
        if status == "failed":
            self._error = RuntimeError(error or "Subgraph failed")
        return self._error


class SubgraphRunStream(GraphRunStream, _Inside):
    """The run of a graph inside another one; reading it drives the run around it.

    Args:
        mux: That of the graph inside.
        path: Its namespace.
        graph_name: What it is called.
        trigger_call_id: The id of the task that it runs in.
    """

    def __init__(
        self,
        mux: StreamMux,
        *,
        path: tuple[str, ...],
        graph_name: str | None = None,
        trigger_call_id: str | None = None,
    ) -> None:
        super().__init__(None, mux)
        self._identify(path, graph_name, trigger_call_id)


class AsyncSubgraphRunStream(AsyncGraphRunStream, _Inside):
    """The run of a graph inside another one, in an event loop; see `SubgraphRunStream`."""

    def __init__(
        self,
        mux: StreamMux,
        *,
        path: tuple[str, ...],
        graph_name: str | None = None,
        trigger_call_id: str | None = None,
    ) -> None:
        super().__init__(None, mux)
        self._identify(path, graph_name, trigger_call_id)
