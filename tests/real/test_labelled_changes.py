"""Changes of real streams, each with its label: the diff tells which it is, and where.

The streams are those of a graph of two nodes, each of which replays a recording of the pool beside
the repository. Every class of change is made in each of four streams; every way in which a stream
may differ without having changed, too.
"""

from __future__ import annotations

import json
import random
import re
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from langchain_core.messages import AIMessageChunk

from harness import Transcript, capture
from harness.cassettes import play, read_recording
from harness.providers import find_provider
from harness.snapshot import current
from harness.transcript import Difference, StreamEvent, compare_texts
from runtime.config import get_stream_writer
from runtime.graph import START, MessagesState, StateGraph

POOL = Path(__file__).resolve().parents[2].parent / "shared" / "cassettes" / "pool"
pytestmark = pytest.mark.skipif(not POOL.is_dir(), reason="the pool of recordings is not here")

ANTHROPIC, OPENAI = "anthropic__messages-stream__", "openai__chat-stream__"
STREAMS = {  # the beginning of the names of what the nodes `a` and `b` replay
    "tools": (
        f"{ANTHROPIC}dd-trace-py__anthropic_completion_beta_tools_stream.",
        f"{OPENAI}dd-trace-py__openai_chat_completion_async_stream.",
    ),
    "long": (
        f"{ANTHROPIC}openllmetry__test_anthropic_message_stream_manager_with_events_with_content.",
        f"{OPENAI}chatlas__test_provider_openai_completions.test_openai_logprobs.",
    ),
    "thoughts": (
        f"{ANTHROPIC}llm-anthropic__test_stream_events_thinking.",
        f"{OPENAI}dd-trace-py__openai_chat_completion_async_stream~2.",
    ),
    "conversation": (
        f"{ANTHROPIC}ruby_llm__20241022_can_use_tools_without_parameters_in_multi-turn_streaming",
        f"{OPENAI}braintrust-sdk-python__test_litellm_async_streaming_with_break.",
    ),
}

Events = list[StreamEvent]


@cache
def stream(name: str) -> Transcript:
    """The stream of a graph of two nodes that replay recordings."""
    files = (next(POOL.glob(f"{begin}*")) for begin in STREAMS[name])
    interactions = [read_recording(file).interactions[0] for file in files]

    def node(index: int) -> Callable[[MessagesState], dict[str, Any]]:
        def ask(state: MessagesState) -> dict[str, Any]:
            get_stream_writer()({"progress": index})
            provider = find_provider(interactions[index].request)
            assert provider is not None
            call = provider.rebuild(interactions[index].request)
            return {"messages": [call.model.invoke(call.messages, **call.options)]}

        return ask

    graph = StateGraph(MessagesState).add_node("a", node(0)).add_node("b", node(1))
    graph.add_edge(START, "a").add_edge("a", "b")
    with warnings.catch_warnings(), play(interactions):
        warnings.simplefilter("ignore")  # they speak of retired models
        return capture(graph.compile(), {"messages": [("user", "cats")]})


# Making changes.


def told(event: StreamEvent) -> dict[str, Any]:
    """The metadata of a chunk of a message."""
    return event.payload[1] if event.mode == "messages" else {}


def of(events: Events, node: str) -> list[int]:
    """The places of the chunks of a node's message."""
    return [k for k, event in enumerate(events) if told(event).get("langgraph_node") == node]


def texts(events: Events, node: str = "b") -> list[int]:
    """The places of a node's chunks that are plain text."""
    chunks = ((k, events[k].payload[0].content) for k in of(events, node))
    return [k for k, text in chunks if isinstance(text, str) and len(text) > 1]


def mode(events: Events, name: str) -> list[int]:
    """The places of the chunks of a mode."""
    return [k for k, event in enumerate(events) if event.mode == name]


def message(event: StreamEvent, **fields: Any) -> StreamEvent:
    """The chunk of a message with other fields."""
    chunk, metadata = event.payload
    return replace(event, payload=(chunk.model_copy(update=fields), metadata))


def text_changed(events: Events) -> Events:
    """One token is another one."""
    place = texts(events)[2]
    events[place] = message(events[place], content=" other")
    return events


def token_lost(events: Events) -> Events:
    """One token is missing."""
    del events[texts(events)[2]]
    return events


def token_added(events: Events) -> Events:
    """There is one more token."""
    place = texts(events)[2]
    return [*events[:place], message(events[place], content=" more"), *events[place:]]


def tokens_swapped(events: Events) -> Events:
    """Two tokens have changed places."""
    first, second = texts(events)[1:3]
    events[first], events[second] = events[second], events[first]
    return events


def cut_elsewhere(events: Events) -> Events:
    """One token came in two pieces."""
    place = texts(events)[2]
    text = events[place].payload[0].content
    pieces = [message(events[place], content=part) for part in (text[:1], text[1:])]
    return [*events[:place], *pieces, *events[place + 1 :]]


def _with_usage(events: Events) -> int:
    return next(k for k in reversed(of(events, "a")) if events[k].payload[0].usage_metadata)


