"""What the caller of a run asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import is_dataclass
from typing import Any, NamedTuple

from pydantic import BaseModel

from runtime._threads import Durability
from runtime.pregel._stream import Sink
from runtime.runtime import RunControl

__all__ = ("Asked", "coerced")


class Asked(NamedTuple):
    """What the caller of a run asks for besides its input and config.

    Args:
        output_keys: Which state keys the caller is shown.
        context: What nodes get as context.
        sink: The caller as a consumer of chunks, if it is one; or what makes one of the namespace.
        interrupt_before: The nodes before which to stop, or `"*"`.
        interrupt_after: The nodes after which to stop, or `"*"`.
        durability: When checkpoints are saved, if not as usual.
        control: Who may ask the run to stop.
        ns: The namespace in which to look at a thread; for a run that is not driven.
    """

    output_keys: str | list[str]
    context: Any = None
    sink: Sink | Callable[[tuple[str, ...]], Sink] | None = None
    interrupt_before: Sequence[str] | str = ()
    interrupt_after: Sequence[str] | str = ()
    durability: Durability | None = None
    control: RunControl | None = None
    ns: str = ""


def coerced(context: Any, schema: Any) -> Any:
    """Return the context as an instance of the graph's context schema, if it is one of classes."""
    if (
        isinstance(context, dict)
        and isinstance(schema, type)
        and (is_dataclass(schema) or issubclass(schema, BaseModel))
    ):
        return schema(**context)
    return context
