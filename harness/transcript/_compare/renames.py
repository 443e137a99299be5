"""Nodes that have another name now, so that one sentence tells what stands in many places.

A node is renamed if another name stands in its place in the graph, and the new stream has a chunk
that the old one would have had under that name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from harness.transcript._text.entries import NAMESPACE, Entry, Page
from harness.transcript._text.layout import named_items

GRAPH = "graph"
ORDINAL = re.compile(r"<((?:\w+ )*\w+) \d+>")
_OF_THE_NODE = {
    *("langgraph_node", "langgraph_path", "langgraph_triggers"),
    *("langgraph_checkpoint_ns", "checkpoint_ns", NAMESPACE),
}
_ANYWHERE = r"(?<!\w)(?:NAME)(?!\w)"
_MEANT = {
    "updates": r'(?<=^\{")(?:NAME)(?=": )',
    "tasks": r'(?:(?<="name": ")|(?<=:to:))(?:NAME)(?=")',
}
"""Where payloads have nodes, and nothing else."""


class Renamed(NamedTuple):
    """An old stream as it is with the names of the new one.

    Args:
        page: The old stream.
        names: The new names by the old ones.
    """

    page: Page
    names: dict[str, str]


def renamed(old: Page, new: Page) -> Renamed:
    """Give the nodes of the old stream the names that they have in the new one."""
    known = {blank(entry) for entry in new.entries}
    bodies = {blank(entry).body for entry in new.entries}
    found: dict[str, str] = {}
    for was, now in _candidates(dict(old.head).get(GRAPH, ""), dict(new.head).get(GRAPH, "")):
        changed = (_with({was: now}, entry, bodies) for entry in old.entries)
        pairs = zip(old.entries, changed, strict=True)
        if any(entry != other and blank(other) in known for entry, other in pairs):
            found[was] = now
    if not found:
        return Renamed(old, {})
    quoted = {f'"{was}"': f'"{now}"' for was, now in found.items()}
    head = tuple((word, _put(quoted, text) if word == GRAPH else text) for word, text in old.head)
    return Renamed(Page(head, tuple(_with(found, entry, bodies) for entry in old.entries)), found)


def blank(entry: Entry) -> Entry:
    """An entry without the ordinals of its ids."""
    metadata = tuple((key, ORDINAL.sub(r"<\1>", value)) for key, value in entry.metadata)
    namespace, body, label, piece = (ORDINAL.sub(r"<\1>", text) for text in entry[1:5])
    return Entry(entry.mode, namespace, body, label, piece, metadata)


def _candidates(old: str, new: str) -> list[tuple[str, str]]:
    """The nodes in whose places only the other graph has others."""
    before, after = (list((named_items(text) or {}).values()) for text in (old, new))
    if len(before) != len(after) or old.partition("(")[0] != new.partition("(")[0]:
        return []
    return [
        (was[1:-1], now[1:-1])
        for was, now in zip(before, after, strict=True)
        if was not in after and now not in before
    ]


def _with(names: Mapping[str, str], entry: Entry, bodies: set[str]) -> Entry:
    """An entry with other names of nodes, where it is nodes that are meant.

    In a payload the same word can be what the program says: all of them are the node's if that
    makes it one of the new stream.
    """
    metadata = tuple(
        (key, _put(names, value) if key in _OF_THE_NODE else value) for key, value in entry.metadata
    )
    body = _put(names, entry.body)
    if ORDINAL.sub(r"<\1>", body) not in bodies:
        body = _put(names, entry.body, _MEANT[entry.mode]) if entry.mode in _MEANT else entry.body
    return entry._replace(namespace=_put(names, entry.namespace), body=body, metadata=metadata)


def _put(names: Mapping[str, str], text: str, place: str = _ANYWHERE) -> str:
    either = "|".join(map(re.escape, names))
    return re.sub(place.replace("NAME", either), lambda match: names[match[0]], text)
