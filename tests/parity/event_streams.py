"""How scenarios of event streams read a run, sync or async, and what makes readings comparable."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from engines import Engine

EVENT_SCENARIOS: list[EventScenario] = []

Read = Callable[[Engine, "Drive"], Awaitable[Any]]


@dataclass(frozen=True)
class EventScenario:
    """A graph that is run, and what is read of the run."""

    name: str
    read: Read
    drives: tuple[str, ...] = ("sync", "async")


def events(*drives: str) -> Callable[[Read], Read]:
    """Register a function that runs a graph of an engine and returns what it read, as a scenario.

    Args:
        drives: Under which drivers it is read; by default under both.
    """

    def register(read: Read) -> Read:
        name: Any = read
        EVENT_SCENARIOS.append(EventScenario(name.__name__, read, drives or ("sync", "async")))
        return read

    return register


class Drive:
    """Opens runs and reads what they have, in the sync or the async form of the same calls."""

    def __init__(self, name: str) -> None:
        self.sync = name == "sync"

    async def open(self, graph: Any, given: Any, config: Any = None, **kwargs: Any) -> Any:
        """Start a run."""
        if self.sync:
            return graph.stream_events(given, config, version="v3", **kwargs)
        return await graph.astream_events(given, config, version="v3", **kwargs)

    async def each(self, items: Any) -> AsyncIterator[Any]:
        """Yield the items of a run or a projection as they come."""
        if self.sync:
            for item in items:
                yield item
        else:
            async for item in items:
                yield item

    async def all(self, items: Any) -> list[Any]:
        """Return all items that come."""
        return [item async for item in self.each(items)]

    async def first(self, items: Any) -> Any:
        """Return the first item that comes; read no further."""
        if self.sync:
            return next(iter(items))
        return await anext(aiter(items))

    async def get(self, run: Any, name: str) -> Any:
        """Return `output`, `interrupted` or `interrupts` of a run."""
        value = getattr(run, name)
        return value if self.sync else await value()

    async def whole(self, projection: Any) -> Any:
        """Return the whole value of a projection of a message."""
        return projection.get() if self.sync else await projection

    async def message(self, message: Any) -> Any:
        """Return the message that a message stream ends with."""
        return message.output if self.sync else await message.output

    async def tee(self, channel: Any, number: int) -> tuple[Any, ...]:
        """Return several iterators over a channel."""
        return channel.tee(number) if self.sync else channel.atee(number)

    async def abort(self, run: Any) -> None:
        """Stop a run."""
        if self.sync:
            run.abort()
        else:
            await run.abort()


def shown(event: Any) -> Any:
    """Return an event without what differs from run to run: the time, which is to be a number."""
    params = {**event["params"]}
    assert isinstance(params.pop("timestamp"), int)
    return {**event, "params": params}


async def attempt(reading: Awaitable[Any]) -> Any:
    """Return what a reading gives, or the exception that it raises."""
    try:
        return await reading
    except Exception as error:  # noqa: BLE001 - which one it is, is the point
        return ("raised", type(error).__name__, str(error))
