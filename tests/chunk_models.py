"""A model that streams exactly the given chunks, and a node that asks it."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, TypedDict

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import RunnableConfig


class ChunkModel(BaseChatModel):
    """Streams the given chunks in each call."""

    chunks: list[AIMessageChunk]

    @property
    def _llm_type(self) -> str:
        return "chunks"

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage("not streamed"))])

    def _stream(
        self, messages: list[BaseMessage], *args: Any, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        for chunk in self.chunks:
            yield ChatGenerationChunk(message=chunk.model_copy(deep=True))


class State(TypedDict, total=False):
    topic: str
    joke: Any
    poem: Any
    log: Annotated[list[str], operator.add]


def speaks(name: str, texts: Sequence[str], tag: str | None = None) -> Callable[..., Any]:
    """A node that asks a model which streams the given texts (3.10 needs the config by hand)."""
    model = ChunkModel(chunks=[AIMessageChunk(text) for text in texts])
    asked = model.with_config(tags=[tag]) if tag else model

    def node(state: State, config: RunnableConfig) -> dict[str, Any]:
        return {name: asked.invoke("go on", config)}

    node.__name__ = f"tell_{name}"
    return node
