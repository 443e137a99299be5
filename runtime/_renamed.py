"""Old names of arguments: they still work, and say what to use instead."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

from typing_extensions import TypedDict

from runtime.warnings import (
    LangGraphDeprecatedSinceV05,
    LangGraphDeprecatedSinceV10,
    LangGraphDeprecationWarning,
    deprecated,
)

__all__ = ("DeprecatedKwargs", "renamed")

_SINCE: Final[dict[str, type[LangGraphDeprecationWarning]]] = {
    "retry": LangGraphDeprecatedSinceV05,
    "input": LangGraphDeprecatedSinceV05,
    "output": LangGraphDeprecatedSinceV05,
    "config_schema": LangGraphDeprecatedSinceV10,
}


class DeprecatedKwargs(TypedDict):
    """Keyword arguments that a type checker should complain about: all of them."""


FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


def renamed(**names: str) -> Callable[[FunctionT], FunctionT]:
    """Let a function take arguments under old names, too, with a warning.

    Not for what is called often: it costs a call.

    Args:
        names: The new name of each old one.
    """

    def decorate(function: FunctionT) -> FunctionT:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            for old, new in names.items():
                if old not in kwargs:
                    continue
                if kwargs.get(new) is not None:
                    raise TypeError(f"{old!r} is the old name of {new!r}: give only the new one.")
                deprecated(
                    f"`{old}` is deprecated and will be removed. Please use `{new}` instead.",
                    _SINCE[old],
                )
                kwargs[new] = kwargs.pop(old)
            return function(*args, **kwargs)

        return cast(FunctionT, call)

    return decorate
