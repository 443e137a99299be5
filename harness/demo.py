"""The documentation's example of token streaming, "two LLM calls in one node", ready to replay.

An edge of the harness: it builds graphs of the bundled runtime around the real `ChatOpenAI` and the
real `AsyncOpenAI`. `harness demo` shows it and `tests/examples/` checks it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from langchain_core.runnables import RunnableConfig
from typing_extensions import TypedDict

from harness.errors import CassetteNotFoundError
from runtime.graph import START, StateGraph
from runtime.types import StreamWriter

__all__ = ("CLIENT", "LANGCHAIN", "client_graph", "langchain_graph", "recording", "snapshot")

MODEL = "gpt-4o-mini"
TEMPERATURE = 0.7

LANGCHAIN = "langchain"
CLIENT = "openai_client"

_REPOSITORY = Path(__file__).parent.parent
_SHIPPED = Path(__file__).parent / "_demo"  # where a wheel holds what a checkout has elsewhere


class State(TypedDict):
    """A topic, and what two models wrote about it."""

    topic: str
    joke: str
    poem: str


def langchain_graph(*, asynchronous: bool = True) -> Any:
    """Return the graph of one node that asks two `ChatOpenAI` models, tagged `joke` and `poem`."""
    from langchain_openai import ChatOpenAI  # noqa: PLC0415 - an extra

    # The tags are there to filter the stream by. Usage comes by itself only from OpenAI's own
    # address, which is not where the example was recorded, so it is asked for.
    options: dict[str, Any] = {"model": MODEL, "temperature": TEMPERATURE, "stream_usage": True}
    joke_model = ChatOpenAI(**options, tags=["joke"])
    poem_model = ChatOpenAI(**options, tags=["poem"])

    async def acall_model(state: State) -> dict[str, Any]:
        topic = state["topic"]
        joke = await joke_model.ainvoke([_asks_for(f"joke about {topic}")])
        poem = await poem_model.ainvoke([_asks_for(f"short poem about {topic}")])
        return {"joke": joke.content, "poem": poem.content}

    def call_model(state: State) -> dict[str, Any]:
        topic = state["topic"]
        joke = joke_model.invoke([_asks_for(f"joke about {topic}")])
        poem = poem_model.invoke([_asks_for(f"short poem about {topic}")])
        return {"joke": joke.content, "poem": poem.content}

    return _one_node(acall_model if asynchronous else call_model)


def client_graph() -> Any:
    """Return the same graph without LangChain: tokens of `AsyncOpenAI` in `custom` mode."""
    from openai import AsyncOpenAI  # noqa: PLC0415 - an extra

    client = AsyncOpenAI()

    async def tokens(request: str) -> AsyncIterator[dict[str, Any]]:
        response = await client.chat.completions.create(
            messages=[{"role": "user", "content": request}], model=MODEL, stream=True
        )
        role = None
        async for chunk in response:
            if not chunk.choices:
                continue
            delta = chunk.choices[0].delta
            if delta.role is not None:
                role = delta.role
            if delta.content:
                yield {"role": role, "content": delta.content}

    async def call_model(
        state: State, config: RunnableConfig, writer: StreamWriter
    ) -> dict[str, Any]:
        topic = state["topic"]
        written = {"joke": "", "poem": ""}
        for tag, wish in (("joke", f"joke about {topic}"), ("poem", f"short poem about {topic}")):
            async for token in tokens(f"Write a {wish}"):
                written[tag] += token["content"]
                writer((token, {**config["metadata"], "tags": [tag]}))
        return written

    return _one_node(call_model)


def _asks_for(wish: str) -> dict[str, str]:
    return {"role": "user", "content": f"Write a {wish}"}


def _one_node(call_model: Any) -> Any:
    return (
        StateGraph(State).add_node("call_model", call_model).add_edge(START, "call_model").compile()
    )


def recording(name: str) -> Path:
    """Return the path of the cassette of a graph, `LANGCHAIN` or `CLIENT`."""
    return _found(f"cassettes/two_calls/{name}.yaml")


def snapshot(test: str) -> Path:
    """Return the path of the snapshot that a test of the example is compared with."""
    return _found(f"tests/examples/__snapshots__/test_two_calls/{test}.stream.txt")


def _found(path: str) -> Path:
    for root in (_SHIPPED, _REPOSITORY):
        if (root / path).is_file():
            return root / path
    raise CassetteNotFoundError(
        f"the demo's file {path} is missing; reinstall the package, or record it again in a "
        "checkout: make record"
    )
