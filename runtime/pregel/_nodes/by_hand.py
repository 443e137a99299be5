"""What a node does, as a Runnable: for whoever calls it, or looks at it, without its graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import ensure_config, run_in_executor
from langchain_core.runnables.utils import is_async_callable

if TYPE_CHECKING:
    from runtime.pregel._nodes.node import Call

__all__ = ("ByHand",)


class ByHand(Runnable[Any, Any]):
    """The calls of a node, one after the other. Callback handlers hear nothing of it.

    Args:
        name: The name of the node.
        calls: What it calls; without any it returns its input.
        action: What its author added.

    Attributes:
        func: The function, if it is a sync one.
        afunc: The function, if it is an async one.
    """

    def __init__(self, name: str, calls: Sequence[Call], action: Any) -> None:
        self.name = name
        self._calls = calls
        waits = is_async_callable(action)
        self.func = None if waits else action
        self.afunc = action if waits else None

    def invoke(
        self,
        input: Any,  # noqa: A002 - the name that a Runnable has to give it
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Any:
        """Call the functions.

        Raises:
            TypeError: One of them is async.
        """
        config = ensure_config(config)
        value = input
        for call in self._calls:
            value = call.run(value, config)
        return value

    async def ainvoke(
        self,
        input: Any,  # noqa: A002
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Any:
        """Call the functions in the event loop; sync ones run in threads."""
        config = ensure_config(config)
        value = input
        for call in self._calls:
            if call.ainvoke is not None:
                output = await call.ainvoke(value, config)
            else:
                output = await run_in_executor(None, _sync(call), value, config)
            if (inner := call.unfolded(output)) is not None:
                output = await inner.ainvoke(value, config)
            value = output
        return value


def _sync(call: Call) -> Any:
    return call.invoke
