"""A compiled graph, as its users call it."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Generic, Literal, cast

from langchain_core.runnables import RunnableConfig
from langgraph.cache.base import BaseCache
from langgraph.store.base import BaseStore
from typing_extensions import Self, TypeVar

from runtime._internal import names_of
from runtime.channels import Topic
from runtime.channels.base import BaseChannel
from runtime.channels.binop import BinaryOperatorAggregate
from runtime.channels.delta import DeltaChannel
from runtime.config import TASK_KEY
from runtime.constants import TASKS
from runtime.managed.base import ManagedValueSpec
from runtime.pregel._asked import Asked, durability_of
from runtime.pregel._async import adrive
from runtime.pregel._chunks.sink import EventShape, Sink, check_modes
from runtime.pregel._described_graph import DescribedGraph
from runtime.pregel._event_graph import EventGraph
from runtime.pregel._inbox import Inbox
from runtime.pregel._nodes.builder import Defaults, NodeBuilder, PregelNode
from runtime.pregel._nodes.node import Node
from runtime.pregel._reader import Reader
from runtime.pregel._run import Run
from runtime.pregel._saved.serde import known_types
from runtime.pregel._saved.thread import INTERRUPT
from runtime.pregel._sync import drive
from runtime.pregel._validate import check_channels, check_graph, check_nodes, check_rescuers
from runtime.runtime import RunControl
from runtime.stream._transformer import TransformerFactory
from runtime.types import (
    All,
    CachePolicy,
    Checkpointer,
    Durability,
    GraphOutput,
    RetryPolicy,
    Send,
    StreamMode,
    ensure_valid_checkpointer,
)
from runtime.warnings import LangGraphDeprecatedSinceV10, deprecated

__all__ = ("Pregel",)

StateT = TypeVar("StateT")
ContextT = TypeVar("ContextT", default=None)
InputT = TypeVar("InputT", default=StateT)
OutputT = TypeVar("OutputT", default=StateT)

Modes = StreamMode | Sequence[StreamMode]
Version = Literal["v1", "v2"]


class Pregel(EventGraph, Generic[StateT, ContextT, InputT, OutputT]):
    """A graph that can be run.

    Most graphs come from `StateGraph.compile`. One that is built by hand says for each node which
    channels make it run, which it reads and which it writes to; see `NodeBuilder`.

    Args:
        nodes: The nodes by name, as `NodeBuilder`s or what these built.
        channels: One channel of each name, to make each run's own from; also managed values.
        auto_validate: Whether to check now that the graph can run.
        stream_mode: The mode of a stream that asks for none.
        stream_eager: Whether chunks of graphs inside come while their node still runs; those of
            `messages`, `custom` and `tools` always do.
        output_channels: The channels that `invoke` returns as a dict; or the one whose bare value
            it returns.
        stream_channels: The channels that `values` and `updates` show; by default all.
        interrupt_after_nodes: The nodes after which runs stop, or `"*"`.
        interrupt_before_nodes: The nodes before which runs stop, or `"*"`.
        input_channels: The channels that the input, a dict, is written to; or the one that takes
            the input as it is.
        step_timeout: How many seconds a superstep may take.
        debug: Whether runs print `updates` and `values`, unless they are told otherwise.
        checkpointer: Where threads are kept, as for `compile`.
        store: Where nodes keep things between threads.
        cache: Keeps results of nodes that have a cache policy.
        retry_policy: After which failures nodes are run again that do not say otherwise.
        cache_policy: Whether results may stand for later ones, of nodes that do not say otherwise.
        context_schema: The type of `runtime.context`.
        config: What every run starts from, under the config it is given.
        name: What traces and errors call the graph.
        stream_transformers: What makes transformers of its event streams.
        trigger_to_nodes: Accepted as in LangGraph; it follows from the nodes.
        node_error_handler_map: The node that handles the errors of a node, by the name of that one.
        config_type: The old name of `context_schema`.

    Raises:
        TypeError: A node or the checkpointer is nothing of the kind.
        ValueError: A name is not there or reserved, or the input would start nothing.
    """

    coerce_output: Callable[[dict[str, Any]], Any] | None = None
    """Makes the state of a typed result an object of the output schema."""

    def __init__(
        self,
        *,
        nodes: Mapping[str, Node | PregelNode | NodeBuilder],
        channels: Mapping[str, BaseChannel[Any, Any, Any] | ManagedValueSpec] | None,
        auto_validate: bool = True,
        stream_mode: StreamMode = "values",
        stream_eager: bool = False,
        output_channels: str | Sequence[str],
        stream_channels: str | Sequence[str] | None = None,
        interrupt_after_nodes: All | Sequence[str] = (),
        interrupt_before_nodes: All | Sequence[str] = (),
        input_channels: str | Sequence[str],
        step_timeout: float | None = None,
        debug: bool | None = None,
        checkpointer: Checkpointer = None,
        store: BaseStore | None = None,
        cache: BaseCache[Any] | None = None,
        retry_policy: RetryPolicy | Sequence[RetryPolicy] = (),
        cache_policy: CachePolicy[Any] | None = None,
        context_schema: type[ContextT] | None = None,
        config: RunnableConfig | None = None,
        name: str = "LangGraph",
        stream_transformers: Sequence[TransformerFactory] | None = None,
        trigger_to_nodes: Mapping[str, Sequence[str]] | None = None,
        node_error_handler_map: Mapping[str, str] | None = None,
        config_type: type[ContextT] | None = None,
    ) -> None:
        given = channels or {}
        self.channels = {n: c for n, c in given.items() if isinstance(c, BaseChannel)}
        retry = (retry_policy,) if isinstance(retry_policy, RetryPolicy) else tuple(retry_policy)
        compiled = {n: node for n, node in nodes.items() if isinstance(node, Node)}
        if len(compiled) < len(nodes):
            check_channels(given)
            built = {n: v.build() if isinstance(v, NodeBuilder) else v for n, v in nodes.items()}
            check_nodes(built, given)
            managed = {n: c for n, c in given.items() if not isinstance(c, BaseChannel)}
            defaults = Defaults(managed, retry, cache_policy)
            compiled = {
                n: cast(PregelNode, node).compiled(n, defaults) for n, node in built.items()
            }
            # as for the state of a compiled graph: whoever builds it trusts its classes
            known_types(channel.ValueType for channel in self.channels.values())
        rescuers = node_error_handler_map or {}
        check_rescuers(rescuers, compiled)
        for failing, handler in rescuers.items():
            compiled[failing] = replace(compiled[failing], rescuer=handler)
        self.channels.setdefault(TASKS, Topic(Send, key=TASKS))
        for key, channel in self.channels.items():
            channel.key = channel.key or key
        self.nodes = compiled
        self.input_channels = _keys_of(input_channels)
        self.output_channels = _keys_of(output_channels)
        self.stream_channels = _keys_of(
            list(self.channels) if stream_channels is None else stream_channels
        )
        self.checkpointer = ensure_valid_checkpointer(checkpointer)
        self.interrupt_before_nodes = interrupt_before_nodes
        self.interrupt_after_nodes = interrupt_after_nodes
        self.stream_mode = stream_mode
        self.stream_eager = stream_eager
        self.step_timeout = step_timeout
        if config_type is not None:
            deprecated(
                "`config_type` is deprecated and will be removed. Please use `context_schema` "
                "instead.",
                LangGraphDeprecatedSinceV10,
            )
        self.context_schema = context_schema or config_type
        self.store = store
        self.cache = cache
        self.name = name
        self.config = config
        self.debug = bool(debug)
        self.stream_transformers = tuple(stream_transformers or ())
        waiting: dict[str, list[str]] = {}
        for node in compiled.values():
            for trigger in node.triggers:
                waiting.setdefault(trigger, []).append(node.name)
        self.trigger_to_nodes = {trigger: sorted(names) for trigger, names in waiting.items()}
        self.has_needs = any(node.needs is not None for node in compiled.values())
        self._inner_graphs: Mapping[str, DescribedGraph] | None = None
        self.hear_of_the_end = tuple(
            name for name, channel in self.channels.items() if channel.hears_of_the_end
        )
        self.all_saved = all(channel.is_saved for channel in self.channels.values())
        # asked of each kind and not of each channel: classes with an ABCMeta answer slowly
        kinds = {type(channel) for channel in self.channels.values()}
        replayed = {k for k in kinds if issubclass(k, (DeltaChannel, BinaryOperatorAggregate))}
        self.replayed_channels = {
            name: cast("DeltaChannel[Any] | BinaryOperatorAggregate[Any]", channel)
            for name, channel in self.channels.items()
            if type(channel) in replayed
        }
        self.delta_channels = {
            name: channel
            for name, channel in self.replayed_channels.items()
            if isinstance(channel, DeltaChannel)
        }
        if auto_validate:
            self.validate()

    def validate(self) -> Self:
        """Check that the input starts something, and that what is shown and stopped at is there.

        Raises:
            ValueError: It is not.
        """
        check_graph(self)
        return self

    @property
    def node_error_handler_map(self) -> dict[str, str]:
        """The node that handles the errors of a node, by the name of that one."""
        return {name: node.rescuer for name, node in self.nodes.items() if node.rescuer}

    @property
    def inner_graphs(self) -> Mapping[str, DescribedGraph]:
        """The graphs that are nodes of this one, or that its nodes name, by the node."""
        if self._inner_graphs is None:  # looked for when first asked for: few ask
            self._inner_graphs = dict(self.get_subgraphs())
        return self._inner_graphs

    @property
    def stream_channels_list(self) -> Sequence[str]:
        """The channels that `values` and `updates` show."""
        shown = self.stream_channels
        return [shown] if isinstance(shown, str) else shown

    @property
    def stream_channels_asis(self) -> str | Sequence[str]:
        """The same, or the one whose bare value they show."""
        return self.stream_channels

    def copy(self, update: Mapping[str, Any] | None = None) -> Self:
        """Return a graph that differs in the given attributes only."""
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin.__dict__.update(update or {})
        return twin

    def with_config(self, config: RunnableConfig | None = None, **kwargs: Any) -> Self:
        """Return a graph whose runs start from this config, merged over its own."""
        own = dict(self.config or {})
        for key, value in {**(config or {}), **kwargs}.items():
            if isinstance(value, dict) and isinstance(own.get(key), dict):
                own[key] = {**cast("dict[str, Any]", own[key]), **value}
            elif key == "tags":
                own[key] = [*cast("list[str]", own.get(key, [])), *cast("list[str]", value)]
            else:
                own[key] = value
        return self.copy({"config": cast(RunnableConfig, own)})

    def clear_cache(self, nodes: Sequence[str] | None = None) -> None:
        """Forget the results of these nodes that the cache keeps, or of all nodes.

        Raises:
            ValueError: The graph was compiled without a cache.
        """
        self._needed_cache().clear(self._cached_under(nodes))

    async def aclear_cache(self, nodes: Sequence[str] | None = None) -> None:
        """Do what `clear_cache` does."""
        await self._needed_cache().aclear(self._cached_under(nodes))

    def _needed_cache(self) -> BaseCache[Any]:
        if self.cache is None:
            raise ValueError(
                "No cache is set for this graph. Cannot clear cache. "
                "Set one with compile(cache=InMemoryCache())."
            )
        return self.cache

    def _cached_under(self, names: Sequence[str] | None) -> list[tuple[str, ...]]:
        nodes = [self.nodes[name] for name in names or self.nodes if name in self.nodes]
        return [node.policies.cache_ns for node in nodes if node.policies and node.policies.cache]

    def stream(  # type: ignore[override]  # LangGraph's signature, not Runnable's
        self,
        input: InputT | None,  # noqa: A002 - LangGraph's public name
        config: RunnableConfig | None = None,
        *,
        context: ContextT | None = None,
        stream_mode: Modes | None = None,
        print_mode: Modes = (),
        output_keys: str | Sequence[str] | None = None,
        interrupt_before: All | Sequence[str] | None = None,
        interrupt_after: All | Sequence[str] | None = None,
        durability: Durability | None = None,
        control: RunControl | None = None,
        subgraphs: bool = False,
        debug: bool | None = None,
        version: Version = "v1",
        full_metadata: bool = False,
        checkpoint_during: bool | None = None,
    ) -> Iterator[Any]:
        """Run the graph and yield what happens while it happens.

        Args:
            input: The state to start from; with a checkpointer also a `Command`, to answer what
                nodes asked or to change the state and where it goes on, or `None`, to go on as it
                is.
            config: A Runnable config: `callbacks`, `tags`, `metadata`, `configurable` (with
                `thread_id`, and `checkpoint_id` to start from an earlier state),
                `recursion_limit` (supersteps), `max_concurrency` (tasks at a time), `run_name`.
            context: What nodes get as `runtime.context`.
            stream_mode: One mode, or a list or tuple of modes; see `runtime.types.StreamMode`.
            print_mode: Modes whose payloads are printed, whatever is yielded.
            output_keys: The state keys to show in `values` and `updates`, by default all; one
                key as a string shows its bare value.
            interrupt_before: The nodes before which to stop, or `"*"`; by default those that the
                graph was compiled with.
            interrupt_after: The nodes after which to stop; the same.
            durability: When checkpoints are saved; see `runtime.types.Durability`.
            control: Lets somebody else ask the run to stop between two supersteps.
            subgraphs: Whether to yield what happens in graphs that nodes call, too.
            debug: Whether to print `updates` and `values`; as the graph was compiled by default.
            version: `"v2"` yields stream parts instead.
            full_metadata: Whether messages that nodes return, too, carry `checkpoint_ns` and the
                node's `tags` in `messages`, as tokens do; LangGraph leaves them out.
            checkpoint_during: The old name of durability `"async"` (true) or `"exit"` (false).

        Yields:
            The payload for a single mode, `(mode, payload)` for several. With `subgraphs`,
            `(namespace, payload)` or `(namespace, mode, payload)`, where the namespace is `()` or
            `("node:task_id", ...)`. A stream part is always a dict of `type`, `ns` and `data`; in
            `values` the data is an object of the output schema, and `interrupts` stands beside
            it. Tokens and custom items come while their node still runs.

        Raises:
            ValueError: A stream mode or an output key does not exist.
            EmptyInputError: There is no input, and nothing to go on with.
            GraphDrained: The run was asked to stop.
            GraphRecursionError: More supersteps than the recursion limit.
            InvalidUpdateError: A node wrote what the state cannot take.
        """
        inbox: SimpleQueue[Any] = SimpleQueue()
        sink = self._sink(inbox.put, stream_mode, subgraphs, config, print_mode, debug, version)
        sink = sink._replace(full_metadata=full_metadata) if full_metadata else sink
        keys = self._keys(output_keys, self.stream_channels)
        stops = interrupt_before, interrupt_after
        asked = self._asked(keys, context, sink, stops, durability, control, checkpoint_during)
        return drive(Run(self, input, config, asked), inbox)

    def astream(  # type: ignore[override]  # LangGraph's signature, not Runnable's
        self,
        input: InputT | None,  # noqa: A002
        config: RunnableConfig | None = None,
        *,
        context: ContextT | None = None,
        stream_mode: Modes | None = None,
        print_mode: Modes = (),
        output_keys: str | Sequence[str] | None = None,
        interrupt_before: All | Sequence[str] | None = None,
        interrupt_after: All | Sequence[str] | None = None,
        durability: Durability | None = None,
        control: RunControl | None = None,
        subgraphs: bool = False,
        debug: bool | None = None,
        version: Version = "v1",
        full_metadata: bool = False,
        checkpoint_during: bool | None = None,
    ) -> AsyncIterator[Any]:
        """Run the graph in the event loop; arguments, chunks and errors are those of `stream`.

        Sync nodes run in threads. Leaving the iteration early cancels the nodes that run.
        """
        inbox = Inbox()
        sink = self._sink(inbox.put, stream_mode, subgraphs, config, print_mode, debug, version)
        sink = sink._replace(full_metadata=full_metadata) if full_metadata else sink
        keys = self._keys(output_keys, self.stream_channels)
        stops = interrupt_before, interrupt_after
        asked = self._asked(keys, context, sink, stops, durability, control, checkpoint_during)
        # the driver itself and no generator around it: closing it cancels the nodes at once
        return adrive(Run(self, input, config, asked), inbox)

    def invoke(  # type: ignore[override]  # LangGraph's signature, not Runnable's
        self,
        input: InputT | None,  # noqa: A002
        config: RunnableConfig | None = None,
        *,
        context: ContextT | None = None,
        stream_mode: Modes = "values",
        print_mode: Modes = (),
        output_keys: str | Sequence[str] | None = None,
        interrupt_before: All | Sequence[str] | None = None,
        interrupt_after: All | Sequence[str] | None = None,
        durability: Durability | None = None,
        control: RunControl | None = None,
        subgraphs: bool = False,
        debug: bool | None = None,
        version: Version = "v1",
        checkpoint_during: bool | None = None,
    ) -> Any:
        """Run the graph to its end.

        Args:
            input: The state to start from.
            config: As for `stream`.
            context: As for `stream`.
            stream_mode: `values` for the final state; with any other mode, or several, the
                result is the list of all chunks.
            print_mode: As for `stream`.
            output_keys: The state keys to return, by default those of the output schema.
            interrupt_before: As for `stream`.
            interrupt_after: As for `stream`.
            durability: As for `stream`.
            control: As for `stream`.
            subgraphs: As for `stream`, for a list of chunks.
            debug: As for `stream`.
            version: As for `stream`.
            checkpoint_during: As for `stream`.

        Returns:
            The output keys of the final state as a dict (`None` if none was ever written), with
            `version="v2"` in a `GraphOutput`; or a list of chunks. If nodes wait for answers, the
            dict has them at `"__interrupt__"`, as a list of `Interrupt`s.

        Raises:
            ValueError: As for `stream`; so are the other errors.
        """
        inbox: SimpleQueue[Any] = SimpleQueue()
        modes = () if stream_mode == "values" else stream_mode
        sink = self._sink(inbox.put, modes, subgraphs, config, print_mode, debug, version)
        keys = self._keys(output_keys, self.output_channels)
        stops = interrupt_before, interrupt_after
        asked = self._asked(keys, context, sink, stops, durability, control, checkpoint_during)
        run = Run(self, input, config, asked)
        chunks = list(drive(run, inbox))
        return self._result(run, version) if stream_mode == "values" else chunks

    async def ainvoke(  # type: ignore[override]  # LangGraph's signature, not Runnable's
        self,
        input: InputT | None,  # noqa: A002
        config: RunnableConfig | None = None,
        *,
        context: ContextT | None = None,
        stream_mode: Modes = "values",
        print_mode: Modes = (),
        output_keys: str | Sequence[str] | None = None,
        interrupt_before: All | Sequence[str] | None = None,
        interrupt_after: All | Sequence[str] | None = None,
        durability: Durability | None = None,
        control: RunControl | None = None,
        subgraphs: bool = False,
        debug: bool | None = None,
        version: Version = "v1",
        checkpoint_during: bool | None = None,
    ) -> Any:
        """Run the graph in the event loop; arguments, result and errors are those of `invoke`."""
        inbox = Inbox()
        modes = () if stream_mode == "values" else stream_mode
        sink = self._sink(inbox.put, modes, subgraphs, config, print_mode, debug, version)
        keys = self._keys(output_keys, self.output_channels)
        stops = interrupt_before, interrupt_after
        asked = self._asked(keys, context, sink, stops, durability, control, checkpoint_during)
        run = Run(self, input, config, asked)
        chunks = [chunk async for chunk in adrive(run, inbox)]
        return self._result(run, version) if stream_mode == "values" else chunks

    def _event_run(
        self,
        put: Callable[[Any], None],
        given: Any,
        config: RunnableConfig | None,
        shape: EventShape,
        modes_for: Callable[[tuple[str, ...]], Sequence[str]],
        options: dict[str, Any],
    ) -> Run:
        get = options.get

        def sink(ns: tuple[str, ...]) -> Sink:
            modes = cast("list[StreamMode]", modes_for(ns))
            print_mode = get("print_mode", ())
            typed = self._sink(put, modes, True, config, print_mode, get("debug"), "v2")
            return typed._replace(events=shape)

        keys = self._keys(get("output_keys"), self.stream_channels)
        stops = get("interrupt_before"), get("interrupt_after")
        asked = self._asked(keys, get("context"), sink, stops, get("durability"), get("control"))
        return Run(self, given, config, asked)

    def _sink(
        self,
        put: Callable[[Any], None],
        modes: Modes | None,
        subgraphs: bool,
        config: RunnableConfig | None,
        print_mode: Modes,
        debug: bool | None,
        version: Version,
    ) -> Sink:
        """Return the caller as a consumer of chunks."""
        if modes is None:
            in_node = TASK_KEY in ((config or {}).get("configurable") or {})
            modes = "values" if in_node else self.stream_mode
        if self.debug if debug is None else debug:
            print_mode = ("updates", "values")
        return Sink(
            modes=check_modes(modes),
            many=not isinstance(modes, str),
            subgraphs=subgraphs,
            put=put,
            printed=check_modes(print_mode),
            typed=version == "v2",
            coerce=self.coerce_output,
            reader=Reader(put) if subgraphs else None,
        )

    def _asked(
        self,
        keys: str | list[str],
        context: Any,
        sink: Sink | Callable[[tuple[str, ...]], Sink],
        stops: tuple[All | Sequence[str] | None, All | Sequence[str] | None],
        durability: Durability | None,
        control: RunControl | None,
        checkpoint_during: bool | None = None,
    ) -> Asked:
        """Return what the caller of a run asks for.

        Raises:
            ValueError: There is no such durability, or it is given twice.
        """
        durability = durability_of(durability, checkpoint_during)
        if durability is not None and self.checkpointer is None:
            warnings.warn(
                "`durability` has no effect when no checkpointer is present.", stacklevel=3
            )
        before, after = stops
        if before is None:
            before = self.interrupt_before_nodes
        if after is None:
            after = self.interrupt_after_nodes
        return Asked(keys, context, sink, before, after, durability, control)

    def _result(self, run: Run, version: Version) -> Any:
        state, asked = run.show.output(), run.show.interrupts
        if version == "v2":
            coerced = isinstance(state, dict) and self.coerce_output is not None
            value = self.coerce_output(state) if coerced else state  # type: ignore[misc]
            return GraphOutput(value, tuple(asked))
        if not asked:
            return state
        return {**(state if isinstance(state, dict) else {}), INTERRUPT: asked}

    def _keys(self, asked: str | Sequence[str] | None, default: str | list[str]) -> str | list[str]:
        if asked is None:
            return default
        for key in (asked,) if isinstance(asked, str) else asked:
            if key not in self.channels:
                near = difflib.get_close_matches(str(key), self.stream_channels, n=1)
                hint = f"Did you mean {near[0]!r}?" if near else f"Keys: {self.stream_channels}."
                raise ValueError(f"Key {key!r} of output_keys is not in the state. {hint}")
        return asked if isinstance(asked, str) else list(asked)


def _keys_of(names: str | Sequence[str]) -> str | list[str]:
    return names if isinstance(names, str) else list(names)


if not TYPE_CHECKING:  # for type checkers there is only what stands here
    __getattr__ = names_of(__name__)
