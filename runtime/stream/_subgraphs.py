"""What follows the graphs inside a graph: from tasks to when each graph starts and ends.

A graph inside has started when its first task does, and is done when the task that it runs in is:
the namespace of the graph ends with the id of that task.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from typing_extensions import TypedDict

from runtime.errors import GraphDrained, GraphInterrupt
from runtime.stream._event import ProtocolEvent
from runtime.stream._transformer import StreamTransformer
from runtime.stream.run_stream import AsyncSubgraphRunStream, SubgraphRunStream
from runtime.stream.stream_channel import StreamChannel

if TYPE_CHECKING:
    from runtime.stream._mux import StreamMux

__all__ = (
    "LifecyclePayload",
    "LifecycleTransformer",
    "SubgraphStatus",
    "SubgraphTransformer",
    "_TasksLifecycleBase",
)

Namespace = tuple[str, ...]
SubgraphStatus = Literal["started", "completed", "failed", "interrupted", "drained"]
End = tuple[Namespace, SubgraphStatus, str | None]


class LifecyclePayload(TypedDict, total=False):
    """The start or the end of a graph inside.

    `graph_name` is the name of the agent that it is, or of the node that it runs in;
    `trigger_call_id` the id of the task; `cause` the tool call that the agent was called by.
    """

    event: SubgraphStatus
    namespace: list[str]
    graph_name: str
    trigger_call_id: str
    cause: dict[str, Any]
    error: str


class _TasksLifecycleBase(StreamTransformer):
    """Follows the graphs inside a graph; a subclass says which, and what to do.

    Packages derive from it under this name, and use these names of its methods.
    """

    _methods: ClassVar[frozenset[str] | None] = frozenset({"tasks"})
    required_stream_modes = ("tasks",)

    def __init__(self, scope: Namespace = ()) -> None:
        super().__init__(scope)
        self._open_namespaces: dict[Namespace, None] = {}
        self._seen: set[Namespace] = set()
        self._lc_by_ns: dict[Namespace, str | None] = {}
        self._tool_calls: dict[str, str] = {}
        self._pending_cause: dict[str, Any] | None = None

    def _should_track(self, ns: Namespace) -> bool:
        """Return whether a graph with this namespace is followed."""
        raise NotImplementedError

    def _on_started(
        self, ns: Namespace, graph_name: str | None, trigger_call_id: str | None
    ) -> None:
        """Hear that a graph has started; `_pending_cause` is the tool call that it is due to."""
        raise NotImplementedError

    def _on_terminal(self, ns: Namespace, status: SubgraphStatus, error: str | None) -> None:
        """Hear that a graph has ended."""
        raise NotImplementedError

    def process(self, event: ProtocolEvent) -> bool:
        """Look at tasks, which are no raw events: what they say of graphs is."""
        if event["method"] != "tasks":
            return True
        ns, data = tuple(event["params"]["namespace"]), event["params"]["data"]
        if "result" in data:
            for end in self._pop_terminal_transitions(ns, data):
                self._on_terminal(*end)
        else:
            self._record_identity(ns, data)
            self._record_pending_tool_calls(data)
            self._handle_task_start(ns, data)
        return False

    def _record_identity(self, ns: Namespace, data: dict[str, Any]) -> None:
        """Note the agent that a graph is, as its first task says."""
        if ns not in self._lc_by_ns:
            self._lc_by_ns[ns] = (data.get("metadata") or {}).get("lc_agent_name")

    def _record_pending_tool_calls(self, data: dict[str, Any]) -> None:
        """Note the tool call that a task is to make."""
        given = data.get("input")
        calls = given if isinstance(given, list) else [given]
        for each in calls:
            call = each.get("tool_call", each) if isinstance(each, dict) else None
            if isinstance(call, dict) and {"id", "name", "args"} <= call.keys() and call["id"]:
                self._tool_calls[data["id"]] = call["id"]
                return

    def _handle_task_start(self, ns: Namespace, data: dict[str, Any]) -> None:
        if ns in self._seen or not self._should_track(ns):
            return
        node, _, task = ns[-1].partition(":")
        if not task:  # a graph that a node calls after another one: both are one to whoever follows
            return
        self._seen.add(ns)
        self._open_namespaces[ns] = None
        agent, call = self._lc_by_ns.get(ns), self._tool_calls.get(task)
        self._pending_cause = None
        if agent is not None and call is not None:
            self._pending_cause = {"type": "toolCall", "tool_call_id": call}
        self._on_started(ns, node if agent is None else agent, task)
        self._pending_cause = None

    def _pop_terminal_transitions(self, ns: Namespace, data: dict[str, Any]) -> list[End]:
        """Return the graphs that end with a task, and follow them no longer."""
        status, error = _end_of(data)
        inside = f":{data['id']}"
        ended = [
            each
            for each in self._open_namespaces
            if len(each) == len(ns) + 1 and each[:-1] == ns and each[-1].endswith(inside)
        ]
        for each in ended:
            del self._open_namespaces[each]
        return [(each, status, error) for each in ended]

    def _pop_open(self, status: SubgraphStatus, error: str | None) -> list[End]:
        """Return the graphs that have not ended, the innermost first, as ended like this."""
        ended: list[End] = [(ns, status, error) for ns in reversed(self._open_namespaces)]
        self._open_namespaces.clear()
        return ended

    def finalize(self) -> None:
        """Take what has not ended as complete."""
        for end in self._pop_open("completed", None):
            self._on_terminal(*end)

    def fail(self, err: BaseException) -> None:
        """Take what has not ended as ended by the same error."""
        for end in self._pop_open(*_end_by(err)):
            self._on_terminal(*end)


def _end_of(result: dict[str, Any]) -> tuple[SubgraphStatus, str | None]:
    """Return how a task has ended, from its result."""
    if result.get("interrupts"):
        return "interrupted", None
    error = result.get("error")
    return ("completed", None) if error is None else ("failed", str(error))


def _end_by(error: BaseException) -> tuple[SubgraphStatus, str | None]:
    """Return how a graph has ended that an error ended."""
    if isinstance(error, GraphDrained):
        return "drained", None
    return ("interrupted", None) if isinstance(error, GraphInterrupt) else ("failed", str(error))


class LifecycleTransformer(_TasksLifecycleBase):
    """`run.lifecycle`, and raw events of this name: when each graph inside starts and ends."""

    _native = True

    def __init__(self, scope: Namespace = ()) -> None:
        super().__init__(scope)
        self._channel: StreamChannel[LifecyclePayload] = StreamChannel("lifecycle")

    def init(self) -> dict[str, Any]:
        """Return the projection."""
        return {"lifecycle": self._channel}

    def _should_track(self, ns: Namespace) -> bool:
        return len(ns) > len(self.scope) and ns[: len(self.scope)] == self.scope

    def _on_started(
        self, ns: Namespace, graph_name: str | None, trigger_call_id: str | None
    ) -> None:
        payload: LifecyclePayload = {"event": "started", "namespace": list(ns)}
        if graph_name is not None:
            payload["graph_name"] = graph_name
        if trigger_call_id is not None:
            payload["trigger_call_id"] = trigger_call_id
        if self._pending_cause is not None:
            payload["cause"] = self._pending_cause
        self._channel.push(payload)

    def _on_terminal(self, ns: Namespace, status: SubgraphStatus, error: str | None) -> None:
        payload: LifecyclePayload = {"event": status, "namespace": list(ns)}
        if error is not None:
            payload["error"] = error
        self._channel.push(payload)


class SubgraphTransformer(_TasksLifecycleBase):
    """`run.subgraphs`: each graph right inside this one, as a run of its own to look at."""

    _native = True
    _only_forwards = True
    _methods = None
    supports_sync = True

    def __init__(self, scope: Namespace = ()) -> None:
        super().__init__(scope)
        self._log: StreamChannel[Any] = StreamChannel()
        self._runs: dict[Namespace, SubgraphRunStream | AsyncSubgraphRunStream] = {}
        self._mux: StreamMux | None = None

    def init(self) -> dict[str, Any]:
        """Return the projection."""
        return {"subgraphs": self._log}

    def _on_register(self, mux: StreamMux) -> None:
        self._mux = mux

    def _should_track(self, ns: Namespace) -> bool:
        return len(ns) == len(self.scope) + 1 and ns[: len(self.scope)] == self.scope

    def _on_started(
        self, ns: Namespace, graph_name: str | None, trigger_call_id: str | None
    ) -> None:
        if self._mux is None:
            return
        inside = self._mux._make_child(ns)  # noqa: SLF001
        kind = AsyncSubgraphRunStream if inside.is_async else SubgraphRunStream
        run = kind(inside, path=ns, graph_name=graph_name, trigger_call_id=trigger_call_id)
        self._runs[ns] = run
        self._log.push(run)

    def process(self, event: ProtocolEvent) -> bool:
        """Look at tasks, and hand what happens in a graph inside to its run."""
        run = self._run_of(event)
        if event["method"] == "tasks":
            for ns, status, error in self._ends(event):
                _end(self._runs.pop(ns), status, error)
            super().process(event)
            run = self._run_of(event)
        if run is not None:
            run._observe_event(event)  # noqa: SLF001
            run._mux.push(event)  # noqa: SLF001
        return event["method"] != "tasks"

    async def aprocess(self, event: ProtocolEvent) -> bool:
        """Do the same, and wait for the transformers of the graph inside."""
        run = self._run_of(event)
        if event["method"] == "tasks":
            for ns, status, error in self._ends(event):
                await _aend(self._runs.pop(ns), status, error)
            super().process(event)
            run = self._run_of(event)
        if run is not None:
            run._observe_event(event)  # noqa: SLF001
            await run._mux.apush(event)  # noqa: SLF001
        return event["method"] != "tasks"

    def finalize(self) -> None:
        """End the runs of graphs that have not ended."""
        for ns, status, error in self._pop_open("completed", None):
            _end(self._runs.pop(ns), status, error)

    async def afinalize(self) -> None:
        """Do the same, and wait for their transformers."""
        for ns, status, error in self._pop_open("completed", None):
            await _aend(self._runs.pop(ns), status, error)

    def fail(self, err: BaseException) -> None:
        """End the runs of graphs that have not ended by the same error."""
        for ns, status, error in self._pop_open(*_end_by(err)):
            _end(self._runs.pop(ns), status, error)

    async def afail(self, err: BaseException) -> None:
        """Do the same, and wait for their transformers."""
        for ns, status, error in self._pop_open(*_end_by(err)):
            await _aend(self._runs.pop(ns), status, error)

    def _ends(self, event: ProtocolEvent) -> list[End]:
        params = event["params"]
        if "result" not in params["data"]:
            return []
        return self._pop_terminal_transitions(tuple(params["namespace"]), params["data"])

    def _run_of(self, event: ProtocolEvent) -> SubgraphRunStream | AsyncSubgraphRunStream | None:
        """Return the run of the graph inside that an event comes from, or a graph inside it."""
        namespace, depth = event["params"]["namespace"], len(self.scope)
        if len(namespace) == depth:
            return None
        run = self._runs.get(tuple(namespace[: depth + 1]))
        return None if run is None or run._mux.closed else run  # noqa: SLF001


def _end(run: Any, status: SubgraphStatus, error: str | None) -> None:
    """Tell the run of a graph inside how it has ended."""
    if (failure := run.end(status, error)) is None:
        run._mux.close()  # noqa: SLF001
    else:
        run._mux.fail(failure)  # noqa: SLF001


async def _aend(run: Any, status: SubgraphStatus, error: str | None) -> None:
    """Do the same in an async run."""
    if (failure := run.end(status, error)) is None:
        await run._mux.aclose()  # noqa: SLF001
    else:
        await run._mux.afail(failure)  # noqa: SLF001
