"""The policies of a node as its author gave them, and as the engine takes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from runtime.pregel._nodes.policies import Policies, cache_namespace, check_timeout
from runtime.types import CachePolicy, RetryPolicy, TimeoutPolicy, TracePolicy

__all__ = (
    "DEFAULT_ERROR_HANDLER",
    "NO_POLICIES",
    "NodePolicies",
    "RetryPolicies",
    "error_handler_of",
)

DEFAULT_ERROR_HANDLER = "__default_error_handler__"

RetryPolicies = RetryPolicy | Sequence[RetryPolicy]


def error_handler_of(node: str) -> str:
    """Return the name of the node that handles the errors of another."""
    return f"__error_handler__{node}"


@dataclass(frozen=True, slots=True)
class NodePolicies:
    """What an author asked for around a node; `None` where the defaults of the graph count.

    Args:
        retry: After which failures it is run again.
        cache: Whether a result may stand for later ones.
        timeout: How long an attempt may take.
        trace: What tracers record of it.
        error_handler: The node that handles its errors.
        handles_errors: Whether it is such a node.
    """

    retry: RetryPolicies | None = None
    cache: CachePolicy[Any] | None = None
    timeout: TimeoutPolicy | None = None
    trace: TracePolicy | None = None
    error_handler: str | None = None
    handles_errors: bool = False

    def over(self, defaults: NodePolicies) -> NodePolicies:
        """Return these, filled up with the defaults of the graph.

        What handles errors is never cached, and its own errors end the run.
        """
        if defaults == NO_POLICIES:
            return self
        filled = replace(
            self,
            retry=defaults.retry if self.retry is None else self.retry,
            timeout=defaults.timeout if self.timeout is None else self.timeout,
        )
        if self.handles_errors:
            return filled
        return replace(
            filled,
            cache=defaults.cache if self.cache is None else self.cache,
            error_handler=self.error_handler or defaults.error_handler,
        )

    def compiled(self, name: str, action: Any) -> Policies | None:
        """Return what the engine needs to run the tasks of a node; `None` if it is nothing.

        Raises:
            ValueError: The node is sync and has a timeout.
        """
        if self.retry is None and self.timeout is None and self.cache is None:
            return None
        if self.timeout is not None:
            check_timeout(name, action)
        retry = (self.retry,) if isinstance(self.retry, RetryPolicy) else tuple(self.retry or ())
        cache_ns = cache_namespace(action, name)
        return Policies(retry=retry, timeout=self.timeout, cache=self.cache, cache_ns=cache_ns)


NO_POLICIES = NodePolicies()
