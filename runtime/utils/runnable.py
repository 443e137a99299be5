"""`RunnableCallable`: a node or a path made of a sync and an async function."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from inspect import iscoroutinefunction
from typing import Any

from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.base import RunnableLike
from langchain_core.runnables.config import ensure_config, merge_configs

from runtime.pregel._nodes.inside import reached_from
from runtime.pregel._nodes.node import make_call

__all__ = ("RunnableCallable", "RunnableLike")


class RunnableCallable(Runnable[Any, Any]):
    """A sync and an async function that are one Runnable.

    They may take what a node may take: `config`, `writer`, `store`, `runtime`, `previous`. A
    Runnable that they return is invoked with the same input.

    Args:
        func: The sync form; or the async one, if it is the only one.
        afunc: The async form; without it the sync one is called in the event loop.
        name: What traces call it.
        tags: Tags of its runs.
        trace: Whether callback handlers hear of it.
        recurse: Only `True` is there.
        explode_args: Only `False` is there.
        kwargs: Arguments for every call.

    Raises:
        ValueError: There is no function.
        NotImplementedError: Something is asked for that only the inside of LangGraph uses.
    """

    def __init__(
        self,
        func: Callable[..., Any] | None,
        afunc: Callable[..., Awaitable[Any]] | None = None,
        *,
        name: str | None = None,
        tags: Sequence[str] | None = None,
        trace: bool = True,
        recurse: bool = True,
        explode_args: bool = False,
        **kwargs: Any,
    ) -> None:
        if func is None and afunc is None:
            raise ValueError("At least one of func or afunc must be provided.")
        if explode_args or not recurse:
            raise NotImplementedError(
                "RunnableCallable with explode_args=True or recurse=False is not there in the "
                "bundled runtime: unpack the input in the function, or wrap what it returns."
            )
        if afunc is None and iscoroutinefunction(func):
            func, afunc = None, func
        own = getattr(func or afunc, "__name__", None)
        self.name = name or (None if own == "<lambda>" else own)
        self.func = func
        self.afunc = afunc
        self.tags = list(tags or ())
        self.trace = trace
        self.kwargs = kwargs
        self._sync = func and self._call(func, kwargs).run
        self._async = afunc and self._call(afunc, kwargs).arun

    @property
    def deps(self) -> list[Any]:
        """The Runnables that the functions may call."""
        functions = (function for function in (self.func, self.afunc) if function is not None)
        return [runnable for function in functions for runnable in reached_from(function)]

    def _call(self, function: Callable[..., Any], kwargs: dict[str, Any]) -> Any:
        return make_call(partial(function, **kwargs) if kwargs else function, self.get_name())

    def invoke(
        self,
        input: Any,  # noqa: A002 - the name that a Runnable has to give it
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Any:
        """Call the sync function.

        Raises:
            TypeError: There is only an async one.
        """
        if self.func is None or self._sync is None:
            raise TypeError(
                f'No synchronous function provided to "{self.get_name()}". Give it one, or use '
                "ainvoke or astream."
            )
        sync = self._call(self.func, {**self.kwargs, **kwargs}).run if kwargs else self._sync
        config = ensure_config(config)
        if not self.trace:
            return sync(input, config)

        def traced(value: Any, run_manager: Any, config: RunnableConfig) -> Any:
            return sync(value, config)

        return self._call_with_config(traced, input, self._tagged(config))

    async def ainvoke(
        self,
        input: Any,  # noqa: A002
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Any:
        """Call the async function."""
        if self.afunc is None or self._async is None:
            return self.invoke(input, config, **kwargs)
        call = self._call(self.afunc, {**self.kwargs, **kwargs}).arun if kwargs else self._async
        config = ensure_config(config)
        if not self.trace:
            return await call(input, config)

        async def traced(value: Any, run_manager: Any, config: RunnableConfig) -> Any:
            return await call(value, config)

        return await self._acall_with_config(traced, input, self._tagged(config))

    def _tagged(self, config: RunnableConfig) -> RunnableConfig:
        return merge_configs(config, {"tags": self.tags}) if self.tags else config
