"""What LangGraph's inside has for Runnables."""

from __future__ import annotations

import sys
from inspect import isasyncgenfunction, iscoroutinefunction
from typing import Any, Final

from langchain_core.runnables import RunnableSequence

from runtime.utils.runnable import RunnableCallable, RunnableLike

__all__ = (
    "ASYNCIO_ACCEPTS_CONTEXT",
    "RunnableCallable",
    "RunnableLike",
    "RunnableSeq",
    "is_async_callable",
    "is_async_generator",
)

ASYNCIO_ACCEPTS_CONTEXT: Final = sys.version_info >= (3, 11)
RunnableSeq = RunnableSequence


def is_async_callable(function: Any) -> bool:
    """Return whether a function, or an object that can be called, is to be awaited."""
    return iscoroutinefunction(function) or iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004 - its function is looked at


def is_async_generator(function: Any) -> bool:
    """Return whether a function, or an object that can be called, is an async generator."""
    return isasyncgenfunction(function) or isasyncgenfunction(getattr(function, "__call__", None))  # noqa: B004
