"""JSON compared by meaning: where two values differ."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from harness._placeholder import equal_but_for_placeholders

Json: TypeAlias = Any
"""Whatever `json.loads` returns."""


class _Absent:
    """Stands for a key that one side does not have."""


ABSENT = _Absent()


@dataclass(frozen=True)
class Difference:
    """One place where a recorded and a sent value differ."""

    path: str
    recorded: Json
    sent: Json

    def __str__(self) -> str:
        return f"{self.path}: recorded {shortened(self.recorded)}, sent {shortened(self.sent)}"


def differences(recorded: Json, sent: Json, path: str = "") -> Iterator[Difference]:
    """Yield every place where two JSON values differ: key order and 1 against 1.0 do not count."""
    if isinstance(recorded, dict) and isinstance(sent, dict):
        for key in {**recorded, **sent}:
            inside = f"{path}.{key}" if path else str(key)
            yield from differences(recorded.get(key, ABSENT), sent.get(key, ABSENT), inside)
    elif isinstance(recorded, list) and isinstance(sent, list):
        for k in range(max(len(recorded), len(sent))):
            here = recorded[k] if k < len(recorded) else ABSENT
            there = sent[k] if k < len(sent) else ABSENT
            yield from differences(here, there, f"{path}[{k}]")
    elif not same_value(recorded, sent):
        yield Difference(path or "the body", recorded, sent)


def same_value(recorded: Json, sent: Json) -> bool:
    """Whether two values that are no containers mean the same."""
    if isinstance(recorded, str) and isinstance(sent, str):
        return equal_but_for_placeholders(recorded, sent)
    # bool is an int in Python, but `true` is not 1 in JSON.
    same_kind = isinstance(recorded, bool) == isinstance(sent, bool)
    return same_kind and bool(recorded == sent)


def shortened(value: Json, limit: int = 60) -> str:
    """Render a JSON value in one line of limited length."""
    if value is ABSENT:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text):,} characters)"
