"""Names that can be imported and derived from, though what they stand for is not there."""

from __future__ import annotations

from typing import Any

__all__ = ("Absent",)


class Absent:
    """Stands for a class of LangGraph that this runtime does not have; making one is an error.

    Its instructions, `instead`, are a sentence that ends the error.
    """

    instead = "Run this on the installed LangGraph, without runtime.as_langgraph."

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError(
            f"{type(self).__name__} is not there in the bundled runtime. {self.instead}"
        )

    def __class_getitem__(cls, item: Any) -> type[Absent]:
        """Accept the type arguments that LangGraph's class has."""
        return cls
