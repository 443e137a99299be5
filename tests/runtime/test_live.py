"""Delivery is live: what a node emits is read while the node still runs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk
from pydantic import ConfigDict
from runtime_graphs import chain, parallel

PATIENCE = 10
"""Seconds after which a node gives up waiting for its consumer, and the test fails."""


class Patient(GenericFakeChatModel):
    """Streams a first token, and a second one when somebody has read the first."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    read: threading.Event

    def _stream(self, *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
        for text in ("first", "second"):
            yield ChatGenerationChunk(message=AIMessageChunk(text))
            assert self.read.wait(PATIENCE), "nobody read the first token"


def test_a_token_is_read_before_its_model_is_done(drive) -> None:
    """The model waits for its consumer between two tokens."""
    read = threading.Event()
    model = Patient(messages=iter(()), read=read)
    tokens: list[str] = []

    def take(chunk: Any) -> None:
        tokens.append(chunk[0].content)
        read.set()

    graph = chain(lambda _: {"log": [model.invoke("q")]})
    drive.each(take, graph, {"a": 1}, stream_mode="messages")
    assert tokens[:2] == ["first", "second"]


def test_a_custom_item_is_read_before_its_node_is_done(drive) -> None:
    """The node waits for its consumer after its first item."""
    read = threading.Event()

    def node(_: Any, writer) -> Any:
        writer("item")
        return {"log": [read.wait(PATIENCE)]}

    chunks: list[Any] = []
    drive.each(
        lambda chunk: (chunks.append(chunk), read.set()),
        chain(node),
        {"a": 1},
        stream_mode=["custom", "updates"],
    )
    assert chunks == [("custom", "item"), ("updates", {"n0": {"log": [True]}})]


def test_an_update_is_read_before_other_nodes_of_its_superstep_are_done(drive) -> None:
    """A node waits for its consumer to have read what the other one wrote."""
    read = threading.Event()
    graph = parallel(x=lambda _: {"log": [read.wait(PATIENCE)]}, y=lambda _: {"log": ["y"]})
    updates: list[Any] = []
    drive.each(lambda chunk: (updates.append(chunk), read.set()), graph, {"a": 1})
    assert updates == [{"y": {"log": ["y"]}}, {"x": {"log": [True]}}]


def test_an_update_of_an_inner_graph_is_read_before_that_graph_is_done(drive) -> None:
    """With `subgraphs=True` chunks of inner graphs are live in every mode."""
    read = threading.Event()
    inner = chain(lambda _: {"log": ["first"]}, lambda _: {"log": [read.wait(PATIENCE)]})
    updates: list[Any] = []

    def take(chunk: Any) -> None:
        updates.append(chunk[1])
        read.set()

    drive.each(take, chain(inner), {"a": 1}, subgraphs=True)
    assert updates[:2] == [{"n0": {"log": ["first"]}}, {"n1": {"log": [True]}}]


async def test_an_async_node_is_read_while_it_waits() -> None:
    """The same within one event loop."""
    read = asyncio.Event()

    async def node(_: Any, writer) -> Any:
        writer("item")
        await asyncio.wait_for(read.wait(), PATIENCE)
        return {"log": ["done"]}

    chunks = []
    async for chunk in chain(node).astream({"a": 1}, stream_mode=["custom", "updates"]):
        chunks.append(chunk)
        read.set()
    assert chunks == [("custom", "item"), ("updates", {"n0": {"log": ["done"]}})]
