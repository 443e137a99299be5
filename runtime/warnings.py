"""What warns of names and arguments that will go away; for those who filter warnings.

A class says since which version of LangGraph something is deprecated.
"""

from __future__ import annotations

__all__ = (
    "LangGraphDeprecatedSinceV05",
    "LangGraphDeprecatedSinceV10",
    "LangGraphDeprecatedSinceV11",
    "LangGraphDeprecationWarning",
)


class LangGraphDeprecationWarning(DeprecationWarning):
    """A warning about something that will go away."""


class LangGraphDeprecatedSinceV05(LangGraphDeprecationWarning):
    """The same, since version 0.5."""


class LangGraphDeprecatedSinceV10(LangGraphDeprecationWarning):
    """The same, since version 1.0."""


class LangGraphDeprecatedSinceV11(LangGraphDeprecationWarning):
    """The same, since version 1.1."""
