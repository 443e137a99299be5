"""`StateGraph`: nodes that read and write a shared state, and its compiled form."""

from __future__ import annotations

import difflib
import inspect
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Generic, Literal, Union, cast, get_args, get_origin

from langchain_core.runnables import Runnable, RunnableConfig
from langgraph.cache.base import BaseCache
from langgraph.store.base import BaseStore
from typing_extensions import Self, TypeVar

from runtime._internal import names_of
from runtime._renamed import renamed
from runtime.channels import (
    BaseChannel,
    LastValue,
)
from runtime.constants import END, START
from runtime.graph._branch import BranchSpec
from runtime.graph._compile import wired
from runtime.graph._jsonschema import json_schema_of
from runtime.graph._policies import (
    DEFAULT_ERROR_HANDLER,
    NO_POLICIES,
    NodePolicies,
    RetryPolicies,
    error_handler_of,
)
from runtime.graph._schema import (
    annotations_of,
    channels_of,
    coercion_to,
    input_schema_of,
)
from runtime.managed.base import ManagedValueSpec
from runtime.pregel._commands import ROOT
from runtime.pregel._nodes.by_hand import ByHand
from runtime.pregel._nodes.node import Call, make_call
from runtime.pregel._saved.serde import known_types
from runtime.pregel.main import Pregel
from runtime.types import (
    All,
    CachePolicy,
    Checkpointer,
    Command,
    TimeoutPolicy,
    TracePolicy,
    ensure_valid_checkpointer,
)

__all__ = ("CompiledStateGraph", "StateGraph")

StateT = TypeVar("StateT")
ContextT = TypeVar("ContextT", default=None)
InputT = TypeVar("InputT", default=StateT)
OutputT = TypeVar("OutputT", default=StateT)

Channel = BaseChannel[Any, Any, Any]
RESERVED_CHARACTERS = "|:"  # they separate the parts of a namespace, `node:task_id|node:task_id`


@dataclass(frozen=True, slots=True)
class NodeSpec:
    """A node as its author added it.

    Args:
        action: What it runs.
        call: How.
        input_schema: What it is shown of the state.
        metadata: What its author attached.
        ends: Where its `Command`s may go, if that is known, each with a label for drawings; only
            for checks and drawings.
        defer: Whether it waits until nothing else is left to run.
        policies: What its author asked for around it.
    """

    action: Any
    call: Call
    input_schema: Any
    metadata: Mapping[str, Any]
    ends: Mapping[str, str | None]
    defer: bool = False
    policies: NodePolicies = NO_POLICIES

    @property
    def runnable(self) -> Any:
        """What it runs, as a Runnable."""
        if isinstance(self.action, Runnable):
            return self.action
        return ByHand(self.call.name, (self.call,), self.action)


