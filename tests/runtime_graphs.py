"""Small graphs that the tests of the runtime share."""

from __future__ import annotations

import operator
from typing import Annotated, Any

from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from typing_extensions import TypedDict

from runtime.graph import START, StateGraph


class State(TypedDict):
    """A plain key, and one whose writes are added up."""

    a: int
    log: Annotated[list, operator.add]


def chain(*nodes: Any, schema: Any = State, **compiled: Any) -> Any:
    """Return a compiled graph of nodes `n0`, `n1`, ... that run one after the other."""
    named = [(f"n{index}", node) for index, node in enumerate(nodes)]
    return StateGraph(schema).add_sequence(named).add_edge(START, "n0").compile(**compiled)


def parallel(schema: Any = State, **nodes: Any) -> Any:
    """Return a compiled graph of nodes that run in one superstep."""
    graph = StateGraph(schema)
    for name, node in nodes.items():
        graph.add_node(name, node).add_edge(START, name)
    return graph.compile()


def says(*texts: str, **kwargs: Any) -> GenericFakeChatModel:
    """Return a model that streams these answers word by word."""
    return GenericFakeChatModel(messages=iter(texts), **kwargs)
