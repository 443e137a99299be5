"""Names that `langgraph.constants` once had: they are still found there, with a warning."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from runtime.warnings import LangGraphDeprecatedSinceV10, deprecated, package

__all__ = ("moved_constant",)

_TYPES: Final = ("Interrupt", "Send")


def moved_constant(name: str) -> Any:
    """Return what was there under a name, with a warning.

    Raises:
        AttributeError: It never was there.
    """
    if name in _TYPES:
        deprecated(
            f"Importing {name} from {package()}.constants is deprecated. Please use "
            f"'from {package()}.types import {name}' instead.",
            LangGraphDeprecatedSinceV10,
        )
        return getattr(import_module("runtime.types"), name)
    private = import_module("runtime._internal._names")
    if name not in private.__all__:
        raise AttributeError(f"module '{package()}.constants' has no attribute {name!r}")
    deprecated(
        f"Importing {name} from {package()}.constants is deprecated. This constant is now private "
        "and should not be used directly.",
        LangGraphDeprecatedSinceV10,
    )
    return getattr(private, name)
