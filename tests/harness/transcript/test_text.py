"""The text of a transcript: readable, and nothing can change unseen."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    HumanMessage,
    ToolCallChunk,
    ToolMessage,
)
from pydantic import BaseModel

from harness import Transcript
from harness.transcript import Head, StreamEvent
from harness.transcript._text.notation import one_line


def text(*chunks: tuple[str, Any], namespace: tuple[str, ...] = ()) -> str:
    """Write a transcript of chunks."""
    events = [StreamEvent(n, namespace, mode, item) for n, (mode, item) in enumerate(chunks, 1)]
    return Transcript(tuple(events)).text()


def message(content: Any, *, id: str = "m1", **fields: Any) -> tuple[str, Any]:  # noqa: A002
    """Make a messages chunk."""
    metadata = {"langgraph_node": "joke", **fields.pop("metadata", {})}
    return "messages", (AIMessageChunk(content=content, id=id, **fields), metadata)


def lines(*chunks: tuple[str, Any]) -> list[str]:
    """The lines of a text that are not empty."""
    return [line for line in text(*chunks).splitlines()[1:] if line]


def test_a_whole_text() -> None:
    """A header, metadata once per message, tokens with their cuts, other chunks as values."""
    usage = {"input_tokens": 4, "output_tokens": 2, "total_tokens": 6}
    assert text(
        ("values", {"topic": "cats"}),
        message("Why", metadata={"tags": ["a"]}),
        message(" was", metadata={"tags": ["a"]}),
        message("?"),
        message("", usage_metadata=usage, chunk_position="last"),
        ("updates", {"joke": {"joke": AIMessage("Why was?", id="m1")}}),
    ) == (
        "# stream transcript, format 2\n"
        "\n"
        'values {"topic": "cats"}\n'
        "\n"
        "messages m1 begins\n"
        '  langgraph_node: "joke"\n'
        '  tags: ["a"]\n'
        '  | "Why" " was"\n'
        "  tags: (gone)\n"
        '  | "?"\n'
        "  as AIMessageChunk(\n"
        "    _,\n"
        '    chunk_position="last",\n'
        '    usage_metadata={"input_tokens": 4, "output_tokens": 2, "total_tokens": 6},\n'
        "  )\n"
        '  | ""\n'
        "\n"
        'updates {"joke": {"joke": AIMessage("Why was?", id="m1")}}\n'
    )


def test_the_head_says_what_was_streamed() -> None:
    """The graph with its nodes, the input, the modes; ids of the input alone are numbered last."""
    one, two = str(uuid4()), str(uuid4())
    head = Head("agent", ("joke", "poem"), {"topic": "cats", "id": one}, ("updates", "messages"))
    event = StreamEvent(1, (), "updates", {"joke": two})
    assert Transcript((event,), head=head).text() == (
        "# stream transcript, format 2\n"
        'graph agent("joke", "poem")\n'
        'input {"id": "<id 2>", "topic": "cats"}\n'
        "modes updates, messages\n"
        "\n"
        'updates {"joke": "<id 1>"}\n'
    )


@pytest.mark.parametrize("fields", [{}, {"response_metadata": {"model_provider": "openai"}}])
def test_a_hundred_tokens_are_some_lines(fields: dict[str, Any]) -> None:
    """Tokens share lines of about a hundred columns, also where every chunk has more fields."""
    found = lines(*[message(f" word{number}", **fields) for number in range(100)])
    assert len(found) <= 14
    assert max(map(len, found)) <= 100


def test_a_changed_sentence_leaves_the_others_alone() -> None:
    """A line ends with its sentence, so another length does not shift the lines below."""
    before = lines(*[message(token) for token in ["One", ".", "Two", " cats", ".", "Three", "."]])
    after = lines(*[message(token) for token in ["Once", ".", "Two", " cats", ".", "Three", "."]])
    assert [a == b for a, b in zip(before, after, strict=True)][-3:] == [False, True, True]


def test_two_messages_at_once_have_lanes() -> None:
    """Each is read as one; below them stands who came when, so that no change of it is unseen."""
    chunks = [
        message("A", id="x"),
        message("1", id="y"),
        message("B", id="x"),
        message("2", id="y"),
    ]
    assert lines(*chunks, *[message(str(n), id="y") for n in range(3, 6)]) == [
        *["messages x begins [1]", '  langgraph_node: "joke"', '  | "A" "B"'],
        *["messages y begins [2]", '  langgraph_node: "joke"', '  | "1" "2" "3" "4" "5"'],
        "turns 1 2 1 2x4",
    ]


def test_a_message_goes_on() -> None:
    """What stands between ends the lanes; only what is new about a message is told again."""
    assert lines(message("A"), ("updates", {"b": 1}), message("B"))[-3:] == [
        'updates {"b": 1}',
        "messages m1 goes on",
        '  | "B"',
    ]


def test_a_lane_names_its_task() -> None:
    """A person sees at once whose tokens these are."""
    task = {"langgraph_checkpoint_ns": f"outer:{uuid4()}|joke:{uuid4()}"}
    found = lines(message("A", metadata=task))[0]
    assert found == "messages m1 of outer:<task 1>|joke:<task 2> begins"


def test_items_that_stream_text_share_lines() -> None:
    """A custom stream of tokens says once what all of them say."""
    words = ["Why", " was", " the", " cat", "?"]
    items = [("custom", {"token": word, "of": ["_", "joke"]}) for word in words]
    assert lines(*items) == [
        "custom",
        '  as {"of": ["_", "joke"], "token": _}',
        '  | "Why" " was" " the" " cat" "?"',
    ]
    assert lines(*items[:2]) == [f"custom {one_line(item)}" for _, item in items[:2]]


def test_what_is_not_the_same_stands_alone() -> None:
    """Items that differ in more than a string, or only in a key, are told one by one."""
    numbers = [("custom", {"step": number}) for number in range(3)]
    keys = [("custom", {key: 1}) for key in "abc"]
    assert len(lines(*numbers)) == len(lines(*keys)) == 3


def test_content_blocks_stream_as_tokens_too() -> None:
    """The text of a chunk's only block is its token; the rest of the block is its shape."""
    blocks = [{"type": "text", "text": word, "index": 0} for word in ("Why", " not")]
    assert lines(*[message([block]) for block in blocks])[-2:] == [
        '  as AIMessageChunk([{"index": 0, "text": _, "type": "text"}])',
        '  | "Why" " not"',
    ]


