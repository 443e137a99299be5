"""Old names of arguments: they still work, and say what to use instead."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

from runtime.warnings import LangGraphDeprecatedSinceV05, LangGraphDeprecatedSinceV10

__all__ = ("renamed",)

_SINCE_V10: Final = frozenset({"config_schema"})

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
                since: type[DeprecationWarning] = LangGraphDeprecatedSinceV05
                if old in _SINCE_V10:
                    since = LangGraphDeprecatedSinceV10
                warnings.warn(f"{old!r} is deprecated: use {new!r}.", since, stacklevel=2)
                kwargs[new] = kwargs.pop(old)
            return function(*args, **kwargs)

        return cast(FunctionT, call)

    return decorate
