"""From events through transformers to projections: the middle of an event stream.

A mux belongs to one run, or to one graph inside it that is looked at. It owns the transformers and
their channels, and the channel of the raw events; whoever reads any of these drives the one source
of the whole run. What it does is written once: hooks that are coroutines are awaited in async runs,
and a sync run has none.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Sequence
from inspect import isawaitable
from typing import Any

from runtime.stream._event import ProtocolEvent, event_of
from runtime.stream._transformer import (
    StreamTransformer,
    TransformerFactory,
    has_async_hooks,
    requires_async,
)
from runtime.stream.stream_channel import StreamChannel
from runtime.turns import Turns, current_turns

__all__ = ("StreamMux",)

Steps = Generator[Awaitable[Any], Any, None]
"""Work that yields awaitables and is sent their results; in a sync run it yields nothing."""


def _driven_by_nobody() -> bool:
    return False


class StreamMux:
    """Hands each event to all transformers, and keeps their projections.

    Args:
        transformers: Those of this graph alone; whoever builds a mux by hand may push events to it.
        is_async: Whether the run is an async one.
        factories: Make more transformers, in their order but for those that come before the
            built-in ones. Each graph inside that is looked at gets some of its own from them.
        scope: The namespace of the graph.
        keep_items: Whether channels keep items that come before somebody subscribes.
        is_inside: Whether it belongs to a graph inside another one.
        turns: The clock of the events that it makes itself.

    Raises:
        RuntimeError: A transformer needs an async run, and this is none.
        TypeError: What a factory makes is no transformer, or its `init` returns no dict.
        ValueError: Two projections have the same name.

    Attributes:
        extensions: All projections by name.
        native_keys: The names of those that are attributes of the run, too.
    """

    def __init__(
        self,
        transformers: Sequence[StreamTransformer] | None = None,
        *,
        is_async: bool = False,
        factories: Sequence[TransformerFactory] | None = None,
        scope: tuple[str, ...] = (),
        keep_items: bool = False,
        is_inside: bool = False,
        turns: Turns | None = None,
    ) -> None:
        self.is_async = is_async
        self.scope = scope
        self.keeps_items = keep_items
        self.extensions: dict[str, Any] = {}
        self.native_keys: list[str] = []
        self._factories = tuple(factories or ())
        self._numbers_events = not is_inside
        self._turns: Turns = turns if turns is not None else current_turns()
        self._pump: Callable[[], Any] = _driven_by_nobody
        self._namespace = list(scope)
        self._stamp = self._seq = 0
        self._events: StreamChannel[ProtocolEvent] = StreamChannel()
        self._events.bind(self)
        self._channels: list[StreamChannel[Any]] = [self._events]
        self._transformers: list[StreamTransformer] = []
        self._routes: dict[str, tuple[Callable[[ProtocolEvent], Any], ...]] = {}
        made = [*(transformers or ()), *(_transformer(each, scope) for each in self._factories)]
        for transformer in sorted(made, key=lambda each: not each.before_builtins):
            self._register(transformer)
        self._awaits = is_async and any(
            has_async_hooks(each) and not each._only_forwards  # noqa: SLF001
            for each in self._transformers
        )

    def _register(self, transformer: StreamTransformer) -> None:
        kind = type(transformer).__name__
        if not self.is_async and requires_async(transformer):
            raise RuntimeError(
                f"{kind} requires an async run \N{EM DASH} it overrides aprocess/afinalize/afail "
                "or sets requires_async=True. Use astream_events(), not stream_events()."
            )
        projections = transformer.init()
        if not isinstance(projections, dict):
            raise TypeError(
                f"StreamTransformer.init() must return a dict, got {type(projections).__name__}"
                f" from {kind}"
            )
        if taken := sorted(projections.keys() & self.extensions.keys()):
            owners = ", ".join(
                f"{key!r} (owned by {type(self.transformer_by_key(key)).__name__})" for key in taken
            )
            raise ValueError(
                f"Transformer {kind} returned projection keys that conflict with "
                f"already-registered keys: {owners}"
            )
        self._transformers.append(transformer)
        self.extensions.update(projections)
        if transformer._native:  # noqa: SLF001 - the name that transformers of others set
            self.native_keys += projections
        for channel in projections.values():
            if isinstance(channel, StreamChannel):
                channel.bind(self, self._forwarder(channel.name, transformer))
                self._channels.append(channel)
        transformer._owned = tuple(projections)  # noqa: SLF001
        transformer._on_register(self)  # noqa: SLF001

    def transformer_by_key(self, key: str) -> StreamTransformer | None:
        """Return the transformer that a projection belongs to, if there is one."""
        owners = (each for each in self._transformers if key in each._owned)  # noqa: SLF001
        return next(owners, None)

    def _forwarder(
        self, name: str | None, transformer: StreamTransformer
    ) -> Callable[[Any], None] | None:
        """Return what makes a raw event of each item of a channel, which no transformer sees."""
        if name is None:
            return None
        method = name if transformer._native else f"custom:{name}"  # noqa: SLF001

        def forward(item: Any) -> None:
            self._log(event_of(method, self._namespace, self._turns.now(), item))

        return forward

    @property
    def required_modes(self) -> list[str]:
        """The stream modes that the transformers require, each once."""
        modes = (mode for each in self._transformers for mode in each.required_stream_modes)
        return list(dict.fromkeys(modes))

    # --- who drives the run ---

    def bind_pump(self, fn: Callable[[], Any]) -> None:
        """Take what gets the next event of the run; a coroutine function for an async run."""
        self._pump = fn

    bind_apump = bind_pump

    def pump(self) -> bool:
        """Drive the run to its next event; return whether there was one."""
        return bool(self._pump())

    async def apump(self) -> bool:
        """Do the same in an async run."""
        answer = self._pump()
        return bool(await answer if isawaitable(answer) else answer)

    def next_stamp(self) -> int:
        """Return the number of an item that is pushed now."""
        self._stamp += 1
        return self._stamp

    def _make_child(self, scope: tuple[str, ...]) -> StreamMux:
        """Return a mux for a graph inside, with transformers of its own."""
        inside = StreamMux(
            factories=self._factories,
            is_async=self.is_async,
            scope=scope,
            keep_items=self.keeps_items,
            is_inside=True,
            turns=self._turns,
        )
        inside.bind_pump(self._pump)
        return inside

    # --- what happens ---

    def push(self, event: ProtocolEvent) -> None:
        """Hand out an event; then it is a raw one, unless a transformer keeps it out."""
        keep = True
        for process in self._route(event["method"]):
            if not process(event):
                keep = False
        if keep:
            self._log(event)

    async def apush(self, event: ProtocolEvent) -> None:
        """Do the same, and wait for transformers that have something to wait for."""
        method = event["method"]
        if not self._waits_at(method):
            self.push(event)
            return
        keep = True
        for process in self._route(method):
            answer = process(event)
            if isawaitable(answer):
                answer = await answer
            if not answer:
                keep = False
        if keep:
            self._log(event)

    def close(self) -> None:
        """End: every transformer hears of it, every channel closes.

        Raises:
            Exception: The first one that a transformer raised; everything is closed by then.
        """
        for _ in self._ending(None):
            raise AssertionError("a sync run has nothing to wait for")

    async def aclose(self) -> None:
        """Do the same, once everything that was scheduled is done."""
        await _awaited(self._ending(None))

    def fail(self, err: BaseException) -> None:
        """End with an error, which everybody who reads gets after what is there already."""
        for _ in self._ending(err):
            raise AssertionError("a sync run has nothing to wait for")

    async def afail(self, err: BaseException) -> None:
        """Do the same, once everything that was scheduled is cancelled."""
        await _awaited(self._ending(err))

    @property
    def closed(self) -> bool:
        """Whether it has ended."""
        return self._events._closed  # noqa: SLF001

    def _route(self, method: str) -> tuple[Callable[[ProtocolEvent], Any], ...]:
        """Return the hooks that look at events of a method."""
        route = self._routes.get(method)
        if route is None:
            waits = self._waits_at(method)
            wanted = (each for each in self._transformers if _looks_at(each, method))
            route = tuple(
                each.aprocess
                if waits and type(each).aprocess is not StreamTransformer.aprocess
                else each.process
                for each in wanted
            )
            self._routes[method] = route
        return route

    def _waits_at(self, method: str) -> bool:
        """Return whether a transformer may have something to wait for at events of a method.

        With `tasks` graphs inside end, and their transformers with them.
        """
        return self._awaits or (self.is_async and method == "tasks")

    def _log(self, event: ProtocolEvent) -> None:
        """Make an event a raw one. A graph inside has events of the whole run, numbered there."""
        if self._numbers_events:
            self._seq += 1
            event["seq"] = self._seq
        if not self.closed:
            self._events.push(event)

    def _ending(self, error: BaseException | None) -> Steps:
        if self.closed:
            return
        first: BaseException | None = None
        if self.is_async:
            for transformer in self._transformers:
                failure = yield transformer._join(cancel=error is not None)  # noqa: SLF001
                first = first or failure
        told = error or first
        for transformer in self._transformers:
            try:
                if self.is_async:
                    yield transformer.afinalize() if told is None else transformer.afail(told)
                elif told is None:
                    transformer.finalize()
                else:
                    transformer.fail(told)
            except Exception as raised:  # noqa: BLE001 - the others are to end, too
                first = first or raised
        for channel in reversed(self._channels):  # the raw events last
            if (ended_by := error or first) is None:
                channel.close()
            else:
                channel.fail(ended_by)
        if error is None and first is not None:
            raise first


async def _awaited(steps: Steps) -> None:
    """Do all steps of some work, and await what it yields."""
    try:
        wanted = next(steps)
        while True:
            try:
                given = await wanted
            except BaseException as error:  # noqa: BLE001 - whoever asked decides
                wanted = steps.throw(error)
            else:
                wanted = steps.send(given)
    except StopIteration:
        pass


def _transformer(factory: TransformerFactory, scope: tuple[str, ...]) -> StreamTransformer:
    """Make a transformer.

    Raises:
        TypeError: The factory does not make one.
    """
    if isinstance(factory, StreamTransformer):
        raise TypeError(
            f"A pre-built instance of {type(factory).__name__} cannot serve every run, and the "
            "graphs inside: pass the class itself, or a function of the scope that makes one."
        )
    made = factory(scope)
    if not isinstance(made, StreamTransformer):
        raise TypeError(
            f"{getattr(factory, '__name__', factory)!r} made a {type(made).__name__} and no "
            "StreamTransformer. Pass classes that derive from StreamTransformer, or functions of "
            "the scope that return an object of one."
        )
    return made


def _looks_at(transformer: StreamTransformer, method: str) -> bool:
    """Return whether a transformer does anything with events of a method."""
    kind = type(transformer)
    known: Any = next(each for each in kind.__mro__ if "_methods" in vars(each))
    if kind.process is not known.process or kind.aprocess is not known.aprocess:
        return True  # it derives from the one that says so, and may do more
    return known._methods is None or method in known._methods  # noqa: SLF001
