"""What users derive from to make something of the events of a run."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from runtime.stream._event import ProtocolEvent

if TYPE_CHECKING:
    from runtime.stream._mux import StreamMux

__all__ = ("StreamTransformer", "TransformerFactory", "requires_async")

logger = logging.getLogger(__name__)


class StreamTransformer(ABC):
    """Looks at every event of a run, and makes projections of what it sees.

    A subclass has `init`, and `process` or `aprocess`; the other hooks do nothing unless they are
    there. It may change an event in place, for those behind it, or keep it out of the raw events.
    Each run makes its own, and so does each graph inside that is looked at.

    Args:
        scope: The namespace of the graph whose run it belongs to; `()` for the outermost.

    Attributes:
        required_stream_modes: The stream modes that the run must have for it.
        before_builtins: Whether it sees events before the built-in projections take them: for those
            that change events. `tasks` must then be left as they are.
        requires_async: Whether it only works in async runs, as one does that has `aprocess`,
            `afinalize` or `afail`, or that calls `schedule`.
        supports_sync: Whether it works in sync runs although it has async hooks.
    """

    _native: ClassVar[bool] = False
    """Whether its projections are attributes of the run, too."""
    _methods: ClassVar[frozenset[str] | None] = None
    """The methods of the events that the `process` of this very class looks at, if not all."""
    _only_forwards: ClassVar[bool] = False
    """Whether its async hooks wait for nothing but transformers of graphs inside."""

    required_stream_modes: ClassVar[tuple[str, ...]] = ()
    before_builtins: ClassVar[bool] = False
    requires_async: ClassVar[bool] = False
    supports_sync: ClassVar[bool] = False

    _owned: tuple[str, ...] = ()
    _scheduled: set[asyncio.Task[Any]]
    _failures: list[BaseException]

    def __init__(self, scope: tuple[str, ...] = ()) -> None:
        self.scope = scope

    @abstractmethod
    def init(self) -> dict[str, Any]:
        """Return the projections by name; those that are `StreamChannel`s are opened and closed."""

    def _on_register(self, mux: StreamMux) -> None:  # noqa: B027 - not everybody cares
        """Get to know the mux that it is part of."""

    def process(self, event: ProtocolEvent) -> bool:
        """Look at an event.

        Returns:
            Whether it is to be a raw event; other transformers see it all the same.
        """
        raise NotImplementedError(
            f"{type(self).__name__} must override process() or aprocess(): one of them is what it "
            "does with an event."
        )

    async def aprocess(self, event: ProtocolEvent) -> bool:
        """Look at an event of an async run; the transformers behind wait until it is done."""
        return self.process(event)

    def finalize(self) -> None:  # noqa: B027 - not everybody cares
        """Hear that the run has come to its end, or was left."""

    async def afinalize(self) -> None:
        """Hear the same in an async run, after everything that was scheduled is done."""
        self.finalize()

    def fail(self, err: BaseException) -> None:  # noqa: B027 - not everybody cares
        """Hear that the run has failed."""

    async def afail(self, err: BaseException) -> None:
        """Hear the same in an async run, after everything that was scheduled is cancelled."""
        self.fail(err)

    def schedule(
        self, coro: Coroutine[Any, Any, Any], *, on_error: Literal["log", "raise"] = "log"
    ) -> asyncio.Task[Any]:
        """Run a coroutine beside the run, which does not end before it is done.

        Args:
            coro: The coroutine.
            on_error: Whether an exception of it is logged, or fails the run when that ends.

        Raises:
            RuntimeError: There is no event loop: the run is a sync one.
        """
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            coro.close()
            raise RuntimeError(
                f"{type(self).__name__}.schedule() requires a running event loop; this transformer "
                "must run under astream_events(). Set requires_async = True on the class, so that "
                "a sync run refuses it at once."
            ) from None
        task = loop.create_task(coro)
        self.__dict__.setdefault("_scheduled", set()).add(task)
        task.add_done_callback(lambda done: self._settle(done, on_error))
        return task

    def _settle(self, task: asyncio.Task[Any], on_error: str) -> None:
        """Forget what is done; what it raised is logged, or kept until the run ends."""
        self._scheduled.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is None:
            return
        if on_error == "raise":
            self.__dict__.setdefault("_failures", []).append(error)
        else:
            logger.error("Scheduled StreamTransformer task failed", exc_info=error)

    async def _join(self, cancel: bool) -> BaseException | None:
        """Wait for what is scheduled; return the first failure that is to fail the run."""
        while scheduled := self.__dict__.get("_scheduled"):
            for task in scheduled if cancel else ():
                task.cancel()
            await asyncio.wait(list(scheduled))
            await asyncio.sleep(0)  # the callbacks that settle them
        failures: list[BaseException] = self.__dict__.get("_failures", [])
        return failures[0] if failures else None


TransformerFactory = Callable[[tuple[str, ...]], StreamTransformer]
"""A class or function that makes a transformer for the namespace of a graph."""


def requires_async(transformer: StreamTransformer) -> bool:
    """Return whether a transformer cannot be part of a sync run."""
    if transformer.requires_async:
        return True
    return not transformer.supports_sync and has_async_hooks(transformer)


def has_async_hooks(transformer: StreamTransformer) -> bool:
    """Return whether a transformer has hooks of its own for async runs."""
    kind = type(transformer)
    return (
        kind.aprocess is not StreamTransformer.aprocess
        or kind.afinalize is not StreamTransformer.afinalize
        or kind.afail is not StreamTransformer.afail
    )
