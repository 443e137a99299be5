"""Writes that replace the value of a channel with a reducer, rather than being folded into it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from runtime.channels.base import MISSING
from runtime.errors import InvalidUpdateError
from runtime.types import Overwrite

__all__ = ("overwritten", "single_overwrite")


def overwritten(value: Any) -> Any:
    """Return what an `Overwrite`, or its JSON form, sets the channel to, else `MISSING`."""
    if isinstance(value, Overwrite):
        return value.value
    if isinstance(value, dict):
        if value.keys() == {"__overwrite__"}:
            return value["__overwrite__"]
        if value.keys() == {"value", "type"} and value["type"] == "__overwrite__":
            return value["value"]
    return MISSING


def single_overwrite(values: Sequence[Any], key: str) -> Any:
    """Return what the only `Overwrite` among the writes of a superstep sets; `MISSING` if none.

    Raises:
        InvalidUpdateError: There are several.
    """
    found = [value for value in map(overwritten, values) if value is not MISSING]
    if len(found) > 1:
        raise InvalidUpdateError(
            f"At key '{key}': Can receive only one Overwrite value per super-step. "
            "Let one node of the superstep set the key, or write plain values."
        )
    return found[0] if found else MISSING
