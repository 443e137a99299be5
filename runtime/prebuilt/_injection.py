"""Parameters of tools that the graph fills in and the model never sees.

Which parameters those are depends only on the tool, so it is worked out once, when a tool node is
made: an `Injection`. What goes into them depends on the call: a `ToolRuntime`.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, get_args, get_origin, get_type_hints

from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool, InjectedToolArg
from langchain_core.tools.base import (
    _DirectlyInjectedToolArg,
    _is_injected_arg_type,
    get_all_basemodel_annotations,
)
from langgraph.store.base import BaseStore
from pydantic import BaseModel
from typing_extensions import TypeVar

from runtime.config import TASK_KEY
from runtime.pregel._chunks.tools import ToolsHandler
from runtime.runtime import ExecutionInfo
from runtime.types import StreamWriter

__all__ = ("InjectedState", "InjectedStore", "Injection", "ToolRuntime")

StateT = TypeVar("StateT", default=Any)
ContextT = TypeVar("ContextT", default=Any)


class InjectedState(InjectedToolArg):
    """Marks a tool's parameter that is filled with the state of the graph, or a key of it.

    `Annotated[dict, InjectedState]` is the whole state, `Annotated[str, InjectedState("user")]`
    the key `user`. The model does not see the parameter.

    Args:
        field: The key; the whole state if not given.
    """

    def __init__(self, field: str | None = None) -> None:
        self.field = field


class InjectedStore(InjectedToolArg):
    """Marks a tool's parameter that is filled with the store that the graph was compiled with."""


@dataclass
class ToolRuntime(_DirectlyInjectedToolArg, Generic[ContextT, StateT]):
    """What a tool may ask for as a parameter of this type: all there is to know about its call.

    Args:
        state: The state of the graph, as the tool node was shown it.
        context: What the caller passed as `context`.
        config: The config of the tool node.
        stream_writer: Puts a value into the `custom` stream.
        tool_call_id: The id of the call.
        store: The store that the graph was compiled with.
        tools: The tools of the tool node.
        execution_info: Where in the run the tool node is running.
        server_info: What a server says about itself; `None` where there is none.
    """

    state: StateT
    context: ContextT
    config: RunnableConfig
    stream_writer: StreamWriter
    tool_call_id: str | None
    store: BaseStore | None
    tools: list[BaseTool] = field(default_factory=list)
    execution_info: ExecutionInfo | None = None
    server_info: Any = None

    def emit_output_delta(self, delta: Any) -> None:
        """Put a piece of the tool's output into the `tools` stream; elsewhere do nothing."""
        task = self.config.get("configurable", {}).get(TASK_KEY)
        for handler in task.run.listeners.handlers if task is not None else ():
            if isinstance(handler, ToolsHandler):
                handler.on_output_delta(self.tool_call_id, delta)


