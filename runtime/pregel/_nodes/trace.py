"""What tracers are told of a node that has a trace policy; other handlers are told everything."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Generator
from copy import copy
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from langchain_core.tracers._streaming import _StreamingCallbackHandler
from langchain_core.tracers.base import BaseTracer

from runtime.types import TracePolicy

if TYPE_CHECKING:
    from runtime.pregel._task import Effect

__all__ = ("announce", "conclude", "enter_trace")

logger = logging.getLogger(__name__)


def announce(
    manager: Any, trace: TracePolicy, value: Any, name: str
) -> Generator[Effect, Any, Any]:
    """Tell whoever listens that a node starts; tracers are told of its input what they may."""
    start = partial(manager.on_chain_start, name=name)
    recorded = _recorded(trace.process_inputs, value)
    if recorded is value:
        return (yield start, start, (None, value), name)
    others, tracers = _apart(manager)
    start = partial(others.on_chain_start, name=name)
    heard = yield start, start, (None, value), name
    start = partial(tracers.on_chain_start, name=name, run_id=heard.run_id)
    yield start, start, (None, recorded), name
    heard.handlers = manager.handlers
    return heard


def conclude(heard: Any, trace: TracePolicy, output: Any, name: str) -> Generator[Effect, Any, Any]:
    """Tell whoever listens that a node is done; tracers are told of its output what they may."""
    recorded = _recorded(trace.process_outputs, output)
    if recorded is output:
        yield heard.on_chain_end, heard.on_chain_end, (output,), name
        return
    others, tracers = _apart(heard)
    yield tracers.on_chain_end, tracers.on_chain_end, (recorded,), name
    yield others.on_chain_end, others.on_chain_end, (output,), name


def enter_trace(heard: Any) -> None:
    """Make the run of a node the current one for LangSmith, if that traces it."""
    tracing = sys.modules.get("langchain_core.tracers.langchain")
    if tracing is None:  # then no handler is one of its
        return
    for handler in heard.handlers:
        if isinstance(handler, tracing.LangChainTracer):
            if run := handler.run_map.get(str(heard.run_id)):
                import_module("langsmith.run_helpers")._set_tracing_context(  # noqa: SLF001 - as langchain-core does
                    {"parent": run}
                )
            return


def _recorded(process: Callable[[Any], Any] | None, value: Any) -> Any:
    if process is None:
        return value
    try:
        return process(value)
    except Exception:
        logger.exception("A trace policy failed: the payload is recorded as it is.")
        return value


def _apart(manager: Any) -> tuple[Any, Any]:
    """Return the manager with its other handlers, and with its tracers.

    The tracer behind `astream_log` counts as another one: it feeds a stream of the caller's.
    """
    others, tracers = copy(manager), copy(manager)
    tracers.handlers = [h for h in manager.handlers if _only_records(h)]
    others.handlers = [h for h in manager.handlers if not _only_records(h)]
    return others, tracers


def _only_records(handler: Any) -> bool:
    if not isinstance(handler, BaseTracer):
        return False
    return _StreamingCallbackHandler not in type(handler).__mro__