def test_thoughts_stream_as_tokens_too() -> None:
    """However deep a provider puts the one text of a chunk."""
    blocks = [
        {"type": "thinking", "thinking": [{"type": "text", "text": word}]} for word in ("Hm", "...")
    ]
    assert lines(*[message([block]) for block in blocks])[-1] == '  | "Hm" "..."'


def test_arguments_of_a_tool_call_stream_as_tokens_too() -> None:
    """What the chunk derives from its tool call chunks is not repeated."""
    calls = [
        [ToolCallChunk(type="tool_call_chunk", name=None, args=piece, id=None, index=0)]
        for piece in ('{"a"', ": 1}")
    ]
    found = lines(*[message("", tool_call_chunks=call) for call in calls])
    assert found[-1] == r'  | "{\"a\"" ": 1}"'
    assert sum("tool_calls" in line for line in found) == 0


def test_a_chunk_without_text_is_counted() -> None:
    """Two empty chunks are not one."""
    assert lines(message([]), message([]))[-2:] == [
        "  as AIMessageChunk([])",
        "  | . .",
    ]


class Color(Enum):
    RED = 1


class Point(NamedTuple):
    x: int


@dataclass(frozen=True)
class Frozen:
    x: int


class Model(BaseModel):
    x: int = 1


def _called(args: dict[str, Any]) -> AIMessageChunk:
    """A chunk whose tool call has other arguments than its tool call chunk, or the same ones."""
    chunk = ToolCallChunk(type="tool_call_chunk", name="f", args='{"a": 1}', id="1", index=0)
    call = {"name": "f", "args": args, "id": "1", "type": "tool_call"}
    return AIMessageChunk("", tool_call_chunks=[chunk]).model_copy(update={"tool_calls": [call]})


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (("a",), ["a"]),
        (1, "1"),
        (1, True),
        (1, 1.0),
        (0, None),
        (b"a", "a"),
        ("a", "a "),
        ("a", "a\u200b"),
        ({1: 2}, {"1": 2}),
        ({}, []),
        ({}, set()),
        ({"a"}, frozenset({"a"})),
        ({}, OrderedDict()),
        ({}, defaultdict(list)),
        (Color.RED, 1),
        (Point(1), (1,)),
        (Frozen(1), Frozen(2)),
        (Frozen(1), Model()),
        (Model(), Model(x=2)),
        (ValueError("a"), ValueError("b")),
        (ValueError("a"), TypeError("a")),
        (AIMessage("a"), AIMessageChunk("a")),
        (AIMessage("a"), HumanMessage("a")),
        (AIMessage("a"), AIMessage([{"type": "text", "text": "a"}])),
        (AIMessage("a"), AIMessage("a", name="b")),
        (AIMessage("a", id="1"), AIMessage("a", id="2")),
        (ToolMessage("a", tool_call_id="1"), ToolMessage("a", tool_call_id="1", status="error")),
        (["a", "b"], ["a b"]),
        (_called({"a": 1}), _called({"a": True})),
    ],
)
def test_types_and_values_matter(left: Any, right: Any) -> None:
    """Values that differ, or only their types, differ in the text, also where they are nested."""
    assert text(("custom", left)) != text(("custom", right))
    assert text(("custom", {"k": [left]})) != text(("custom", {"k": [right]}))


def test_a_long_string_is_cut_between_words() -> None:
    """A long text is several strings side by side: readable, and one change is one line."""
    found = lines(("custom", {"poem": "In sunlit patches,\n" + "they stretch and yawn " * 10}))
    assert found[:3] == ["custom", "  {", r'    "poem": "In sunlit patches,\n"']
    assert max(map(len, found)) <= 100


def test_nothing_invisible() -> None:
    """Control and zero-width characters, line separators and lone surrogates are escaped."""
    for character in "\x00\x7f\x85\xa0\u200b\u2028\u202e\ufeff\ud800\U000e0001":
        written = text(("custom", character))
        assert written.isprintable() or written.replace("\n", "").isprintable()
        assert written.encode("utf-8").isascii()
    assert 'custom "Grüße 🐈"' in text(("custom", "Grüße 🐈"))


def test_the_namespace_of_a_chunk_is_written() -> None:
    """A subgraph's chunk differs from the same chunk of the graph itself."""
    assert text(("values", 1), namespace=("sub",)).endswith('values @ ("sub",) 1\n')
    assert '  @: ("sub",)' in text(message("Hi"), namespace=("sub",))


def test_an_empty_stream() -> None:
    """Nothing streamed is a header alone."""
    assert text() == "# stream transcript, format 2\n"
