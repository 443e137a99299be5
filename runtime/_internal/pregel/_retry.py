"""What LangGraph's inside has for attempts at a node."""

from __future__ import annotations

from runtime._absent import absent
from runtime.pregel._nodes.policies import applies
from runtime.types import RetryPolicy

__all__ = (
    "_TimedAttemptScope",
    "_checkpoint_ns_for_parent_command",
    "_ensure_execution_info",
    "_should_retry_on",
    "arun_with_retry",
    "run_with_retry",
)

_TimedAttemptScope = absent("_TimedAttemptScope")
_checkpoint_ns_for_parent_command = absent("_checkpoint_ns_for_parent_command")
_ensure_execution_info = absent("_ensure_execution_info")
arun_with_retry = absent("arun_with_retry")
run_with_retry = absent("run_with_retry")


def _should_retry_on(policy: RetryPolicy, error: Exception) -> bool:
    """Return whether a policy is for an error."""
    return applies(policy.retry_on, error)
