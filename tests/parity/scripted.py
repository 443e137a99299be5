"""A chat model whose answers stand in the test: it streams them, tool calls, too."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, ToolCall
from langchain_core.messages.tool import tool_call, tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.utils.function_calling import convert_to_openai_tool

__all__ = ("Scripted", "call", "calls", "scripted")


class Scripted(BaseChatModel):
    """Gives its answers one after the other; an answer may be an exception.

    Args:
        answers: What it gives.
        asked: What it was asked so far: the messages of each call.
    """

    answers: list[Any]
    asked: list[list[BaseMessage]] = []  # noqa: RUF012 - Pydantic copies it

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[Any, Any]:
        """Bind the tools as OpenAI describes them."""
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], **kwargs)

    def _next(self, messages: list[BaseMessage]) -> AIMessage:
        self.asked.append(messages)
        assert len(self.asked) <= len(self.answers), "the script has no further answer"
        answer = self.answers[len(self.asked) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer.model_copy()

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._next(messages))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        answer = self._next(messages)
        pieces = [{"content": word} for word in re.findall(r"\S+\s*", answer.text)]
        for index, made in enumerate(answer.tool_calls):
            arguments = json.dumps(made["args"])
            first = tool_call_chunk(name=made["name"], args="", id=made["id"], index=index)
            rest = tool_call_chunk(args=arguments, index=index)
            pieces += [{"content": "", "tool_call_chunks": [chunk]} for chunk in (first, rest)]
        if answer.tool_calls or not pieces:  # as providers do: no piece of a call comes last
            pieces.append({"content": ""})
        for number, piece in enumerate(pieces, start=1):
            last = {"chunk_position": "last"} if number >= len(pieces) else {}
            chunk = ChatGenerationChunk(message=AIMessageChunk(id=answer.id, **piece, **last))
            if run_manager is not None:
                run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk


def call(name: str, id: str = "call_1", /, **arguments: Any) -> ToolCall:  # noqa: A002
    """Return a tool call."""
    return tool_call(name=name, args=arguments, id=id)


def calls(*made: ToolCall, text: str = "") -> AIMessage:
    """Return an answer that calls tools."""
    return AIMessage(text, tool_calls=list(made))


def scripted(*answers: str | AIMessage | Exception) -> Scripted:
    """Return a model that gives these answers."""
    return Scripted(answers=[AIMessage(a) if isinstance(a, str) else a for a in answers])
