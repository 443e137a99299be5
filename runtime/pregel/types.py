"""`langgraph.pregel.types`, where some of `langgraph.types` once was."""

from __future__ import annotations

from runtime.types import (
    All,
    CachePolicy,
    PregelExecutableTask,
    PregelTask,
    RetryPolicy,
    StateSnapshot,
    StateUpdate,
    StreamMode,
    StreamWriter,
    default_retry_on,
)
from runtime.warnings import LangGraphDeprecatedSinceV10, deprecated, package

__all__ = (
    "All",
    "CachePolicy",
    "PregelExecutableTask",
    "PregelTask",
    "RetryPolicy",
    "StateSnapshot",
    "StateUpdate",
    "StreamMode",
    "StreamWriter",
    "default_retry_on",
)

deprecated(
    f"Importing from {package()}.pregel.types is deprecated. Please use 'from {package()}.types "
    "import ...' instead.",
    LangGraphDeprecatedSinceV10,
)
