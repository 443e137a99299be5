"""How long one attempt of a node may take. The async driver ends what has exceeded its limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler

from runtime.errors import NodeTimeoutError
from runtime.types import TimeoutPolicy

__all__ = ("Limit",)


class Limit:
    """How long one attempt may take; nothing comes out of it after that. For any thread.

    Args:
        node: The name of the node.
        timeout: Its times, in seconds.
        clock: Tells the time, in seconds.

    Attributes:
        listener: Hears the callbacks that count as progress, if they do.
    """

    __slots__ = ("_clock", "_last", "_node", "_open", "_start", "_timeout", "listener")

    def __init__(self, node: str, timeout: TimeoutPolicy, clock: Callable[[], float]) -> None:
        self._node = node
        self._timeout = timeout
        self._clock = clock
        self._start = self._last = clock()
        self._open = True
        automatic = timeout.idle_timeout is not None and timeout.refresh_on == "auto"
        self.listener = _Progress(self) if automatic else None

    def listen(self, manager: Any) -> Any:
        """Take callbacks of this manager's runs as progress, if they count; return it."""
        if self.listener is None:
            return manager
        if manager is None:
            return [self.listener]
        manager.add_handler(self.listener, inherit=True)
        return manager

    def touch(self) -> None:
        """Note a sign of progress."""
        self._last = self._clock()

    def write(self, write: Callable[[Any], None], value: Any) -> None:
        """Pass on a custom item, unless the time is over."""
        if self._open:
            if self.listener is not None:
                self.touch()
            write(value)

    def close(self) -> None:
        """Let nothing pass from now on."""
        self._open = False

    def left(self) -> float:
        """Return how many seconds are left; not more than 0 if the time is over."""
        return min(until for _, until in self._ends()) - self._clock()

    def exceeded(self) -> NodeTimeoutError | None:
        """Return what to raise if the time is over."""
        kind, until = min(self._ends(), key=lambda end: end[1])
        now = self._clock()
        if now < until:
            return None
        return NodeTimeoutError(
            self._node,
            now - self._start,
            kind=kind,
            idle_timeout=self._timeout.idle_timeout,  # type: ignore[arg-type]  # coerced: in seconds
            run_timeout=self._timeout.run_timeout,  # type: ignore[arg-type]
        )

    def _ends(self) -> list[tuple[Any, float]]:
        run, idle = self._timeout.run_timeout, self._timeout.idle_timeout
        ends: list[tuple[Any, float]] = []
        if run is not None:
            ends.append(("run", self._start + run))  # type: ignore[operator]  # coerced: in seconds
        if idle is not None:
            ends.append(("idle", self._last + idle))  # type: ignore[operator]
        return ends


class _Progress(BaseCallbackHandler):
    """Takes every callback of what runs inside a node as a sign of progress."""

    run_inline = True

    def __init__(self, limit: Limit) -> None:
        self._limit = limit

    def _touch(self, *_args: Any, **_kwargs: Any) -> None:
        self._limit.touch()

    on_llm_start = on_chat_model_start = on_llm_new_token = on_llm_end = on_llm_error = _touch
    on_chain_start = on_chain_end = on_chain_error = _touch
    on_tool_start = on_tool_end = on_tool_error = _touch
    on_retriever_start = on_retriever_end = on_retriever_error = _touch
    on_agent_action = on_agent_finish = on_text = on_retry = on_custom_event = _touch
