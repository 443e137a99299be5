"""What the caller of a run asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import is_dataclass
from typing import Any, Final, NamedTuple, get_args

from pydantic import BaseModel

from runtime._threads import Durability
from runtime.pregel._chunks.sink import Sink
from runtime.runtime import RunControl
from runtime.warnings import LangGraphDeprecatedSinceV10, deprecated

__all__ = ("Asked", "coerced", "durability_of")

DURABILITIES: Final = get_args(Durability)


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


def durability_of(
    durability: Durability | None, checkpoint_during: bool | None
) -> Durability | None:
    """Return when checkpoints are to be saved, if the caller says so.

    Raises:
        ValueError: There is no such durability, or it is given under its old name, too.
    """
    if checkpoint_during is not None:
        deprecated(
            "`checkpoint_during` is deprecated and will be removed. Please use `durability` "
            "instead. It is 'async' for True and 'exit' for False.",
            LangGraphDeprecatedSinceV10,
            stacklevel=4,
        )
        if durability is not None:
            raise ValueError(
                "Cannot use both `checkpoint_during` and `durability`: give only `durability`."
            )
        return "async" if checkpoint_during else "exit"
    if durability is not None and durability not in DURABILITIES:
        raise ValueError(
            f"Unknown durability {durability!r}. It is one of {', '.join(DURABILITIES)}."
        )
    return durability


def coerced(context: Any, schema: Any) -> Any:
    """Return the context as an instance of the graph's context schema, if it is one of classes."""
    if (
        isinstance(context, dict)
        and isinstance(schema, type)
        and (is_dataclass(schema) or issubclass(schema, BaseModel))
    ):
        return schema(**context)
    return context