@dataclass(frozen=True, slots=True)
class Injection:
    """Which parameters of one tool are to be filled in, and with what.

    Args:
        tool_name: The tool.
        whole_state: Parameters for the whole state.
        fields: Parameters for a key of the state, each with the key and whether the parameter has
            a default.
        stores: Parameters for the store.
        runtimes: Parameters for the `ToolRuntime`.
        names: All of these.
        hidden: Parameters that the model does not see, these and others: it cannot fill them in by
            guessing.
    """

    tool_name: str
    whole_state: tuple[str, ...]
    fields: tuple[tuple[str, str, bool], ...]
    stores: tuple[str, ...]
    runtimes: tuple[str, ...]
    names: frozenset[str]
    hidden: frozenset[str]

    @classmethod
    def of(cls, tool: BaseTool) -> Injection:
        """Find out what a tool wants, from its schema and from its function."""
        whole, fields, stores, runtimes, hidden = [], [], [], [], []
        for name, (annotation, has_default) in _parameters(tool).items():
            if _is_injected_arg_type(annotation):
                hidden.append(name)
            wanted = _injected(name, annotation)
            if wanted is ToolRuntime:
                runtimes.append(name)
            elif wanted is InjectedStore or isinstance(wanted, InjectedStore):
                stores.append(name)
            elif isinstance(wanted, InjectedState) and wanted.field:
                fields.append((name, wanted.field, has_default))
            elif wanted is not None:
                whole.append(name)
        names = frozenset([*whole, *(name for name, _, _ in fields), *stores, *runtimes])
        return cls(
            tool.name,
            tuple(whole),
            tuple(fields),
            tuple(stores),
            tuple(runtimes),
            names,
            names.union(hidden),
        )

    def fill(
        self, args: dict[str, Any], runtime: ToolRuntime[Any, Any], messages_key: str
    ) -> dict[str, Any]:
        """Return arguments with the injected ones; what the model gave for hidden ones is dropped.

        Raises:
            ValueError: The tool wants a key of a state that has no keys, or a store, and there is
                none.
            KeyError: The tool wants a key that the state does not have; if the state is an object,
                an AttributeError.
        """
        filled = {name: value for name, value in args.items() if name not in self.hidden}
        state = runtime.state
        if isinstance(state, list) and (self.whole_state or self.fields):
            state = self._as_dict(state, messages_key)
        for name in self.whole_state:
            filled[name] = state
        for name, key, has_default in self.fields:
            found, value = self._read(state, key, has_default)
            if found:
                filled[name] = value
        for name in self.stores:
            if runtime.store is None:
                raise ValueError(
                    f"Tool {self.tool_name!r} wants a store in its parameter {name!r}, and the "
                    "graph has none: compile it with one, compile(store=InMemoryStore())."
                )
            filled[name] = runtime.store
        for name in self.runtimes:
            filled[name] = runtime
        return filled

    def _as_dict(self, messages: list[Any], messages_key: str) -> dict[str, Any]:
        if wanted := sorted({key for _, key, _ in self.fields if key != messages_key}):
            raise ValueError(
                f"Invalid input to ToolNode: tool {self.tool_name!r} wants the state keys "
                f"{wanted}, and the input is a list of messages. Pass a state with these keys."
            )
        return {messages_key: messages}

    def _read(self, state: Any, key: str, may_be_missing: bool) -> tuple[bool, Any]:
        if isinstance(state, dict):
            if key in state:
                return True, state[key]
        elif hasattr(state, key):
            return True, getattr(state, key)
        if may_be_missing:
            return False, None
        error = KeyError if isinstance(state, dict) else AttributeError
        raise error(
            f"Tool {self.tool_name!r} wants the state key {key!r}, which is not set. "
            "Give the parameter a default, or set the key before the tool runs."
        )


def _parameters(tool: BaseTool) -> dict[str, tuple[Any, bool]]:
    """Return the annotation of each parameter of a tool, and whether it has a default."""
    found: dict[str, tuple[Any, bool]] = {}
    for function in (getattr(tool, "func", None), getattr(tool, "coroutine", None)):
        if function is not None:
            found.update(_parameters_of(function))
    if not found:
        found.update(_parameters_of(tool._run))  # noqa: SLF001 - what authors of tools override
    schema = tool.get_input_schema()
    for name, annotation in get_all_basemodel_annotations(schema).items():
        known = schema.model_fields.get(name) if issubclass(schema, BaseModel) else None
        has_default = known is not None and not known.is_required()
        if name not in found or _injected(name, found[name][0]) is None:
            found[name] = annotation, has_default
    return found


def _parameters_of(function: Any) -> Iterator[tuple[str, tuple[Any, bool]]]:
    try:
        hints = get_type_hints(function, include_extras=True)
    except (NameError, TypeError):  # annotations that cannot be evaluated say nothing
        hints = {}
    for name, parameter in inspect.signature(function).parameters.items():
        has_default = parameter.default is not parameter.empty
        yield name, (hints.get(name, parameter.empty), has_default)


def _injected(name: str, annotation: Any) -> Any:
    """Return what is to be injected for an annotation; `None` if the model fills it in."""
    if annotation in (inspect.Parameter.empty, Any):
        return ToolRuntime if name == "runtime" else None
    if ToolRuntime in (annotation, get_origin(annotation)):
        return ToolRuntime
    for extra in getattr(annotation, "__metadata__", ()):
        if isinstance(extra, InjectedState | InjectedStore):
            return extra
        if extra in (InjectedState, InjectedStore, ToolRuntime):
            return extra
    for part in get_args(annotation):  # those of a union, or the type inside `Annotated`
        if (wanted := _injected("", part)) is not None:
            return wanted
    return None
