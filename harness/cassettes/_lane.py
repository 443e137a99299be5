"""Which of several branches of a program asks: what tells identical concurrent requests apart.

A lane is a text that is the same in every run: the path of the graph's node, where langchain-core
knows it (LangGraph and the bundled runtime put it into the metadata of a run), else the name that
the program gave its task or thread.
"""

from __future__ import annotations

import asyncio
import re
import sys
import threading

_GIVEN_BY_PYTHON = re.compile(
    r"(Task|Thread|Dummy)-\d|MainThread|ThreadPoolExecutor-|asyncio_|graph_"
)


def current_lane() -> str:
    """Return the lane of the caller; empty if nothing names it."""
    return _node() or _named()


def _node() -> str:
    module = sys.modules.get("langchain_core.runnables.config")
    config = module.var_child_runnable_config.get() if module is not None else None
    metadata = (config or {}).get("metadata") or {}
    namespace = metadata.get("langgraph_checkpoint_ns")
    if not namespace:
        return ""
    # `node:<id of the task>|inner:<id>`: the ids differ from run to run
    nodes = "/".join(part.partition(":")[0] for part in namespace.split("|"))
    path = "".join(f" {part}" for part in metadata.get("langgraph_path", ()) if type(part) is int)
    return f"{nodes} step {metadata.get('langgraph_step')}{path}"


def _named() -> str:
    try:
        task = asyncio.current_task()
    except RuntimeError:
        task = None
    name = threading.current_thread().name if task is None else task.get_name()
    return "" if _GIVEN_BY_PYTHON.match(name) else name
