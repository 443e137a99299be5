"""Replay one recorded interaction through its LangChain class, inside a one-node graph."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.ai import add_ai_message_chunks
from langsmith import tracing_context

from harness.cassettes import Interaction, play
from harness.errors import HarnessError, ReplayError
from harness.providers import APIS, MissingPackageError, ModelCall, Provider, find_provider
from runtime.graph import START, MessagesState, StateGraph
from runtime.types import StreamMode, StreamWriter

_ERROR_STATUS = 400


@dataclass(frozen=True)
class Heading:
    """What is known of an interaction before it is replayed."""

    interaction: int
    api: str
    model: str


@dataclass(frozen=True)
class Replayed:
    """What the graph's stream gave for one interaction.

    Attributes:
        interaction: The position in the recording.
        text: The text of the chunks, joined.
        tool_calls: Name, arguments and id of each tool call.
        usage: The usage metadata, or None if none was recorded.
        chunks: How many items the stream had.
        metadata: The metadata of the first chunk; empty in the modes that have none.
    """

    interaction: int
    text: str
    tool_calls: list[dict[str, Any]]
    usage: dict[str, Any] | None
    chunks: int
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Refused:
    """Why an interaction was not replayed; `foreign` means that it is of another API."""

    interaction: int
    error: str
    foreign: bool = False


class Show(Protocol):
    """Where a replay is shown while it runs."""

    def start(self, heading: Heading) -> None:
        """An interaction begins."""

    def chunk(self, chunk: AIMessage) -> None:
        """A chunk of the answer arrived."""

    def item(self, item: Any) -> None:
        """An item of a mode without tokens arrived."""

    def drifted(self, differences: list[str]) -> None:
        """The request differs from the recorded one, as library versions are known to differ."""

    def replayed(self, outcome: Replayed) -> None:
        """The interaction came to its end."""

    def refused(self, outcome: Refused) -> None:
        """The interaction could not be replayed."""


def replay_interaction(
    interaction: Interaction, mode: StreamMode, show: Show
) -> Replayed | Refused:
    """Replay one interaction and show it while it streams.

    Raises:
        MissingPackageError: The provider's LangChain package is not installed.
    """
    request = interaction.request
    provider = find_provider(request)
    if provider is None:
        refused = Refused(
            interaction.index,
            f"{request.method} {request.url} is none of {', '.join(APIS)}",
            foreign=True,
        )
        show.refused(refused)
        return refused
    show.start(Heading(interaction.index, provider.API, str(request.json().get("model"))))
    try:
        with (
            tracing_context(enabled=False),
            warnings.catch_warnings(),
            play([interaction]) as cassette,
        ):
            # They speak of retired models and odd answers, to someone who asks a live model.
            # A class that alters the request is told by the comparison with the recorded one.
            warnings.simplefilter("ignore")
            outcome = _collect(interaction.index, _items(interaction, provider, mode), mode, show)
    except ReplayError as error:
        refused = Refused(interaction.index, str(error))
        show.refused(refused)
        return refused
    for drift in cassette.drifted:
        show.drifted([str(difference) for difference in drift.differences])
    show.replayed(outcome)
    return outcome


def _items(interaction: Interaction, provider: Provider, mode: StreamMode) -> Iterator[Any]:
    """Stream an interaction; whatever the provider's class or SDK raises becomes a reason."""
    try:
        yield from _stream(provider.rebuild(interaction.request), mode)
    except MissingPackageError:
        raise
    except Exception as error:
        raise ReplayError(reason(interaction, error)) from error


def _stream(call: ModelCall, mode: StreamMode) -> Iterator[Any]:
    """Stream the one-node graph that asks the model the recorded question."""

    def model(state: MessagesState, writer: StreamWriter) -> dict[str, Any]:
        answer = call.model.invoke(state["messages"], **call.options)
        writer(answer)  # what the mode `custom` shows
        return {"messages": [answer]}

    graph = StateGraph(MessagesState).add_node("model", model).add_edge(START, "model").compile()
    question: Any = {"messages": call.messages}
    yield from graph.stream(question, stream_mode=mode)


def _collect(index: int, items: Iterator[Any], mode: StreamMode, show: Show) -> Replayed:
    received: list[AIMessage] = []
    metadata: dict[str, Any] = {}
    count = 0
    for item in items:
        count += 1
        if mode == "messages":
            chunk, first = item
            received.append(chunk)
            metadata = metadata or dict(first)
            show.chunk(chunk)
        else:
            received = _answers_in(item) or received
            show.item(item)
    if not received:
        raise ReplayError(f"graph.stream yielded {count} items and no answer of the model")
    text = "".join(str(message.text) for message in received)
    answer = _joined(received)
    calls: list[Any] = [*answer.tool_calls, *answer.invalid_tool_calls]
    usage: Any = answer.usage_metadata
    return Replayed(index, text, calls, usage, count, metadata)


def _joined(received: list[AIMessage]) -> AIMessage:
    """Add up the chunks; a plain message is the only one."""
    chunks = [message for message in received if isinstance(message, AIMessageChunk)]
    return add_ai_message_chunks(*chunks) if chunks else received[0]


def _answers_in(item: Any) -> list[AIMessage]:
    """Return the model's answer in an item of `values`, `updates` or `custom`, if it is there."""
    if isinstance(item, dict):
        item = item.get("model", item)["messages"][-1]
    return [item] if isinstance(item, AIMessage) else []


def reason(interaction: Interaction, error: Exception) -> str:
    """Say in a few words what kept an interaction from being replayed."""
    response = interaction.response
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, HarnessError):  # a provider's SDK wraps it in an error of its own
            lines = [line.strip() for line in str(cause).splitlines()]
            return "; ".join(line for line in lines if not line.startswith("to record"))
        cause = cause.__cause__ or cause.__context__
    said = " ".join(f"{type(error).__name__}: {error}".split())
    if response.status >= _ERROR_STATUS:
        return f"the recorded answer is an error: {said}"
    if b"event: error" in response.body:
        return f"the recorded stream carries an error: {said}"
    if not response.body:
        return f"the recorded answer is empty, as when the program that asked left early: {said}"
    return said
