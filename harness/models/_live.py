"""Asking the live model behind a cassette what the program asked the cassette's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import aclosing, contextmanager
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGenerationChunk
from langchain_core.runnables import (
    Runnable,
    RunnableBinding,
    RunnableConfig,
    RunnableSequence,
)

from harness.models._deck import Deck
from harness.models._structured import ResponseFormat
from harness.models._tape import Take

# The program's callbacks hear of the call through the cassette's model, not twice.
_QUIET: RunnableConfig = {"callbacks": []}
_FOR_BIND_TOOLS = ("tool_choice", "strict", "parallel_tool_calls")


class Recorded:
    """One call of the live model: its chunks are handed on at once, and kept when the call ends.

    Args:
        take: Notes what comes.
        deck: Keeps the take in the file.
        live: The live model.
        messages: The conversation.
        options: The other arguments of the call.
    """

    def __init__(
        self,
        take: Take,
        deck: Deck,
        live: Runnable[Any, AIMessage],
        messages: list[BaseMessage],
        options: dict[str, Any],
    ) -> None:
        self._take = take
        self._deck = deck
        self._live = live
        self._call = (messages, _QUIET)
        self._options = options

    def whole(self) -> AIMessage:
        """Ask without streaming, and return the answer."""
        with self._kept():
            return self._take.message(self._live.invoke(*self._call, **self._options))

    async def awhole(self) -> AIMessage:
        """Ask without streaming, and return the answer."""
        with self._kept():
            return self._take.message(await self._live.ainvoke(*self._call, **self._options))

    def pieces(self) -> Iterator[ChatGenerationChunk]:
        """Ask for a stream, and yield each chunk when it comes."""
        with self._kept():
            for message in self._live.stream(*self._call, **self._options):
                yield ChatGenerationChunk(message=self._take.chunk(message))
            self._take.finished()

    async def apieces(self) -> AsyncIterator[ChatGenerationChunk]:
        """Ask for a stream, and yield each chunk when it comes."""
        stream: Any = self._live.astream(*self._call, **self._options)
        with self._kept():
            async with aclosing(stream):
                async for message in stream:
                    yield ChatGenerationChunk(message=self._take.chunk(message))
            self._take.finished()

    @contextmanager
    def _kept(self) -> Iterator[None]:
        """Keep the take however the call ends; who reads on says when it is finished."""
        try:
            yield
        except Exception as error:
            self._take.failed(error)
            raise
        finally:
            self._deck.keep(self._take)


def live_model(
    live: BaseChatModel, kwargs: Mapping[str, Any]
) -> tuple[Runnable[Any, AIMessage], dict[str, Any]]:
    """Return the live model with its tools bound, and the other arguments of the call.

    Tools and schemas were bound to the cassette's model in a neutral form; here the live model puts
    them into its provider's.
    """
    rest = dict(kwargs)
    bound: Runnable[Any, AIMessage] = live
    if tools := rest.pop("tools", None):
        options = {name: rest.pop(name) for name in _FOR_BIND_TOOLS if name in rest}
        binding = live.bind_tools(tools, **options)
        if isinstance(binding, RunnableBinding):
            # A binding would bring in the callbacks around the call, beside those that are given.
            bound, rest = binding.bound, {**binding.kwargs, **rest}
        else:
            bound = binding
    wanted = rest.get("response_format")
    if isinstance(wanted, ResponseFormat):
        own = _own_format(live, wanted)
        if own is not None:
            del rest["response_format"]
            rest |= own
    return bound, rest


def _own_format(live: BaseChatModel, wanted: ResponseFormat) -> dict[str, Any] | None:
    """Return what the live model binds for a schema; None where it has no way of its own."""
    try:
        chain = live.with_structured_output(wanted.schema, method=wanted.method)
    except (NotImplementedError, TypeError, ValueError):
        return None
    first = chain.first if isinstance(chain, RunnableSequence) else chain
    if not isinstance(first, RunnableBinding) or first.bound is not live:
        return None
    for_tracing = ("ls_structured_output_format", "structured_output_format")
    return {key: value for key, value in first.kwargs.items() if key not in for_tracing}
