"""A number with what it counts, as people say it."""

from __future__ import annotations


def counted(number: int, what: str) -> str:
    """Return `1 file` or `2 files`."""
    return f"{number} {what}{'s' * (number != 1)}"
