"""Number what differs from run to run; set apart what belongs to the installation.

An id is numbered, not blotted out: each distinct one becomes an ordinal by first appearance
(`<task 1>`, `<message 1>`, `<id 1>`), wherever it stands in a string, a key or a nested value, so
equal ids stay equal and different ones stay different. Run-specific ids are recognised by shape:
UUIDs, 32 hexadecimal digits (interrupt ids, `uuid4().hex`), and what providers draw for messages
and tool calls (`chatcmpl-...`, `toolu_...`), which a new recording would change. A short one that
somebody wrote (`call_7`) stays. The user adds patterns (`Rules.numbered`).

`SET_APART` lists everything that is left out of the comparison; only its presence is compared. The
user adds keys (`Rules.apart`). Addresses of objects in a `repr` are the one thing that is dropped.
"""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Final
from uuid import UUID

from langchain_core.messages import BaseMessage
from pydantic import BaseModel

from harness.transcript._model import Payload, StreamEvent, is_message_pair
from harness.transcript._notation import Described, Record, quoted
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
    r"(?:(?P<call>call_|toolu_|fc_|chatcmpl-tool-)|(?P<message>chatcmpl-|msg_|resp_|gen-))"
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


def normalized_events(
    events: Iterable[StreamEvent], rules: Rules | None = None
) -> tuple[StreamEvent, ...]:
    """Number the ids of a whole stream, in order of appearance."""
    mapping = _Mapping(rules or Rules())
    return tuple(mapping.event(event) for event in events)


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
            payload = self.value(_without(payload, apart))
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

    def _rebuilt(self, value: Payload, kind: str) -> Payload:
        for kinds, rebuild in self._rules:
            if isinstance(value, kinds):
                return rebuild(self, value, kind)
        if is_dataclass(value) and not isinstance(value, type):
            return self._dataclass(value)
        return self._object(value)

    def _dict(self, value: dict[Any, Any], kind: str) -> Payload:
        # Equal dicts may differ in order, so the order in which ids are met must not depend on it.
        pairs = {
            self.value(key): self._item(key, item, kind)
            for key, item in sorted(value.items(), key=lambda pair: _blanked(pair[0]))
        }
        if type(value) is dict:
            return pairs
        return Record(type(value).__name__, (pairs,))

    def _item(self, key: Payload, item: Payload, kind: str) -> Payload:
        if isinstance(key, str):
            if key in self._apart:
                return _APART
            kind = _KIND_OF_KEY.get(key, kind)
        return self.value(item, kind)

    def _record(self, value: Record, kind: str) -> Payload:
        """Of a transcript that was loaded: its fields as those of the object itself."""
        arguments = tuple(self.value(item, kind) for item in value.arguments)
        named = tuple((key, self._item(key, item, "id")) for key, item in value.fields)
        return Record(value.name, arguments, named)

    def _list(self, value: list[Any], kind: str) -> Payload:
        items = [self.value(item, kind) for item in value]
        return items if type(value) is list else Record(type(value).__name__, (items,))

    def _tuple(self, value: tuple[Any, ...], kind: str) -> Payload:
        items = tuple(self.value(item, kind) for item in value)
        if type(value) is tuple:
            return items
        names = getattr(value, "_fields", ())
        if names:
            return Record(type(value).__name__, (), tuple(zip(names, items, strict=True)))
        return Record(type(value).__name__, items)

    def _set(self, value: set[Any] | frozenset[Any], kind: str) -> Payload:
        items = (self.value(item, kind) for item in sorted(value, key=_blanked))
        return Record(type(value).__name__, tuple(items))

    def _model(self, value: BaseModel, _kind: str) -> Payload:
        message = isinstance(value, BaseMessage)
        update = {
            name: self._item(name, item, "message" if message and name == "id" else "id")
            for name, item in value
        }
        return value.model_copy(update=update)

    def _dataclass(self, value: Payload) -> Payload:
        rebuilt = copy.copy(value)
        for field in fields(value):
            item = self._item(field.name, getattr(value, field.name), "id")
            object.__setattr__(rebuilt, field.name, item)
        return rebuilt

    def _exception(self, value: BaseException, _kind: str) -> Payload:
        return Record(type(value).__name__, (self.text(str(value)),))

    def _uuid(self, value: UUID, kind: str) -> Payload:
        return Described(f"UUID({self.text(str(value), kind)})")

    def _text_subclass(self, value: str, kind: str) -> Payload:
        text = self.text(str.__str__(value), kind)
        return Described(f"{type(value).__name__}({quoted(text)})")

    def _object(self, value: object) -> Payload:
        name = type(value).__name__
        if type(value).__repr__ is object.__repr__:
            attributes = getattr(value, "__dict__", {})
            items = tuple(
                (key, self._item(key, attributes[key], "id")) for key in sorted(attributes)
            )
            return Record(name, (), items)
        return Described(self.text(_ADDRESS.sub("", repr(value))))

    _rules: tuple[tuple[type | tuple[type, ...], Callable[[Any, Any, str], Payload]], ...] = (
        (Record, _record),
        (dict, _dict),
        (list, _list),
        (tuple, _tuple),
        ((set, frozenset), _set),
        (BaseModel, _model),
        (BaseException, _exception),
        (UUID, _uuid),
        (str, _text_subclass),
    )


def _without(values: dict[Any, Any], apart: tuple[str, ...]) -> dict[Any, Any]:
    return {key: _APART if key in apart else item for key, item in values.items()}


def _blanked(value: object) -> tuple[str, str]:
    """A sorting key that is the same in each run."""
    return type(value).__name__, _ID.sub("", _ADDRESS.sub("", str(value)))
