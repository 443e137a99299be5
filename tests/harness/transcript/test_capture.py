"""Capturing a stream keeps every chunk, in order, as it was."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from itertools import groupby
from threading import Lock
from types import ModuleType
from typing import Any

import pytest
from langchain_core.messages import AIMessage

from harness import acapture, capture
from runtime.graph import START, StateGraph

State = dict[str, Any]


def test_every_chunk_in_order_of_arrival(two_calls: Any) -> None:
    """All modes are captured at once, each chunk with its number and its mode."""
    events = capture(two_calls, {"topic": "cats"}).events

    assert [event.number for event in events] == list(range(1, len(events) + 1))
    assert [mode for mode, _ in groupby(event.mode for event in events)] == [
        "values",
        *["messages", "updates", "values"],
        *["messages", "updates", "values"],
    ]


async def test_async_streams_give_the_same_transcript(two_calls: Any) -> None:
    """`acapture` drives `astream`; the transcript is that of `capture`."""
    assert await acapture(two_calls, {"topic": "cats"}) == capture(two_calls, {"topic": "cats"})


def test_one_mode(two_calls: Any) -> None:
    """A single mode may be given by name; its chunks keep it."""
    transcript = capture(two_calls, {"topic": "cats"}, stream_mode="updates")
    assert {event.mode for event in transcript.events} == {"updates"}


def test_subgraphs_name_their_namespace(build: Callable[..., Any], two_calls: Any) -> None:
    """With `subgraphs=True`, a chunk knows the path of the graph that streamed it."""

    def outer(state: State) -> State:
        return two_calls.invoke(state)  # type: ignore[no-any-return]

    transcript = capture(build(outer), {"topic": "cats"}, subgraphs=True)
    spaces = {event.namespace for event in transcript.events}
    assert {len(space) for space in spaces} == {0, 1}
    assert '@ ("outer:<task 1>",)' in transcript.text()
    assert {event.lane[-1].split(":")[0] for event in transcript.events if event.mode == "messages"}


def test_later_changes_do_not_reach_the_transcript(build: Callable[..., Any]) -> None:
    """What the program does with a value after streaming it is not seen.

    Beside it there may be something that cannot be copied, such as a lock.
    """
    log, message, lock = ["first"], AIMessage("first"), Lock()

    def note(state: State) -> State:
        return {"log": log, "joke": {"lock": lock, "log": log}, "poem": message}

    transcript = capture(build(note), {"topic": "cats"}, stream_mode=["updates"])
    log.append("later")
    message.content = "later"

    (update,) = transcript.updates("note")
    assert update["log"] == update["joke"]["log"] == ["first"]
    assert update["poem"].content == "first"
    assert update["joke"]["lock"] is lock


class Unlucky:
    """A graph whose stream ends in an exception."""

    def stream(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        """Stream one chunk, then fail."""
        yield "custom", 1
        raise OSError("the connection was lost")

    async def astream(self, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        """Do the same, asynchronously."""
        for chunk in self.stream():
            yield chunk


def test_an_exception_is_raised() -> None:
    """By default, the exception that ends a stream is the exception of `capture`."""
    with pytest.raises(OSError, match="the connection was lost"):
        capture(Unlucky(), None)


async def test_a_kept_exception_is_the_last_event() -> None:
    """With `errors="keep"` the exception is part of the transcript, and of its text."""
    transcript = await acapture(Unlucky(), None, errors="keep")

    assert [event.mode for event in transcript.events] == ["custom", "error"]
    assert isinstance(transcript.error, OSError)
    assert 'error OSError("the connection was lost")' in transcript.text()
    assert transcript == capture(Unlucky(), None, errors="keep")


def test_an_unknown_mode_is_an_error(two_calls: Any) -> None:
    """A misspelled mode names the right one, where LangGraph would stream nothing."""
    with pytest.raises(ValueError, match="mode 'mesages'; did you mean 'messages'"):
        capture(two_calls, {}, stream_mode=["mesages"])


def test_a_graph_that_is_not_compiled_is_an_error(engine: ModuleType) -> None:
    """The message says what to call."""
    with pytest.raises(TypeError, match=r"StateGraph: it has no stream\(\); call .compile\(\)"):
        capture(engine.StateGraph(dict), {})


def test_what_an_exception_does_is_one_of_two() -> None:
    """A misspelled `errors` never hides an exception."""
    with pytest.raises(ValueError, match="errors='ignore': expected 'raise' or 'keep'"):
        capture(Unlucky(), None, errors="ignore")  # type: ignore[arg-type]  # the mistake


def test_the_text_of_a_message_is_text() -> None:
    """Nodes write `message.text` into the state, which langchain-core makes a class of its own."""
    graph = StateGraph(dict).add_node("say", lambda _: {"said": AIMessage("hi").text})
    transcript = capture(graph.add_edge(START, "say").compile(), {}, stream_mode="updates")
    assert type(transcript.updates(node="say")[0]["said"]) is str
    assert transcript.text().endswith('updates {"say": {"said": "hi"}}\n')
