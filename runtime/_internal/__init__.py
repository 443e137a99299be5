"""Names of LangGraph's inside, where LangGraph has them.

Packages built on LangGraph, and tests, import some names from its private modules. They find them
here: what means the same in this runtime is that, and what cannot be supplied says so when it is
used, not when it is imported. Folders here hold modules of packages of ours (`pregel/_loop.py` is
imported as `runtime.pregel._loop`), so that the packages themselves have only what they need.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

__all__ = ("modules_of", "names_of")

_HERE: Final = "runtime._internal"

_NAMES: Final = {
    "runtime.callbacks": {"_GraphCallbackManager": f"{_HERE}.callbacks"},
    "runtime.channels.binop": {"_get_overwrite": f"{_HERE}.channels"},
    "runtime.graph.message": {"_messages_delta_reducer": f"{_HERE}.channels"},
    "runtime.graph.state": {
        "_get_channel": f"{_HERE}.channels",
        "_get_node_name": f"{_HERE}.nodes",
        "_is_field_channel": f"{_HERE}.nodes",
        "_warn_invalid_state_schema": f"{_HERE}.nodes",
    },
    "runtime.prebuilt.chat_agent_executor": {
        "_get_model": f"{_HERE}.agents",
        "_should_bind_tools": f"{_HERE}.agents",
        "_validate_chat_history": f"{_HERE}.agents",
    },
    "runtime.prebuilt.tool_node": {
        "TOOL_CALL_ERROR_TEMPLATE": "runtime.prebuilt._failures",
        "TOOL_EXECUTION_ERROR_TEMPLATE": f"{_HERE}._names",
        "TOOL_INVOCATION_ERROR_TEMPLATE": "runtime.prebuilt._failures",
        "_infer_handled_types": f"{_HERE}.agents",
    },
    "runtime.pregel.main": {"_normalize_stream_transformer_factories": f"{_HERE}.nodes"},
    "runtime.types": {"RunnableConfig": "langchain_core.runnables"},
}
"""For a module of ours, names that LangGraph's has besides, and where they are."""


def modules_of(package: str) -> str:
    """Return the folder with modules that belong below a package of ours, beside its own."""
    return f"{__path__[0]}/{package.removeprefix('runtime.')}"


def names_of(module: str) -> Callable[[str], Any]:
    """Return the `__getattr__` of a module of ours, with the names that LangGraph's has besides."""
    names = _NAMES[module]

    def find(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        return getattr(import_module(names[name]), name)

    return find
