"""Tracing of runs, which a replay leaves out: nothing that it does has happened."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

TRACING = (
    "LANGSMITH_TRACING",
    "LANGSMITH_TRACING_V2",
    "LANGCHAIN_TRACING",
    "LANGCHAIN_TRACING_V2",
)
"""The variables that switch LangSmith on."""


@contextmanager
def untraced() -> Iterator[None]:
    """Leave out what runs in this context; the environment of the process stays as it is."""
    if not any(os.environ.get(name, "").lower() == "true" for name in TRACING):
        yield
        return
    from langsmith import tracing_context  # noqa: PLC0415 - slow, and only where it is in use

    with tracing_context(enabled=False):
        yield
