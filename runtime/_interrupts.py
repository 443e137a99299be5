"""What a run that waits for somebody shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from xxhash import xxh3_128_hexdigest

from runtime.warnings import LangGraphDeprecatedSinceV10, deprecated

__all__ = ("Interrupt", "interrupt_id")

ResponseT = TypeVar("ResponseT")


_NO_ID: Final = "placeholder-id"


@dataclass(slots=True, init=False)
class Interrupt(Generic[ResponseT]):
    """A question that a node asked with `interrupt`, and that waits for an answer.

    Args:
        value: What the node asks.
        id: Which question it is; `Command(resume={id: answer})` answers this one.
        response_schema: What an answer must look like, as JSON Schema, if the node says.
        ns: The namespace of the task that asked, in what was saved before there were ids.
        resumable: Stands beside it there, and says nothing.
        when: The same.
    """

    value: Any
    id: str
    response_schema: type[ResponseT] | dict[str, Any] | None

    def __init__(
        self,
        value: Any,
        id: str = _NO_ID,  # noqa: A002 - LangGraph's public name
        response_schema: type[ResponseT] | dict[str, Any] | None = None,
        *,
        ns: Sequence[str] | None = None,
        resumable: bool = True,
        when: str = "during",
    ) -> None:
        self.value = value
        self.id = interrupt_id("|".join(ns), 0) if ns is not None and id == _NO_ID else id
        self.response_schema = response_schema

    @classmethod
    def from_ns(
        cls, value: Any, ns: str, *, response_schema: dict[str, Any] | None = None
    ) -> Interrupt[Any]:
        """Return the first question of the task of this namespace."""
        return cls(value, interrupt_id(ns, 0), response_schema)

    @property
    def interrupt_id(self) -> str:
        """The same as `id`; deprecated."""
        deprecated("`interrupt_id` is deprecated. Use `id` instead.", LangGraphDeprecatedSinceV10)
        return self.id


def interrupt_id(ns: str, answered: int) -> str:
    """Return the id of the next question of a task.

    LangGraph's formula, so that a question asked on one engine is answered on the other.

    Args:
        ns: The namespace of the task.
        answered: How many questions of the task were answered before.
    """
    return xxh3_128_hexdigest((f"{ns}|{answered}" if answered else ns).encode())