class StateGraph(Generic[StateT, ContextT, InputT, OutputT]):
    """A graph of nodes that share a state. Build it, then `compile` it.

    Each node is shown the state and returns an update of it. Each key of the state keeps the last
    value written, or folds writes with a reducer: `Annotated[list, operator.add]`.

    Args:
        state_schema: A TypedDict, dataclass or Pydantic class, or a plain type.
        context_schema: The type of what nodes get as `runtime.context`.
        input_schema: What `invoke` and `stream` take, if not the whole state.
        output_schema: What they give, if not the whole state.
    """

    @renamed(config_schema="context_schema", input="input_schema", output="output_schema")
    def __init__(
        self,
        state_schema: type[StateT],
        context_schema: type[ContextT] | None = None,
        *,
        input_schema: type[InputT] | None = None,
        output_schema: type[OutputT] | None = None,
    ) -> None:
        self.state_schema = state_schema
        self.context_schema = context_schema
        self.input_schema = input_schema or cast("type[InputT]", state_schema)
        self.output_schema = output_schema or cast("type[OutputT]", state_schema)
        self.nodes: dict[str, NodeSpec] = {}
        self.edges: set[tuple[str, str]] = set()
        self.waiting_edges: set[tuple[tuple[str, ...], str]] = set()
        self.branches: defaultdict[str, dict[str, BranchSpec]] = defaultdict(dict)
        self.channels: dict[str, Channel] = {}
        self.managed: dict[str, ManagedValueSpec] = {}
        self.defaults = NodePolicies()
        self._default_handler: Any = None
        self.schemas: dict[Any, tuple[str, ...]] = {}
        self._add_schema(self.state_schema)
        for schema in (self.input_schema, self.output_schema):
            self._add_schema(schema, may_have_managed=False)

    def _add_schema(self, schema: Any, may_have_managed: bool = True) -> None:
        if schema in self.schemas:
            return
        channels = channels_of(schema)
        managed = [name for name, kind in channels.items() if not isinstance(kind, BaseChannel)]
        if managed and not may_have_managed:
            raise ValueError(
                f"Invalid managed channels detected in {getattr(schema, '__name__', schema)}: "
                f"{', '.join(managed)}. Managed channels are not permitted in Input/Output schema:"
                " only nodes read them."
            )
        self.schemas[schema] = tuple(channels)
        for name, channel in channels.items():
            if not isinstance(channel, BaseChannel):
                if self.managed.setdefault(name, channel) is not channel:
                    raise ValueError(
                        f"Managed value '{name}' already exists with a different type: "
                        f"{self.managed[name].__name__}, not {channel.__name__}."
                    )
                continue
            known = self.channels.setdefault(name, channel)
            # the plain type of a key in a smaller schema says nothing about its reducer
            if known != channel and not isinstance(channel, LastValue):
                raise ValueError(
                    f"Channel '{name}' already exists with a different type: {known!r} in one "
                    f"schema, {channel!r} in {getattr(schema, '__name__', schema)}. Give the key "
                    "the same reducer everywhere, or a plain type in all but one schema."
                )

    @renamed(retry="retry_policy", input="input_schema")
    def add_node(
        self,
        node: str | Callable[..., Any] | Runnable[Any, Any],
        action: Callable[..., Any] | Runnable[Any, Any] | None = None,
        *,
        defer: bool = False,
        metadata: dict[str, Any] | None = None,
        input_schema: type[Any] | None = None,
        retry_policy: RetryPolicies | None = None,
        cache_policy: CachePolicy[Any] | None = None,
        error_handler: Callable[..., Any] | Runnable[Any, Any] | None = None,
        destinations: Mapping[str, str] | Sequence[str] | None = None,
        timeout: float | timedelta | TimeoutPolicy | None = None,
        trace_policy: TracePolicy | None = None,
    ) -> Self:
        """Add a node.

        Args:
            node: Its name, or the action, whose own name it then gets.
            action: A function `(state) -> update`, sync or async, or a Runnable. It may take any
                of `config`, `writer`, `store`, `runtime` and `previous` as further parameters. It
                returns a dict, an object of the state's class, a `Command`, a list with
                `Command`s, or `None`.
            defer: Whether it waits until nothing else is left to run.
            metadata: Appears in `messages` metadata, traces and drawings.
            input_schema: What it is shown of the state; by default what its first parameter is
                annotated with, or else the whole state.
            retry_policy: After which failures it is run again; of several, the first that applies.
            cache_policy: Whether a result may stand for later ones, in a graph with a cache.
            error_handler: What runs when it has failed for good, as a node of its own: sees the
                same input, and as `error: NodeError` what happened; returns what a node returns.
            destinations: Where its `Command`s may go, for checks and drawings; as a dict, each
                with a label for drawings.
            timeout: How long an attempt may take; a number or a `timedelta` is a run timeout. Only
                for async nodes.
            trace_policy: What tracers record of it.

        Returns:
            The graph, for chaining.

        Raises:
            ValueError: The name is taken, reserved, or has a reserved character; or a timeout is
                not positive.
            RuntimeError: There is no action.
        """
        if not isinstance(node, str):
            action = node
            node = _name_of(action)
        if action is None:
            raise RuntimeError(f"Node {node!r} needs an action: add_node({node!r}, function).")
        if node in self.nodes:
            raise ValueError(f"Node `{node}` already present.")
        if node in (START, END):
            raise ValueError(f"Node `{node}` is reserved.")
        if used := [c for c in RESERVED_CHARACTERS if c in node]:
            raise ValueError(
                f"'{used[0]}' is a reserved character and is not allowed in the node names, "
                f"as in {node!r}: it separates the parts of a namespace."
            )
        ends: Mapping[str, str | None] | Sequence[str]
        schema, ends = _read_annotations(action)
        schema = input_schema or schema or self.state_schema
        self._add_schema(schema)
        if destinations is not None:
            ends = destinations if isinstance(destinations, Mapping) else tuple(destinations)
        known = dict(ends) if isinstance(ends, Mapping) else dict.fromkeys(ends)
        handler = None if error_handler is None else error_handler_of(node)
        policies = NodePolicies(
            retry_policy, cache_policy, TimeoutPolicy.coerce(timeout), trace_policy, handler
        )
        if handler is not None:
            self._add_error_handler(handler, error_handler, schema)
        call = make_call(action, node)
        self.nodes[node] = NodeSpec(action, call, schema, metadata or {}, known, defer, policies)
        return self

    def _add_error_handler(self, name: str, action: Any, schema: Any) -> None:
        known = self.nodes.get(name)
        if known is not None and not known.policies.handles_errors:
            raise ValueError(f"Node `{name}` already present, where an error handler belongs.")
        policies = NodePolicies(handles_errors=True)
        call = make_call(action, name)
        self.nodes[name] = NodeSpec(action, call, schema, {}, {}, policies=policies)

    def set_node_defaults(
        self,
        *,
        retry_policy: RetryPolicies | None = None,
        cache_policy: CachePolicy[Any] | None = None,
        error_handler: Callable[..., Any] | Runnable[Any, Any] | None = None,
        timeout: float | timedelta | TimeoutPolicy | None = None,
    ) -> Self:
        """Set the policies of every node that has none of its own.

        They do not reach into graphs inside this one. Error handlers get the retry policy and the
        timeout, but neither the cache policy nor the error handler.

        Args:
            retry_policy: After which failures a node is run again.
            cache_policy: Whether a result may stand for later ones.
            error_handler: What runs when a node has failed for good.
            timeout: How long an attempt may take; all nodes must be async then.

        Returns:
            The graph, for chaining.
        """
        self.defaults = replace(
            self.defaults,
            retry=self.defaults.retry if retry_policy is None else retry_policy,
            cache=self.defaults.cache if cache_policy is None else cache_policy,
            timeout=self.defaults.timeout if timeout is None else TimeoutPolicy.coerce(timeout),
            error_handler=DEFAULT_ERROR_HANDLER if error_handler else self.defaults.error_handler,
        )
        self._default_handler = error_handler or self._default_handler
        return self

    def add_edge(self, start_key: str | list[str], end_key: str) -> Self:
        """Go from one node to another when it is done; from a list of nodes when all are done.

        Raises:
            ValueError: An end is not a node, or the edge starts at END or ends at START.
        """
        starts = [start_key] if isinstance(start_key, str) else list(start_key)
        for start in starts:
            if start == END:
                raise ValueError("END cannot be a start node")
            if not isinstance(start_key, str) and start not in self.nodes:
                raise ValueError(f"Need to add_node `{start}` first")
        if end_key == START:
            raise ValueError("START cannot be an end node")
        if isinstance(start_key, str):
            self.edges.add((start_key, end_key))
        else:
            if end_key not in self.nodes and end_key != END:
                raise ValueError(f"Need to add_node `{end_key}` first")
            self.waiting_edges.add((tuple(starts), end_key))
        return self

    def add_conditional_edges(
        self,
        source: str,
        path: Callable[..., Any] | Runnable[Any, Any],
        path_map: Mapping[Hashable, str] | list[str] | None = None,
    ) -> Self:
        """Let a function decide where to go on from a node.

        Args:
            source: The node.
            path: Shown the state as the node left it, of the schema that its first parameter is
                annotated with, or else as the node sees it; returns the name of a node, `END`, a
                `Send`, or a list of them.
            path_map: The node for each value that `path` may return; or a list of the nodes that
                it may return.

        Raises:
            ValueError: The node has a branch of this name already.
        """
        name = _name_of(path, "condition")
        if name == "<lambda>":
            name = "condition"
        if name in self.branches[source]:
            raise ValueError(f"Branch with name `{name}` already exists for node `{source}`")
        branch = BranchSpec.of(path, name, path_map)
        if branch.input_schema is not None:
            self._add_schema(branch.input_schema)
        self.branches[source][name] = branch
        return self

    def add_sequence(
        self,
        nodes: Sequence[Any | tuple[str, Any]],
    ) -> Self:
        """Add nodes that run one after the other, each as an action or a `(name, action)` pair.

        Raises:
            ValueError: There are none, or a name repeats.
        """
        if not nodes:
            raise ValueError("Sequence requires at least one node.")
        previous: str | None = None
        for item in nodes:
            name, action = item if isinstance(item, tuple) else (_name_of(item), item)
            if name in self.nodes:
                raise ValueError(
                    f"Node names must be unique: {name!r} is there already. Actions that share a "
                    "name, such as lambdas, can be told apart: "
                    "add_sequence([('first', f), ('second', g)])."
                )
            self.add_node(name, action)
            if previous is not None:
                self.add_edge(previous, name)
            previous = name
        return self

    def set_entry_point(self, key: str) -> Self:
        """Start at this node: `add_edge(START, key)`."""
        return self.add_edge(START, key)

    def set_conditional_entry_point(
        self,
        path: Callable[..., Any] | Runnable[Any, Any],
        path_map: Mapping[Hashable, str] | list[str] | None = None,
    ) -> Self:
        """Let a function decide where to start: `add_conditional_edges(START, ...)`."""
        return self.add_conditional_edges(START, path, path_map)

    def set_finish_point(self, key: str) -> Self:
        """End after this node: `add_edge(key, END)`."""
        return self.add_edge(key, END)

    def validate(self, interrupt: Sequence[str] | None = None) -> Self:
        """Check that the graph can run.

        Args:
            interrupt: Nodes before or after which runs are to stop.

        Raises:
            ValueError: It has no entry point, or an edge starts or ends at something else than a
                node, or a run is to stop at something else.
        """
        for name in interrupt or ():
            if name not in self.nodes:
                raise ValueError(f"Interrupt node `{name}` not found{self._nearest(name)}")
        edges = {*self.edges, *((start, end) for ss, end in self.waiting_edges for start in ss)}
        sources = {start for start, _ in edges} | {s for s, named in self.branches.items() if named}
        for source in sorted(sources - {START}):
            if source not in self.nodes:
                raise ValueError(
                    f"Found edge starting at unknown node '{source}'{self._nearest(source)}"
                )
        if START not in sources:
            raise ValueError(
                "Graph must have an entrypoint: add at least one edge from START to another node, "
                f"for example graph.add_edge(START, {next(iter(self.nodes), 'my_node')!r})."
            )
        for _, end in sorted(edges):
            if end not in self.nodes and end != END:
                raise ValueError(f"Found edge ending at unknown node `{end}`{self._nearest(end)}")
        for source, branches in self.branches.items():
            for name, branch in branches.items():
                for end in (branch.ends or {}).values():
                    if end not in self.nodes and end != END:
                        raise ValueError(
                            f"At '{source}' node, '{name}' branch found unknown target '{end}'"
                            f"{self._nearest(end)}"
                        )
        for name, spec in self.nodes.items():
            for end in spec.ends:
                if end not in self.nodes and end != END:
                    raise ValueError(
                        f"Found edge ending at unknown node `{end}`: node {name!r} says that its "
                        f"Command may go there{self._nearest(end)}"
                    )
        return self

    def _nearest(self, name: str) -> str:
        near = difflib.get_close_matches(name, self.nodes, n=1)
        return f". Did you mean {near[0]!r}?" if near else f". The nodes are {sorted(self.nodes)}."

    def compile(
        self,
        checkpointer: Checkpointer = None,
        *,
        cache: BaseCache[Any] | None = None,
        store: BaseStore | None = None,
        interrupt_before: All | list[str] | None = None,
        interrupt_after: All | list[str] | None = None,
        debug: bool = False,
        name: str | None = None,
        transformers: Sequence[Callable[..., Any]] | None = None,
    ) -> CompiledStateGraph[StateT, ContextT, InputT, OutputT]:
        """Check the graph and return it in a form that runs.

        Args:
            checkpointer: Where threads are kept, so that runs can stop, be looked at, and go on.
                In a graph inside another one, `None` stands for that of the graph around, `True`
                for the same with one history per thread rather than one per call, `False` for none.
            cache: Keeps results of nodes that have a cache policy; graphs inside have their own.
            store: Where nodes keep things between threads.
            interrupt_before: The nodes before which runs stop, or `"*"` for all.
            interrupt_after: The nodes after which runs stop, or `"*"` for all.
            debug: Whether runs print `updates` and `values`, unless they are told otherwise.
            name: What traces and errors call the graph; `"LangGraph"` if not given.
            transformers: Transformers of event streams: classes that derive from
                `StreamTransformer`, or functions that make one for the namespace of a graph.

        Raises:
            TypeError: The checkpointer is nothing of the kind.
            ValueError: As for `validate`; or a sync node has a timeout.
        """
        ensure_valid_checkpointer(checkpointer)
        before, after = interrupt_before or [], interrupt_after or []
        if self._default_handler is not None:
            handler = self._default_handler
            self._add_error_handler(DEFAULT_ERROR_HANDLER, handler, self.state_schema)
        self.validate([*(before if before != "*" else ()), *(after if after != "*" else ())])
        nodes, channels = wired(self)
        known_types(self.schemas)
        output = tuple(n for n in self.schemas[self.output_schema] if n not in self.managed)
        return CompiledStateGraph(
            builder=self,
            nodes=nodes,
            channels=channels,
            input_channels=START,
            checkpointer=checkpointer,
            interrupt_before_nodes=before,
            interrupt_after_nodes=after,
            output_channels=ROOT if output == (ROOT,) else list(output),
            stream_channels=ROOT if tuple(self.channels) == (ROOT,) else list(self.channels),
            stream_mode="updates",
            context_schema=self.context_schema,
            store=store,
            cache=cache,
            name=name or "LangGraph",
            debug=debug,
            coerce_output=coercion_to(self.output_schema),
            stream_transformers=transformers,
        )


