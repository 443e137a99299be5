"""The difference of two transcripts is told in the words of the domain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from langchain_core.messages import AIMessageChunk

from harness import Transcript, capture
from harness.transcript import StreamEvent, compare_texts

JOKE, POEM = 'm1 (node "joke")', 'm2 (node "poem")'


def chunk(content: str, id: str = "m1", node: str = "joke", name: str | None = None) -> StreamEvent:  # noqa: A002
    """Make a messages chunk."""
    payload = (AIMessageChunk(content, id=id, name=name), {"langgraph_node": node, "tags": ["t"]})
    return StreamEvent(0, (), "messages", payload)


def stream() -> list[StreamEvent]:
    """Make the stream that the tests change."""
    return [
        StreamEvent(0, (), "values", {"topic": "cats"}),
        *[chunk(word) for word in ("Why", " was", " the", " cat", "?")],
        *[chunk(word, "m2", "poem") for word in ("In", " sun", "lit")],
        StreamEvent(0, (), "updates", {"joke": {"joke": "Why?"}}),
        StreamEvent(0, (), "updates", {"poem": {"poem": "In"}}),
    ]


def put(index: int, *events: StreamEvent) -> Callable[[list[StreamEvent]], list[StreamEvent]]:
    """Replace the chunk at an index."""
    return lambda before: [*before[:index], *events, *before[index + 1 :]]


def swap(left: int, right: int) -> Callable[[list[StreamEvent]], list[StreamEvent]]:
    """Let two chunks change places."""

    def change(before: list[StreamEvent]) -> list[StreamEvent]:
        after = list(before)
        after[left], after[right] = before[right], before[left]
        return after

    return change


def metadata(**changes: Any) -> Callable[[list[StreamEvent]], list[StreamEvent]]:
    """Change metadata of all chunks; `None` removes a key."""

    def change(before: list[StreamEvent]) -> list[StreamEvent]:
        return [
            replace(e, payload=(e.payload[0], _changed(e.payload[1])))
            if e.mode == "messages"
            else e
            for e in before
        ]

    def _changed(old: dict[str, Any]) -> dict[str, Any]:
        return {key: item for key, item in {**old, **changes}.items() if item is not None}

    return change


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (put(4, chunk(" dog")), f'messages: token 4 of {JOKE} changed: " cat" -> " dog"'),
        (put(4), f'messages: token 4 of {JOKE} is gone: " cat"'),
        (
            put(4, chunk(" cat"), chunk(" not")),
            f'messages: token 5 of {JOKE} is new: " not"',
        ),
        (
            swap(7, 8),
            f'messages: order changed from token 2 of {POEM} on: " sun" -> "lit"',
        ),
        (metadata(tags=None), f"metadata: tags is gone from {JOKE}"),
        (metadata(ls_temperature=0.7), f"metadata: ls_temperature is new in {JOKE}: 0.7"),
        (metadata(tags=["u"]), f'metadata: tags of {JOKE} changed: ["t"] -> ["u"]'),
        (
            put(0, StreamEvent(0, (), "values", {"topic": "dogs"})),
            'values: chunk 1 changed: {"topic": "cats"} -> {"topic": "dogs"}',
        ),
        (
            swap(9, 10),
            (
                'updates: order changed from chunk 1 on: {"joke": {"joke": "Why?"}} -> '
                '{"poem": {"poem": "In"}}'
            ),
        ),
        (swap(5, 6), f"order: chunk 6 of the stream came from {JOKE}, now from {POEM}"),
        (
            put(4, chunk(" cat", name="cat")),
            (
                f"messages: the fields of token 4 of {JOKE} changed: "
                'AIMessageChunk(_) -> AIMessageChunk(_, name="cat")'
            ),
        ),
        (lambda events: events[:6] + events[9:], f"messages: {POEM} is gone"),
    ],
)
def test_sentences(change: Callable[[list[StreamEvent]], list[StreamEvent]], sentence: str) -> None:
    """The first line of a diff says what changed: which token, which key, which order."""
    before = Transcript(tuple(stream()))
    after = Transcript(tuple(change(stream())))

    assert before.diff(after).splitlines()[0] == sentence


def test_the_changed_lines_stand_in_context() -> None:
    """After the words come the lines, as in a unified diff."""
    after = Transcript(tuple(put(4, chunk(" dog"))(stream())))
    found = Transcript(tuple(stream())).diff(after).splitlines()

    assert found[1:4] == ["", "--- expected", "+++ received"]
    assert '-messages m1 "Why" " was" " the" " cat" "?"' in found
    assert '+messages m1 "Why" " was" " the" " dog" "?"' in found


def test_equal_transcripts_have_no_diff(two_calls: Any) -> None:
    """Two runs of one graph do not differ."""
    assert capture(two_calls, {}).diff(capture(two_calls, {})) == ""


def test_a_real_difference_between_two_runs(two_calls: Any) -> None:
    """The words hold for texts of real streams too, with their numbered ids."""
    before, after = capture(two_calls, {"topic": "cats"}), capture(two_calls, {"topic": "dogs"})
    assert before.diff(after).startswith('values: chunk 1 changed: {"log": [], "topic": "cats"}')


def test_a_text_of_another_format_says_so() -> None:
    """The comparison does not guess what an unknown format means."""
    difference = compare_texts("# stream transcript, format 0\n", Transcript(()).text())
    assert difference.summary[0].startswith("format: the expected text begins with")
