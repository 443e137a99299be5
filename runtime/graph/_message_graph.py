"""The old form of a graph whose whole state is a list of messages."""

from __future__ import annotations

from typing import Annotated, Any, cast

from langchain_core.messages import AnyMessage

from runtime.graph.message import add_messages
from runtime.graph.state import StateGraph
from runtime.warnings import LangGraphDeprecatedSinceV10, deprecated

__all__ = ("MessageGraph",)


class MessageGraph(StateGraph[Any, Any, Any, Any]):
    """A graph whose state is a list of messages; deprecated.

    Nodes get the list, and return messages for `add_messages`. `StateGraph(MessagesState)` has the
    same under a key, and room for others.
    """

    def __init__(self) -> None:
        deprecated(
            "MessageGraph is deprecated in LangGraph v1.0.0, to be removed in v2.0.0. Please use "
            "StateGraph with a `messages` key instead.",
            LangGraphDeprecatedSinceV10,
        )
        super().__init__(cast(Any, Annotated[list[AnyMessage], add_messages]))
