"""Types that stand in signatures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from runtime._renamed import DeprecatedKwargs
from runtime.channels.base import MISSING

__all__ = ("MISSING", "BaseUser", "DeprecatedKwargs", "StateLike")

StateLike = Any
"""A TypedDict, a dataclass or a Pydantic object; no type says so."""


class BaseUser(Protocol):
    """Who called a graph on a server, as `ServerInfo.user` has it."""

    @property
    def is_authenticated(self) -> bool:
        """Whether the server knows who it is."""
        ...

    @property
    def display_name(self) -> str:
        """What to call them."""
        ...

    @property
    def identity(self) -> str:
        """Which user it is."""
        ...

    @property
    def permissions(self) -> Sequence[str]:
        """What they may do."""
        ...
