"""A graph is watched while a program streams it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from harness import capture, watch

INPUT = {"topic": "cats"}


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"stream_mode": "messages"},
        {"stream_mode": ["values", "messages"]},
        {"stream_mode": "updates", "subgraphs": True},
        {"stream_mode": ["values", "custom"], "subgraphs": True},
        {"stream_mode": ["values", "updates"], "version": "v2"},
    ],
)
async def test_the_program_gets_what_it_asked_for(
    two_calls: Any, arguments: dict[str, Any]
) -> None:
    """Each chunk is passed on in its shape, and kept in the transcript, sync and async."""
    watched, other = watch(two_calls), watch(two_calls)
    got = list(watched.stream(INPUT, **arguments))
    agot = [chunk async for chunk in other.astream(INPUT, **arguments)]

    assert [type(chunk) for chunk in got] == [type(chunk) for chunk in agot]
    assert len(got) == len(watched.transcript.events)
    modes = arguments.get("stream_mode", "updates")
    rest = {key: item for key, item in arguments.items() if key != "stream_mode"}
    assert watched.transcript == capture(two_calls, INPUT, stream_mode=modes, **rest)
    assert watched.transcript == other.transcript


def test_a_chunk_is_kept_when_it_passes(two_calls: Any) -> None:
    """The transcript is there while the stream runs, and after the program stops reading."""
    watched = watch(two_calls)
    for _ in watched.stream(INPUT, stream_mode="messages"):
        if len(watched.transcript.tokens()) == 2:
            break
    assert watched.transcript.tokens() == ["Why", " was"]


def test_later_runs_follow_their_input(two_calls: Any) -> None:
    """Everything that the graph streams is one transcript."""
    watched = watch(two_calls)
    for topic in ("cats", "dogs"):
        list(watched.stream({"topic": topic}, stream_mode="updates"))
    assert [event.mode for event in watched.transcript.events] == [
        *["updates", "updates", "input", "updates", "updates"]
    ]
    assert watched.transcript.payloads("input") == [{"topic": "dogs"}]


def test_an_exception_is_kept_and_raised() -> None:
    """The program sees it as ever."""

    class Unlucky:
        def stream(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
            yield 1
            raise OSError("lost")

    watched = watch(Unlucky())
    with pytest.raises(OSError, match="lost"):
        list(watched.stream(None, stream_mode="custom"))
    assert [event.mode for event in watched.transcript.events] == ["custom", "error"]


def test_everything_else_is_the_graphs(two_calls: Any) -> None:
    """The program may ask the graph whatever it likes."""
    assert watch(two_calls).invoke(INPUT)["topic"] == "cats"
    assert watch(two_calls).get_graph() == two_calls.get_graph()
