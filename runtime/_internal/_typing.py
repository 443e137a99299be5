"""Types that stand in signatures."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from runtime.channels.base import MISSING

__all__ = ("MISSING", "DeprecatedKwargs", "StateLike")

StateLike = Any
"""A TypedDict, a dataclass or a Pydantic object; no type says so."""


class DeprecatedKwargs(TypedDict):
    """Keyword arguments that a type checker should complain about: all of them."""
