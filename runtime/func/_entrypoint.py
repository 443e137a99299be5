"""`@entrypoint`: a function as a graph of one node, which calls tasks."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Generic, TypeVar, get_args, get_origin, get_type_hints

from langgraph.cache.base import BaseCache
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.store.base import BaseStore

from runtime._renamed import renamed
from runtime.channels import EphemeralValue, LastValue, Topic
from runtime.constants import END, START, TASKS
from runtime.graph._policies import NodePolicies
from runtime.pregel._nodes.node import Node, Write, make_call
from runtime.pregel._run import PREVIOUS
from runtime.pregel.main import Pregel
from runtime.types import CachePolicy, RetryPolicy, Send, TimeoutPolicy

__all__ = ("entrypoint",)

R = TypeVar("R")
S = TypeVar("S")


@dataclass(slots=True)
class _Final(Generic[R, S]):
    """What an entrypoint returns when its result is not what it saves for next time.

    Args:
        value: Its result.
        save: What it gets as `previous` next time on this thread.
    """

    value: R
    save: S


class entrypoint(Generic[R]):  # noqa: N801 - LangGraph's public name
    """Make a function a workflow that streams, is kept, and can be resumed, as a graph can.

    The function takes one argument, the input, and may take any of `config`, `previous`,
    `runtime`, `store` and `writer` besides. What it returns is the output, and what it gets as
    `previous` the next time on the same thread; `entrypoint.final(value=..., save=...)` tells the
    two apart.

    Args:
        checkpointer: Where threads are kept, so that runs can stop, be looked at, and go on.
        store: Where it keeps things between threads.
        cache: Keeps results of tasks that have a cache policy.
        context_schema: The type of `runtime.context`.
        cache_policy: Whether its result may stand for later ones.
        retry_policy: After which failures it is run again; of several, the first that applies.
        timeout: How long an attempt may take. Only for async functions.
    """

    final: ClassVar[type[_Final[Any, Any]]] = _Final

    @renamed(retry="retry_policy", config_schema="context_schema")
    def __init__(
        self,
        checkpointer: BaseCheckpointSaver[Any] | None = None,
        store: BaseStore | None = None,
        cache: BaseCache[Any] | None = None,
        context_schema: type[Any] | None = None,
        cache_policy: CachePolicy[Any] | None = None,
        retry_policy: RetryPolicy | Sequence[RetryPolicy] | None = None,
        timeout: float | timedelta | TimeoutPolicy | None = None,
    ) -> None:
        self.checkpointer = checkpointer
        self.store = store
        self.cache = cache
        self.context_schema = context_schema
        self.policies = NodePolicies(retry_policy, cache_policy, TimeoutPolicy.coerce(timeout))

    def __call__(self, func: Callable[..., Any]) -> Pregel[Any, Any, Any, Any]:
        """Return the function as a workflow.

        Raises:
            NotImplementedError: It is a generator function.
            ValueError: It takes no argument; or it is sync and has a timeout.
        """
        if inspect.isgeneratorfunction(func) or inspect.isasyncgenfunction(func):
            raise NotImplementedError(
                "Generators are not supported in the Functional API. Write what is to be streamed "
                "with get_stream_writer(), and return the result."
            )
        parameters = list(inspect.signature(func).parameters)
        if not parameters:
            raise ValueError(
                "Entrypoint function must have at least one parameter: it gets the input."
            )
        hints = _hints(func)
        output_type, saved_type = _results(hints.get("return", Any))
        name = getattr(func, "__name__", type(func).__name__)
        node = Node(
            name=name,
            triggers=(START,),
            read=lambda channels: channels[START].get(),
            call=make_call(func, name),
            updates=_results_of,
            policies=self.policies.compiled(name, func),
            action=func,
            calls_tasks=True,
            may_write=((END, None),),
        )
        input_type = hints.get(parameters[0], Any)
        return Pregel(
            nodes={name: node},
            channels={
                START: EphemeralValue(input_type, key=START),
                END: LastValue(output_type, END),
                PREVIOUS: LastValue(saved_type, PREVIOUS),
                TASKS: Topic(Send, key=TASKS),
            },
            input_channels=START,
            output_channels=END,
            stream_channels=END,
            stream_mode="updates",
            checkpointer=self.checkpointer,
            store=self.store,
            cache=self.cache,
            context_schema=self.context_schema,
        )


def _results_of(output: Any) -> list[Write]:
    """Return what an entrypoint writes: its result, and what it saves for next time."""
    if isinstance(output, _Final):
        return [(END, output.value), (PREVIOUS, output.save)]
    return [(END, output), (PREVIOUS, output)]


def _hints(func: Callable[..., Any]) -> dict[str, Any]:
    function = func if inspect.isroutine(func) else type(func).__call__
    try:
        return get_type_hints(function)
    except (NameError, TypeError):  # annotations that cannot be evaluated say nothing
        return {}


def _results(returned: Any) -> tuple[Any, Any]:
    """Return the types of the result and of what is saved."""
    if get_origin(returned) is _Final:
        value, save = get_args(returned)
        return value, save
    return (Any, Any) if returned is _Final else (returned, returned)
