"""`@task`: a function whose calls are tasks of the graph that runs."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, Generic, ParamSpec, TypeVar, cast, overload

from langgraph.cache.base import BaseCache

from runtime._renamed import renamed
from runtime.config import current_task
from runtime.pregel._calls import Calls, Promise
from runtime.pregel._nodes.node import Node, make_task_call
from runtime.pregel._nodes.policies import Policies, cache_namespace, check_timeout
from runtime.pregel._saved.thread import RETURN
from runtime.types import CachePolicy, RetryPolicy, TimeoutPolicy

__all__ = ("TaskFunction", "task")

P = ParamSpec("P")
T = TypeVar("T")


class TaskFunction(Generic[P, T]):
    """A function whose calls are tasks; made by `task`.

    Args:
        func: The function.
        name: What streams and traces call its tasks.
        retry: After which failures it is run again.
        cache_policy: Whether a result may stand for later ones.
        timeout: How long an attempt may take.
    """

    def __init__(
        self,
        func: Callable[P, Awaitable[T]] | Callable[P, T],
        *,
        name: str | None = None,
        retry: Sequence[RetryPolicy] = (),
        cache_policy: CachePolicy[Any] | None = None,
        timeout: TimeoutPolicy | None = None,
    ) -> None:
        if name is not None:
            if hasattr(func, "__func__"):  # a bound method: its attributes are those of its class
                func = functools.partial(func)
            func.__name__ = name  # type: ignore[union-attr]  # streams show it
        self.func = func
        self.cache_policy = cache_policy
        plain = func.func if isinstance(func, functools.partial) else func
        named = name or cast(str, getattr(plain, "__name__", type(plain).__name__))
        policies = None
        if timeout is not None:
            check_timeout(named, func)
        if retry or timeout is not None or cache_policy is not None:
            cache_ns = cache_namespace(func)
            policies = Policies(tuple(retry), timeout, cache_policy, cache_ns)
        self._node = Node(
            name=named,
            triggers=(),
            read=lambda _: None,
            call=make_task_call(func, named),
            updates=lambda output: [(RETURN, output)],
            policies=policies,
        )
        functools.update_wrapper(self, func)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Promise:
        """Start the task, and return its promise.

        Raises:
            RuntimeError: Called outside of a node, task or tool of a running graph.
        """
        caller = current_task()
        return cast(Calls, caller.run.calls).call(caller, self._node, (args, kwargs))

    def clear_cache(self, cache: BaseCache[Any]) -> None:
        """Forget the results that a cache keeps."""
        if self.cache_policy is not None:
            cache.clear((cache_namespace(self.func),))

    async def aclear_cache(self, cache: BaseCache[Any]) -> None:
        """Do what `clear_cache` does."""
        if self.cache_policy is not None:
            await cache.aclear((cache_namespace(self.func),))


@overload
def task(
    __func_or_none__: None = None,
    *,
    name: str | None = None,
    retry_policy: RetryPolicy | Sequence[RetryPolicy] | None = None,
    cache_policy: CachePolicy[Any] | None = None,
    timeout: float | timedelta | TimeoutPolicy | None = None,
) -> Callable[[Callable[P, Awaitable[T]] | Callable[P, T]], TaskFunction[P, T]]: ...


@overload
def task(__func_or_none__: Callable[P, Awaitable[T]]) -> TaskFunction[P, T]: ...


@overload
def task(__func_or_none__: Callable[P, T]) -> TaskFunction[P, T]: ...


@renamed(retry="retry_policy")
def task(
    __func_or_none__: Callable[..., Any] | None = None,
    *,
    name: str | None = None,
    retry_policy: RetryPolicy | Sequence[RetryPolicy] | None = None,
    cache_policy: CachePolicy[Any] | None = None,
    timeout: float | timedelta | TimeoutPolicy | None = None,
) -> Any:
    """Make the calls of a function tasks of the graph that runs: of an entrypoint, or of a node.

    A call returns a promise at once: `.result()` waits for the result, and so does `await`. With a
    checkpointer the result is kept: when the run is resumed, or the caller is retried, the task is
    not run again. The result must be something that a checkpointer can store.

    Args:
        __func_or_none__: The function, sync or async; left out where the decorator has arguments.
        name: What streams and traces call the task; by default the function's name.
        retry_policy: After which failures it is run again; of several, the first that applies.
        cache_policy: Whether a result may stand for later calls, in a graph with a cache.
        timeout: How long an attempt may take. Only for async functions.

    Returns:
        The function as a `TaskFunction`, or a decorator.

    Raises:
        ValueError: A sync function has a timeout.
    """
    policies = (retry_policy,) if isinstance(retry_policy, RetryPolicy) else retry_policy or ()
    limit = TimeoutPolicy.coerce(timeout)

    def decorate(func: Callable[..., Any]) -> TaskFunction[..., Any]:
        return TaskFunction(
            func, name=name, retry=policies, cache_policy=cache_policy, timeout=limit
        )

    return decorate if __func_or_none__ is None else decorate(__func_or_none__)
