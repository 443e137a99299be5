"""`tools` mode: when tools start, finish and fail, wherever in the graph they are called."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from runtime.errors import GraphDrained, GraphInterrupt
from runtime.pregel._chunks.handler import StreamHandler

__all__ = ("ToolsHandler",)


class ToolsHandler(StreamHandler):
    """Turns tool callbacks into `tools` chunks, related by the id of the tool call."""

    ignore_llm = True
    ignore_chat_model = True

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._calls: dict[UUID, tuple[tuple[str, ...], str]] = {}

    def on_tool_start(
        self,
        serialized: dict[str, Any] | None,
        input_str: str,
        *,
        run_id: UUID,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        inputs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Emit the name and the input of a tool that starts."""
        ns = self.origin(metadata, tags)
        if ns is None:
            return
        call_id = kwargs.get("tool_call_id") or str(run_id)
        self._calls[run_id] = (ns, call_id)
        name = (serialized or {}).get("name") or kwargs.get("name") or ""
        payload = {"event": "tool-started", "tool_call_id": call_id, "tool_name": name}
        if inputs is not None:
            payload["input"] = inputs
        self._emit(ns, "tools", payload)

    def on_tool_end(self, output: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """Emit what a tool returned."""
        self._finish(run_id, {"event": "tool-finished", "output": output})

    def on_tool_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """Emit that a tool failed, or handed over to a graph around.

        One that asks, or was stopped between two supersteps of a graph inside, did neither.
        """
        if isinstance(error, (GraphInterrupt, GraphDrained)):
            self._calls.pop(run_id, None)
        else:
            self._finish(run_id, {"event": "tool-error", "message": str(error)})

    def on_output_delta(self, tool_call_id: str | None, delta: Any) -> None:
        """Emit a piece of the output of a tool that is still running."""
        payload = {"event": "tool-output-delta", "tool_call_id": tool_call_id, "delta": delta}
        for ns, running in list(self._calls.values()):
            if running == tool_call_id:
                self._emit(ns, "tools", payload)

    def _finish(self, run_id: UUID, payload: dict[str, Any]) -> None:
        call = self._calls.pop(run_id, None)
        if call is not None:
            event = payload.pop("event")
            self._emit(call[0], "tools", {"event": event, "tool_call_id": call[1], **payload})
