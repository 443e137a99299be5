"""Nodes that are built by hand, for a `Pregel` without a `StateGraph`.

A node subscribes to channels, whose updates make it run; reads channels, whose values are its
input; does something; and writes to channels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import Runnable
from typing_extensions import Self

from runtime.managed.base import ManagedValueSpec
from runtime.pregel._nodes.node import Call, Node, make_call
from runtime.pregel._nodes.policies import Policies, cache_namespace, check_timeout
from runtime.pregel._write import ChannelWriteEntry, writes_of
from runtime.types import CachePolicy, RetryPolicy, TimeoutPolicy

if TYPE_CHECKING:
    from runtime.channels._state import Channels

__all__ = ("Defaults", "NodeBuilder", "PregelNode")


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a graph that is built by hand has for nodes that do not say otherwise.

    Args:
        managed: The managed values among its channels.
        retry: After which failures nodes are run again.
        cache: Whether results of nodes may stand for later ones.
    """

    managed: Mapping[str, ManagedValueSpec] = field(default_factory=dict)
    retry: tuple[RetryPolicy, ...] = ()
    cache: CachePolicy[Any] | None = None


@dataclass(frozen=True, slots=True)
class PregelNode:
    """A node as it was built; what `NodeBuilder.build` returns.

    Args:
        channels: The channel whose value is its input; or those whose values, where they hold any,
            are its input as a dict.
        triggers: The channels whose updates make it run.
        actions: What it does: each step gets what the one before returned.
        writes: What it writes.
        tags: Tags of its runs.
        metadata: Appears in `messages` metadata and traces.
        retry_policy: After which failures it is run again.
        cache_policy: Whether its result may stand for later ones.
        timeout: How long an attempt may take.
    """

    channels: str | tuple[str, ...]
    triggers: tuple[str, ...]
    actions: tuple[Any, ...] = ()
    writes: tuple[ChannelWriteEntry, ...] = ()
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    retry_policy: tuple[RetryPolicy, ...] = ()
    cache_policy: CachePolicy[Any] | None = None
    timeout: TimeoutPolicy | None = None

    def compiled(self, name: str, defaults: Defaults) -> Node:
        """Return the node as the engine takes it.

        Raises:
            ValueError: It has a timeout and does something that is not async.
        """
        calls = [make_call(action, _name_of(action)) for action in self.actions]
        return Node(
            name=name,
            triggers=tuple(sorted(self.triggers)),
            read=_reader(self.channels, defaults.managed),
            call=calls[0] if calls else None,
            then=tuple(calls[1:]),
            needs=self.channels if isinstance(self.channels, str) else None,
            updates=partial(writes_of, self.writes),
            metadata=self.metadata,
            tags=self.tags,
            policies=self._policies(name, defaults, calls),
            action=self.actions[0] if self.actions else None,
            writes_to=tuple(entry.channel for entry in self.writes),
        )

    def _policies(self, name: str, defaults: Defaults, calls: list[Call]) -> Policies | None:
        retry = self.retry_policy or defaults.retry
        cache = self.cache_policy or defaults.cache
        if not retry and cache is None and self.timeout is None:
            return None
        if self.timeout is not None:
            for action in self.actions:
                check_timeout(name, action)
        cache_ns = cache_namespace(self.actions[0] if calls else None, name)
        return Policies(retry=retry, timeout=self.timeout, cache=cache, cache_ns=cache_ns)


def _name_of(action: Any) -> str:
    if isinstance(action, Runnable):
        return action.get_name()
    return str(getattr(action, "__name__", type(action).__name__))


def _reader(
    channels: str | tuple[str, ...], managed: Mapping[str, ManagedValueSpec]
) -> Callable[[Channels], Any]:
    """Return a function that makes a node's input from the channels."""
    if isinstance(channels, str):
        return lambda state: state[channels].get()
    names = [name for name in channels if name not in managed]
    kept = [(name, managed[name].get) for name in channels if name in managed]

    def read(state: Channels) -> dict[str, Any]:
        values = state.read(names)
        if kept and state.progress is not None:
            values.update((name, get(state.progress)) for name, get in kept)
        return values

    return read


