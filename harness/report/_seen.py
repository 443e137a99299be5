"""What a report shows of a test, as JSON: its streams, and how snapshots differ."""

from __future__ import annotations

import json
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any

from harness.snapshot import differences
from harness.transcript import WITHOUT_TEXT, Entry, StreamEvent, Transcript, page_of

Shown = dict[str, Any]
_Metadata = tuple[tuple[str, str], ...]
_AROUND = 3
_GRAPH = "the graph itself"


def stream_of(transcript: Transcript) -> Shown:
    """Describe a stream: what was asked for, its lanes, and every event in its lane.

    Events name their metadata by its place in a list, as those of one message have the same.
    Ids are numbered as in snapshots, so that two reports of the same tests differ in times alone.
    """
    normal = transcript.normalized()
    page = page_of(normal.head, normal.events)
    lanes: dict[str, int] = {}
    metadata: dict[_Metadata, int] = {}
    events = [
        _event(event, entry, lanes, metadata)
        for event, entry in zip(normal.events, page.entries, strict=True)
    ]
    for event, seconds in zip(events, transcript.seconds, strict=True):
        event["seconds"] = seconds
    return {
        "head": list(page.head),
        "lanes": list(lanes),
        "metadata": list(metadata),
        "events": events,
    }


def _event(
    event: StreamEvent, entry: Entry, lanes: dict[str, int], metadata: dict[_Metadata, int]
) -> Shown:
    lane = lanes.setdefault("|".join(event.lane) or _GRAPH, len(lanes))
    shown: Shown = {"number": event.number, "lane": lane, "mode": event.mode, "body": entry.body}
    if entry.label:
        node = dict(entry.metadata).get("langgraph_node", '""')
        shown["message"] = entry.label
        shown["metadata"] = metadata.setdefault(entry.metadata, len(metadata))
        shown["node"] = json.loads(node) or "no node"
        if entry.piece != WITHOUT_TEXT:
            shown["text"] = json.loads(entry.piece)
    return shown


def differences_of(snapshot: Any) -> list[Shown]:
    """Describe the comparisons of a `stream_snapshot` that failed, side by side."""
    return [
        {"name": name, "said": said, "rows": side_by_side(expected, received)}
        for name, said, expected, received in differences(snapshot)
    ]


def side_by_side(expected: str, received: str) -> list[Shown]:
    """Pair the lines of two texts that differ, with a few equal ones around them.

    Returns:
        Rows with `left` and `right`, each None or a line as three strings: what both lines begin
        with, what differs, what both end with; or a row with `gap`, where equal lines are left out.
    """
    left, right = expected.splitlines(), received.splitlines()
    rows: list[Shown] = []
    for group in SequenceMatcher(None, left, right, autojunk=False).get_grouped_opcodes(_AROUND):
        if rows or group[0][1]:
            rows.append({"gap": True})
        for kind, start, end, other_start, other_end in group:
            pairs = zip_longest(left[start:end], right[other_start:other_end])
            rows += [_row(one, other, kind == "equal") for one, other in pairs]
    return rows


def _row(left: str | None, right: str | None, equal: bool) -> Shown:
    if equal or left is None or right is None:
        marked = [None if line is None else ["", line, ""] for line in (left, right)]
        return {"left": marked[0], "right": marked[1], "equal": equal}
    start = _common(left, right)
    end = _common(left[start:][::-1], right[start:][::-1])
    cut = [
        [line[:start], line[start : len(line) - end], line[len(line) - end :]]
        for line in (left, right)
    ]
    return {"left": cut[0], "right": cut[1], "equal": False}


def _common(one: str, other: str) -> int:
    """Return with how many characters both begin."""
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
