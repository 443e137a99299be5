"""What else differs from run to run, as the user knows it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True)
class Rules:
    r"""Rules of normalization that are added to the built-in ones.

        Rules(apart=["server_time"], numbered={r"ord_\w+": "order"})

    Args:
        apart: Keys of dicts whose values are not compared, wherever they stand; that the key is
            there is still compared.
        numbered: Patterns of ids, and what such an id is called. Each distinct one becomes an
            ordinal by first appearance (`<order 1>`), so that equal ones stay equal.
    """

    apart: tuple[str, ...] | list[str] | frozenset[str] = ()
    numbered: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if isinstance(self.apart, str):
            raise TypeError(
                f"apart={self.apart!r}: expected several keys, such as [{self.apart!r}]"
            )
        for pattern in self.numbered:
            if re.fullmatch(pattern, ""):
                raise ValueError(f"numbered: {pattern!r} matches nothing at all, too")

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """All patterns as one, or None without any."""
        if not self.numbered:
            return None
        return re.compile("|".join(f"(?:{pattern})" for pattern in self.numbered))

    def kind(self, identity: str) -> str:
        """What an id is called that one of the patterns matched."""
        matching = (k for pattern, k in self.numbered.items() if re.fullmatch(pattern, identity))
        return next(matching, "id")
