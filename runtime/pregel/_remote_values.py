"""What goes to a server of LangGraph and comes back, as values: nothing here asks a server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final, NamedTuple, cast

from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.graph import Edge, Graph, Node

from runtime._threads import PregelTask, StateSnapshot
from runtime.config import TASK_KEY
from runtime.errors import GraphInterrupt
from runtime.pregel._chunks.sink import Stream
from runtime.pregel._saved.thread import INTERRUPT
from runtime.types import Command, Interrupt

__all__ = (
    "Asking",
    "RemoteException",
    "checkpoint_in",
    "config_of",
    "drawing_of",
    "headers_with_trace",
    "sendable",
    "snapshot_of",
)

_ADDRESS: Final = ("thread_id", "checkpoint_ns", "checkpoint_id", "checkpoint_map")
_OF_THE_CALLER: Final = frozenset(_ADDRESS) - {"thread_id"}
# a server has other names for some modes
_MODES_THERE: Final = {"messages": "messages-tuple"}


class RemoteException(Exception):  # noqa: N818 - LangGraph's name
    """A graph on a server has failed; the argument is what the server says."""


def sendable(config: RunnableConfig) -> dict[str, Any]:
    """Return what of a config a server can take: plain values, and nothing of the caller's run."""
    sent: dict[str, Any] = {}
    if "recursion_limit" in config:
        sent["recursion_limit"] = int(config["recursion_limit"])
    if "tags" in config:
        sent["tags"] = [tag for tag in config["tags"] if isinstance(tag, str)]
    if "metadata" in config:
        sent["metadata"] = _plain(config["metadata"])
    if "configurable" in config:
        sent["configurable"] = {
            key: value
            for key, value in cast("dict[str, Any]", _plain(config["configurable"])).items()
            if key not in _OF_THE_CALLER and not key.startswith("__")
        }
    return sent


_NOTHING: Final = object()


def _plain(value: Any) -> Any:
    """Return a value without what JSON does not have; `_NOTHING` if nothing is left."""
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, Mapping):
        pairs = ((key, _plain(held)) for key, held in value.items() if isinstance(key, str))
        return {key: held for key, held in pairs if held is not _NOTHING}
    if isinstance(value, (list, tuple)):
        return [held for held in map(_plain, value) if held is not _NOTHING]
    return _NOTHING


def checkpoint_in(config: RunnableConfig | None) -> dict[str, Any] | None:
    """Return which checkpoint a config names, as a server takes it, if it names any."""
    configurable = (config or {}).get("configurable") or {}
    named = {key: configurable[key] for key in _ADDRESS if configurable.get(key) is not None}
    return named if named.keys() & _OF_THE_CALLER else None


def config_of(checkpoint: Mapping[str, Any]) -> RunnableConfig:
    """Return the config that names a checkpoint of a server."""
    named = {key: checkpoint.get(key) for key in _ADDRESS}
    named["checkpoint_map"] = named["checkpoint_map"] or {}
    return {"configurable": named}


def snapshot_of(state: Mapping[str, Any]) -> StateSnapshot:
    """Return the state of a thread as a server tells it."""
    tasks = tuple(map(_task_of, state["tasks"]))
    parent = state.get("parent_checkpoint")
    return StateSnapshot(
        values=state["values"],
        next=tuple(state["next"] or ()),
        config=config_of(state["checkpoint"]),
        metadata=state["metadata"],
        created_at=state["created_at"],
        parent_config=config_of(parent) if parent else None,
        tasks=tasks,
        interrupts=tuple(asked for task in tasks for asked in task.interrupts),
    )


def _task_of(task: Mapping[str, Any]) -> PregelTask:
    state: Any = None
    if task.get("state"):
        state = snapshot_of(task["state"])
    elif task.get("checkpoint"):
        state = config_of(task["checkpoint"])
    error = task.get("error")
    return PregelTask(
        id=task["id"],
        name=task["name"],
        path=(),
        error=Exception(error) if error else None,
        interrupts=tuple(_interrupt(asked) for asked in task.get("interrupts") or ()),
        state=state,
        result=task.get("result"),
    )


def _interrupt(asked: Mapping[str, Any]) -> Interrupt[Any]:
    known = ("value", "id", "response_schema", "ns", "resumable", "when")
    return Interrupt(**{key: asked[key] for key in known if key in asked})


