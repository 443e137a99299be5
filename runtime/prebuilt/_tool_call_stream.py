"""`run.tool_calls`: each call of a tool in an event stream, with its output as it comes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

from langchain_core.messages import ToolMessage

from runtime.stream._event import ProtocolEvent
from runtime.stream._transformer import StreamTransformer
from runtime.stream.stream_channel import StreamChannel

if TYPE_CHECKING:
    from runtime.stream._mux import StreamMux

__all__ = ("ToolCallStream", "ToolCallTransformer")


class ToolCallStream:
    """One call of a tool. Iterating over it gives the pieces of its output.

    Args:
        tool_call_id: The id that the model gave the call.
        tool_name: The name of the tool.
        input: The arguments, if they are known.

    Attributes:
        output: What it returned; of a message its content.
        error: The message of what it failed with.
        completed: Whether it has returned or failed.
    """

    def __init__(
        self,
        tool_call_id: str,
        tool_name: str,
        input: dict[str, Any] | None = None,  # noqa: A002 - LangGraph's public name
    ) -> None:
        self.tool_call_id = tool_call_id
        self.tool_name = tool_name
        self.input = input
        self._output_deltas: StreamChannel[Any] = StreamChannel()
        self.output: Any = None
        self.error: str | None = None
        self.completed = False

    @property
    def output_deltas(self) -> StreamChannel[Any]:
        """The pieces of its output, for one consumer."""
        return self._output_deltas

    def end(self, output: Any = None, error: str | None = None) -> None:
        """Note what the tool returned, or how it failed."""
        self.output, self.error, self.completed = output, error, True
        self.output_deltas.close()

    def __iter__(self) -> Iterator[Any]:
        """Read the pieces of its output."""
        return iter(self.output_deltas)

    def __aiter__(self) -> AsyncIterator[Any]:
        """Read the pieces of its output in an async run."""
        return aiter(self.output_deltas)

    def __repr__(self) -> str:
        """Say which call it is, and how far."""
        status = (
            "failed" if self.error is not None else "completed" if self.completed else "running"
        )
        return (
            f"{type(self).__name__}(tool_call_id={self.tool_call_id!r}, "
            f"tool_name={self.tool_name!r}, status={status})"
        )


class ToolCallTransformer(StreamTransformer):
    """Projects the tool calls of a graph to `run.tool_calls`.

    A run does not have it by itself: pass it to `compile(transformers=[ToolCallTransformer])`, or
    to the run.
    """

    _native = True
    _methods = frozenset({"tools"})
    required_stream_modes = ("tools",)

    def __init__(self, scope: tuple[str, ...] = ()) -> None:
        super().__init__(scope)
        self._log: StreamChannel[ToolCallStream] = StreamChannel()
        self._own = list(scope)
        self._active: dict[str, ToolCallStream] = {}
        self._mux: StreamMux | None = None

    def init(self) -> dict[str, Any]:
        """Return the projection."""
        return {"tool_calls": self._log}

    def _on_register(self, mux: StreamMux) -> None:
        self._mux = mux

    def process(self, event: ProtocolEvent) -> bool:
        """Take what a tool does."""
        params = event["params"]
        if event["method"] != "tools" or params["namespace"] != self._own:
            return True
        data = params["data"]
        kind, call_id = data["event"], data["tool_call_id"]
        if kind == "tool-started":
            self._start(call_id, data)
        elif (running := self._active.get(call_id)) is not None:
            if kind == "tool-output-delta":
                running.output_deltas.push(data["delta"])
            else:
                del self._active[call_id]
                running.end(_content_of(data.get("output")), data.get("message"))
        return True

    def finalize(self) -> None:
        """Close what runs on."""
        for running in self._active.values():
            running.output_deltas.close()
        self._active.clear()

    def fail(self, err: BaseException) -> None:
        """Fail what runs on."""
        for running in self._active.values():
            running.error, running.completed = str(err), True
            running.output_deltas.fail(err)
        self._active.clear()

    def _start(self, call_id: str, data: dict[str, Any]) -> None:
        call = ToolCallStream(call_id, data["tool_name"], data.get("input"))
        if self._mux is not None:
            call.output_deltas.bind(self._mux)
        self._active[call_id] = call
        self._log.push(call)


def _content_of(output: Any) -> Any:
    """Return the content of a message, serialized or not, and anything else as it is."""
    if isinstance(output, ToolMessage):
        return output.content
    match output:
        case {"lc": 1, "id": [*_, "ToolMessage"], "kwargs": {"content": content}}:
            return content
    return output
