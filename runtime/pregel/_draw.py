"""A compiled graph as a drawing.

The edges are found by walking: supersteps are planned and applied as in a run, but a node, in place
of being called, follows all of its edges and, the first time, goes wherever its author says that
it may go. What no walk reaches stays without edges.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.base import coerce_to_runnable
from langchain_core.runnables.graph import Graph

from runtime.channels import LastValueAfterFinish
from runtime.channels._state import Channels
from runtime.constants import END, START
from runtime.pregel._step import apply_writes, next_nodes

if TYPE_CHECKING:
    from runtime.pregel._described_graph import DescribedGraph
    from runtime.pregel._nodes.node import Node, Write

__all__ = ("draw",)

SUPERSTEPS = 251
"""How far a graph is walked whose edges lead in a circle."""


class Way(NamedTuple):
    """One way out of a node: over a channel, always or only if something decides so."""

    channel: str
    conditional: bool
    label: str | None


class Edge(NamedTuple):
    """One edge of the drawing."""

    source: str
    target: str
    conditional: bool
    label: str | None


class Visit(NamedTuple):
    """A node in one superstep of the walk; to the step functions it is a task."""

    name: str
    triggers: tuple[str, ...]
    writes: list[Write]


class Walk:
    """A walk through a graph.

    Attributes:
        edges: The edges found so far.
        last: The nodes of the last superstep, each with its ways out.
    """

    def __init__(self, graph: DescribedGraph) -> None:
        self.graph = graph
        self.edges: set[Edge] = set()
        self.last: dict[str, set[Way]] = {}
        # the ways out that each node had when it was last visited, by the channel they lead over
        self._over: defaultdict[str, set[tuple[str, Way]]] = defaultdict(set)
        self._ways: dict[str, set[Way]] = {}

    def run(self) -> None:
        """Walk until nothing is triggered, or, in a circle, for a good while."""
        graph = self.graph
        channels = Channels(graph.channels)
        given = graph.input_channels
        inputs = {given} if isinstance(given, str) else {*given}
        for name in inputs:
            channels[name].update([{}])
        names = next_nodes(inputs, graph.trigger_to_nodes)
        if START not in graph.nodes:  # the nodes that take the input stand at the beginning
            self.edges |= {Edge(START, name, False, None) for name in names}
        for _ in range(max(SUPERSTEPS, len(graph.nodes))):
            if not names:
                break
            self.last = {}
            visits = [self._visit(graph.nodes[name]) for name in names]
            updated = apply_writes(channels, visits, graph.trigger_to_nodes, graph.hear_of_the_end)
            names = next_nodes(updated, graph.trigger_to_nodes)
            for name in names:
                self._arrive(graph.nodes[name])

    def _arrive(self, node: Node) -> None:
        """Draw the edges over which a node was reached."""
        explained = False
        for trigger in node.triggers:
            for source, way in self._over[trigger]:
                self.edges.add(Edge(source, node.name, way.conditional, way.label))
                explained = explained or way in self.last.get(source, ())
        if not explained:  # by a node that was put off until these were done
            self.edges |= {Edge(source, node.name, True, None) for source in self.last}

    def _visit(self, node: Node) -> Visit:
        """Leave a node by all its ways."""
        said = {Way(channel, True, label) for channel, label in node.may_write if channel != END}
        decided: dict[str, str | None] = {}
        if node.name not in self._ways:  # what is decided is followed once, or no walk would end
            decided = {channel: label for channel, label in node.may_write if channel != END}
            self.edges |= {
                Edge(node.name, END, True, label) for to, label in node.may_write if to == END
            }
        writes = [*node.static_writes, *((channel, None) for channel in node.writes_to)]
        ways = said | {Way(c, c in decided, decided.get(c)) for c, _ in writes}
        for way in self._ways.get(node.name, ()):
            self._over[way.channel].discard((node.name, way))
        for way in ways:
            self._over[way.channel].add((node.name, way))
        self._ways[node.name] = self.last[node.name] = ways
        writes += [(channel, None) for channel in decided]
        return Visit(node.name, node.triggers, writes)


def draw(graph: DescribedGraph, inside: Mapping[str, Graph]) -> Graph:
    """Return a drawing of the graph.

    Args:
        graph: The compiled graph.
        inside: Drawings of graphs inside, to be shown in the place of the nodes of these names.
    """
    walk = Walk(graph)
    walk.run()
    drawing = Drawing()
    for node in graph.nodes.values():
        drawing.add_node(_shown(node), node.name, metadata=_metadata(graph, node) or None)
    drawn: set[tuple[str, str]] = set()
    for edge in sorted(walk.edges, key=_by_importance):
        if edge[:2] not in drawn:
            drawn.add(edge[:2])
            label = None if edge.label == edge.target else edge.label
            _add_edge(drawing, edge.source, edge.target, label, edge.conditional)
    targets = {edge.target for edge in walk.edges}
    ends = targets - {edge.source for edge in walk.edges} - {END}
    for source in sorted(ends):
        _add_edge(drawing, source, END)
    if not ends and END not in targets and len(walk.last) == 1:
        _add_edge(drawing, next(iter(walk.last)), END, conditional=True)
    for name, inner in inside.items():
        _put_inside(drawing, name, inner)
    return drawing


def _by_importance(edge: Edge) -> tuple[str, str, bool, bool, str]:
    """Sort key: of several edges between two nodes only the first one is drawn."""
    return (*edge[:3], edge.label is None, edge.label or "")


class Drawing(Graph):
    """A drawing; as JSON it names classes of this runtime as LangGraph's, for who reads that."""

    def to_json(self, *, with_schemas: bool = False) -> dict[str, list[dict[str, Any]]]:
        """Return the nodes and edges."""
        told = super().to_json(with_schemas=with_schemas)
        for node in told["nodes"]:
            data = node.get("data")
            if isinstance(data, dict) and (id_ := data.get("id", ())) and id_[0] == "runtime":
                data["id"] = ["langgraph", *id_[1:]]
        return told


