"""The clients that the cassettes are for: each streams one answer and says each token as it comes.

A client is a function of the address, the prompt and a callback; it returns the tokens and the
error, if one ended the stream. The asynchronous ones run a loop of their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import anthropic
import httpcore
import httpcore2
import loopback
import openai
from langchain_anthropic import ChatAnthropic
from langchain_openai import ChatOpenAI

# httpx imports these with its first client. Were that made in a run of pytest inside of a test, the
# module would be dropped after it, and httpx would not know the exceptions of the next import.
_IMPORTED_FOR_GOOD = (httpcore, httpcore2)

KEY = "sk-" + "test" * 6
OPENAI = "https://api.openai.com"
ANTHROPIC = "https://api.anthropic.com"
LIMIT = 60.0  # how long the SDKs wait for a piece; a test may shorten it


@dataclass(frozen=True)
class Client:
    """One way to ask a provider, with the provider's address and the form of its replies."""

    name: str
    address: str
    reply: Callable[..., loopback.Reply]
    tokens: Callable[[str, str], Any]

    def stream(
        self, url: str, prompt: str = "hi", on_token: Callable[[str], object] = lambda _: None
    ) -> list[str]:
        """Return the tokens; the name of the error comes last if there was one."""
        got: list[str] = []

        def take(token: str) -> None:
            if token:
                got.append(token)
                on_token(token)

        async def drain(tokens: AsyncIterator[str]) -> None:
            async for token in tokens:
                take(token)

        tokens = self.tokens(url, prompt)
        try:
            if hasattr(tokens, "__aiter__"):
                asyncio.run(drain(tokens))
            else:
                for token in tokens:
                    take(token)
        except Exception as error:  # noqa: BLE001  # what the client sees is the result
            got.append(type(error).__name__)
        return got


def ask(address: str, prompt: str) -> dict[str, Any]:
    """The arguments that both SDKs share."""
    is_claude = "anthropic" in address
    model = "claude-haiku-4-5" if is_claude else "gpt-4o-mini"
    asked = {"model": model, "messages": [{"role": "user", "content": prompt}]}
    return asked | ({"max_tokens": 50} if is_claude else {})


def openai_sync(url: str, prompt: str) -> Iterator[str]:
    """Stream with `OpenAI`."""
    with openai.OpenAI(base_url=f"{url}/v1", api_key=KEY, timeout=LIMIT) as client:
        stream = client.chat.completions.create(**ask(OPENAI, prompt), stream=True)
        for chunk in stream:
            yield chunk.choices[0].delta.content if chunk.choices else ""


async def openai_async(url: str, prompt: str) -> AsyncIterator[str]:
    """Stream with `AsyncOpenAI`."""
    async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key=KEY, timeout=LIMIT) as client:
        stream = await client.chat.completions.create(**ask(OPENAI, prompt), stream=True)
        async for chunk in stream:
            yield chunk.choices[0].delta.content if chunk.choices else ""


def anthropic_sync(url: str, prompt: str) -> Iterator[str]:
    """Stream with `Anthropic`."""
    client = anthropic.Anthropic(base_url=url, api_key=KEY, timeout=LIMIT)
    with client, client.messages.stream(**ask(ANTHROPIC, prompt)) as stream:
        yield from stream.text_stream


async def anthropic_async(url: str, prompt: str) -> AsyncIterator[str]:
    """Stream with `AsyncAnthropic`."""
    async with (
        anthropic.AsyncAnthropic(base_url=url, api_key=KEY, timeout=LIMIT) as client,
        client.messages.stream(**ask(ANTHROPIC, prompt)) as stream,
    ):
        async for token in stream.text_stream:
            yield token


def _chat_model(url: str, address: str) -> Any:
    if address == OPENAI:
        return ChatOpenAI(model="gpt-4o-mini", base_url=f"{url}/v1", api_key=KEY)
    return ChatAnthropic(model_name="claude-haiku-4-5", base_url=url, api_key=KEY)


def langchain_sync(address: str) -> Callable[[str, str], Iterator[str]]:
    """Stream with the chat model of the provider."""

    def tokens(url: str, prompt: str) -> Iterator[str]:
        for chunk in _chat_model(url, address).stream(prompt):
            yield chunk.text

    return tokens


def langchain_async(address: str) -> Callable[[str, str], AsyncIterator[str]]:
    """Stream with the chat model of the provider, asynchronously."""

    async def tokens(url: str, prompt: str) -> AsyncIterator[str]:
        async for chunk in _chat_model(url, address).astream(prompt):
            yield chunk.text

    return tokens


_CHAT, _MESSAGE = loopback.openai_chat, loopback.anthropic_message

SDKS = [
    Client("openai", OPENAI, _CHAT, openai_sync),
    Client("openai-async", OPENAI, _CHAT, openai_async),
    Client("anthropic", ANTHROPIC, _MESSAGE, anthropic_sync),
    Client("anthropic-async", ANTHROPIC, _MESSAGE, anthropic_async),
]
CLIENTS = [
    *SDKS,
    Client("ChatOpenAI", OPENAI, _CHAT, langchain_sync(OPENAI)),
    Client("ChatOpenAI-async", OPENAI, _CHAT, langchain_async(OPENAI)),
    Client("ChatAnthropic", ANTHROPIC, _MESSAGE, langchain_sync(ANTHROPIC)),
    Client("ChatAnthropic-async", ANTHROPIC, _MESSAGE, langchain_async(ANTHROPIC)),
]
