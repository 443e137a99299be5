"""What a compiled graph tells about itself: its drawing, the graphs inside, its schemas."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import is_dataclass
from typing import TYPE_CHECKING, Any, get_type_hints

from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.utils.pydantic import create_model_v2
from pydantic import BaseModel, TypeAdapter
from typing_extensions import is_typeddict

from runtime.channels.base import BaseChannel
from runtime.channels.delta import DeltaChannel
from runtime.pregel._nodes.inside import GraphInside, graphs_reached_from
from runtime.pregel._saved.deltas import Replayed
from runtime.warnings import LangGraphDeprecatedSinceV10, deprecated

if TYPE_CHECKING:
    from langchain_core.runnables.graph import Graph

    from runtime.pregel._nodes.node import Node
    from runtime.types import All

__all__ = ("DescribedGraph",)


class DescribedGraph(GraphInside, Runnable[Any, Any]):
    """The half of a compiled graph that describes it; `Pregel` is the half that runs it."""

    nodes: Mapping[str, Node]
    channels: Mapping[str, BaseChannel[Any, Any, Any]]
    input_channels: str | list[str]
    output_channels: str | list[str]
    trigger_to_nodes: Mapping[str, Sequence[str]]
    hear_of_the_end: Sequence[str]
    interrupt_before_nodes: All | Sequence[str]
    interrupt_after_nodes: All | Sequence[str]
    delta_channels: Mapping[str, DeltaChannel[Any]]
    replayed_channels: Mapping[str, Replayed]
    context_schema: type[Any] | None

    # --- drawings ---

    def get_graph(self, config: RunnableConfig | None = None, *, xray: int | bool = False) -> Graph:
        """Return a drawing of the graph, for `.draw_mermaid()`, `.to_json()` and so on.

        A conditional edge leads where its path map, or its path's `-> Literal[...]`, says; a
        `Command` where `destinations`, or the node's `-> Command[Literal[...]]`, says. Where
        nobody says anything there is no edge.

        Args:
            config: Handed on to the graphs inside.
            xray: How many levels of graphs inside to draw in the place of their nodes; `True`
                for all.
        """
        inside: dict[str, Graph] = {}
        if xray:
            deeper = xray if isinstance(xray, bool) or xray <= 0 else xray - 1
            inside = {
                name: graph.get_graph(config, xray=deeper) for name, graph in self.get_subgraphs()
            }
        from runtime.pregel._draw import draw  # noqa: PLC0415 - slow to import, and few draw

        return draw(self, inside)

    async def aget_graph(
        self, config: RunnableConfig | None = None, *, xray: int | bool = False
    ) -> Graph:
        """Return what `get_graph` returns; there is nothing to wait for."""
        return self.get_graph(config, xray=xray)

    # --- graphs inside ---

    def get_subgraphs(
        self, *, namespace: str | None = None, recurse: bool = False
    ) -> Iterator[tuple[str, DescribedGraph]]:
        """Yield the graphs that are nodes of this one, or that the functions of nodes name.

        Args:
            namespace: Yield only the graph at this namespace: names of nodes, joined by `|`. For
                more than one name `recurse` is needed.
            recurse: Whether to yield the graphs inside these graphs, too.

        Yields:
            The namespace of a graph and the graph.
        """
        first, _, rest = (namespace or "").partition("|")
        for name, node in self.nodes.items():
            if namespace is not None and name != first:
                continue
            graph = next(graphs_reached_from(node.action), None)
            if graph is None:
                continue
            if not rest:
                yield name, graph
            if recurse and (namespace is None or rest):
                for inner_name, inner in graph.get_subgraphs(namespace=rest or None, recurse=True):
                    yield f"{name}|{inner_name}", inner

    async def aget_subgraphs(
        self, *, namespace: str | None = None, recurse: bool = False
    ) -> AsyncIterator[tuple[str, DescribedGraph]]:
        """Yield what `get_subgraphs` yields."""
        for found in self.get_subgraphs(namespace=namespace, recurse=recurse):
            yield found

    # --- schemas ---

    @property
    def InputType(self) -> Any:  # noqa: N802 - LangChain's public name
        """The type of the input, if it is one value; `None` if it is made of keys."""
        if isinstance(self.input_channels, str):
            return self.channels[self.input_channels].UpdateType
        return None

    @property
    def OutputType(self) -> Any:  # noqa: N802 - LangChain's public name
        """The type of the result, if it is one value; `None` if it is made of keys."""
        if isinstance(self.output_channels, str):
            return self.channels[self.output_channels].ValueType
        return None

    def get_input_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        """Return a Pydantic class of the input."""
        if isinstance(self.input_channels, str):
            return super().get_input_schema(config)  # type: ignore[return-value]  # v1 is gone
        fields = {key: (self.channels[key].UpdateType, None) for key in self.input_channels}
        return create_model_v2(self.get_name("Input"), field_definitions=fields)

    def get_output_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        """Return a Pydantic class of the result."""
        if isinstance(self.output_channels, str):
            return super().get_output_schema(config)  # type: ignore[return-value]  # v1 is gone
        fields = {key: (self.channels[key].ValueType, None) for key in self.output_channels}
        return create_model_v2(self.get_name("Output"), field_definitions=fields)

    def get_input_jsonschema(self, config: RunnableConfig | None = None) -> dict[str, Any]:
        """Return a JSON schema of the input."""
        return self.get_input_schema(config).model_json_schema()

    def get_output_jsonschema(self, config: RunnableConfig | None = None) -> dict[str, Any]:
        """Return a JSON schema of the result."""
        return self.get_output_schema(config).model_json_schema()

    def config_schema(self, *, include: Sequence[str] | None = None) -> type[BaseModel]:
        """Return a Pydantic class of the config; deprecated.

        Args:
            include: Which keys to have in it besides `configurable`, which is the context.
        """
        deprecated(
            "`config_schema` is deprecated. Use `get_context_jsonschema` for the relevant schema "
            "instead.",
            LangGraphDeprecatedSinceV10,
        )
        return self._config_schema(include or ())

    def get_config_jsonschema(self, *, include: Sequence[str] | None = None) -> dict[str, Any]:
        """Return a JSON schema of the config; deprecated.

        Args:
            include: As for `config_schema`.
        """
        deprecated(
            "`get_config_jsonschema` is deprecated. Use `get_context_jsonschema` instead.",
            LangGraphDeprecatedSinceV10,
        )
        return self._config_schema(include or ()).model_json_schema()

    def _config_schema(self, include: Sequence[str]) -> type[BaseModel]:
        kinds = get_type_hints(RunnableConfig)
        fields: dict[str, Any] = {}
        if self.context_schema is not None:
            fields["configurable"] = (self.context_schema, None)
        for name in include:
            if name in kinds and name != "configurable":
                fields[name] = (kinds[name], None)
        return create_model_v2(self.get_name("Config"), field_definitions=fields)

    def get_context_jsonschema(self) -> dict[str, Any] | None:
        """Return a JSON schema of what nodes get as `runtime.context`; `None` without one.

        Raises:
            ValueError: The context schema is not a Pydantic class, TypedDict or dataclass.
        """
        schema = self.context_schema
        if schema is None:
            return None
        if isinstance(schema, type) and issubclass(schema, BaseModel):
            return schema.model_json_schema()
        if is_typeddict(schema) or is_dataclass(schema):
            return TypeAdapter(schema).json_schema()
        raise ValueError(
            f"Invalid context schema type: {schema}. Must be a BaseModel, TypedDict or dataclass."
        )
