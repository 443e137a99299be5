"""What changed in the messages of a stream: tokens, usage, metadata, fields."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from harness.transcript._compare.said import Change, apart, parting, shortened
from harness.transcript._matching import differing, opcodes, pairs
from harness.transcript._text.entries import WITHOUT_TEXT, Entry
from harness.transcript._text.layout import named_items

_USAGE = "usage_metadata"
_POSITION = "chunk_position"  # of the last chunk, whichever that is
_NAMES = ("langgraph_node", "tags", "ls_model_name")


@dataclass
class _Message:
    """One message, as its chunks."""

    label: str
    entries: list[Entry] = field(default_factory=list)
    name: str = ""

    @property
    def metadata(self) -> dict[str, str]:
        return dict(self.entries[0].metadata)

    @property
    def node(self) -> str:
        return self.metadata.get("langgraph_node", "").strip('"')

    @property
    def key(self) -> tuple[str, ...]:
        """What makes it the same message in another stream."""
        who = _fields(self.entries[0]).get("name", "")
        return (*(self.metadata.get(name, "") for name in _NAMES), who)

    @property
    def title(self) -> str:
        return f"node {self.name}" if self.node else f"message {self.name}"


def message_changes(
    old: Sequence[tuple[str, Entry]], new: Sequence[tuple[str, Entry]]
) -> Iterator[Change]:
    """The changes between the messages of two streams, given as chunks with their labels."""
    before, after = _messages(old), _messages(new)
    found: list[Change] = []
    for left, right in pairs([m.key for m in before], [m.key for m in after]):
        if left is None and right is not None:
            yield Change("message", f"{after[right].title}: a message is new")
        elif right is None and left is not None:
            yield Change("message", f"{before[left].title}: a message is gone")
        elif left is not None and right is not None:
            found += _changes_of(before[left], after[right])
    first = ("token", "tokens swapped", "cuts", "usage")
    yield from sorted(found, key=lambda change: change.kind not in first)


def _messages(entries: Sequence[tuple[str, Entry]]) -> list[_Message]:
    found: dict[str, _Message] = {}
    for label, entry in entries:
        found.setdefault(label, _Message(label)).entries.append(entry)
    messages = list(found.values())
    keys = Counter(message.key for message in messages)
    nodes = Counter(message.node for message in messages)
    seen = Counter[str]()
    for message in messages:
        seen[message.node] += 1
        tags = message.metadata.get("tags", "")
        if not message.node:
            message.name = f"`{message.label}`"
        elif nodes[message.node] == 1:
            message.name = f"`{message.node}`"
        elif tags and keys[message.key] == 1:
            message.name = f"`{message.node}` (tags {tags})"
        else:
            message.name = f"`{message.node}` (message {seen[message.node]})"
    return messages


def _changes_of(old: _Message, new: _Message) -> Iterator[Change]:
    usage = list(_usage_changes(old, new))
    left, right = old.entries, new.entries
    if usage:
        left, right = _without_usage(left), _without_usage(right)
    yield from _token_changes(old, left, right)
    yield from usage
    yield from _metadata_changes(old, new)


# tokens


def _token_changes(message: _Message, old: list[Entry], new: list[Entry]) -> Iterator[Change]:
    pieces, others = [e.piece for e in old], [e.piece for e in new]
    if pieces == others:
        yield from _field_changes(message, old, new)
    elif _not_empty(pieces) == _not_empty(others):
        more = len(others) - len(pieces)
        said = "an empty chunk came elsewhere"
        if more:
            said = f"{abs(more)} empty {'chunk' if abs(more) == 1 else 'chunks'}"
            said = f"{said} {'more' if more > 0 else 'less'}"
        yield Change("token", f"{message.title}: {said}")
    elif _text(pieces) == _text(others):
        at = next(k for k, (a, b) in enumerate(zip_longest(pieces, others)) if a != b)
        parts = " ".join(pieces[at : at + 2]), " ".join(others[at : at + 2])
        said = f"the same text is cut differently from token {at + 1} on"
        yield Change("cuts", f"{message.title}: {said}: {parts[0]} -> {parts[1]}")
    elif sorted(pieces) == sorted(others):
        yield _swap(message, pieces, differing(pieces, others))
    else:
        yield from _replaced(message, old, new)


def _text(pieces: list[str]) -> str:
    return "".join(json.loads(piece) for piece in _not_empty(pieces))


def _not_empty(pieces: list[str]) -> list[str]:
    return [piece for piece in pieces if piece not in (WITHOUT_TEXT, '""')]


def _swap(message: _Message, pieces: list[str], places: list[int]) -> Change:
    first, last = places[0], places[-1]
    said = f"tokens come in another order from token {first + 1} on"
    if len(places) == 2:  # noqa: PLR2004 - two changed places
        said = f"tokens {first + 1} and {last + 1} swapped: {pieces[first]} and {pieces[last]}"
    return Change("tokens swapped", f"{message.title}: {said}")


def _replaced(message: _Message, old: list[Entry], new: list[Entry]) -> Iterator[Change]:
    pieces, others = [e.piece for e in old], [e.piece for e in new]
    for tag, low, high, new_low, new_high in opcodes(pieces, others):
        if tag == "equal":
            continue
        left, right = " ".join(pieces[low:high]), " ".join(others[new_low:new_high])
        if tag == "delete":
            said = f"{_range(low, high, old)} gone: {shortened(left)}"
        elif tag == "insert":
            said = f"{_range(new_low, new_high, new)} new: {shortened(right)}"
        else:
            what = _range(low, high, old).rpartition(" ")[0]
            said = "{} changed: {} -> {}".format(what, *apart(left, right))
        yield Change("token", f"{message.title}: {said}")


def _range(low: int, high: int, entries: list[Entry]) -> str:
    """The tokens as the subject of a sentence, with its verb."""
    name = _tool(entries[: low + 1])
    of = f" (arguments of `{name}`)" if name else ""
    if high - low == 1:
        return f"token {low + 1}{of} is"
    return f"tokens {low + 1} to {high}{of} are"


def _tool(entries: list[Entry]) -> str:
    """The tool whose arguments the last of these chunks streams, if it does."""
    calls = _fields(entries[-1]).get("tool_call_chunks", "")
    if '"args": _' not in calls:
        return ""
    for entry in reversed(entries):
        items = named_items(_fields(entry).get("tool_call_chunks", "")) or {}
        for call in items.values():
            name = (named_items(call) or {}).get('"name"', "None")
            if name != "None":
                return name.strip('"')
    return ""


def _field_changes(message: _Message, old: list[Entry], new: list[Entry]) -> Iterator[Change]:
    """The texts are the same, but not what comes with them."""
    changed = [k for k, (a, b) in enumerate(zip(old, new, strict=True)) if a.body != b.body]
    if not changed:
        return
    first = changed[0]
    more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
    before, after = _fields(old[first]), _fields(new[first])
    for key in sorted({*before, *after}):
        of = f"of token {first + 1}{more}"
        if key not in after:
            said = f"`{key}` {of} is gone: {shortened(before[key])}"
        elif key not in before:
            said = f"`{key}` {of} is new: {shortened(after[key])}"
        elif before[key] != after[key]:
            said = f"`{key}` {of} changed{parting(before[key], after[key])}"
        else:
            continue
        yield Change("fields", f"{message.title}: {said}")
    if before == after:
        said = "{} -> {}".format(*apart(old[first].body, new[first].body))
        yield Change(
            "fields", f"{message.title}: token {first + 1}{more} is of another kind: {said}"
        )


def _fields(entry: Entry) -> dict[str, str]:
    return named_items(entry.body) or {}


# usage


def _usage_changes(old: _Message, new: _Message) -> Iterator[Change]:
    before, after = _usage(old), _usage(new)
    if not before and not after:
        return
    if not after:
        yield Change("usage", f"{old.title}: usage is gone: {shortened(before[0][1])}")
    elif not before:
        yield Change("usage", f"{new.title}: usage is new: {shortened(after[0][1])}")
    elif [text for _, text in before] != [text for _, text in after]:
        said = parting(before[-1][1], after[-1][1])
        yield Change("usage", f"{old.title}: usage changed{said}")
    else:
        left, right = _place(old.entries, before[-1][0]), _place(new.entries, after[-1][0])
        if left != right:
            yield Change("usage", f"{old.title}: usage moved from {left} into {right}")


def _usage(message: _Message) -> list[tuple[int, str]]:
    texts = ((k, _fields(entry).get(_USAGE)) for k, entry in enumerate(message.entries))
    return [(k, text) for k, text in texts if text is not None]


def _place(entries: list[Entry], index: int) -> str:
    if _is_bare(entries[index]):
        return "its own chunk"
    return "the last chunk" if all(map(_is_bare, entries[index + 1 :])) else f"chunk {index + 1}"


def _is_bare(entry: Entry) -> bool:
    """Whether a chunk says nothing but usage, or that it is the last."""
    return entry.piece in ('""', WITHOUT_TEXT) and not {*_fields(entry)} - {
        *("content", _USAGE, _POSITION)
    }


def _without_usage(entries: list[Entry]) -> list[Entry]:
    """The chunks without what has been said already."""
    kept = [entry for entry in entries if not (_is_bare(entry) and _USAGE in _fields(entry))]
    return [entry._replace(body=_without(entry.body)) for entry in kept if not _is_bare(entry)]


def _without(body: str) -> str:
    fields = named_items(body) or {}
    rest = {key: text for key, text in fields.items() if key not in (_USAGE, _POSITION)}
    named = ", ".join(text if key == "content" else f"{key}={text}" for key, text in rest.items())
    return f"{body.partition('(')[0]}({named})"


# metadata


def _metadata_changes(old: _Message, new: _Message) -> Iterator[Change]:
    before, after = old.metadata, new.metadata
    for key in sorted({*before, *after}):
        name = f"`{key}`"
        if key not in after:
            said = f"{name} is gone from the metadata of {old.name}"
        elif key not in before:
            said = f"{name} is new in the metadata of {old.name}: {shortened(after[key])}"
        elif before[key] != after[key]:
            change = parting(before[key], after[key])
            said = f"{name} changed in the metadata of {old.name}{change}"
        else:
            continue
        yield Change("metadata", said)
    if before == after and _course(old) != _course(new):
        yield Change("metadata", f"the metadata of {old.name} changes differently while it streams")


def _course(message: _Message) -> list[object]:
    """The metadata of a message as it changes."""
    course: list[object] = []
    for entry in message.entries:
        if not course or entry.metadata != course[-1]:
            course.append(entry.metadata)
    return course
