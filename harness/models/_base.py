"""The part of a chat model that is the same for a script and a cassette.

It says what the model's `Speech` is, whole or in chunks, sync or async; offers tools and structured
output; and keeps what was asked.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.language_models.base import LangSmithParams
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.tools import BaseTool
from pydantic import PrivateAttr
from typing_extensions import Self

from harness.models._calls import Call, asked_with
from harness.models._speech import Speech
from harness.models._structured import Method, structured
from harness.models._tools import offered


class PlayedChatModel(BaseChatModel):
    """The base of chat models whose answers are known before they are asked.

    A subclass says which answer a call gets (`_speech`).
    """

    _calls: list[Call] = PrivateAttr(default_factory=list)

    @property
    def calls(self) -> tuple[Call, ...]:
        """What the model was asked, in order, as copies."""
        return tuple(self._calls)

    @abstractmethod
    def check_all_played(self) -> None:
        """Raise when something is left over that nobody asked for."""

    @abstractmethod
    def _speech(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: dict[str, Any]
    ) -> Speech:
        """Note the call and return what it gets."""

    @abstractmethod
    def _standard_params(self) -> dict[str, Any]:
        """Return the `ls_*` metadata of the model."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self.check_all_played()

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: Any = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Offer tools to the model, of every kind that langchain-core knows."""
        if tool_choice is not None:
            kwargs["tool_choice"] = tool_choice
        return self.bind(tools=[offered(tool) for tool in tools], **kwargs)

    def with_structured_output(
        self,
        schema: Any,
        *,
        include_raw: bool = False,
        method: Method = "function_calling",
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, Any]:
        """Parse the answers by a schema.

        Args:
            schema: A pydantic class, a TypedDict class, or a JSON Schema with a title.
            include_raw: Give a dict of `raw`, `parsed` and `parsing_error`.
            method: `function_calling`: the model calls a tool with the schema's name.
                `json_schema` and `json_mode`: it answers with a JSON text.
            **kwargs: Bound to the call, such as `strict`.
        """
        return structured(self, schema, method, include_raw=include_raw, **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return _result(self._speech(messages, stop, kwargs).whole())

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return _result(await self._speech(messages, stop, kwargs).awhole())

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        return self._speech(messages, stop, kwargs).pieces()

    def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        return self._speech(messages, stop, kwargs).apieces()

    # langchain-core does not pass the config of a call on to `_speech`. What follows leaves it in a
    # context variable, where `noted` finds it.

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
        if isinstance(model := kwargs.get("model"), str):
            params["ls_model_name"] = model
        if stop:
            params["ls_stop"] = stop
        return params


def _result(message: AIMessage) -> ChatResult:
    return ChatResult(generations=[ChatGeneration(message=message)])
