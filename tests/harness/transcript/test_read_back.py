"""What is read back from a text is what was written: snapshots are compared by what they say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessageChunk, HumanMessage

from harness import Transcript
from harness.errors import SnapshotError
from harness.transcript import Head, StreamEvent, read, same_stream, write
from harness.transcript._text.entries import page_of
from harness.transcript._text.layout import WIDTH, joined, spread
from harness.transcript._text.notation import one_line

some = settings(max_examples=60, deadline=None, derandomize=True, database=None)

ODD = ["_", "a _ b", "turns", "[1]", '"', "as x", "| y", "\n", "#", ")", "<id 1>", "m1 begins"]
TEXTS = st.text(max_size=30) | st.sampled_from(ODD)
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.binary(max_size=5)
VALUES = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(TEXTS, inner, max_size=4)
        | st.tuples(inner)
        | st.tuples(inner, inner)
        | st.builds(
            HumanMessage, st.text(max_size=200), additional_kwargs=st.dictionaries(TEXTS, inner)
        )
    ),
    max_leaves=12,
)
NAMESPACES = st.sampled_from([(), ("sub:1",), ("a b", "c (")])
MESSAGES = st.tuples(
    st.builds(AIMessageChunk, TEXTS, id=st.sampled_from(["m1", "m2", "a b", None])),
    st.dictionaries(TEXTS, VALUES, max_size=3),
)
EVENTS = st.one_of(
    st.builds(StreamEvent, st.just(0), NAMESPACES, st.just("messages"), MESSAGES),
    st.builds(
        StreamEvent,
        st.just(0),
        NAMESPACES,
        st.sampled_from(["values", "updates", "custom", "sse", "turns", "a b"]),
        VALUES,
    ),
    st.builds(
        StreamEvent,
        st.just(0),
        st.just(()),
        st.just("custom"),
        st.builds(lambda t: {"t": t}, TEXTS),
    ),
)


@some
@given(VALUES)
def test_a_value_laid_out_is_that_value(value: Any) -> None:
    """However it is spread over lines, they join to the line that it was."""
    line = one_line(value)
    for prefix, indent in (("", ""), ("key: ", "  ")):
        lines = spread(line, prefix, indent)
        assert joined(lines).lstrip(" ") == f"{prefix}{line}"
        assert all(part.startswith(indent) for part in lines)


@some
@given(st.lists(EVENTS, max_size=12), st.none() | VALUES)
def test_a_stream_is_read_back(events: list[StreamEvent], given: Any) -> None:
    """Every chunk with its order, mode, namespace, text, fields and metadata; the head, too."""
    head = Head("agent", ("a", "b c"), given, ("values", "messages"))
    transcript = Transcript(tuple(events), head=head)
    normal = transcript.normalized()

    assert read(transcript.text()) == page_of(normal.head, normal.events)
    assert write(read(transcript.text())) == transcript.text()


def test_the_form_is_no_difference() -> None:
    """A value on one line where it was on several is what it was; another value is not."""
    transcript = Transcript((StreamEvent(1, (), "values", {"words": ["word"] * 30}),))
    text = transcript.text()
    flat = f"{text.splitlines()[0]}\n\nvalues {one_line({'words': ['word'] * 30})}\n"

    assert len(text.splitlines()) > 30
    assert max(map(len, text.splitlines())) <= WIDTH
    assert same_stream(text, flat)
    assert not same_stream(text, flat.replace("word", "other", 1))


def test_a_repr_with_brackets_of_its_own_stays_on_its_line() -> None:
    """What cannot be read back if it were laid out is not."""

    class Odd:
        def __repr__(self) -> str:
            return f"<(odd] {'x' * 90}>"

    lines = Transcript((StreamEvent(1, (), "values", [Odd(), 1]),)).text().splitlines()
    assert [line for line in lines if "odd" in line] == [f"  [<(odd] {'x' * 90}>, 1]"]


def test_a_text_that_was_cut_off() -> None:
    """Half a file is an error with its name, not another stream."""
    chunks = [(AIMessageChunk(text, id=i), {}) for text, i in [("A", "x"), ("1", "y"), ("B", "x")]]
    events = tuple(StreamEvent(n, (), "messages", chunk) for n, chunk in enumerate(chunks, 1))
    text = Transcript(events).text()
    for turns in ("turns 1 2 1 2 2", "turns 1 2", ""):
        with pytest.raises(SnapshotError, match=r"half\.txt is no whole text of a stream"):
            read(text.replace("turns 1 2 1", turns), "half.txt")
    with pytest.raises(SnapshotError, match=r"begins with '\{\}'; it is no stream"):
        read("{}")
