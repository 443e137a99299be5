"""Names that users write in graphs and filters."""

from __future__ import annotations

from sys import intern

__all__ = ("END", "START", "TAG_HIDDEN", "TAG_NOSTREAM")

START = intern("__start__")
"""The virtual node before the first one."""
END = intern("__end__")
"""The virtual node after the last one."""
TAG_NOSTREAM = intern("nostream")
"""A chat model with this tag does not stream into `messages` mode."""
TAG_HIDDEN = intern("langsmith:hidden")
"""A node with this tag is left out of streams and traces."""
