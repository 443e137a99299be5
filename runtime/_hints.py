"""Annotations of classes, evaluated once: a graph looks at those of its state again and again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_type_hints
from weakref import WeakKeyDictionary

__all__ = ("hints_of",)

_known: WeakKeyDictionary[type, Mapping[str, Any]] = WeakKeyDictionary()


def hints_of(cls: type) -> Mapping[str, Any]:
    """Return the evaluated annotations of a class, with all that `Annotated` adds.

    Raises:
        NameError: One of them names what is not there, or not yet.
    """
    found = _known.get(cls)
    if found is None:
        found = _known[cls] = get_type_hints(cls, include_extras=True)
    return found