def usage_moved(events: Events) -> Events:
    """The usage of the last chunk comes in one of its own now."""
    place = _with_usage(events)
    chunk, metadata = events[place].payload
    own = AIMessageChunk("", id=chunk.id, usage_metadata=chunk.usage_metadata)
    without = message(events[place], usage_metadata=None)
    two = [without, replace(events[place], payload=(own, metadata))]
    return [*events[:place], *two, *events[place + 1 :]]


def usage_changed(events: Events) -> Events:
    """One more token was paid for."""
    place = _with_usage(events)
    usage = events[place].payload[0].usage_metadata
    more = {**usage, "output_tokens": usage["output_tokens"] + 1}
    events[place] = message(events[place], usage_metadata=more)
    return events


def usage_lost(events: Events) -> Events:
    """Nobody counts any more."""
    return [
        message(event, usage_metadata=None) if told(event).get("langgraph_node") == "a" else event
        for event in events
    ]


def _metadata(events: Events, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Events:
    for k in of(events, "a"):
        chunk, metadata = events[k].payload
        events[k] = replace(events[k], payload=(chunk, change(metadata)))
    return events


def metadata_lost(events: Events) -> Events:
    """A key of the metadata is gone."""
    return _metadata(events, lambda old: {k: v for k, v in old.items() if k != "ls_provider"})


def metadata_new(events: Events) -> Events:
    """The metadata has one more key."""
    return _metadata(events, lambda old: {**old, "ls_stop": ["."]})


def metadata_changed(events: Events) -> Events:
    """The metadata says something else."""
    return _metadata(events, lambda old: {**old, "ls_model_type": "llm"})


def field_changed(events: Events) -> Events:
    """A chunk says more beside its text."""
    place = texts(events)[1]
    events[place] = message(events[place], name="other")
    return events


def update_changed(events: Events) -> Events:
    """A node wrote something else."""
    place = mode(events, "updates")[1]
    events[place] = replace(events[place], payload={"b": {"messages": ["other"]}})
    return events


def updates_swapped(events: Events) -> Events:
    """The nodes came to their ends in another order."""
    first, second = mode(events, "updates")
    events[first], events[second] = events[second], events[first]
    return events


def update_lost(events: Events) -> Events:
    """A node wrote nothing."""
    del events[mode(events, "updates")[0]]
    return events


def state_changed(events: Events) -> Events:
    """The last state is another one."""
    place = mode(events, "values")[-1]
    events[place] = replace(events[place], payload={**events[place].payload, "more": 1})
    return events


def item_changed(events: Events) -> Events:
    """A custom item is another one."""
    place = mode(events, "custom")[1]
    events[place] = replace(events[place], payload={"progress": 7})
    return events


def message_lost(events: Events) -> Events:
    """A model was not called."""
    return [event for event in events if told(event).get("langgraph_node") != "a"]


def error_added(events: Events) -> Events:
    """The stream ended in an exception."""
    return [*events, StreamEvent(0, (), "error", OSError("lost"))]


def turns_changed(events: Events) -> Events:
    """Of what streams at once, another one came first."""
    last, first = of(events, "a")[-1], of(events, "b")[0]
    moved = events.pop(first)
    return [*events[:last], moved, *events[last:]]


def ids_merged(events: Events) -> Events:
    """Two tasks have one id."""
    name = "langgraph_checkpoint_ns"
    first = told(events[of(events, "a")[0]])[name].split(":")[1]
    for k in of(events, "b"):
        chunk, metadata = events[k].payload
        second = metadata[name].split(":")[1]
        same = {key: _replaced(value, second, first) for key, value in metadata.items()}
        events[k] = replace(events[k], payload=(chunk, same))
    return events


def _replaced(value: Any, old: str, new: str) -> Any:
    return value.replace(old, new) if isinstance(value, str) else value


CHANGES: dict[Callable[[Events], Events], tuple[str, str]] = {  # the kind, words of the sentence
    text_changed: ("token", "node `b`: token"),
    token_lost: ("token", "is gone"),
    token_added: ("token", "is new"),
    tokens_swapped: ("tokens swapped", "swapped"),
    cut_elsewhere: ("cuts", "node `b`: the same text is cut differently"),
    usage_moved: ("usage", "node `a`: usage moved from the last chunk into its own chunk"),
    usage_changed: ("usage", "node `a`: usage changed in `output_tokens`"),
    usage_lost: ("usage", "node `a`: usage is gone"),
    metadata_lost: ("metadata", "`ls_provider` is gone from the metadata of `a`"),
    metadata_new: ("metadata", "`ls_stop` is new in the metadata of `a`"),
    metadata_changed: ("metadata", "`ls_model_type` changed in the metadata of `a`"),
    field_changed: ("fields", "node `b`: `name` of token"),
    update_changed: ("updates", "update of `b` changed"),
    updates_swapped: ("updates order", "updates of `a` and `b` swapped"),
    update_lost: ("updates", "update of `a` is gone"),
    state_changed: ("values", "state 3 changed"),
    item_changed: ("custom", "custom item 2 changed in `progress`"),
    message_lost: ("message", "node `a`: a message is gone"),
    error_added: ("error", "error 1 is new"),
    turns_changed: ("order", "from node `a`, now from node `b`"),
    ids_merged: ("ids", "<task 2> is <task 1> now"),
}


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_is_classified(change: Callable[[Events], Events], name: str) -> None:
    """The first sentence is about what was changed, and about nothing else."""
    before = stream(name)
    after = Transcript(tuple(change(list(before.events))), head=before.head)
    kind, words = CHANGES[change]
    found = compare_texts(before.text(), after.text())

    assert {change.kind for change in found.changes} == {kind}, found.summary
    assert words in found.summary[0]


# Changing nothing.


def _as_data(transcript: Transcript, tmp_path: Path) -> list[str]:
    transcript.save(tmp_path / "it.jsonl")
    return (tmp_path / "it.jsonl").read_text().splitlines()


def _of_data(lines: list[str], tmp_path: Path) -> Transcript:
    (tmp_path / "it.jsonl").write_text("".join(f"{line}\n" for line in lines))
    return Transcript.load(tmp_path / "it.jsonl")


def loaded(transcript: Transcript, tmp_path: Path) -> Transcript:
    """From a file."""
    return _of_data(_as_data(transcript, tmp_path), tmp_path)


def other_ids(transcript: Transcript, tmp_path: Path) -> Transcript:
    """Every uuid and every id that a provider drew is another one."""
    text = "\n".join(_as_data(transcript, tmp_path))
    for found in sorted(set(_IDS.findall(text))):
        new = str(uuid4()) if "-" in found[:9] else found[:12] + uuid4().hex[: len(found) - 12]
        text = text.replace(found, new)
    return _of_data(text.splitlines(), tmp_path)


def other_order_of_keys(transcript: Transcript, tmp_path: Path) -> Transcript:
    """Dicts that are equal."""
    lines = [
        json.dumps(json.loads(line), sort_keys=True) for line in _as_data(transcript, tmp_path)
    ]
    return _of_data(lines, tmp_path)


def shuffled_keys(transcript: Transcript, tmp_path: Path) -> Transcript:
    """Dicts that are equal, in an order that nobody meant."""
    order = random.Random(7)  # noqa: S311 - the same in each run

    def shuffled(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return dict(order.sample(pairs, len(pairs)))

    lines = _as_data(transcript, tmp_path)
    shaken = [json.dumps(json.loads(line, object_pairs_hook=shuffled)) for line in lines]
    return _of_data(shaken, tmp_path)


def other_times(transcript: Transcript, tmp_path: Path) -> Transcript:
    """Everything took longer."""
    return Transcript(
        tuple(replace(event, seconds=9.0) for event in transcript.events), head=transcript.head
    )


def other_numbers(transcript: Transcript, tmp_path: Path) -> Transcript:
    """Arrival numbers go on from an earlier run."""
    events = (replace(event, number=event.number + 40) for event in transcript.events)
    return Transcript(tuple(events), head=transcript.head)


def other_versions(transcript: Transcript, tmp_path: Path) -> Transcript:
    """Another langchain-core said the same."""
    events = list(transcript.events)
    for node in ("a", "b"):
        for k in of(events, node):
            chunk, metadata = events[k].payload
            told = {**metadata, "lc_versions": {"langchain-core": "9.9"}}
            events[k] = replace(events[k], payload=(chunk, told))
    return Transcript(tuple(events), head=transcript.head)


def normalized(transcript: Transcript, tmp_path: Path) -> Transcript:
    """With its ids numbered already."""
    return transcript.normalized()


def without_head(transcript: Transcript, tmp_path: Path) -> Transcript:
    """From before heads were kept; it is the older one."""
    return Transcript(transcript.events)


def run_again(transcript: Transcript, tmp_path: Path) -> Transcript:
    """The same graph, once more."""
    name = next(name for name in STREAMS if stream(name) is transcript)
    return stream.__wrapped__(name)


def read_back(transcript: Transcript, tmp_path: Path) -> Transcript:
    """Read from its text, and written once more."""
    assert current(transcript.text(), "it") == transcript.text()
    return transcript


_IDS = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|(?:toolu_|msg_|chatcmpl-)[0-9A-Za-z_]{16,}"
)
NOTHING = (
    *(loaded, other_ids, other_order_of_keys, shuffled_keys, other_times, other_numbers),
    *(other_versions, normalized, without_head, run_again, read_back),
)


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("same", NOTHING, ids=lambda same: same.__name__)
def test_no_change_is_none(
    same: Callable[[Transcript, Path], Transcript], name: str, tmp_path: Path
) -> None:
    """What may differ from run to run, from machine to machine and from file to file."""
    before = stream(name)
    after = same(before, tmp_path)
    assert compare_texts(after.text(), before.text()) == Difference()
