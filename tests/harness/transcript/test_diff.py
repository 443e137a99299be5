"""The difference of two transcripts is told in the words of the domain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from langchain_core.messages import AIMessageChunk, ToolCallChunk
from typing_extensions import TypedDict

from harness import ScriptedChatModel, Transcript, capture
from harness.transcript import Head, StreamEvent, compare_texts
from runtime.graph import START, StateGraph

Events = list[StreamEvent]
USAGE = {"input_tokens": 4, "output_tokens": 2, "total_tokens": 6}

NODES = ("joke", "poem")


class State(TypedDict, total=False):
    topic: str
    said: str


def chunk(content: str, node: str = "joke", **fields: Any) -> StreamEvent:
    """Make a messages chunk."""
    metadata = {"langgraph_node": node, "ls_temperature": 0.7, "tags": ["t"]}
    ids = {"joke": "m1", "poem": "m2"}
    return StreamEvent(
        0, (), "messages", (AIMessageChunk(content, id=ids[node], **fields), metadata)
    )


def arguments(piece: str, name: str | None = None) -> StreamEvent:
    """Make a chunk of a tool call."""
    call = ToolCallChunk(type="tool_call_chunk", name=name, args=piece, id=None, index=0)
    return chunk("", "poem", tool_call_chunks=[call])


def stream() -> Events:
    """Make the stream that the tests change."""
    return [
        StreamEvent(0, (), "values", {"topic": "cats"}),
        *[chunk(word) for word in ("Why", " was", " the", " cat", "?")],
        chunk("", usage_metadata=USAGE, response_metadata={"finish_reason": "stop"}),
        *[chunk(word, "poem") for word in ("In", " sun", "lit")],
        *[arguments("", "weather"), arguments('{"city": '), arguments('"Rome"}')],
        StreamEvent(0, (), "custom", {"progress": 1}),
        StreamEvent(0, (), "updates", {"joke": {"joke": "Why?"}}),
        StreamEvent(0, (), "updates", {"poem": {"poem": "In"}}),
    ]


def put(index: int, *events: StreamEvent) -> Callable[[Events], Events]:
    """Replace the chunk at an index."""
    return lambda before: [*before[:index], *events, *before[index + 1 :]]


def swap(left: int, right: int) -> Callable[[Events], Events]:
    """Let two chunks change places."""

    def change(before: Events) -> Events:
        after = list(before)
        after[left], after[right] = before[right], before[left]
        return after

    return change


def metadata(node: str, **changes: Any) -> Callable[[Events], Events]:
    """Change metadata of the chunks of a node; `None` removes a key."""

    def changed(event: StreamEvent) -> StreamEvent:
        if event.mode != "messages" or event.payload[1]["langgraph_node"] != node:
            return event
        new = {k: v for k, v in {**event.payload[1], **changes}.items() if v is not None}
        return replace(event, payload=(event.payload[0], new))

    return lambda before: [changed(event) for event in before]


OWN_CHUNK = (
    chunk("", response_metadata={"finish_reason": "stop"}),
    chunk("", usage_metadata=USAGE),
)
MORE = {**USAGE, "output_tokens": 3}
LAST = {"response_metadata": {"finish_reason": "stop"}}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (put(4, chunk(" dog")), 'node `joke`: token 4 changed: " cat" -> " dog"'),
        (put(4), 'node `joke`: token 4 is gone: " cat"'),
        (put(4, chunk(" cat"), chunk(" not")), 'node `joke`: token 5 is new: " not"'),
        (swap(8, 9), 'node `poem`: tokens 2 and 3 swapped: " sun" and "lit"'),
        (
            lambda events: put(8, chunk(" sunlit", "poem"))([*events[:9], *events[10:]]),
            (
                "node `poem`: the same text is cut differently from token 2 on: "
                '" sun" "lit" -> " sunlit" ""'
            ),
        ),
        (
            put(12, arguments('"Oslo"}')),
            (
                "node `poem`: token 6 (arguments of `weather`) changed: "
                r'"\"Rome\"}" -> "\"Oslo\"}"'
            ),
        ),
        (put(5, chunk("?"), chunk("")), "node `joke`: 1 empty chunk more"),
        (put(6, *OWN_CHUNK), "node `joke`: usage moved from the last chunk into its own chunk"),
        (
            put(6, chunk("", usage_metadata=MORE, **LAST)),
            "node `joke`: usage changed in `output_tokens`: 2 -> 3",
        ),
        (put(6, chunk("", **LAST)), "node `joke`: usage is gone: {"),
        (
            metadata("joke", ls_temperature=None),
            "`ls_temperature` is gone from the metadata of `joke`",
        ),
        (metadata("poem", ls_stop="."), '`ls_stop` is new in the metadata of `poem`: "."'),
        (
            metadata("joke", tags=["u"]),
            '`tags` changed in the metadata of `joke` in `0`: "t" -> "u"',
        ),
        (put(4, chunk(" cat", name="c")), 'node `joke`: `name` of token 4 is new: "c"'),
        (swap(14, 15), "updates of `joke` and `poem` swapped"),
        (
            put(14, StreamEvent(0, (), "updates", {"joke": {"joke": "Who?"}})),
            'update of `joke` changed in `joke.joke`: "Why?" -> "Who?"',
        ),
        (put(15), 'update of `poem` is gone: {"poem": {"poem": "In"}}'),
        (
            put(13, StreamEvent(0, (), "custom", {"progress": 2})),
            "custom item 1 changed in `progress`: 1 -> 2",
        ),
        (
            put(0, StreamEvent(0, (), "values", {"topic": "dogs"})),
            'state 1 changed in `topic`: "cats" -> "dogs"',
        ),
        (
            swap(6, 7),
            (
                "what streams at the same time takes turns differently: "
                "chunk 7 of the stream came from node `joke`, now from node `poem`"
            ),
        ),
        (lambda events: events[:7] + events[13:], "node `poem`: a message is gone"),
    ],
)
def test_sentences(change: Callable[[Events], Events], sentence: str) -> None:
    """The first line of a diff says what changed: which token, which key, which order."""
    before = Transcript(tuple(stream()))
    after = Transcript(tuple(change(stream())))

    assert before.diff(after).splitlines()[0].startswith(sentence)


def test_another_input() -> None:
    """The head is compared, too."""

    def asked(topic: str) -> Transcript:
        return Transcript((), head=Head("LangGraph", ("joke",), {"topic": topic}, ("values",)))

    assert (
        asked("cats")
        .diff(asked("dogs"))
        .startswith('the input changed in `topic`: "cats" -> "dogs"')
    )


@pytest.mark.parametrize(
    ("nodes", "sentence"),
    [
        (("joke", "verse"), "the graph changed: node `poem` is gone, node `verse` is new"),
        (("joke", "poem", "end"), "the graph changed: node `end` is new"),
        (("poem", "joke"), 'the graph changed: LangGraph("joke", "poem") -> LangGraph("poem", "jo'),
    ],
)
def test_other_nodes(nodes: tuple[str, ...], sentence: str) -> None:
    """Nodes that come and go are named first; whether one is renamed, only its chunks can say."""
    old, new = (Transcript((), head=Head("LangGraph", names, {})) for names in (NODES, nodes))
    assert compare_texts(old.text(), new.text()).summary[0].startswith(sentence)


@pytest.mark.parametrize("topic", ["cats", "joke"], ids=["", "the word is in the state, too"])
def test_a_renamed_node(topic: str) -> None:
    """One sentence says it, whatever places the name stands in; what else changed comes after."""

    def told(name: str, answer: str) -> str:
        model = ScriptedChatModel([answer, "In sunlit"], ids="m")
        graph = StateGraph(State)
        for node in (name, "poem"):
            graph.add_node(node, lambda _: {"said": model.invoke("q").text})
        graph.add_edge(START, name).add_edge(name, "poem")
        modes = ["values", "updates", "messages", "tasks"]
        return capture(graph.compile(), {"topic": topic}, stream_mode=modes).text()

    before = told("joke", "Why not?")
    assert compare_texts(before, told("jest", "Why not?")).summary == ("node `joke` is now `jest`",)
    assert compare_texts(before, told("jest", "Why so?")).summary[:2] == (
        "node `joke` is now `jest`",
        'node `jest`: token 2 changed: " not" -> " so"',
    )


def test_ids_that_are_equal_now(two_calls: Any) -> None:
    """If only the ids differ, that is what is told."""
    before = capture(two_calls, {"topic": "cats"})
    ids = [e.payload[0].id for e in before.events if e.mode == "messages"]

    def merged(event: StreamEvent) -> StreamEvent:
        if event.mode != "messages" or event.payload[0].id != ids[-1]:
            return event
        message, told = event.payload
        return replace(event, payload=(message.model_copy(update={"id": ids[0]}), told))

    after = Transcript(tuple(map(merged, before.events)), head=before.head)
    assert before.diff(after).startswith("other ids are equal: in chunk ")
    assert "<message 2> is <message 1> now" in before.diff(after)


def test_one_more_message_does_not_change_the_others(two_calls: Any) -> None:
    """The ordinals of all later ids are others then, which is not worth a word."""
    before = capture(two_calls, {"topic": "cats"})
    first = StreamEvent(
        0, (), "messages", (AIMessageChunk("Hm", id="1" * 32), {"langgraph_node": "a"})
    )
    after = Transcript((first, *before.events), head=before.head)

    assert compare_texts(before.text(), after.text()).summary == ("node `a`: a message is new",)


def test_the_changed_lines_stand_in_context() -> None:
    """After the words come the lines, as in a unified diff, with the message that they are of."""
    after = Transcript(tuple(put(9, chunk("less", "poem"))(stream())))
    found = Transcript(tuple(stream())).diff(after).splitlines()

    assert found[1:4] == ["", "--- expected", "+++ received"]
    assert found[4].endswith("@@ messages m2 begins")
    assert '-  | "In" " sun" "lit"' in found
    assert '+  | "In" " sun" "less"' in found


def test_equal_transcripts_have_no_diff(two_calls: Any) -> None:
    """Two runs of one graph do not differ."""
    assert capture(two_calls, {}).diff(capture(two_calls, {})) == ""


def test_a_text_of_an_older_format_is_compared_all_the_same() -> None:
    """What it says is compared, not how it is laid out; what is no stream is said to be none."""
    old = '# stream transcript, format 1\n\nmessages m1 begins\n  x: 1\nmessages m1 "Why"\n'
    made = Transcript((StreamEvent(1, (), "messages", (AIMessageChunk("Why", id="m1"), {"x": 1})),))

    assert not compare_texts(old, made.text())
    assert (
        compare_texts("# stream transcript, format 0\n", made.text())
        .summary[0]
        .startswith("the expected text begins with '# stream transcript, format 0'")
    )


def test_a_node_of_a_graph_inside_is_renamed() -> None:
    """One sentence, though the head does not name it and its name stands in many places."""

    def around(name: str) -> Transcript:
        model = ScriptedChatModel(["Why not?"], ids="m")
        inside = StateGraph(State).add_node(name, lambda _: {"said": model.invoke("x").text})
        graph = StateGraph(State).add_node("in", inside.add_edge(START, name).compile())
        modes: Any = ["messages", "updates"]
        compiled = graph.add_edge(START, "in").compile()
        return capture(compiled, {"topic": "x"}, stream_mode=modes, subgraphs=True)

    said = compare_texts(around("short").text(), around("brief").text()).summary
    assert said == ("node `short` is now `brief`",)


def asking(ids: str) -> Any:
    """Return a graph whose model gives its messages ids."""
    model = ScriptedChatModel(["Why not?"], ids=ids)
    graph = StateGraph(State).add_node("a", lambda _: {"said": model.invoke("x").text})
    return graph.add_edge(START, "a").compile()


def test_chunks_of_a_mode_that_is_not_asked_for_are_not_told() -> None:
    """That the modes are others is enough."""
    old, new = (
        capture(asking("m"), {"topic": "x"}, stream_mode=modes).text()
        for modes in (["values", "messages"], ["messages"])
    )
    assert compare_texts(old, new).summary == ("the modes changed: values, messages -> messages",)


def test_another_id_of_a_message_is_told_as_that() -> None:
    """Where the program gives ids that do not differ from run to run."""
    old, new = (capture(asking(ids), {}, stream_mode="messages").text() for ids in ("m", "n"))
    assert compare_texts(old, new).summary == ("a message of node `a` is `n-1`, was `m-1`",)
