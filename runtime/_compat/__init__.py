"""What stands behind the names of LangGraph that this runtime has no module of its own for.

Packages built on LangGraph import some names from its private modules, and some that are not there
yet in this runtime. The switch, `runtime.as_langgraph`, supplies them from here, so that these
packages can be imported and the rest of them runs. What cannot be supplied says so when it is
used, not when it is imported.
"""

from __future__ import annotations

from typing import Final

__all__ = ("MODULES", "NAMES")

_HERE: Final = "runtime._compat"

MODULES: Final = {
    "_internal": _HERE,
    "_internal._config": "runtime.utils.config",
    "_internal._constants": f"{_HERE}.keys",
    "_internal._runnable": "runtime.utils.runnable",
    "_internal._typing": f"{_HERE}.typing",
    "graph._branch": "runtime.graph._branch",
    "graph._node": f"{_HERE}.nodes",
    "prebuilt._tool_call_stream": "runtime.prebuilt._tool_call_stream",
    "prebuilt._tool_call_transformer": "runtime.prebuilt._tool_call_stream",
    "pregel._checkpoint": f"{_HERE}.checkpoints",
    "pregel.debug": "runtime.types",
    "stream._mux": "runtime.stream._mux",
    "stream._types": "runtime.stream._transformer",
}
"""The module that stands for each module of LangGraph, below the package name, which is not the one
of the same name in `runtime`."""

NAMES: Final = {
    "runtime.prebuilt.chat_agent_executor": {
        "_get_model": f"{_HERE}.agents",
        "_should_bind_tools": f"{_HERE}.agents",
        "_validate_chat_history": f"{_HERE}.agents",
    },
    "runtime.prebuilt.tool_node": {
        "TOOL_CALL_ERROR_TEMPLATE": "runtime.prebuilt._failures",
        "TOOL_EXECUTION_ERROR_TEMPLATE": f"{_HERE}.constants",
        "TOOL_INVOCATION_ERROR_TEMPLATE": "runtime.prebuilt._failures",
        "_infer_handled_types": f"{_HERE}.agents",
    },
    "runtime.graph.message": {
        "_messages_delta_reducer": f"{_HERE}.channels",
    },
    "runtime.graph.state": {"_get_channel": f"{_HERE}.channels"},
    "runtime.types": {
        "RunnableConfig": "langchain_core.runnables",
    },
}
"""For a module of ours, names that LangGraph's has besides, and where they are."""
