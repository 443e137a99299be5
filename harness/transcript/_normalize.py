"""Number what differs from run to run; set apart what belongs to the installation.

An id is numbered, not blotted out: each distinct one becomes an ordinal by first appearance
(`<task 1>`, `<message 1>`, `<id 1>`), wherever it stands in a string, a key or a nested value, so
equal ids stay equal and different ones stay different. Run-specific ids are recognised by shape:
UUIDs, 32 hexadecimal digits (interrupt ids, `uuid4().hex`), and what providers draw for messages
and tool calls (`chatcmpl-...`, `toolu_...`), which a new recording would change. A short one that
somebody wrote (`call_7`) stays. The user adds patterns (`Rules.numbered`).

`SET_APART` lists everything that is left out of the comparison; only its presence is compared. The
user adds keys (`Rules.apart`). Dropped are addresses of objects in a `repr`, and the id of a
message in a chunk of `tools` mode, which is there or not as one thread or another is quicker.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from enum import Enum
from typing import Any, Final
from uuid import UUID

from langchain_core.messages import BaseMessage

from harness.transcript._model import Head, Payload, StreamEvent, is_message_pair
from harness.transcript._records import Described, Record, taken_apart
from harness.transcript._rules import Rules

SET_APART: Final = {
    # of the metadata: versions of the installed packages, of a remote graph's server, too
    "messages": ("lc_versions", "langgraph_version", "langgraph_api_version"),
    "debug": ("timestamp",),  # of the payload: the wall clock
}
"""Keys whose values are not compared, by stream mode."""

_ID = re.compile(
    r"(?<![0-9A-Za-z])"
    r"(?:[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[0-9a-fA-F]{32})"
    r"(?![0-9A-Za-z])"
)
PROVIDER_ID = re.compile(
    r"(?<![0-9A-Za-z_-])"
    r"(?:(?P<call>call_|(?:srv|mcp)?toolu_|fc_|ws_|chatcmpl-tool-)"
    r"|(?P<message>chatcmpl-|msg_|resp_|rs_|gen-))"
    r"(?=[A-Za-z_-]*[0-9])[0-9A-Za-z_-]{16,}"
)
_KINDS = ("task", "message", "tool call", "checkpoint", "run", "id")
_KIND_OF_KEY = {
    "langgraph_checkpoint_ns": "task",
    "checkpoint_ns": "task",
    "task_id": "task",
    "checkpoint_id": "checkpoint",
    "run_id": "run",
    "tool_call_id": "tool call",
}
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_APART = Described("<set apart>")
_PLAIN = (type(None), bool, int, float, complex, bytes, type(...))


def normalized(
    events: Iterable[StreamEvent], head: Head | None, rules: Rules
) -> tuple[tuple[StreamEvent, ...], Head | None]:
    """Number the ids of a whole stream, in order of appearance.

    What only the head knows is numbered last, so that the stream reads the same without it.
    """
    mapping = _Mapping(rules)
    found = tuple(mapping.event(event) for event in events)
    return found, head and replace(head, input=mapping.value(head.input))


def without_ids(text: str) -> str:
    """The text with each id that differs from run to run as an ordinal of its own."""
    return _Mapping(Rules()).text(text)


class _Mapping:
    """Rebuilds values with their ids numbered; one object serves one transcript.

    State: the ordinal of each id seen so far, how many of each kind there are, and the objects
    that are being rebuilt now (a value that contains itself ends there).
    """

    def __init__(self, rules: Rules) -> None:
        self._rules_of_user = rules
        kinds = "|".join(map(re.escape, {*_KINDS, *rules.numbered.values()}))
        self._looks_numbered = re.compile(rf"<((?:text:)*(?:{kinds}) \d+)>")
        self._apart = frozenset(rules.apart)
        self._ordinals: dict[str, str] = {}
        self._counts: Counter[str] = Counter()
        self._open: set[int] = set()

    def event(self, event: StreamEvent) -> StreamEvent:
        namespace = tuple(self.text(part, "task") for part in event.namespace)
        payload = event.payload
        apart = SET_APART.get(event.mode, ())
        if is_message_pair(event):
            message, metadata = payload
            payload = (self.value(message), self.value(_without(metadata, apart)))
        elif type(payload) is dict:
            payload = self.value(_without(_settled(event.mode, payload), apart))
        else:
            payload = self.value(payload)
        return StreamEvent(event.number, namespace, event.mode, payload, event.seconds)

    def text(self, text: str, kind: str = "id") -> str:
        # What only looks like an ordinal (a model may write "<task 1>") is marked as text.
        text = self._looks_numbered.sub(r"<text:\1>", text)
        rules = self._rules_of_user
        if rules.pattern:
            text = rules.pattern.sub(
                lambda match: self._ordinal(match[0], rules.kind(match[0])), text
            )
        text = _ID.sub(lambda match: self._ordinal(match[0], kind), text)
        return PROVIDER_ID.sub(self._of_provider, text)

    def _of_provider(self, match: re.Match[str]) -> str:
        return self._ordinal(match[0], "tool call" if match["call"] else "message")

    def _ordinal(self, identity: str, kind: str) -> str:
        if identity not in self._ordinals:
            self._counts[kind] += 1
            self._ordinals[identity] = f"<{kind} {self._counts[kind]}>"
        return self._ordinals[identity]

    def value(self, value: Payload, kind: str = "id") -> Payload:
        if type(value) is str:
            return self.text(value, kind)
        if type(value) in _PLAIN or isinstance(value, Enum):
            return value
        if isinstance(value, Described):  # of a transcript that was loaded
            return Described(self.text(value.text, kind))
        if id(value) in self._open:
            return Described("<contains itself>")
        self._open.add(id(value))
        try:
            return self._rebuilt(value, kind)
        finally:
            self._open.discard(id(value))

    def _rebuilt(self, value: Payload, kind: str) -> Payload:  # noqa: PLR0911 - one for each kind
        if type(value) is dict:
            return self._dict(value, kind)
        if type(value) in (list, tuple):
            return type(value)(self.value(item, kind) for item in value)
        if isinstance(value, (set, frozenset)):
            # In an order that is the same in each run; a set is a record of its items.
            items = (self.value(item, kind) for item in sorted(value, key=_blanked))
            return Record(type(value).__name__, tuple(items))
        if isinstance(value, BaseMessage):
            names = {"id": "message"}
            update = {name: self._item(name, v, names.get(name, "id")) for name, v in value}
            return value.model_copy(update=update)
        if isinstance(value, UUID):
            return Described(f"UUID({self.text(str(value), kind)})")
        record = taken_apart(value)
        if isinstance(record, Described):
            return Described(self.text(_ADDRESS.sub("", record.text)))
        arguments = tuple(self.value(item, kind) for item in record.arguments)
        named = tuple((key, self._item(key, item, "id")) for key, item in record.fields)
        return Record(record.name, arguments, named)

    def _dict(self, value: dict[Any, Any], kind: str) -> dict[Any, Any]:
        # Equal dicts may differ in order, so the order in which ids are met must not depend on it.
        return {
            self.value(key): self._item(key, item, kind)
            for key, item in sorted(value.items(), key=lambda pair: _blanked(pair[0]))
        }

    def _item(self, key: Payload, item: Payload, kind: str) -> Payload:
        if isinstance(key, str):
            if key in self._apart:
                return _APART
            kind = _KIND_OF_KEY.get(key, kind)
        return self.value(item, kind)


def _settled(mode: str, payload: dict[Any, Any]) -> dict[Any, Any]:
    """Return a payload without what depends on which of two threads was quicker.

    What a tool returns gets its id when the state takes it, before or after its chunk is read.
    """
    output = payload.get("output") if mode == "tools" else None
    if not isinstance(output, BaseMessage):
        return payload
    return {**payload, "output": output.model_copy(update={"id": None})}


def _without(values: dict[Any, Any], apart: tuple[str, ...]) -> dict[Any, Any]:
    return {key: _APART if key in apart else item for key, item in values.items()}


def _blanked(value: object) -> tuple[str, str]:
    """A sorting key that is the same in each run."""
    return type(value).__name__, _ID.sub("", _ADDRESS.sub("", str(value)))
