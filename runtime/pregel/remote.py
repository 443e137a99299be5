"""`RemoteGraph`: a graph that runs on a server of LangGraph, used as if it ran here.

Asking takes `langgraph_sdk`, which speaks with the server. What is said is in `_remote_values`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from copy import copy
from typing import Any, cast

from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.graph import Graph
from typing_extensions import Self

from runtime.pregel._remote_values import (
    Asking,
    RemoteException,
    checkpoint_in,
    config_of,
    drawing_of,
    headers_with_trace,
    sendable,
    snapshot_of,
)
from runtime.types import All, StateSnapshot, StreamMode
from runtime.utils.config import merge_configs

__all__ = ("RemoteException", "RemoteGraph")


class RemoteGraph(Runnable[Any, Any]):
    """A graph that runs on a server of LangGraph; it can be a node of a graph here.

    Args:
        assistant_id: The assistant, or the graph, that the server is to run.
        url: Where the server is.
        api_key: The key for it.
        headers: Headers of every request.
        client: What speaks with the server, in place of one for `url`.
        sync_client: The same for sync code.
        config: A config for all calls.
        name: The name of the graph; that of the assistant if not given.
        distributed_tracing: Whether LangSmith is to see runs on the server below those here.
    """

    assistant_id: str

    def __init__(
        self,
        assistant_id: str,
        /,
        *,
        url: str | None = None,
        api_key: str | None = None,
        headers: dict[str, str] | None = None,
        client: Any = None,
        sync_client: Any = None,
        config: RunnableConfig | None = None,
        name: str | None = None,
        distributed_tracing: bool = False,
    ) -> None:
        self.assistant_id = assistant_id
        self.name: str = name or assistant_id
        self.config = config
        self.distributed_tracing = distributed_tracing
        if url is not None and (client is None or sync_client is None):
            try:  # where it is needed: this runtime does not depend on it
                from langgraph_sdk import get_client, get_sync_client  # noqa: PLC0415
            except ImportError as error:
                raise ImportError(
                    "RemoteGraph asks its server through langgraph_sdk, which cannot be imported: "
                    "pip install langgraph-sdk"
                ) from error
            client = client or get_client(url=url, api_key=api_key, headers=headers)
            sync_client = sync_client or get_sync_client(url=url, api_key=api_key, headers=headers)
        self.client = client
        self.sync_client = sync_client

    def copy(self, update: dict[str, Any]) -> Self:
        """Return a copy with some attributes replaced."""
        copied = copy(self)
        vars(copied).update(update)
        return copied

    def with_config(self, config: RunnableConfig | None = None, **kwargs: Any) -> Self:
        """Return a copy with a config for all calls, merged with the one it has."""
        given = cast(RunnableConfig, kwargs)
        return self.copy({"config": merge_configs(self.config, config, given)})

    def get_graph(
        self,
        config: RunnableConfig | None = None,
        *,
        xray: int | bool = False,
        headers: dict[str, str] | None = None,
        params: Any = None,
    ) -> Graph:
        """Return a drawing of the graph."""
        told = self._here().assistants.get_graph(
            assistant_id=self.assistant_id, xray=xray, headers=headers, params=params
        )
        return drawing_of(told)

    async def aget_graph(
        self,
        config: RunnableConfig | None = None,
        *,
        xray: int | bool = False,
        headers: dict[str, str] | None = None,
        params: Any = None,
    ) -> Graph:
        """Return a drawing of the graph."""
        told = await self._there().assistants.get_graph(
            assistant_id=self.assistant_id, xray=xray, headers=headers, params=params
        )
        return drawing_of(told)

    def get_state(
        self,
        config: RunnableConfig,
        *,
        subgraphs: bool = False,
        headers: dict[str, str] | None = None,
        params: Any = None,
    ) -> StateSnapshot:
        """Return the state of a thread."""
        address = self._address(config, headers, params)
        return snapshot_of(self._here().threads.get_state(subgraphs=subgraphs, **address))

    async def aget_state(
        self,
        config: RunnableConfig,
        *,
        subgraphs: bool = False,
        headers: dict[str, str] | None = None,
        params: Any = None,
    ) -> StateSnapshot:
        """Return the state of a thread."""
        address = self._address(config, headers, params)
        return snapshot_of(await self._there().threads.get_state(subgraphs=subgraphs, **address))

    def get_state_history(
        self,
        config: RunnableConfig,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002 - LangGraph's public name
        before: RunnableConfig | None = None,
        limit: int | None = None,
        headers: dict[str, str] | None = None,
        params: Any = None,
    ) -> Iterator[StateSnapshot]:
        """Yield the states of a thread, the latest first."""
        asked = self._history(config, filter, before, limit, headers, params)
        yield from map(snapshot_of, self._here().threads.get_history(**asked))

    async def aget_state_history(
        self,
        config: RunnableConfig,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002
        before: RunnableConfig | None = None,
        limit: int | None = None,
        headers: dict[str, str] | None = None,
        params: Any = None,
    ) -> AsyncIterator[StateSnapshot]:
        """Yield the states of a thread, the latest first."""
        asked = self._history(config, filter, before, limit, headers, params)
        for state in await self._there().threads.get_history(**asked):
            yield snapshot_of(state)

    def update_state(
        self,
        config: RunnableConfig,
        values: dict[str, Any] | Any | None,
        as_node: str | None = None,
        *,
        headers: dict[str, str] | None = None,
        params: Any = None,
    ) -> RunnableConfig:
        """Change the state of a thread; return the config of the new checkpoint."""
        address = self._address(config, headers, params)
        answer = self._here().threads.update_state(values=values, as_node=as_node, **address)
        return config_of(answer["checkpoint"])

    async def aupdate_state(
        self,
        config: RunnableConfig,
        values: dict[str, Any] | Any | None,
        as_node: str | None = None,
        *,
        headers: dict[str, str] | None = None,
        params: Any = None,
    ) -> RunnableConfig:
        """Change the state of a thread; return the config of the new checkpoint."""
        address = self._address(config, headers, params)
        answer = await self._there().threads.update_state(values=values, as_node=as_node, **address)
        return config_of(answer["checkpoint"])

    def bulk_update_state(self, config: RunnableConfig, updates: Any) -> RunnableConfig:
        """Raise an error: a server has no such call."""
        raise NotImplementedError("A server has no bulk updates: call update_state for each.")

    async def abulk_update_state(self, config: RunnableConfig, updates: Any) -> RunnableConfig:
        """Raise an error: a server has no such call."""
        raise NotImplementedError("A server has no bulk updates: call aupdate_state for each.")

    def stream(  # type: ignore[override]  # more arguments by name, as in LangGraph
        self,
        input: Any,  # noqa: A002
        config: RunnableConfig | None = None,
        *,
        context: Any = None,
        stream_mode: StreamMode | list[StreamMode] | None = None,
        interrupt_before: All | Sequence[str] | None = None,
        interrupt_after: All | Sequence[str] | None = None,
        subgraphs: bool = False,
        headers: dict[str, str] | None = None,
        params: Any = None,
        version: str = "v1",
        **kwargs: Any,
    ) -> Iterator[Any]:
        """Run the graph on the server; yield chunks as `stream` of a graph here does.

        Raises:
            RemoteException: It failed.
        """
        merged = merge_configs(self.config, config)
        asking = Asking.of(merged, stream_mode, subgraphs, version)
        said = self._said(context, interrupt_before, interrupt_after, headers, params, kwargs)
        for part in self._here().runs.stream(**asking.request(input, merged, said)):
            yield from asking.chunks(part)

    async def astream(  # type: ignore[override]
        self,
        input: Any,  # noqa: A002
        config: RunnableConfig | None = None,
        *,
        context: Any = None,
        stream_mode: StreamMode | list[StreamMode] | None = None,
        interrupt_before: All | Sequence[str] | None = None,
        interrupt_after: All | Sequence[str] | None = None,
        subgraphs: bool = False,
        headers: dict[str, str] | None = None,
        params: Any = None,
        version: str = "v1",
        **kwargs: Any,
    ) -> AsyncIterator[Any]:
        """Run the graph on the server; yield chunks as `astream` of a graph here does.

        Raises:
            RemoteException: It failed.
        """
        merged = merge_configs(self.config, config)
        asking = Asking.of(merged, stream_mode, subgraphs, version)
        said = self._said(context, interrupt_before, interrupt_after, headers, params, kwargs)
        async for part in self._there().runs.stream(**asking.request(input, merged, said)):
            for chunk in asking.chunks(part):
                yield chunk

    def invoke(
        self,
        input: Any,  # noqa: A002
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Any:
        """Run the graph on the server; return its last state, `None` if it had none."""
        state = None
        for values in self.stream(input, config, stream_mode="values", **kwargs):
            state = values
        return state

    async def ainvoke(
        self,
        input: Any,  # noqa: A002
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Any:
        """Run the graph on the server; return its last state, `None` if it had none."""
        state = None
        async for values in self.astream(input, config, stream_mode="values", **kwargs):
            state = values
        return state

    def astream_events(self, *args: Any, **kwargs: Any) -> Any:
        """Raise an error: a server's run has no such events."""
        raise NotImplementedError("A remote graph has no astream_events: use astream.")

    def _here(self) -> Any:
        if self.sync_client is None:
            raise ValueError(
                "Sync client is not initialized: please provide `url` or `sync_client` when "
                "initializing `RemoteGraph`."
            )
        return self.sync_client

    def _there(self) -> Any:
        if self.client is None:
            raise ValueError(
                "Async client is not initialized: please provide `url` or `client` when "
                "initializing `RemoteGraph`."
            )
        return self.client

    def _address(
        self, config: RunnableConfig, headers: dict[str, str] | None, params: Any
    ) -> dict[str, Any]:
        """Return the arguments that say which checkpoint of which thread is meant."""
        merged = merge_configs(self.config, config)
        return {
            "thread_id": merged["configurable"]["thread_id"],
            "checkpoint": checkpoint_in(merged),
            "headers": headers,
            "params": params,
        }

    def _history(
        self,
        config: RunnableConfig,
        metadata: dict[str, Any] | None,
        before: RunnableConfig | None,
        limit: int | None,
        headers: dict[str, str] | None,
        params: Any,
    ) -> dict[str, Any]:
        return {
            **self._address(config, headers, params),
            "metadata": metadata,
            "before": checkpoint_in(before),
            "limit": limit or 10,
        }

    def _said(
        self,
        context: Any,
        interrupt_before: All | Sequence[str] | None,
        interrupt_after: All | Sequence[str] | None,
        headers: dict[str, str] | None,
        params: Any,
        kwargs: dict[str, Any],
    ) -> dict[str, Any]:
        return {
            "assistant_id": self.assistant_id,
            "context": context,
            "interrupt_before": interrupt_before,
            "interrupt_after": interrupt_after,
            "headers": headers_with_trace(headers, self.distributed_tracing),
            "params": params,
            **kwargs,
        }

    def _sanitize_config(self, config: RunnableConfig) -> RunnableConfig:
        """Return what of a config a server can take."""
        return cast(RunnableConfig, sendable(config))
