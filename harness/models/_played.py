"""The part of a chat model that plays an answer: the same for a script and a cassette.

An answer is known before its first piece is handed out; playing it is waiting for the moment of
each piece, handing out a copy, and failing where the answer ends in an error.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.language_models.base import LangSmithParams
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import RunnableConfig

from harness.models._calls import asked_with
from harness.models._chunks import Piece, handed_out, total
from harness.models._clock import Clock


@dataclass(frozen=True)
class Answer:
    """What a model says to one call. None of it is ever handed out, only copies.

    Args:
        pieces: The chunks in which it streams.
        message_id: The id of the chunks that are nothing but text.
        offsets: When each piece comes, in seconds after the question; none when all come at once.
        error: What is raised behind the last piece.
        whole: The message that a call gets that does not stream; by default the chunks' sum.
    """

    pieces: Sequence[Piece]
    message_id: str | None
    offsets: Sequence[float] = ()
    error: BaseException | None = None
    whole: AIMessage | None = None

    @cached_property
    def message(self) -> AIMessage:
        """The whole answer."""
        return self.whole or total(self.pieces, self.message_id)

    def result(self) -> ChatResult:
        """Return the answer to a call that does not stream."""
        if self.error is not None:
            raise self.error
        message = self.message.model_copy(deep=True)
        return ChatResult(generations=[ChatGeneration(message=message)])


class PlayedChatModel(BaseChatModel):
    """A chat model whose answers are known; what they are is the business of its subclasses."""

    @abstractmethod
    def _answer(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: dict[str, Any]
    ) -> Answer:
        """Note the call and return what is to be said to it."""

    @property
    @abstractmethod
    def _clock(self) -> Clock:
        """What the pieces of an answer wait for."""

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        asked = self._clock.now
        answer = self._answer(messages, stop, kwargs)
        if answer.offsets:
            self._clock.wait(asked + answer.offsets[-1])
        return answer.result()

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        asked = self._clock.now
        answer = self._answer(messages, stop, kwargs)
        await asyncio.sleep(0)
        if answer.offsets:
            await self._clock.await_(asked + answer.offsets[-1])
        return answer.result()

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        clock, asked = self._clock, self._clock.now
        answer = self._answer(messages, stop, kwargs)
        offsets, message_id = answer.offsets, answer.message_id
        for k, piece in enumerate(answer.pieces):
            if offsets:
                clock.wait(asked + offsets[k])
            yield handed_out(piece, message_id)
        if answer.error is not None:
            raise answer.error

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        clock, asked = self._clock, self._clock.now
        answer = self._answer(messages, stop, kwargs)
        offsets, message_id = answer.offsets, answer.message_id
        for k, piece in enumerate(answer.pieces):
            if offsets:
                await clock.await_(asked + offsets[k])
            else:
                await asyncio.sleep(0)  # or parallel streams would come one after the other
            yield handed_out(piece, message_id)
        if answer.error is not None:
            raise answer.error

    # What follows passes the config of a call on to `_answer`, by a context variable.

    def invoke(
        self,
        input: LanguageModelInput,  # noqa: A002 - langchain-core's name
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> AIMessage:
        """Return the whole answer."""
        with asked_with(config):
            return super().invoke(input, config, stop=stop, **kwargs)

    async def ainvoke(
        self,
        input: LanguageModelInput,  # noqa: A002 - langchain-core's name
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> AIMessage:
        """Return the whole answer."""
        with asked_with(config):
            return await super().ainvoke(input, config, stop=stop, **kwargs)

    def stream(
        self,
        input: LanguageModelInput,  # noqa: A002 - langchain-core's name
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> Iterator[AIMessageChunk]:
        """Yield the answer piece by piece."""
        chunks = super().stream(input, config, stop=stop, **kwargs)
        with asked_with(config):  # the call is made when the first piece is asked for
            first = next(chunks, None)
        if first is not None:
            yield first
            yield from chunks

    async def astream(
        self,
        input: LanguageModelInput,  # noqa: A002 - langchain-core's name
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[AIMessageChunk]:
        """Yield the answer piece by piece, natively asynchronous."""
        chunks: Any = super().astream(input, config, stop=stop, **kwargs)
        async with aclosing(chunks):
            with asked_with(config):
                first = await anext(chunks, None)
            if first is None:
                return
            yield first
            async for chunk in chunks:
                yield chunk

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        """Say what a tracer is to know of the model; `stop` and the like of this call win."""
        params = LangSmithParams(ls_model_type="chat")
        params.update(self._standard_params())  # type: ignore[typeddict-item]  # `ls_` keys
        for name in ("temperature", "max_tokens"):
            if isinstance(value := kwargs.get(name), int | float):
                params[f"ls_{name}"] = value  # type: ignore[literal-required]  # of two keys
        if stop:
            params["ls_stop"] = stop
        return params

    @abstractmethod
    def _standard_params(self) -> dict[str, Any]:
        """Return the `ls_*` metadata of the model."""