class NodeBuilder:
    """Builds a node of a `Pregel`, step by step.

    ```python
    NodeBuilder().subscribe_only("question").do(answer).write_to("answer")
    ```
    """

    __slots__ = (
        "_actions",
        "_cache_policy",
        "_channels",
        "_metadata",
        "_retry_policy",
        "_tags",
        "_timeout",
        "_triggers",
        "_writes",
    )

    def __init__(self) -> None:
        self._channels: str | list[str] = []
        self._triggers: list[str] = []
        self._actions: list[Any] = []
        self._writes: list[ChannelWriteEntry] = []
        self._tags: list[str] = []
        self._metadata: dict[str, Any] = {}
        self._retry_policy: list[RetryPolicy] = []
        self._cache_policy: CachePolicy[Any] | None = None
        self._timeout: TimeoutPolicy | None = None

    def subscribe_only(self, channel: str) -> Self:
        """Run when this channel is updated, with its bare value as the input.

        Raises:
            ValueError: The node reads other channels already.
        """
        if self._channels:
            raise ValueError(
                "Cannot subscribe to single channels when other channels are already subscribed "
                f"to: {channel!r} besides {self._channels!r}. Use subscribe_to for all of them; "
                "the input is then a dict."
            )
        self._channels = channel
        self._triggers.append(channel)
        return self

    def subscribe_to(self, *channels: str, read: bool = True) -> Self:
        """Run when any of these channels is updated.

        Args:
            channels: The channels.
            read: Whether their values, as a dict, are part of the input.

        Raises:
            ValueError: The node reads a single channel already.
        """
        known = self._readable(channels)
        if read:
            known.extend(channels)
        self._triggers.extend(channels)
        return self

    def read_from(self, *channels: str) -> Self:
        """Take the values of these channels into the input; updates of them do not matter.

        Raises:
            ValueError: The node reads a single channel already.
        """
        self._readable(channels).extend(channels)
        return self

    def _readable(self, channels: tuple[str, ...]) -> list[str]:
        if isinstance(self._channels, str):
            raise ValueError(  # noqa: TRY004 - LangGraph's class
                "Cannot subscribe to channels when subscribed to a single channel: "
                f"{', '.join(channels)} besides {self._channels!r}. Use subscribe_to for all of "
                "them, in place of subscribe_only."
            )
        return self._channels

    def do(self, node: Any) -> Self:
        """Add something to do: a function, sync or async, or a Runnable.

        It gets the input; what is added after it gets what it returned.
        """
        self._actions.append(node)
        return self

    def write_to(self, *channels: str | ChannelWriteEntry, **kwargs: Any) -> Self:
        """Add writes.

        Args:
            channels: Channels that get what the node returned; or entries that say more.
            kwargs: By channel, a function that makes what is written from what the node returned,
                or the value itself.
        """
        self._writes += [ChannelWriteEntry(c) if isinstance(c, str) else c for c in channels]
        self._writes += [
            ChannelWriteEntry(name, mapper=value)
            if callable(value)
            else ChannelWriteEntry(name, value)
            for name, value in kwargs.items()
        ]
        return self

    def meta(self, *tags: str, **metadata: Any) -> Self:
        """Add tags and metadata to the node's runs."""
        self._tags.extend(tags)
        self._metadata.update(metadata)
        return self

    def add_retry_policies(self, *policies: RetryPolicy) -> Self:
        """Run the node again after failures; the first policy that applies counts."""
        self._retry_policy.extend(policies)
        return self

    def add_cache_policy(self, policy: CachePolicy[Any]) -> Self:
        """Let results of the node stand for later ones, in a graph with a cache."""
        self._cache_policy = policy
        return self

    def set_timeout(self, timeout: float | timedelta | TimeoutPolicy | None) -> Self:
        """Set how long an attempt may take; a number or a `timedelta` is a run timeout.

        Raises:
            ValueError: It is not positive.
        """
        self._timeout = TimeoutPolicy.coerce(timeout)
        return self

    def build(self) -> PregelNode:
        """Return the node."""
        channels = self._channels if isinstance(self._channels, str) else tuple(self._channels)
        return PregelNode(
            channels=channels,
            triggers=tuple(self._triggers),
            actions=tuple(self._actions),
            writes=tuple(self._writes),
            tags=tuple(self._tags),
            metadata=dict(self._metadata),
            retry_policy=tuple(self._retry_policy),
            cache_policy=self._cache_policy,
            timeout=self._timeout,
        )
