"""Names that can be imported and derived from, though what they stand for is not there."""

from __future__ import annotations

from typing import Any

__all__ = ("Absent", "absent")


class Absent:
    """Stands for a class or function of LangGraph that this runtime does not have.

    Making one, or calling it, is an error.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError(
            f"{type(self).__name__} is not there in the bundled runtime. Run this on the installed "
            "LangGraph, without runtime.as_langgraph."
        )

    def __class_getitem__(cls, item: Any) -> type[Absent]:
        """Accept the type arguments that LangGraph's class has."""
        return cls


def absent(name: str) -> Any:
    """Return what stands for something of LangGraph's inside that is imported and hardly used."""
    return type(name, (Absent,), {})
