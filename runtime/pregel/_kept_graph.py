"""The part of a compiled graph that looks at threads and changes them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver

from runtime._threads import Checkpointer, StateSnapshot, StateUpdate
from runtime.constants import CONFIG_KEY_CHECKPOINTER
from runtime.pregel._described_graph import DescribedGraph
from runtime.pregel._names import without_ids
from runtime.pregel._saved.deltas import not_held
from runtime.pregel._saved.restore import outer_saver
from runtime.pregel._saved.serde import speaking
from runtime.pregel._state_api import alook, look, snapshot, state_of, update

if TYPE_CHECKING:
    from runtime.pregel.main import Pregel

__all__ = ("KeptGraph",)

Place = tuple["Pregel[Any, Any, Any, Any]", BaseCheckpointSaver[Any], RunnableConfig]
"""The graph that a config addresses, where its threads are kept, and the config for there."""


class KeptGraph(DescribedGraph):
    """A graph whose threads are kept; `Pregel` runs it."""

    checkpointer: Checkpointer
    config: RunnableConfig | None

    def get_state(self, config: RunnableConfig, *, subgraphs: bool = False) -> StateSnapshot:
        """Return the state of a thread.

        Args:
            config: `{"configurable": {"thread_id": ...}}`; with a `checkpoint_id` the state at that
                checkpoint, with a `checkpoint_ns` that of a graph inside.
            subgraphs: Whether the tasks of the snapshot have the states of graphs inside, rather
                than the configs to get them with.

        Raises:
            ValueError: The graph has no checkpointer.
        """
        graph, saver, place = self._place(config)
        return cast(StateSnapshot, look(state_of(graph, place, subgraphs, config), saver))

    async def aget_state(self, config: RunnableConfig, *, subgraphs: bool = False) -> StateSnapshot:
        """Return what `get_state` returns."""
        graph, saver, place = self._place(config)
        return cast(StateSnapshot, await alook(state_of(graph, place, subgraphs, config), saver))

    def get_state_history(
        self,
        config: RunnableConfig,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002 - LangGraph's public name
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> Iterator[StateSnapshot]:
        """Yield the states of a thread, the latest one first.

        Args:
            config: As for `get_state`.
            filter: Metadata that a checkpoint must have.
            before: A config; only checkpoints before that one count.
            limit: How many at most.

        Raises:
            ValueError: The graph has no checkpointer.
        """
        graph, saver, config = self._place(config)
        saved = saver.list(config, before=before, limit=limit, filter=filter)

        def states() -> Iterator[StateSnapshot]:
            for one in saved:
                found = [one]
                if not_held(one, graph.replayed_channels):
                    found += saved  # more calls of the saver follow, which may take one at a time
                for each in found:
                    yield look(snapshot(graph, each, latest=False), saver)

        return states()

    def aget_state_history(
        self,
        config: RunnableConfig,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[StateSnapshot]:
        """Yield what `get_state_history` yields."""
        graph, saver, config = self._place(config)
        saved = saver.alist(config, before=before, limit=limit, filter=filter)

        async def states() -> AsyncIterator[StateSnapshot]:
            async for one in saved:
                found = [one]
                if not_held(one, graph.replayed_channels):  # as above
                    found += [each async for each in saved]
                for each in found:
                    yield await alook(snapshot(graph, each, latest=False), saver)

        return states()

    def update_state(
        self,
        config: RunnableConfig,
        values: dict[str, Any] | Any | None,
        as_node: str | None = None,
        task_id: str | None = None,
    ) -> RunnableConfig:
        """Change the state of a thread as if a node had returned `values`.

        Args:
            config: As for `get_state`. With a `checkpoint_id` the thread forks there.
            values: What the node would have returned.
            as_node: The node; what would run after it runs next. By default the one that wrote
                last. `"__end__"` with no values drops what was to run, `"__copy__"` makes a copy of
                the checkpoint beside it (and, if `values` is a list of `StateUpdate`s, applies them
                to the copy), `"__input__"` stands for a new input.
            task_id: The task to which it counts.

        Returns:
            The config of the new checkpoint.

        Raises:
            ValueError: The graph has no checkpointer.
            InvalidUpdateError: It is not clear which node is meant, or there is no such node.
        """
        return self.bulk_update_state(config, [[StateUpdate(values, as_node, task_id)]])

    async def aupdate_state(
        self,
        config: RunnableConfig,
        values: dict[str, Any] | Any | None,
        as_node: str | None = None,
        task_id: str | None = None,
    ) -> RunnableConfig:
        """Do what `update_state` does."""
        return await self.abulk_update_state(config, [[StateUpdate(values, as_node, task_id)]])

    def bulk_update_state(
        self, config: RunnableConfig, supersteps: Sequence[Sequence[StateUpdate]]
    ) -> RunnableConfig:
        """Change the state of a thread superstep by superstep, each with several updates.

        Args:
            config: As for `update_state`.
            supersteps: The updates of each superstep.

        Returns:
            The config of the last new checkpoint.

        Raises:
            ValueError: There is nothing to change, the graph has no checkpointer, or the config is
                in the namespace of a graph that is none of its nodes.
            InvalidUpdateError: As for `update_state`; with several updates each needs its node.
        """
        graph, saver, config = self._place(config, to_change=True)
        return cast(RunnableConfig, look(update(graph, config, supersteps), saver))

    async def abulk_update_state(
        self, config: RunnableConfig, supersteps: Sequence[Sequence[StateUpdate]]
    ) -> RunnableConfig:
        """Do what `bulk_update_state` does."""
        graph, saver, config = self._place(config, to_change=True)
        return cast(RunnableConfig, await alook(update(graph, config, supersteps), saver))

    def ns_for(self, ns: str) -> str:
        """Return under which namespace the graph keeps its threads when it runs in this one."""
        return without_ids(ns) if self.checkpointer is True else ns

    def _place(self, config: RunnableConfig, *, to_change: bool = False) -> Place:
        own = (self.config or {}).get("configurable") or {}
        configurable = {**own, **(config.get("configurable") or {})}
        saver = outer_saver(self.checkpointer, configurable)
        configurable.pop(CONFIG_KEY_CHECKPOINTER, None)
        if saver is None:
            raise ValueError(
                "No checkpointer set: nothing is kept of the runs of this graph. Compile it with "
                "one, for example compile(checkpointer=InMemorySaver())."
            )
        if configurable.get("thread_id") in (None, ""):
            raise ValueError(
                "The config names no thread. Pass {'configurable': {'thread_id': '1'}}."
            )
        graph = cast("Pregel[Any, Any, Any, Any]", self)
        if saver is not self.checkpointer:
            graph = graph.copy({"checkpointer": saver})
        ns = configurable.get("checkpoint_ns") or ""
        if ns:
            names, found = without_ids(ns), False
            for _, inner in self.get_subgraphs(namespace=names, recurse=True):
                ns = cast(KeptGraph, inner).ns_for(ns)
                graph = cast("Pregel[Any, Any, Any, Any]", inner).copy({"checkpointer": saver})
                found = True
            if to_change and not found:
                raise ValueError(
                    f"Subgraph {names} not found: {graph.name!r} can read what a graph that is "
                    "none of its nodes has kept there, but cannot know how to change it."
                )
        configurable.update(thread_id=str(configurable["thread_id"]), checkpoint_ns=ns)
        return graph, speaking(saver), {"configurable": configurable}
