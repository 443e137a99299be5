"""What we add to a vcrpy cassette: one key inside `response`, read, checked and written here.

Stock vcrpy loads it, ignores it, and keeps it when it saves. `cassette.schema.json` says to other
tools what stands here; a test holds the two together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness._yaml.scalar import Tree
from harness.cassettes._model import ENDS, RecordedResponse, Timing
from harness.errors import CassetteFormatError

OUR_KEY = "replay_harness"
FORMAT_VERSION = 2
"""Version 1 had no arrivals, no lane and no times but those of the pieces; it is read as well."""

_EVENTS_BESIDE_PIECES = 3
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_REQUIRED = ("version", "cuts", "offsets", "end")
_OF_RESPONSE = ("content_encoding", "recorded_at", "recorded_on")


@dataclass(frozen=True)
class OurData:
    """What the key says of a response, besides the timing; empty texts where it says nothing."""

    timing: Timing
    content_encoding: str = ""
    recorded_at: str = ""
    recorded_on: str = ""


def read_our_key(tree: Mapping[str, Tree], size: int) -> OurData | None:
    """Return what we wrote beside a body of that size, or None if another tool wrote the response.

    Raises:
        CassetteFormatError: Something in it is missing, unknown or of another type, or does not fit
            the rest. It would replay something else than what was recorded.
    """
    if tree.get(OUR_KEY) is None:
        return None
    ours = tree[OUR_KEY]
    version = ours.get("version") if isinstance(ours, dict) else None
    if version not in range(1, FORMAT_VERSION + 1):
        raise CassetteFormatError(
            f"`{OUR_KEY}` has the format version {version!r}; "
            f"this harness reads 1 to {FORMAT_VERSION}"
        )
    _check_fields(ours)
    fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in ours.items()}
    del fields["version"]
    rest = {name: fields.pop(name) for name in _OF_RESPONSE if name in fields}
    timing = Timing(**fields)
    _check_timing(timing, size)
    return OurData(timing, **rest)


def _check_fields(ours: Mapping[str, Tree]) -> None:
    for name in _REQUIRED:
        if name not in ours:
            raise CassetteFormatError(f"`{OUR_KEY}` has no `{name}`")
    for name, value in ours.items():
        if name not in _FIELDS:
            raise CassetteFormatError(f"`{OUR_KEY}` has no field `{name}`; is it misspelt?")
        if not _FIELDS[name](value):
            raise CassetteFormatError(f"`{OUR_KEY}.{name}` is malformed: {value!r:.60}")


def _check_timing(timing: Timing, size: int) -> None:
    cuts, numbers = timing.cuts, timing.arrivals
    last = cuts[-1] if cuts else 0
    if not _grow((0, *cuts)) or len(cuts) != len(timing.offsets) or last != size:
        raise CassetteFormatError(
            f"`{OUR_KEY}.cuts` does not fit the body: {len(cuts)} cuts and "
            f"{len(timing.offsets)} offsets, the last cut at {last} of {size} bytes; "
            "was the body edited?\n"
            f"  if that was meant: take `{OUR_KEY}` out of this response; "
            "it comes event by event then"
        )
    if timing.end not in ENDS:
        raise CassetteFormatError(
            f"`{OUR_KEY}.end` is {timing.end!r}, not one of {', '.join(ENDS)}"
        )
    events = len(cuts) + _EVENTS_BESIDE_PIECES
    if numbers and (len(numbers) != events or not _grow(numbers)):
        raise CassetteFormatError(
            f"`{OUR_KEY}.arrivals` are not {events} growing numbers: "
            "of the request, its head, its pieces and its end"
        )


def _grow(numbers: tuple[int, ...]) -> bool:
    return list(numbers) == sorted(set(numbers))


def _is_count(value: Tree) -> bool:
    return type(value) is int and value >= 0


def _is_time(value: Tree) -> bool:
    return type(value) in {int, float} and 0 <= value < float("inf")


def _is_text(value: Tree) -> bool:
    return isinstance(value, str)


def _is_day(value: Tree) -> bool:
    return isinstance(value, str) and _DAY.fullmatch(value) is not None


def _are_counts(value: Tree) -> bool:
    return isinstance(value, list) and set(map(type, value)) <= {int} and min(value, default=0) >= 0


def _are_times(value: Tree) -> bool:
    is_list = isinstance(value, list) and set(map(type, value)) <= {int, float}
    return is_list and 0 <= min(value, default=0) <= max(value, default=0) < float("inf")


_FIELDS: dict[str, Callable[[Tree], bool]] = {
    "version": _is_count,
    "asked": _is_time,
    "head": _is_time,
    "cuts": _are_counts,
    "offsets": _are_times,
    "ended": _is_time,
    "end": _is_text,
    "error": _is_text,
    "answered": lambda value: isinstance(value, bool),
    "arrivals": _are_counts,
    "lane": _is_text,
    "content_encoding": _is_text,
    "wire_cuts": _are_counts,
    "recorded_at": _is_text,
    "recorded_on": _is_day,
}


def our_key(response: RecordedResponse) -> dict[str, Any]:
    """Return what stands under the key; empty for what was read from another tool's file."""
    timing = response.timing
    if timing is None:
        return {}
    tree = {
        "version": FORMAT_VERSION,
        "asked": timing.asked if timing.arrivals else None,
        "head": timing.head if timing.arrivals else None,
        "cuts": list(timing.cuts),
        "offsets": list(timing.offsets),
        "ended": timing.ended,
        "end": timing.end,
        "error": timing.error or None,
        "answered": None if timing.answered else False,
        "arrivals": list(timing.arrivals) if timing.arrivals else None,
        "lane": timing.lane or None,
        "content_encoding": response.content_encoding or None,
        "wire_cuts": list(timing.wire_cuts) if timing.wire_cuts else None,
        "recorded_at": response.recorded_at or None,
        "recorded_on": response.recorded_on or None,
    }
    return {key: value for key, value in tree.items() if value is not None}
