"""What a node's policies do: retries, timeouts, the cache, error handlers.

A node without policies never comes here. Which policies a node has is worked out once, when the
graph is compiled; what they do to one task is written once for both drivers, as a generator around
that of the task.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from langchain_core.runnables import Runnable, RunnableLambda
from langchain_core.runnables.base import RunnableBindingBase, RunnableParallel, RunnableSequence
from langchain_core.runnables.utils import is_async_callable, is_async_generator
from xxhash import xxh3_128_hexdigest

from runtime.constants import TASKS
from runtime.errors import GraphBubbleUp, NodeError
from runtime.pregel._nodes.limit import Limit
from runtime.types import CachePolicy, RetryPolicy, Send, TimeoutPolicy

if TYPE_CHECKING:
    from runtime.pregel._nodes.node import Write
    from runtime.pregel._task import Effect, Task

__all__ = (
    "Attempt",
    "CacheKey",
    "Policies",
    "cache_key",
    "cache_namespace",
    "check_timeout",
    "from_cache",
    "policed",
    "remembered",
    "with_timeout",
)

CacheKey = tuple[tuple[str, ...], str]
"""A namespace and a key."""

CACHED_WRITES = "__pregel_ns_writes"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Policies:
    """How the tasks of a node are run.

    Args:
        retry: After which failures it is run again; the first policy that applies counts.
        timeout: How long an attempt may take.
        cache: Whether a result may stand for later ones.
        cache_ns: Under which name results are kept.
    """

    retry: tuple[RetryPolicy, ...] = ()
    timeout: TimeoutPolicy | None = None
    cache: CachePolicy[Any] | None = None
    cache_ns: tuple[str, ...] = ()


class Attempt:
    """One attempt of a task whose node has policies, or which handles the error of another.

    Attributes:
        number: Which attempt it is, from 1.
        first_time: When the first one started, in seconds since the epoch.
        limit: How long it may take.
        error: The error that it handles.
        writer: What its node gets as stream writer, if not that of the run.
        heartbeat: What its node gets as `runtime.heartbeat`, if it has an idle timeout.
        key: Where its result is kept in the cache.
    """

    __slots__ = (
        "error",
        "first_time",
        "heartbeat",
        "key",
        "limit",
        "number",
        "writer",
    )

    def __init__(self, first_time: float) -> None:
        self.number = 1
        self.first_time = first_time
        self.limit: Limit | None = None
        self.error: NodeError | None = None
        self.writer: Callable[[Any], None] | None = None
        self.heartbeat: Callable[[], None] | None = None
        self.key: CacheKey | None = None


# --- when the graph is compiled ----------------------------------------------------------------


def cache_namespace(action: Any, node: str | None = None) -> tuple[str, ...]:
    """Return under which name results are kept: that of a function, and of its node if any."""
    module, name = getattr(action, "__module__", None), getattr(action, "__qualname__", None)
    known = f"{module}.{name}" if module and name else "__dynamic__"
    return (CACHED_WRITES, known) if node is None else (CACHED_WRITES, known, node)


def check_timeout(node: str, action: Any) -> None:
    """Check that a node can have a timeout.

    Raises:
        ValueError: It is sync.
    """
    if not _is_async(action):
        raise _sync_timeout(node)


def _sync_timeout(node: str) -> ValueError:
    return ValueError(
        "Node timeouts are only supported for async nodes because sync Python execution cannot be "
        f"safely cancelled in-process. Node {node!r} is sync, or runs in a sync run: make it an "
        "async function and call the graph with ainvoke or astream."
    )


def _is_async(action: Any) -> bool:
    while isinstance(action, RunnableBindingBase):
        action = action.bound
    if isinstance(action, RunnableSequence):
        return all(_is_async(step) for step in action.steps)
    if isinstance(action, RunnableParallel):
        return all(_is_async(step) for step in action.steps__.values())
    if isinstance(action, RunnableLambda):
        return hasattr(action, "afunc")
    if isinstance(action, Runnable):
        return type(action).ainvoke is not Runnable.ainvoke
    return is_async_callable(action) or is_async_generator(action)


def with_timeout(policies: Policies | None, timeout: TimeoutPolicy) -> Policies:
    """Return the policies with another timeout."""
    return replace(policies or Policies(), timeout=timeout)


# --- while a task runs -------------------------------------------------------------------------


def policed(task: Task, policies: Policies) -> Generator[Effect, Any, None]:
    """Do the task as its policies say; what `Task.work` gives its driver.

    Each attempt starts anew: what an earlier one wrote is dropped, what it put into a stream
    stays there.
    """
    turns = task.run.turns
    attempt = task.attempt = task.attempt or Attempt(turns.now())
    callbacks = task.config["callbacks"]
    if policies.timeout is not None:
        yield partial(_refuse, task.node.name), _accept, (), task.node.name
    while True:
        try:
            yield from _limited(task, attempt, policies.timeout)
            break
        except GraphBubbleUp:
            raise
        except Exception as error:
            wait = wait_before_retry(policies.retry, error, attempt.number, turns.random)
            if wait is None:
                raise
            name = task.node.name
            logger.info("Node %r failed, attempt %d in %.2f s.", name, attempt.number + 1, wait)
            asleep = None if turns.serial else turns.asleep
            if not (yield turns.sleep, asleep, (wait,), name):
                raise
        attempt.number += 1
        task.begin_again(callbacks)
    cache = task.run.cache
    if attempt.key is not None and cache is not None and policies.cache is not None:
        kept = {attempt.key: (_to_cache(task.writes), policies.cache.ttl)}
        yield cache.set, cache.aset, (kept,), task.node.name


def remembered(
    task: Task, policies: Policies, cache_policy: CachePolicy[Any]
) -> Generator[Effect, Any, None]:
    """Do a task that was called, unless the cache has its result; of others the driver asks it."""
    cache = task.run.cache
    if cache is not None:
        attempt = task.attempt = Attempt(task.run.turns.now())
        args, kwargs = task.input
        attempt.key = policies.cache_ns, _digest(cache_policy.key_func(*args, **kwargs))
        found = yield cache.get, cache.aget, ([attempt.key],), task.name
        if attempt.key in found:
            task.writes = from_cache(found[attempt.key])
            task.cached = True
            return
    yield from policed(task, policies)


def _limited(
    task: Task, attempt: Attempt, timeout: TimeoutPolicy | None
) -> Generator[Effect, Any, None]:
    """Do one attempt within its timeout; the async driver ends what it awaits when that is over."""
    if timeout is None:
        yield from task.perform()
        return
    limit = attempt.limit = Limit(task.node.name, timeout, task.run.turns.monotonic)
    write = task.writer if attempt.writer is None else attempt.writer
    attempt.writer = partial(limit.write, write)
    if timeout.idle_timeout is not None:
        attempt.heartbeat = limit.touch
    if limit.listener is not None:
        callbacks = cast(Any, task.config["callbacks"])  # a manager, or nothing
        task.config["callbacks"] = limit.listen(callbacks and callbacks.copy())
    try:
        yield from task.perform()
    finally:
        limit.close()
        attempt.limit, attempt.writer = None, write


def _refuse(node: str) -> None:
    raise _sync_timeout(node)


async def _accept() -> None:
    """Let an async run have timeouts."""


# --- retries -----------------------------------------------------------------------------------


def wait_before_retry(
    policies: Sequence[RetryPolicy], error: Exception, failures: int, random: Callable[[], float]
) -> float | None:
    """Return for how many seconds to wait before the next attempt; `None` if there is none.

    Args:
        policies: The first one that applies to the error counts.
        error: What the last attempt raised.
        failures: How many attempts have failed.
        random: Gives a number from 0 to 1.

    Raises:
        TypeError: `retry_on` of a policy is nothing that can be asked.
    """
    policy = next((policy for policy in policies if applies(policy.retry_on, error)), None)
    if policy is None or failures >= policy.max_attempts:
        return None
    interval = policy.initial_interval * policy.backoff_factor ** (failures - 1)
    return min(policy.max_interval, interval) + (random() if policy.jitter else 0.0)


def applies(retry_on: Any, error: Exception) -> bool:
    if isinstance(retry_on, Sequence) and not isinstance(retry_on, str):
        return isinstance(error, tuple(retry_on))
    if isinstance(retry_on, type) and issubclass(retry_on, Exception):
        return isinstance(error, retry_on)
    if callable(retry_on):
        return bool(retry_on(error))
    raise TypeError(
        "retry_on must be an Exception class, a list or tuple of Exception classes, or a callable, "
        f"not {retry_on!r}"
    )


# --- the cache ---------------------------------------------------------------------------------


def cache_key(policy: CachePolicy[Any], ns: tuple[str, ...], value: Any) -> CacheKey:
    """Return where the result for an input is kept."""
    return ns, _digest(policy.key_func(value))


def _digest(key: str | bytes) -> str:
    return xxh3_128_hexdigest(key.encode() if isinstance(key, str) else key)


def _to_cache(writes: list[Write]) -> list[Write]:
    """Return the writes in types that every cache can keep: a `Send` as its parts."""
    return [(name, _parts_of(value) if name == TASKS else value) for name, value in writes]


def _parts_of(send: Send) -> tuple[Any, ...]:
    timeout = send.timeout
    if timeout is None:
        return send.node, send.arg
    return send.node, send.arg, timeout.run_timeout, timeout.idle_timeout, timeout.refresh_on


def from_cache(kept: Sequence[Sequence[Any]]) -> list[Write]:
    """Return the writes that were kept."""
    return [(name, _send_of(*value) if name == TASKS else value) for name, value in kept]


def _send_of(node: str, arg: Any, *timeout: Any) -> Send:
    if not timeout:
        return Send(node, arg)
    run, idle, refresh_on = timeout
    policy = TimeoutPolicy(run_timeout=run, idle_timeout=idle, refresh_on=refresh_on)
    return Send(node, arg, timeout=policy)
