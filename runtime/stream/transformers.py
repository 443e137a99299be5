"""The built-in transformers: one for each thing that a run has to show."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, ClassVar

from langchain_core.messages import AIMessageChunk, BaseMessage, ToolMessage

from runtime.stream._event import ProtocolEvent
from runtime.stream._mux import StreamMux
from runtime.stream._subgraphs import (
    LifecyclePayload,
    LifecycleTransformer,
    SubgraphStatus,
    SubgraphTransformer,
    _TasksLifecycleBase,
)
from runtime.stream._transformer import StreamTransformer
from runtime.stream.stream_channel import StreamChannel

if TYPE_CHECKING:
    from langchain_core.language_models.chat_model_stream import (
        AsyncChatModelStream,
        ChatModelStream,
    )

__all__ = (
    "BUILT_IN",
    "CheckpointsTransformer",
    "CustomTransformer",
    "DebugTransformer",
    "LifecyclePayload",
    "LifecycleTransformer",
    "MessagesTransformer",
    "SubgraphStatus",
    "SubgraphTransformer",
    "TasksTransformer",
    "UpdatesTransformer",
    "ValuesTransformer",
    "_TasksLifecycleBase",
)


_NO_WHOLE = (AIMessageChunk, ToolMessage)
"""Pieces of messages, and what tools returned, which `run.tool_calls` shows."""


class _ModeTransformer(StreamTransformer):
    """Projects the payloads of one stream mode, of the graph itself and none inside it."""

    _native = True
    _mode: ClassVar[str]

    def __init_subclass__(cls, mode: str | None = None, **kwargs: Any) -> None:
        """Name the mode; classes that users derive from the built-in ones leave it as it is."""
        super().__init_subclass__(**kwargs)
        if mode is not None:
            cls._mode, cls._methods, cls.required_stream_modes = mode, frozenset({mode}), (mode,)

    def __init__(self, scope: tuple[str, ...] = ()) -> None:
        super().__init__(scope)
        self._log: StreamChannel[Any] = StreamChannel()
        self._own = list(scope)

    def init(self) -> dict[str, Any]:
        """Return the projection, which has the name of the mode."""
        return {self._mode: self._log}

    def process(self, event: ProtocolEvent) -> bool:
        """Take the payload."""
        params = event["params"]
        if event["method"] == self._mode and params["namespace"] == self._own:
            self._log.push(params["data"])
        return True


class ValuesTransformer(_ModeTransformer, mode="values"):
    """`run.values`: the state after each superstep."""

    @property
    def error(self) -> BaseException | None:
        """What the run has failed with."""
        return self._log._error  # noqa: SLF001


class UpdatesTransformer(_ModeTransformer, mode="updates"):
    """`run.updates`: what each node wrote."""


class CustomTransformer(_ModeTransformer, mode="custom"):
    """`run.custom`: what nodes handed to their stream writer."""


class CheckpointsTransformer(_ModeTransformer, mode="checkpoints"):
    """`run.checkpoints`: the checkpoints of a graph that has a checkpointer."""


class DebugTransformer(_ModeTransformer, mode="debug"):
    """`run.debug`: tasks and checkpoints, with step and time."""


class TasksTransformer(_ModeTransformer, mode="tasks"):
    """`run.tasks`: tasks that start or are done."""


class MessagesTransformer(StreamTransformer):
    """`run.messages`: each message of the graph itself, as a stream of what it consists of.

    A message that a model streams is there when it begins, others are complete when they come. What
    they are is langchain-core's: `text`, `reasoning`, `tool_calls`, `output`.
    """

    _native = True
    _methods = frozenset({"messages"})
    required_stream_modes = ("messages",)

    def __init__(self, scope: tuple[str, ...] = ()) -> None:
        super().__init__(scope)
        self._log: StreamChannel[ChatModelStream | AsyncChatModelStream] = StreamChannel()
        self._own = list(scope)
        self._by_run: dict[str, ChatModelStream | AsyncChatModelStream] = {}
        self._pump: Callable[[], bool] | None = None
        self._apump: Callable[[], Awaitable[bool]] | None = None

    def init(self) -> dict[str, Any]:
        """Return the projection."""
        return {"messages": self._log}

    def _on_register(self, mux: StreamMux) -> None:
        if mux.is_async:
            self._bind_apump(mux.apump)
        else:
            self._bind_pump(mux.pump)

    def _bind_pump(self, fn: Callable[[], bool]) -> None:
        """Take the function by which readers of messages drive the run."""
        self._pump = fn

    def _bind_apump(self, fn: Callable[[], Awaitable[bool]]) -> None:
        """Do the same in an async run."""
        self._apump = fn

    def process(self, event: ProtocolEvent) -> bool:
        """Take a message, or hand an event of one to its stream."""
        params = event["params"]
        if event["method"] != "messages" or params["namespace"] != self._own:
            return True
        said, metadata = params["data"]
        if isinstance(said, dict):
            self._hear(said, metadata)
        elif isinstance(said, BaseMessage) and not isinstance(said, _NO_WHOLE):
            self._log.push(self._whole(said, metadata))
        return True

    def finalize(self) -> None:
        """Forget what is open: the streams end with the run."""
        self._by_run.clear()

    def fail(self, err: BaseException) -> None:
        """Fail the messages that are not complete."""
        for stream in self._by_run.values():
            stream.fail(err)
        self._by_run.clear()

    def _hear(self, said: dict[str, Any], metadata: dict[str, Any]) -> None:
        call = metadata["run_id"]
        if (kind := said["event"]) == "message-start":
            if said.get("role") == "tool":
                return
            stream = self._by_run[call] = self._begin(
                said.get("id") or said.get("message_id"), metadata
            )
            self._log.push(stream)
        found = self._by_run.get(call)
        if found is None:
            return
        if kind in ("message-finish", "error"):
            del self._by_run[call]
        found.dispatch(said)

    def _whole(
        self, message: BaseMessage, metadata: dict[str, Any]
    ) -> ChatModelStream | AsyncChatModelStream:
        """Return the stream of a message that is complete."""
        # imported when first asked for: models are large, and few who import a graph stream events
        from langchain_core.language_models._compat_bridge import (  # noqa: PLC0415
            message_to_events,
        )

        stream = self._begin(message.id, metadata)
        for each in message_to_events(message):
            stream.dispatch(each)
        return stream

    def _begin(
        self, message_id: str | None, metadata: dict[str, Any]
    ) -> ChatModelStream | AsyncChatModelStream:
        """Return a stream for a message; whoever reads it drives the run."""
        from langchain_core.language_models.chat_model_stream import (  # noqa: PLC0415 - as above
            AsyncChatModelStream,
            ChatModelStream,
        )

        known: Any = {
            "namespace": self._own,
            "node": metadata.get("langgraph_node"),
            "message_id": message_id,
        }
        if self._pump is None:
            stream = AsyncChatModelStream(**known)
            if self._apump is not None:
                stream.set_arequest_more(self._apump)
            return stream
        plain = ChatModelStream(**known)
        plain.set_request_more(self._pump)
        return plain


BUILT_IN = (ValuesTransformer, MessagesTransformer, LifecycleTransformer, SubgraphTransformer)
"""What every run has, in this order."""