class RunnableCallable(Runnable[Any, Any]):
    """A function, as drawings show it: as JSON they say which class a node is, LangGraph's here."""

    __module__ = "langgraph._internal._runnable"

    def __init__(self, name: str) -> None:
        self.name = name

    def invoke(self, input: Any, config: RunnableConfig | None = None, **_: Any) -> Any:  # noqa: A002
        """Return what it is given: a drawing is not run."""
        return input


def _shown(node: Node) -> Any:
    is_function = node.action is None or callable(node.action)
    return RunnableCallable(node.name) if is_function else coerce_to_runnable(node.action)


def _metadata(graph: DescribedGraph, node: Node) -> dict[str, Any]:
    """Return what the author attached to a node, and how it differs from others."""
    metadata = dict(node.metadata)
    if any(isinstance(graph.channels[name], LastValueAfterFinish) for name in node.triggers):
        metadata["defer"] = True
    stops = {"before": graph.interrupt_before_nodes, "after": graph.interrupt_after_nodes}
    if stopped := [when for when, names in stops.items() if names != "*" and node.name in names]:
        metadata["__interrupt"] = ",".join(stopped)
    tools = getattr(node.action, "tools_by_name", None)
    if tools and isinstance(tools, Mapping):
        metadata["__tools"] = list(tools)
    return metadata


def _add_edge(
    drawing: Graph, source: str, target: str, label: str | None = None, conditional: bool = False
) -> None:
    for name in (source, target):
        if name in (START, END) and name not in drawing.nodes:
            drawing.add_node(None, name)
    drawing.add_edge(drawing.nodes[source], drawing.nodes[target], label, conditional)


def _put_inside(drawing: Graph, name: str, inner: Graph) -> None:
    """Replace a node by the drawing of the graph inside, if that has one way in and one out."""
    if len(inner.nodes) < 2 or not inner.first_node() or not inner.last_node():  # noqa: PLR2004
        return
    inner.trim_first_node()
    inner.trim_last_node()
    del drawing.nodes[name]
    first, last = drawing.extend(inner, prefix=name)
    if first is None or last is None:  # trimming leaves both
        raise AssertionError(f"The graph in node {name!r} has no first or last node.")
    drawing.edges[:] = [
        edge.copy(
            source=last.id if edge.source == name else edge.source,
            target=first.id if edge.target == name else edge.target,
        )
        for edge in drawing.edges
    ]
