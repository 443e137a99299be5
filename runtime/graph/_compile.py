"""From a `StateGraph` to the nodes and channels that the engine runs.

An edge becomes a write to the channel that triggers its target; a waiting edge becomes a barrier
that all its sources write to. The names of these channels are LangGraph's, as they can be seen in
streams.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from runtime.channels import (
    BaseChannel,
    EphemeralValue,
    LastValueAfterFinish,
    NamedBarrierValue,
    NamedBarrierValueAfterFinish,
    Topic,
)
from runtime.channels._state import Channels
from runtime.constants import END, START, TAG_HIDDEN, TASKS
from runtime.graph._schema import reader_of
from runtime.graph._updates import updater
from runtime.pregel._commands import trigger_of
from runtime.pregel._nodes.node import Branch, Node, Write
from runtime.types import Send

if TYPE_CHECKING:
    from runtime.graph.state import NodeSpec, StateGraph

__all__ = ("wired",)

Channel = BaseChannel[Any, Any, Any]


def wired(graph: StateGraph[Any, Any, Any, Any]) -> tuple[dict[str, Node], dict[str, Channel]]:
    """Return the nodes and the channels of a graph that was found valid."""
    channels = dict(graph.channels)
    channels[START] = EphemeralValue(graph.input_schema, key=START)
    channels[TASKS] = Topic(Send, key=TASKS)
    triggers: dict[str, list[str]] = {}
    writes: defaultdict[str, list[Write]] = defaultdict(list)
    for name, spec in graph.nodes.items():
        trigger = trigger_of(name)
        channels[trigger] = (
            LastValueAfterFinish(Any, trigger)
            if spec.defer
            else EphemeralValue(Any, guard=False, key=trigger)
        )
        triggers[name] = [trigger]
    for start, end in sorted(graph.edges):
        if end != END:
            writes[start].append((trigger_of(end), None))
    for starts, end in sorted(graph.waiting_edges):
        if end == END:
            continue
        join = f"join:{'+'.join(starts)}:{end}"
        barrier = NamedBarrierValueAfterFinish if graph.nodes[end].defer else NamedBarrierValue
        channels[join] = barrier(str, set(starts), key=join)
        triggers[end].append(join)
        for start in starts:
            writes[start].append((join, start))
    wiring = _Wiring(graph)
    nodes = {START: wiring.start(tuple(writes[START]))}
    for name, spec in graph.nodes.items():
        nodes[name] = wiring.node(name, spec, tuple(sorted(triggers[name])), tuple(writes[name]))
    return nodes, channels


class _Wiring:
    """Makes the nodes of one graph, which share what does not differ between them."""

    def __init__(self, graph: StateGraph[Any, Any, Any, Any]) -> None:
        self._graph = graph
        self._updates = updater((*graph.channels, *graph.managed))
        self._readers: dict[Any, Callable[[Channels], Any]] = {}
        self._names = frozenset(graph.nodes)

    def start(self, static_writes: tuple[Write, ...]) -> Node:
        """Return the hidden node that turns the input into state writes."""
        graph = self._graph
        keys = tuple(n for n in graph.schemas[graph.input_schema] if n not in graph.managed)
        return Node(
            name=START,
            triggers=(START,),
            read=lambda channels: channels[START].get(),
            call=None,
            updates=updater(keys),
            static_writes=static_writes,
            branches=self._branches(START, graph.state_schema),
            tags=(TAG_HIDDEN,),
            may_write=self._may_write(START),
        )

    def node(
        self,
        name: str,
        spec: NodeSpec,
        triggers: tuple[str, ...],
        static_writes: tuple[Write, ...],
    ) -> Node:
        """Return a node that the graph's author added."""
        policies = spec.policies.over(self._graph.defaults)
        return Node(
            name=name,
            triggers=triggers,
            read=self._reader(spec.input_schema),
            call=spec.call,
            updates=self._updates,
            static_writes=static_writes,
            branches=self._branches(name, spec.input_schema),
            metadata=spec.metadata,
            policies=policies.compiled(name, spec.action),
            rescuer=policies.error_handler,
            trace=policies.trace,
            action=spec.action,
            may_write=self._may_write(name),
        )

    def _may_write(self, source: str) -> tuple[tuple[str, str | None], ...]:
        """Return where a node's `Command`s and conditional edges may lead, with labels."""
        graph = self._graph
        ends = list(graph.nodes[source].ends.items()) if source in graph.nodes else []
        for branch in graph.branches[source].values() if source in graph.branches else ():
            ends += [(end, str(answer)) for answer, end in (branch.ends or {}).items()]
        return tuple((end if end == END else trigger_of(end), label) for end, label in ends)

    def _reader(self, schema: Any) -> Callable[[Channels], Any]:
        known = self._readers.get(schema)
        if known is None:
            keys, managed = self._graph.schemas[schema], self._graph.managed
            known = self._readers[schema] = reader_of(schema, keys, managed)
        return known

    def _branches(self, source: str, schema: Any) -> tuple[Branch, ...]:
        if source not in self._graph.branches:
            return ()
        return tuple(
            branch.compile(source, self._reader(branch.input_schema or schema), self._names)
            for branch in self._graph.branches[source].values()
        )
