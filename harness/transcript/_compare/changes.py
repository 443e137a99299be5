"""What changed between two streams, in sentences: which token of which node, which key.

A change of ids alone (which of them are equal) is told as that. In every other comparison the
ordinals of ids are left out, so that one more message does not change all that come after it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from harness.transcript._compare.message_changes import message_changes
from harness.transcript._compare.renames import GRAPH, ORDINAL, blank, renamed
from harness.transcript._compare.said import Change, parting, shortened
from harness.transcript._matching import differing, opcodes
from harness.transcript._text.entries import MESSAGES, Entry, Page
from harness.transcript._text.layout import named_items

_NOUNS = {
    "values": "state",
    "custom": "custom item",
    "output": "output",
    "sse": "server-sent event",
    "input": "later input",
    "interrupt": "interrupt",
    "error": "error",
}
_LAST = ("updates", "values")  # they hold what other modes have told


def changes(old: Page, new: Page) -> Iterator[Change]:
    """The changes that made one stream of the other, the most telling first."""
    old, names = renamed(old, new)
    before, after = [blank(e) for e in old.entries], [blank(e) for e in new.entries]
    found = [Change("head", f"node `{was}` is now `{now}`") for was, now in names.items()]
    found += _head_changes(dict(old.head), dict(new.head))
    if before == after and old.entries != new.entries:
        found.append(_id_change(old.entries, new.entries))
    elif before != after:
        in_stream = [
            *message_changes(_labelled(old.entries, before), _labelled(new.entries, after)),
            *_chunk_changes(before, after),
        ]
        found += in_stream or [_turn_change(before, after)]
    yield from found


def _labelled(entries: Sequence[Entry], blank: Sequence[Entry]) -> list[tuple[str, Entry]]:
    """The messages with their labels as they were, which tell them apart."""
    pairs = zip(entries, blank, strict=True)
    return [(e.label, b) for e, b in pairs if e.mode == MESSAGES and e.label]


def _head_changes(old: dict[str, str], new: dict[str, str]) -> Iterator[Change]:
    for word, text in old.items():
        if word not in new:
            yield Change("head", f"the {word} is not told any more: {shortened(text)}")
        elif new[word] != text:
            nodes = ", ".join(_node_changes(text, new[word])) if word == GRAPH else ""
            said = f": {nodes}" if nodes else parting(text, new[word])
            yield Change("head", f"the {word} changed{said}")


def _node_changes(old: str, new: str) -> Iterator[str]:
    """Which nodes one graph has and the other has not, if that is all."""
    if old.partition("(")[0] != new.partition("(")[0]:
        return
    before, after = (list((named_items(text) or {}).values()) for text in (old, new))
    yield from (f"node `{name[1:-1]}` is gone" for name in before if name not in after)
    yield from (f"node `{name[1:-1]}` is new" for name in after if name not in before)


def _id_change(old: Sequence[Entry], new: Sequence[Entry]) -> Change:
    number, (left, right) = next(
        (n, pair) for n, pair in enumerate(zip(old, new, strict=True), 1) if pair[0] != pair[1]
    )
    pairs = [
        (a[0], b[0])
        for one, other in zip(_texts(left), _texts(right), strict=True)
        for a, b in zip(ORDINAL.finditer(one), ORDINAL.finditer(other), strict=True)
        if a[0] != b[0]
    ]
    was, now = pairs[0]
    return Change(
        "ids", f"other ids are equal: in chunk {number} ({left.mode}), {was} is {now} now"
    )


def _texts(entry: Entry) -> list[str]:
    return [*entry[1:5], *(value for _, value in entry.metadata)]


class _Chunk(NamedTuple):
    """A chunk that is no message, as sentences call it."""

    name: str
    namespace: str
    body: str


def _chunk_changes(old: Sequence[Entry], new: Sequence[Entry]) -> Iterator[Change]:
    before, after = _by_mode(old), _by_mode(new)
    modes = sorted({*before, *after}, key=lambda mode: (mode in _LAST, mode))
    for mode in modes:
        yield from _changes_of(mode, before.get(mode, []), after.get(mode, []))


def _by_mode(entries: Sequence[Entry]) -> dict[str, list[_Chunk]]:
    found: dict[str, list[_Chunk]] = {}
    for entry in entries:
        if not entry.label:
            chunks = found.setdefault(entry.mode, [])
            name = _name(entry, len(chunks) + 1)
            chunks.append(_Chunk(name, entry.namespace, entry.body))
    return found


def _name(entry: Entry, number: int) -> str:
    if entry.mode == "updates" and (match := re.match(r'\{"((?:[^"\\]|\\.)*)": ', entry.body)):
        return f"update of `{match[1]}`"
    return f"{_NOUNS.get(entry.mode, f'{entry.mode} chunk')} {number}"


def _changes_of(mode: str, old: list[_Chunk], new: list[_Chunk]) -> Iterator[Change]:
    left, right = [c[1:] for c in old], [c[1:] for c in new]
    if left != right and sorted(left) == sorted(right):
        yield _order_change(mode, old, differing(left, right))
        return
    for tag, low, high, new_low, new_high in opcodes(left, right):
        if tag == "equal":
            continue
        paired = min(high - low, new_high - new_low)
        for a, b in zip(old[low:high], new[new_low:new_high], strict=False):
            if mode == "updates" and a.name != b.name:
                yield Change(mode, f"{a.name} is gone, {b.name} stands there: {shortened(b.body)}")
            elif a.body == b.body:
                places = [chunk.namespace or "the graph itself" for chunk in (a, b)]
                yield Change(mode, f"{a.name} came from {places[0]}, now from {places[1]}")
            else:
                yield Change(mode, f"{a.name} changed{parting(a.body, b.body)}")
        for chunk in old[low + paired : high]:
            yield Change(mode, f"{chunk.name} is gone: {shortened(chunk.body)}")
        for chunk in new[new_low + paired : new_high]:
            yield Change(mode, f"{chunk.name} is new: {shortened(chunk.body)}")


def _order_change(mode: str, old: list[_Chunk], places: list[int]) -> Change:
    first, second = (old[place].name for place in (places[0], places[-1]))
    kind, *names = (f"{mode} order", first, second)
    if len(places) == 2 and mode == "updates":  # noqa: PLR2004 - two changed places
        short = [name.removeprefix("update of ") for name in names]
        return Change(kind, f"updates of {short[0]} and {short[1]} swapped")
    if len(places) == 2:  # noqa: PLR2004 - as above
        return Change(kind, f"{first} and {second} swapped")
    what = "updates come" if mode == "updates" else f"chunks of {mode} come"
    return Change(kind, f"{what} in another order, from {first} on")


def _turn_change(old: Sequence[Entry], new: Sequence[Entry]) -> Change:
    pairs = enumerate(zip(old, new, strict=False), 1)
    number, (left, right) = next((n, pair) for n, pair in pairs if pair[0] != pair[1])
    return Change(
        "order",
        f"what streams at the same time takes turns differently: chunk {number} of the stream "
        f"came from {_source(left)}, now from {_source(right)}",
    )


def _source(entry: Entry) -> str:
    node = dict(entry.metadata).get("langgraph_node")
    if node is not None:
        return f"node `{node[1:-1]}`"
    return f"message `{entry.label}`" if entry.label else f"`{entry.mode}`"
