"""A node as the engine sees it, and how its function is called.

Everything that depends only on the graph is worked out here, once, when the graph is compiled:
what the function is, which parameters it wants besides its input, where its output goes.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR
from types import FunctionType
from typing import TYPE_CHECKING, Any, Optional, TypeVar

from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.base import RunnableLambda
from langchain_core.runnables.base import coerce_to_runnable as core_coerce_to_runnable
from langchain_core.runnables.config import merge_configs
from langchain_core.runnables.utils import is_async_callable, is_async_generator
from langgraph.store.base import BaseStore

from runtime.channels._state import Channels
from runtime.config import RUNTIME_KEY, TASK_KEY, runtime_in
from runtime.constants import TAG_HIDDEN
from runtime.errors import NodeError
from runtime.pregel._names import PULL, TaskPath, id_part
from runtime.pregel._nodes.by_hand import ByHand
from runtime.pregel._nodes.inside import graphs_reached_from
from runtime.runtime import Runtime
from runtime.types import StreamWriter, TracePolicy

if TYPE_CHECKING:
    from runtime.pregel._nodes.policies import Policies
    from runtime.pregel._task import Task

__all__ = (
    "Branch",
    "Call",
    "Node",
    "Write",
    "make_call",
    "make_task_call",
    "never_waits",
)

F = TypeVar("F", bound=Callable[..., Any])

_NEVER_WAITS = "__never_waits__"

Write = tuple[str, Any]
"""One write of a task: the name of a channel and a value."""


@dataclass(frozen=True, slots=True)
class Call:
    """Something to call with `(input, config)`, in a sync or an async run, or in both.

    Args:
        name: What errors and traces call it.
        invoke: The sync form; `None` if there is only an async one.
        ainvoke: The async form; `None` if the sync one is to be run in a thread.
        traces_itself: Whether it tells callback handlers about itself, as a Runnable does.
        unfolds: Whether a Runnable that it returns is invoked on the same input.
        shown: What callback handlers are told of its input, if not the input itself.
    """

    name: str
    invoke: Callable[[Any, RunnableConfig], Any] | None
    ainvoke: Callable[[Any, RunnableConfig], Any] | None
    traces_itself: bool = False
    unfolds: bool = False
    shown: Callable[[Any], Any] | None = None

    def unfolded(self, output: Any) -> Runnable[Any, Any] | None:
        """Return what it returned if that is to be invoked on the same input."""
        return output if self.unfolds and isinstance(output, Runnable) else None

    def run(self, value: Any, config: RunnableConfig) -> Any:
        """Call it where no driver does.

        Raises:
            TypeError: It is async.
        """
        if self.invoke is None:
            raise TypeError(
                f'No synchronous function provided to "{self.name}": it is async. Use ainvoke or '
                "astream, or give it a sync function."
            )
        output = self.invoke(value, config)
        inner = self.unfolded(output)
        return output if inner is None else inner.invoke(value, config)

    async def arun(self, value: Any, config: RunnableConfig) -> Any:
        """Call it where no driver does; a sync function is called in the event loop."""
        if self.ainvoke is None:
            return self.run(value, config)
        output = await self.ainvoke(value, config)
        inner = self.unfolded(output)
        return output if inner is None else await inner.ainvoke(value, config)


@dataclass(frozen=True, slots=True)
class Branch:
    """A conditional edge: what decides, what it is shown, and how its answer becomes writes."""

    path: Call
    view: Callable[[Channels, list[Write], Any], Any]
    writes: Callable[[Any], list[Write]]


@dataclass(slots=True)
class Node:
    """One node of a compiled graph.

    Args:
        name: Its name.
        triggers: The channels whose update makes it run, sorted.
        read: Makes its input from the channels.
        call: Its function; `None` passes the input on as the output.
        updates: Turns what the function returned into state writes and `Command` jumps.
        static_writes: The writes of its plain edges.
        branches: Its conditional edges.
        metadata: What its author attached; appears in `messages` and traces.
        tags: Tags of its runs; with `TAG_HIDDEN` it stays out of streams.
        policies: How its tasks are run, if not simply once.
        rescuer: The node that handles its errors.
        trace: What tracers record of it, if not everything.
        action: What its author added, for drawings and to find graphs inside.
        may_write: The channels, or `END`, that its author says a `Command` or a conditional edge
            may lead to, each with a label for drawings.
        writes_to: The channels that it writes to in any case, for drawings.
        calls_tasks: Whether it calls tasks of the functional API.
        then: What it does after that, each with what the one before returned.
        needs: A channel without whose value it does not run.
        hidden: Whether it stays out of streams.
        calls: All that it calls, in this order.
        runs_user_code: Whether anything of the graph author's runs in it.
        path: The path of a task that channels trigger.
        id_part: What the id of such a task holds of it.
    """

    name: str
    triggers: tuple[str, ...]
    read: Callable[[Channels], Any]
    call: Call | None
    updates: Callable[[Any], list[Write]]
    static_writes: tuple[Write, ...] = ()
    branches: tuple[Branch, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    policies: Policies | None = None
    rescuer: str | None = None
    trace: TracePolicy | None = None
    action: Any = None
    may_write: tuple[tuple[str, str | None], ...] = ()
    writes_to: tuple[str, ...] = ()
    calls_tasks: bool = False
    then: tuple[Call, ...] = ()
    needs: str | None = None
    hidden: bool = field(init=False)
    calls: tuple[Call, ...] = field(init=False)
    runs_user_code: bool = field(init=False)
    path: TaskPath = field(init=False)
    id_part: str = field(init=False)

    def __post_init__(self) -> None:
        self.calls = () if self.call is None else (self.call, *self.then)
        self.hidden = TAG_HIDDEN in self.tags
        self.runs_user_code = self.call is not None or bool(self.branches)
        self.path = (PULL, self.name)
        self.id_part = id_part(self.path, self.triggers)

    @property
    def bound(self) -> Runnable[Any, Any]:
        """What it does, as a Runnable: without reading or writing the state."""
        if isinstance(self.action, Runnable) and not self.then:
            return self.action
        return ByHand(self.name, self.calls, self.action)

    @property
    def subgraphs(self) -> list[Any]:
        """The graphs that it is or names."""
        return [*graphs_reached_from(self.action)]

    def copy(self, update: Mapping[str, Any] | None = None) -> Node:
        """Return a node that differs in the given attributes only."""
        return replace(self, **(update or {}))

    def _config(self, config: RunnableConfig | None) -> RunnableConfig:
        own: RunnableConfig = {"tags": [*self.tags], "metadata": {**self.metadata}}
        return merge_configs(own, config)

    def invoke(
        self,
        input: Any,  # noqa: A002 - LangGraph's name
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Any:
        """Do what it does, by hand, with `input` as it would be shown; return what it returns.

        For tests of a single node. One that asks for its runtime finds the `Runtime` that stands
        in `config["configurable"]["__pregel_runtime"]`.
        """
        return self.bound.invoke(input, self._config(config), **kwargs)

    async def ainvoke(
        self,
        input: Any,  # noqa: A002
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Any:
        """Do what it does, by hand, in an event loop."""
        return await self.bound.ainvoke(input, self._config(config), **kwargs)

    def stream(
        self,
        input: Any,  # noqa: A002
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Iterator[Any]:
        """Do what it does, by hand, and yield what it yields, or else what it returns."""
        yield from self.bound.stream(input, self._config(config), **kwargs)

    async def astream(
        self,
        input: Any,  # noqa: A002
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[Any]:
        """Do the same in an event loop."""
        async for chunk in self.bound.astream(input, self._config(config), **kwargs):
            yield chunk


# Which annotations each injected parameter may have. No annotation is always fine.
_INJECTABLE: dict[str, tuple[Any, ...] | None] = {
    "config": (
        RunnableConfig,
        "RunnableConfig",
        Optional[RunnableConfig],  # noqa: UP045 - equal to `RunnableConfig | None` only from 3.14
        RunnableConfig | None,
        "Optional[RunnableConfig]",
        "RunnableConfig | None",
    ),
    "writer": (StreamWriter, "StreamWriter"),
    "store": (
        BaseStore,
        "BaseStore",
        Optional[BaseStore],  # noqa: UP045
        BaseStore | None,
        "Optional[BaseStore]",
        "BaseStore | None",
    ),
    "error": (NodeError, "NodeError"),
    "previous": None,  # any annotation
    "runtime": None,
}

_FROM_RUNTIME: dict[str, Callable[[Runtime[Any]], Any]] = {
    "writer": lambda runtime: runtime.stream_writer,
    "store": lambda runtime: runtime.store,
    "previous": lambda runtime: runtime.previous,
    "runtime": lambda runtime: runtime,
}


def _wanted(function: Callable[..., Any]) -> tuple[str, ...]:
    """Return which parameters of the function are to be injected."""
    if _plainly_has_none(function):
        return ()
    try:
        parameters = inspect.signature(function).parameters
    except ValueError:  # some builtins have no signature
        return ()
    wanted = []
    for name, allowed in _INJECTABLE.items():
        parameter = parameters.get(name)
        if parameter is None or parameter.kind not in _BY_NAME:
            continue
        annotation = parameter.annotation
        if name == "error" and annotation is parameter.empty:
            continue  # the author's own
        if allowed is None or annotation is parameter.empty or annotation in allowed:
            wanted.append(name)
        elif name == "config":
            warnings.warn(
                "The 'config' parameter should be typed as 'RunnableConfig' or "
                f"'RunnableConfig | None', not '{annotation}'. As it is, it is not filled in.",
                UserWarning,
                stacklevel=5,
            )
    return tuple(wanted)


def _is_plain(action: Any) -> bool:
    """Return whether the code of an action says all of it; asking `inspect` costs 20 µs each time.

    It does not if the action is something else than a function, or is marked or wrapped.
    """
    return type(action) is FunctionType and not action.__dict__


def _plainly_has_none(function: Callable[..., Any]) -> bool:
    """Return whether a glance shows that nothing is to be injected."""
    if not _is_plain(function):
        return False
    code = function.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return _INJECTABLE.keys().isdisjoint(names)


_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def _with_injection(
    function: Callable[..., Any], wanted: tuple[str, ...], explode: bool = False
) -> Callable[[Any, RunnableConfig], Any]:
    """Return the function as one of `(input, config)`.

    Args:
        function: The function.
        wanted: The parameters to inject.
        explode: Whether the input is the arguments, `(args, kwargs)`.
    """
    if not wanted and not explode:
        return lambda value, _config: function(value)
    if wanted == ("config",) and not explode:
        return lambda value, config: function(value, config=config)
    from_runtime = [(name, _FROM_RUNTIME[name]) for name in wanted if name in _FROM_RUNTIME]
    with_config, with_error = "config" in wanted, "error" in wanted

    def call(value: Any, config: RunnableConfig) -> Any:
        task: Task | None = config.get("configurable", {}).get(TASK_KEY)
        extra: dict[str, Any] = {}
        if from_runtime:
            runtime = _by_hand(function, wanted, config) if task is None else task.runtime
            extra = {name: get(runtime) for name, get in from_runtime}
        if with_config:
            extra["config"] = config
        if with_error:
            extra["error"] = task and task.attempt and task.attempt.error
        if explode:
            args, kwargs = value
            return function(*args, **{**extra, **kwargs})
        return function(value, **extra)

    return call


def _by_hand(
    function: Callable[..., Any], wanted: tuple[str, ...], config: RunnableConfig
) -> Runtime[Any]:
    """Return the runtime that whoever calls a node without a graph has put into the config.

    Raises:
        ValueError: There is none, and the function wants something of it.
    """
    runtime = runtime_in(config)
    if runtime is None:
        for name in wanted:
            if name in ("store", "previous", "runtime"):
                raise ValueError(
                    f"Missing required config key {name!r} for {function!r}: it is called without "
                    f"a graph. Pass config={{'configurable': {{{RUNTIME_KEY!r}: Runtime(...)}}}}."
                )
        return Runtime()
    return runtime


def _at_once(call: Callable[[Any, RunnableConfig], Any]) -> Callable[[Any, RunnableConfig], Any]:
    async def acall(value: Any, config: RunnableConfig) -> Any:
        return call(value, config)

    return acall


def never_waits(function: F) -> F:
    """Have async runs call a sync function in the event loop, rather than hand it to a thread.

    For functions of our own that only compute a little.
    """
    setattr(function, _NEVER_WAITS, True)
    return function


def make_task_call(function: Callable[..., Any], name: str) -> Call:
    """Return how to call the function of a `@task`: its input is `(args, kwargs)`."""
    wanted = _wanted(function)
    call, shown = _with_injection(function, wanted, explode=True), _by_name(function, wanted)
    if is_async_callable(function):
        return Call(name, None, call, shown=shown)
    return Call(name, call, None, shown=shown)


def _by_name(
    function: Callable[..., Any], wanted: tuple[str, ...]
) -> Callable[[Any], dict[str, Any]] | None:
    """Return what tells the arguments of a task by name, as callback handlers hear of them.

    Defaults are among them, and what the engine fills in is not. `None` for a builtin that does not
    say what it takes.
    """
    try:
        signature = inspect.signature(function)
    except ValueError:
        return None

    def told(given: Any) -> dict[str, Any]:
        args, kwargs = given
        try:
            bound = signature.bind_partial(*args, **kwargs)
        except TypeError:  # the call itself says what is wrong
            return {"args": args, **kwargs}
        bound.apply_defaults()
        named: dict[str, Any] = {}
        for name, value in bound.arguments.items():
            if signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD:
                named.update(value)
            elif name not in wanted or name in kwargs:
                named[name] = value
        return named

    return told


def make_call(action: Any, name: str) -> Call:
    """Return how to call a node's action or a branch's path.

    Args:
        action: A function (sync or async), an object with `__call__`, a generator function, a
            dict of Runnables, or a Runnable.
        name: What errors and traces call it.

    Raises:
        TypeError: It is nothing that can be called.
    """
    if _is_plain(action):
        flags = action.__code__.co_flags
        if not flags & (CO_GENERATOR | CO_ASYNC_GENERATOR):
            call = _with_injection(action, _wanted(action))
            if flags & CO_COROUTINE:
                return Call(name, None, call, unfolds=True)
            return Call(name, call, None, unfolds=True)
    if not isinstance(action, Runnable):
        if is_async_generator(action) or inspect.isgeneratorfunction(action):
            action = RunnableLambda(action)
        elif callable(action):
            call = _with_injection(action, _wanted(action))
            if is_async_callable(action):
                return Call(name, None, call, unfolds=True)
            acall = _at_once(call) if hasattr(action, _NEVER_WAITS) else None
            return Call(name, call, acall, unfolds=True)
        else:
            action = core_coerce_to_runnable(action)
    return Call(name, action.invoke, action.ainvoke, traces_itself=True)
