"""The classes of LangGraph's warnings, for those who filter them; this runtime issues none."""

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
