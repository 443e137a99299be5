"""A transcript as JSON lines: one line that says what the file is, then one line per event.

What JSON knows is written as it is. Everything else is an object with one key that begins with
`$`: `{"$tuple": [...]}`, `{"$message": {...}}`. Messages of langchain-core come back as what they
were; an object of any other class comes back as a `Record` of its fields, which reads, compares
and is written as the object was. Loading runs no code that the file names.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias
from uuid import UUID

import langchain_core.messages
from langchain_core.messages import BaseMessage

from harness.errors import HarnessError
from harness.transcript._model import Head, Payload, StreamEvent
from harness.transcript._records import Described, Record, taken_apart
from harness.transcript._rules import Rules

Json: TypeAlias = Any

_NAME = "stream transcript"
_VERSION = 1
_PLAIN = (type(None), bool, int, str)


class SavedError(Exception):
    """An exception of a transcript that was loaded; its class has the name of the one it was."""


def dump(events: Iterable[StreamEvent], head: Head | None, rules: Rules) -> Iterator[str]:
    """The lines of the file."""
    first: dict[str, Json] = {"format": _NAME, "version": _VERSION}
    if head is not None:
        first["head"] = [head.graph, head.nodes, _Encoder().value(head.input), head.modes]
    if rules.apart or rules.numbered:
        first["rules"] = {"apart": sorted(rules.apart), "numbered": dict(rules.numbered)}
    yield json.dumps(first)
    for event in events:
        line = {
            "number": event.number,
            "namespace": list(event.namespace),
            "mode": event.mode,
            "seconds": event.seconds,
            "payload": _Encoder().value(event.payload),
        }
        yield json.dumps(line, ensure_ascii=True)


def load(lines: Iterable[str], where: object) -> tuple[tuple[StreamEvent, ...], Head | None, Rules]:
    """Read the lines of a file.

    Raises:
        HarnessError: It is no transcript; the message says where.
    """
    number, events = 0, []
    head, rules = None, Rules()
    try:
        for number, line in enumerate(lines, 1):
            data = json.loads(line)
            if number == 1:
                head, rules = _first(data)
            else:
                payload, mode = _decoded(data["payload"]), str(data["mode"])
                events.append(
                    StreamEvent(
                        data["number"], tuple(data["namespace"]), mode, payload, data["seconds"]
                    )
                )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise HarnessError(
            f"{where} is not a saved transcript: line {number}: {type(error).__name__}: {error}. "
            "Transcript.save() writes one."
        ) from error
    if not number:
        raise HarnessError(f"{where} is not a saved transcript: it is empty")
    return tuple(events), head, rules


def _first(line: Json) -> tuple[Head | None, Rules]:
    if line.get("format") != _NAME:
        raise ValueError(f"the first line does not say {{'format': {_NAME!r}}}")
    if line.get("version") != _VERSION:
        raise ValueError(f"version {line.get('version')}, but this harness reads {_VERSION}")
    rules = line.get("rules", {})
    head = None
    if "head" in line:
        graph, nodes, value, modes = line["head"]
        head = Head(graph, tuple(nodes), _decoded(value), tuple(modes))
    return head, Rules(rules.get("apart", ()), rules.get("numbered", {}))


class _Encoder:
    """Writes one payload; knows which objects are open, so that it ends where one repeats."""

    def __init__(self) -> None:
        self._open: set[int] = set()

    def value(self, value: Payload) -> Json:
        kind = type(value)
        if kind in _PLAIN:
            return value
        if kind is float:
            return value if math.isfinite(value) else {"$float": repr(value)}
        if id(value) in self._open:
            return {"$described": "<contains itself>"}
        self._open.add(id(value))
        try:
            return self._tagged(value)
        finally:
            self._open.discard(id(value))

    def _tagged(self, value: Payload) -> Json:  # noqa: PLR0911 - one for each kind of value
        kind = type(value)
        if kind is list:
            return [self.value(item) for item in value]
        if kind is dict:
            if all(type(key) is str and not key.startswith("$") for key in value):
                return {key: self.value(item) for key, item in value.items()}
            return {"$dict": [[self.value(key), self.value(item)] for key, item in value.items()]}
        if kind in (tuple, set, frozenset):
            return {f"${kind.__name__}": [self.value(item) for item in value]}
        if kind is bytes:
            return {"$bytes": base64.b64encode(value).decode()}
        if kind is complex:
            return {"$complex": [repr(value.real), repr(value.imag)]}
        if kind is UUID:
            return {"$uuid": str(value)}
        if isinstance(value, BaseException):
            return {"$error": [kind.__name__, str(value)]}
        if isinstance(value, BaseMessage) and _message_class(kind.__name__) is kind:
            set_fields = {name: self.value(item) for name, item in value}
            return {"$message": [kind.__name__, set_fields]}
        return self._described(value)

    def _described(self, value: Payload) -> Json:
        """What has no way back: as the text of a transcript would show it."""
        known = taken_apart(value)
        if isinstance(known, Described):
            return {"$described": known.text}
        arguments = [self.value(item) for item in known.arguments]
        named = [[key, self.value(item)] for key, item in known.fields]
        return {"$record": [known.name, arguments, named]}


def _message_class(name: str) -> type[BaseMessage] | None:
    found = getattr(langchain_core.messages, name, None)
    return found if isinstance(found, type) and issubclass(found, BaseMessage) else None


def _decoded(data: Json) -> Payload:
    if isinstance(data, list):
        return [_decoded(item) for item in data]
    if not isinstance(data, dict):
        return data
    if len(data) == 1:
        ((tag, content),) = data.items()
        if tag.startswith("$"):
            if tag not in _READ:
                raise ValueError(f"unknown mark {tag!r}")
            return _READ[tag](content)
    return {key: _decoded(item) for key, item in data.items()}


def _message(content: Json) -> BaseMessage:
    name, saved = content
    kind = _message_class(name)
    if kind is None:
        raise ValueError(f"{name!r} is no message class of langchain-core")
    values = {key: _decoded(item) for key, item in saved.items()}
    message = kind.model_construct(**values)
    known = kind.model_fields
    extra = {key: item for key, item in values.items() if key not in known}
    object.__setattr__(message, "__pydantic_extra__", extra)
    return message


def _error(content: Json) -> SavedError:
    name, text = content
    error: SavedError = type(str(name), (SavedError,), {})(text)
    return error


def _record(content: Json) -> Record:
    name, arguments, named = content
    return Record(name, tuple(map(_decoded, arguments)), tuple((k, _decoded(v)) for k, v in named))


_READ: dict[str, Callable[[Json], Payload]] = {
    "$float": float,
    "$dict": lambda pairs: {_decoded(key): _decoded(item) for key, item in pairs},
    "$tuple": lambda items: tuple(map(_decoded, items)),
    "$set": lambda items: set(map(_decoded, items)),
    "$frozenset": lambda items: frozenset(map(_decoded, items)),
    "$bytes": base64.b64decode,
    "$complex": lambda parts: complex(*map(float, parts)),
    "$uuid": UUID,
    "$error": _error,
    "$message": _message,
    "$record": _record,
    "$described": Described,
}
