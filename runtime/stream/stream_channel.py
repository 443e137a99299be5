"""Where the items of a projection wait for their one consumer."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sized
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from runtime.stream._mux import StreamMux

__all__ = ("StreamChannel",)

T = TypeVar("T")


class StreamChannel(Generic[T]):
    """Items for one consumer, who drives the run by asking for the next one.

    It belongs to a run from the moment in which that takes the projections of its transformers.
    Items that are pushed while nobody has subscribed are dropped, as in LangGraph, unless the run
    keeps them (`stream_events(..., keep_items=True)`).

    Args:
        name: What the raw events call it: each item is an event of the method `custom:<name>`, or
            of `<name>` if the transformer is a built-in one. A channel without a name has none.
        maxlen: Accepted as in LangGraph, and not used: nothing is made before it is asked for.

    Raises:
        ValueError: `maxlen` is not positive.
    """

    def __init__(self, name: str | None = None, *, maxlen: int | None = None) -> None:
        if maxlen is not None and maxlen <= 0:
            raise ValueError("StreamChannel maxlen must be a positive int or None")
        self.name = name
        self._mux: StreamMux | None = None
        self._is_async: bool | None = None
        self._forward: Callable[[T], None] | None = None
        self._items: deque[tuple[int, T]] = deque()
        self._keeps = False
        self._subscribed = False
        self._closed = False
        self._error: BaseException | None = None

    def bind(self, mux: StreamMux, forward: Callable[[T], None] | None = None) -> None:
        """Belong to a run.

        Args:
            mux: That of the run, which the consumer drives.
            forward: Makes an event of an item.

        Raises:
            RuntimeError: It belongs to one already.
        """
        self._bind(is_async=mux.is_async)
        self._mux, self._forward = mux, forward
        self._keeps = mux.keeps_items

    def _bind(self, *, is_async: bool) -> None:
        """Fix how it is read; alone, it makes a channel without a run, which is filled by hand."""
        if self._is_async is not None:
            raise RuntimeError("StreamChannel is already bound: it belongs to one run.")
        self._is_async = is_async

    def push(self, item: T) -> None:
        """Add an item.

        Raises:
            RuntimeError: The channel is closed, and somebody reads it.
        """
        if self._subscribed or self._keeps:
            if self._closed:
                raise RuntimeError(
                    f"Cannot push to a closed StreamChannel{f' {self.name!r}' * bool(self.name)}."
                )
            self._items.append((self._mux.next_stamp() if self._mux is not None else 0, item))
        if self._forward is not None:
            self._forward(item)

    def close(self) -> None:
        """Take no more items: the consumer comes to an end."""
        self._closed = True

    def fail(self, err: BaseException) -> None:
        """End with an error, which the consumer gets after the items that are there."""
        if not self._closed:
            self._error = err
        self._closed = True

    # --- the consumer ---

    def __iter__(self) -> Iterator[T]:
        """Subscribe.

        Raises:
            TypeError: The channel belongs to no run, or to an async one.
            RuntimeError: Somebody else has subscribed.
        """
        self.subscribe(is_async=False)
        return self._read()

    def __aiter__(self) -> AsyncIterator[T]:
        """Subscribe to a channel of an async run; otherwise as for `iter`."""
        self.subscribe(is_async=True)
        return self._aread()

    def tee(self, n: int = 2) -> tuple[Iterator[T], ...]:
        """Subscribe with several iterators, each of which gets every item.

        Raises:
            ValueError: There is to be none; the other errors are those of `iter`.
        """
        buffers = self._buffers(n, is_async=False)
        return tuple(self._branch(buffers, own) for own in buffers)

    def atee(self, n: int = 2) -> tuple[AsyncIterator[T], ...]:
        """Do what `tee` does, for a channel of an async run."""
        buffers = self._buffers(n, is_async=True)
        return tuple(self._abranch(buffers, own) for own in buffers)

    def subscribe(self, *, is_async: bool) -> None:
        """Keep items for a consumer from now on; see `iter` for the errors."""
        if self._is_async is None:
            raise TypeError(
                "StreamChannel has not been bound yet. Return it from the init() of a transformer, "
                "and pass that to a run."
            )
        if self._is_async is not is_async:
            bound, loop = ("async", "async for") if self._is_async else ("sync", "for")
            raise TypeError(
                f"This StreamChannel is bound to {bound} mode \N{EM DASH} use {loop!r} instead."
            )
        if self._subscribed:
            shown = f" {self.name!r}" if self.name else ""
            raise RuntimeError(
                f"StreamChannel{shown} already has a subscriber; use .{'a' * is_async}tee(n) for "
                "fan-out."
            )
        self._subscribed = True

    def release(self) -> None:
        """Allow another consumer, who goes on where this one stopped."""
        self._subscribed = False

    @property
    def first_stamp(self) -> int | None:
        """When the item that comes next was pushed, among all items of the run."""
        return self._items[0][0] if self._items else None

    def take(self) -> T:
        """Return the item that comes next, which is there."""
        return self._items.popleft()[1]

    def check(self) -> bool:
        """Return whether there is nothing more to come.

        Raises:
            BaseException: What the run failed with, if all items were taken.
        """
        if self._items:
            return False
        if self._error is not None:
            raise self._error
        return self._closed

    def _waits(self) -> bool:
        return not self._items and not self.check()

    def _read(self) -> Iterator[T]:
        while self._more():
            yield self.take()

    async def _aread(self) -> AsyncIterator[T]:
        while await self._amore():
            yield self.take()

    def _more(self, own: Sized = ()) -> bool:
        """Drive the run until an item is there, or in a buffer; return whether one is."""
        while not own and self._waits():
            if self._mux is None or not self._mux.pump():
                break
        return bool(own) or (not self.check() and bool(self._items))

    async def _amore(self, own: Sized = ()) -> bool:
        while not own and self._waits():
            if self._mux is None or not await self._mux.apump():
                break
        return bool(own) or (not self.check() and bool(self._items))

    def _buffers(self, n: int, *, is_async: bool) -> list[deque[T]]:
        if n < 1:
            raise ValueError(f"{'a' * is_async}tee() requires n >= 1")
        self.subscribe(is_async=is_async)
        return [deque() for _ in range(n)]

    def _branch(self, buffers: list[deque[T]], own: deque[T]) -> Iterator[T]:
        while self._more(own):
            yield self._next_of(buffers, own)

    async def _abranch(self, buffers: list[deque[T]], own: deque[T]) -> AsyncIterator[T]:
        while await self._amore(own):
            yield self._next_of(buffers, own)

    def _next_of(self, buffers: list[deque[T]], own: deque[T]) -> T:
        if not own:
            item = self.take()
            for buffer in buffers:
                buffer.append(item)
        return own.popleft()