def drawing_of(told: Mapping[str, Any]) -> Graph:
    """Return the drawing of a graph that a server tells."""
    nodes = {}
    for node in told["nodes"]:
        data = node.get("data")
        named = data.get("name") if isinstance(data, dict) else None
        nodes[str(node["id"])] = Node(
            id=str(node["id"]),
            name=str(named or (data if isinstance(data, str) else node["id"])),
            data=data,
            metadata=node.get("metadata"),
        )
    edges = [
        Edge(
            source=str(edge["source"]),
            target=str(edge["target"]),
            data=edge.get("data"),
            conditional=edge.get("conditional", False),
        )
        for edge in told["edges"]
    ]
    return Graph(nodes=nodes, edges=edges)


def headers_with_trace(headers: dict[str, str] | None, wanted: bool) -> dict[str, str] | None:
    """Return headers that let LangSmith see the server's run below the current one, if wanted."""
    if not wanted:
        return headers
    from langsmith import get_current_run_tree  # noqa: PLC0415 - large, and few trace like this

    run = get_current_run_tree()
    return {**(headers or {}), **run.to_headers()} if run is not None else headers


class Asking(NamedTuple):
    """A run on a server, as its caller asks for it.

    Args:
        modes: The stream modes that it asked for.
        many: Whether as a list.
        subgraphs: Whether it wants chunks of graphs inside the one on the server.
        typed: Whether it wants stream parts.
        ns: The namespace of the node that calls, if one does.
        around: The consumers of graphs around that stream subgraphs.
    """

    modes: Sequence[str]
    many: bool
    subgraphs: bool
    typed: bool
    ns: tuple[str, ...]
    around: Stream

    @classmethod
    def of(
        cls,
        config: RunnableConfig,
        stream_mode: str | Sequence[str] | None,
        subgraphs: bool,
        version: str,
    ) -> Asking:
        """Return what a caller asks for."""
        many = not (stream_mode is None or isinstance(stream_mode, str))
        modes = [stream_mode or "updates"] if not many else list(cast("Sequence[str]", stream_mode))
        configurable = config.get("configurable") or {}
        task = configurable.get(TASK_KEY)
        sinks = [s for s in task.run.show.stream.sinks if s.subgraphs] if task is not None else []
        ns = configurable.get("checkpoint_ns")
        return cls(
            modes=cast("Sequence[str]", modes),
            many=many,
            subgraphs=subgraphs,
            typed=version == "v2",
            ns=tuple(ns.split("|")) if ns else (),
            around=Stream(None, sinks, lambda _chunk: None),
        )

    def request(self, given: Any, config: RunnableConfig, kwargs: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments of the call that starts the run."""
        sent = sendable(config)
        command = None
        if isinstance(given, Command):
            command, given = {k: v for k, v in asdict(given).items() if v not in (None, ())}, None
        # interrupts come as updates
        modes = dict.fromkeys((*self.modes, *self.around.modes, "updates"))
        return {
            "thread_id": sent.get("configurable", {}).pop("thread_id", None),
            "input": given,
            "command": command,
            "config": sent,
            "stream_mode": [_MODES_THERE.get(mode, mode) for mode in modes],
            "stream_subgraphs": self.subgraphs or bool(self.around.sinks),
            "if_not_exists": "create",
            **kwargs,
        }

    def chunks(self, part: Any) -> Sequence[Any]:
        """Return what the caller gets for a part that the server sends: a chunk, or none.

        Raises:
            GraphInterrupt: The graph on the server asks, and a node of a graph here called it.
            RemoteException: It failed.
        """
        mode, _, inner = part.event.partition("|")
        data = tuple(part.data) if mode == "messages" else part.data
        ns = (*self.ns, *(inner.split("|") if inner else ()))
        self.around.emit(ns, mode, data)
        if mode == "error":
            raise RemoteException(data)
        if mode == "updates" and self.ns and isinstance(data, dict) and data.get(INTERRUPT):
            raise GraphInterrupt([_interrupt(asked) for asked in data[INTERRUPT]])
        if mode not in self.modes or (inner and not self.subgraphs and mode != "messages"):
            return ()
        if self.typed:
            return ({"type": mode, "ns": ns, "data": data, **_asked_in(mode, data)},)
        if self.subgraphs:
            return ((ns, mode, data),) if self.many else ((ns, data),)
        return (part._replace(event=mode, data=data),) if self.many else (data,)


def _asked_in(mode: str, data: Any) -> dict[str, Any]:
    if mode != "values":
        return {}
    asked = data.get(INTERRUPT, ()) if isinstance(data, dict) else ()
    return {"interrupts": tuple(map(_interrupt, asked))}
