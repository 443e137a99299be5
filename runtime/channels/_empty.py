"""What a reducer starts from: the empty value of a type."""

from __future__ import annotations

import collections.abc
from functools import lru_cache
from typing import Annotated, Any, Final, get_origin

from typing_extensions import NotRequired, Required

__all__ = ("concrete",)

_CONCRETE: Final[dict[Any, type]] = {
    collections.abc.Sequence: list,
    collections.abc.MutableSequence: list,
    collections.abc.Set: set,
    collections.abc.MutableSet: set,
    collections.abc.Mapping: dict,
    collections.abc.MutableMapping: dict,
}


def concrete(typ: Any) -> Any:
    """Return what to call for an empty value of a type; calling it may fail."""
    try:
        return _concrete(typ)
    except TypeError:  # annotated with something that has no hash
        return _concrete.__wrapped__(typ)


@lru_cache(maxsize=1024)  # each run makes its channels anew
def _concrete(typ: Any) -> Any:
    while (origin := get_origin(typ)) in (Annotated, Required, NotRequired):
        typ = typ.__origin__ if origin is Annotated else typ.__args__[0]
    origin = origin or typ
    return _CONCRETE.get(origin, origin)
