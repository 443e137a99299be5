"""What a run that waits for somebody shows."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from xxhash import xxh3_128_hexdigest

from runtime.warnings import LangGraphDeprecatedSinceV10

__all__ = ("Interrupt", "interrupt_id")

ResponseT = TypeVar("ResponseT")


@dataclass(slots=True)
class Interrupt(Generic[ResponseT]):
    """A question that a node asked with `interrupt`, and that waits for an answer.

    Args:
        value: What the node asks.
        id: Which question it is; `Command(resume={id: answer})` answers this one.
        response_schema: What an answer must look like, as JSON Schema, if the node says.
    """

    value: Any
    id: str = "placeholder-id"
    response_schema: type[ResponseT] | dict[str, Any] | None = None

    @classmethod
    def from_ns(
        cls, value: Any, ns: str, *, response_schema: dict[str, Any] | None = None
    ) -> Interrupt[Any]:
        """Return the first question of the task of this namespace."""
        return cls(value, interrupt_id(ns, 0), response_schema)

    @property
    def interrupt_id(self) -> str:
        """The same as `id`; deprecated."""
        warnings.warn(
            "`interrupt_id` is deprecated. Use `id` instead.",
            LangGraphDeprecatedSinceV10,
            stacklevel=2,
        )
        return self.id


def interrupt_id(ns: str, answered: int) -> str:
    """Return the id of the next question of a task.

    LangGraph's formula, so that a question asked on one engine is answered on the other.

    Args:
        ns: The namespace of the task.
        answered: How many questions of the task were answered before.
    """
    return xxh3_128_hexdigest((f"{ns}|{answered}" if answered else ns).encode())
