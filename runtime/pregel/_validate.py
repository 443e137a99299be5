"""What is checked of a graph that is built by hand."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from runtime.channels import Topic
from runtime.constants import TAG_HIDDEN, TASKS
from runtime.pregel._names import PULL, PUSH
from runtime.pregel._nodes.builder import PregelNode
from runtime.pregel._saved.thread import ERROR, ERROR_OF, INTERRUPT, NO_WRITES, RESUME

if TYPE_CHECKING:
    from runtime.pregel.main import Pregel

__all__ = ("check_channels", "check_graph", "check_nodes", "check_rescuers")

RESERVED = frozenset(
    {
        *(":", "|", TAG_HIDDEN, PULL, PUSH, ERROR, ERROR_OF, INTERRUPT, NO_WRITES, RESUME),
        *("__input__", "checkpoint_id", "checkpoint_map", "checkpoint_ns", "configurable"),
    }
)


def check_channels(channels: Mapping[str, Any]) -> None:
    """Check the names of channels and managed values.

    Raises:
        ValueError: One is the engine's own.
    """
    for name, channel in channels.items():
        if name in RESERVED:
            raise ValueError(f"Channel name '{name}' is reserved. Choose another one.")
        if name == TASKS and not isinstance(channel, Topic):
            raise ValueError(
                f"Channel '{name}' is reserved and cannot be used in the graph: it collects what "
                "is sent."
            )


def check_nodes(nodes: Mapping[str, Any], channels: Collection[str]) -> None:
    """Check that nodes are nodes, and that what they read is there.

    Raises:
        TypeError: Something is no node.
        ValueError: A name is the engine's own, or a channel is not there.
    """
    for name, node in nodes.items():
        if name in RESERVED:
            raise ValueError(f"Node name '{name}' is reserved. Choose another one.")
        if not isinstance(node, PregelNode):
            raise TypeError(
                f"Invalid node type {type(node)}, expected PregelNode or NodeBuilder: build node "
                f"{name!r} with NodeBuilder()."
            )
        read = (node.channels,) if isinstance(node.channels, str) else node.channels
        _check_known(read, channels, f"Node {name} reads channel")
        _check_known(node.triggers, channels, "Subscribed channel")


def check_graph(graph: Pregel[Any, Any, Any, Any]) -> None:
    """Check that the input starts something, and that what is shown and stopped at is there.

    Raises:
        ValueError: It is not.
    """
    names = graph.channels
    given = graph.input_channels
    inputs = (given,) if isinstance(given, str) else given
    _check_known(inputs, names, "Input channel")
    if not any(name in graph.trigger_to_nodes for name in inputs):
        raise ValueError(
            f"None of the input channels {list(inputs)} are subscribed to by any node: the input "
            f"would start nothing. Nodes subscribe to {sorted(graph.trigger_to_nodes)}."
        )
    for shown in (graph.output_channels, graph.stream_channels):
        _check_known((shown,) if isinstance(shown, str) else shown, names, "Output channel")
    for stops in (graph.interrupt_before_nodes, graph.interrupt_after_nodes):
        if stops != "*":
            _check_known(stops, graph.nodes, "Node")


def check_rescuers(rescuers: Mapping[str, str], nodes: Collection[str]) -> None:
    """Check that nodes that handle the errors of others are there, and the others, too.

    Raises:
        ValueError: They are not.
    """
    _check_known((*rescuers, *rescuers.values()), nodes, "Node of node_error_handler_map")


def _check_known(asked: Iterable[str], known: Collection[str], what: str) -> None:
    for name in asked:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"There are {sorted(known)}."
            raise ValueError(f"{what} '{name}' not found. {hint}")
