"""What this runtime warns of: names and arguments of LangGraph's past, and since when they are.

The classes are LangGraph's, so that filters for its warnings filter these.
"""

from __future__ import annotations

import sys
import warnings

__all__ = (
    "LangGraphDeprecatedSinceV05",
    "LangGraphDeprecatedSinceV10",
    "LangGraphDeprecatedSinceV11",
    "LangGraphDeprecationWarning",
    "deprecated",
    "package",
)


class LangGraphDeprecationWarning(DeprecationWarning):
    """A warning about something that will go away."""


class LangGraphDeprecatedSinceV05(LangGraphDeprecationWarning):
    """The same, since version 0.5."""


class LangGraphDeprecatedSinceV10(LangGraphDeprecationWarning):
    """The same, since version 1.0."""


class LangGraphDeprecatedSinceV11(LangGraphDeprecationWarning):
    """The same, since version 1.1."""


def package() -> str:
    """Return under which name users import this runtime."""
    switch = sys.modules.get("runtime.as_langgraph")
    return "langgraph" if switch is not None and switch.is_installed() else "runtime"


def deprecated(what: str, since: type[LangGraphDeprecationWarning], stacklevel: int = 2) -> None:
    """Warn the caller of the function that calls this.

    Args:
        what: What is deprecated, and what to use instead.
        since: Since when.
        stacklevel: Whom the warning names, as for `warnings.warn` called in place of this.
    """
    warnings.warn(what, since, stacklevel=stacklevel + 1)