class CompiledStateGraph(
    Pregel[StateT, ContextT, InputT, OutputT], Generic[StateT, ContextT, InputT, OutputT]
):
    """A `StateGraph` that can be run.

    Args:
        builder: The graph it was compiled from.
        coerce_output: Makes the state of a typed result an object of the output schema.
        kwargs: As for `Pregel`.
    """

    builder: StateGraph[StateT, ContextT, InputT, OutputT]

    def __init__(
        self,
        *,
        builder: StateGraph[StateT, ContextT, InputT, OutputT],
        coerce_output: Callable[[dict[str, Any]], Any] | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.builder = builder
        self.coerce_output = coerce_output

    def get_input_jsonschema(self, config: RunnableConfig | None = None) -> dict[str, Any]:
        """Return a JSON schema of the input schema."""
        return self._json_schema(self.builder.input_schema, "Input")

    def get_output_jsonschema(self, config: RunnableConfig | None = None) -> dict[str, Any]:
        """Return a JSON schema of the output schema."""
        return self._json_schema(self.builder.output_schema, "Output")

    def _json_schema(self, schema: Any, suffix: str) -> dict[str, Any]:
        builder, title = self.builder, self.get_name(suffix)
        return json_schema_of(schema, builder.schemas[schema], builder.channels, title)


def _name_of(action: Any, default: str | None = None) -> str:
    if isinstance(action, Runnable):
        return action.get_name()
    return cast(str, getattr(action, "__name__", default or type(action).__name__))


def _read_annotations(action: Any) -> tuple[Any, tuple[str, ...]]:
    """Return the input schema and the `Command` destinations that an action's annotations name."""
    function = action
    if not (inspect.isfunction(action) or inspect.ismethod(action)):
        function = getattr(action, "__call__", None)  # noqa: B004 - the method, for its annotations
        if isinstance(action, Runnable) or not inspect.ismethod(function):
            return None, ()
    annotations = annotations_of(function)
    schema = input_schema_of(function, annotations)
    returned = annotations.get("return")
    parts = get_args(returned) if get_origin(returned) is Union else (returned,)
    for part in parts:
        arguments = get_args(part)
        if get_origin(part) is Command and arguments and get_origin(arguments[0]) is Literal:
            return schema, get_args(arguments[0])
    return schema, ()


if not TYPE_CHECKING:  # for type checkers there is only what stands here
    __getattr__ = names_of(__name__)
