"""Several projections as one, in the order in which their items arrived."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from typing_extensions import Self

from runtime.stream._mux import StreamMux
from runtime.stream.stream_channel import StreamChannel

__all__ = ("Interleaved",)


class Interleaved:
    """The subscriber of several channels, from the beginning of a block to its end.

    Args:
        mux: Whose projections they are.
        names: Which of them.
    """

    def __init__(self, mux: StreamMux, names: Sequence[str]) -> None:
        self._mux = mux
        self._names = names
        self._channels: list[tuple[str, StreamChannel[Any]]] = []

    def __enter__(self) -> Self:
        """Subscribe.

        Raises:
            KeyError: There is no projection of a name.
            TypeError: It is no channel.
            RuntimeError: Somebody else has subscribed to one.
        """
        try:
            for name in self._names:
                channel = self._mux.extensions[name]
                if not isinstance(channel, StreamChannel):
                    raise TypeError(
                        "interleave() requires StreamChannel projections, got "
                        f"{type(channel).__name__} for {name!r}"
                    )
                channel.subscribe(is_async=self._mux.is_async)
                self._channels.append((name, channel))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Let others subscribe."""
        for _name, channel in self._channels:
            channel.release()

    def arrived(self) -> Iterator[tuple[str, Any]]:
        """Yield what is there, the oldest first."""
        while True:
            filled = [pair for pair in self._channels if pair[1].first_stamp is not None]
            if not filled:
                return
            name, channel = min(filled, key=lambda pair: pair[1].first_stamp or 0)
            yield name, channel.take()

    def are_over(self) -> bool:
        """Return whether nothing more is to come.

        Raises:
            BaseException: What the run failed with.
        """
        over = [channel.check() for _, channel in self._channels]  # of all: any may raise
        return all(over)
