"""What users see and change of a thread without running the graph.

Each operation is written once, as a generator that asks for what has to be waited for: a call of
the saver, or a conditional edge to be run. `look` and `alook` answer it.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import UUID, uuid5

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple

from runtime._interrupts import Interrupt
from runtime._threads import PregelTask, StateSnapshot, StateUpdate
from runtime.constants import END
from runtime.errors import InvalidUpdateError
from runtime.pregel._asked import Asked
from runtime.pregel._async_task import aperform
from runtime.pregel._chunks.payloads import result_of
from runtime.pregel._input import input_writes
from runtime.pregel._run import Run, Upcoming
from runtime.pregel._saved.bumps import really_seen
from runtime.pregel._saved.savers import Save
from runtime.pregel._saved.thread import ERROR, INTERRUPT, SPECIAL, Thread
from runtime.pregel._step import NOBODY, Given
from runtime.pregel._sync import perform
from runtime.pregel._task import Task

if TYPE_CHECKING:
    from runtime.pregel._nodes.node import Write

__all__ = ("Steps", "alook", "look", "snapshot", "state_of", "update")

INPUT: Final = "__input__"
COPY: Final = "__copy__"

AnyGraph = Any  # a `Pregel` of any state
Steps = Generator["Save | Task", Any, Any]


def look(steps: Steps, saver: BaseCheckpointSaver[Any]) -> Any:
    """Do an operation, and return its result."""
    try:
        wanted = next(steps)
        while True:
            if isinstance(wanted, Task):
                perform(wanted)
                wanted = steps.send(None)
            else:
                call = getattr(saver, wanted.method)
                wanted = steps.send(call(*wanted.arguments, **wanted.options))
    except StopIteration as done:
        return done.value


async def alook(steps: Steps, saver: BaseCheckpointSaver[Any]) -> Any:
    """Do an operation in an event loop, and return its result."""
    try:
        wanted = next(steps)
        while True:
            if isinstance(wanted, Task):
                await aperform(wanted)
                wanted = steps.send(None)
            else:
                call = getattr(saver, f"a{wanted.method}")
                wanted = steps.send(await call(*wanted.arguments, **wanted.options))
    except StopIteration as done:
        return done.value


def _opened(
    graph: AnyGraph, config: RunnableConfig, saved: CheckpointTuple | None
) -> Generator[Save, Any, Run]:
    """Return a run that has loaded its thread and does not begin."""
    ns = config["configurable"].get("checkpoint_ns", "")
    asked = Asked(graph.stream_channels, durability="sync", ns=ns)
    run = Run(graph, None, config, asked)
    thread = cast(Thread, run.thread)
    thread.load(saved)
    yield from thread.rebuild(saved)
    if saved is not None:
        thread.parents = cast("dict[str, Any]", saved.metadata).get("parents", {})
    run.open()
    if saved is None:
        run.step = 0  # there is no input at the step before
    return run


# --- looking -----------------------------------------------------------------------------------


def _empty(config: RunnableConfig) -> StateSnapshot:
    """Return what there is to see of a thread that has not begun."""
    return StateSnapshot({}, (), config, None, None, None, (), ())


def state_of(
    graph: AnyGraph, config: RunnableConfig, subgraphs: bool, given: RunnableConfig | None = None
) -> Steps:
    """Return the state of a thread, with those of the graphs inside if asked for.

    Args:
        graph: The graph.
        config: What to ask the saver for.
        subgraphs: Whether the graphs inside are asked for.
        given: The config as the caller gave it.
    """
    saved = yield Save("get_tuple", (config,))
    if saved is None:
        return _empty(given or config)
    latest = not config["configurable"].get("checkpoint_id")
    inside: dict[str, StateSnapshot] = {}
    if subgraphs:
        run = yield from _opened(graph, saved.config, saved)
        for task in run.upcoming(in_order_of=graph.nodes):
            inner = graph.inner_graphs.get(task.name)
            if inner is not None:
                address = _address(saved.config, inner.ns_for(task.ns))
                inner = inner.copy({"checkpointer": graph.checkpointer})
                inside[task.id] = yield from state_of(inner, address, subgraphs=True)
    return (yield from snapshot(graph, saved, latest, inside))


def _address(config: RunnableConfig, ns: str) -> RunnableConfig:
    thread_id = config["configurable"].get("thread_id")
    return {"configurable": {"thread_id": thread_id, "checkpoint_ns": ns}}


def snapshot(
    graph: AnyGraph,
    saved: CheckpointTuple,
    latest: bool,
    inside: Mapping[str, StateSnapshot] | None = None,
) -> Generator[Save, Any, StateSnapshot]:
    """Return a checkpoint as users see it.

    Args:
        graph: The graph.
        saved: What the saver has.
        latest: Whether to show what finished tasks wrote as if their superstep were done.
        inside: The states of graphs that are tasks, by the id of the task.
    """
    run = yield from _opened(graph, saved.config, saved)
    thread = cast(Thread, run.thread)
    kept = thread.pending
    tasks = run.upcoming(in_order_of=graph.nodes)
    if given := [write for write in kept.get(NOBODY, ()) if write[0] not in SPECIAL]:
        run.apply_given(Given(given))
    if latest:
        for task in tasks:
            task.take(kept.get(task.id, ()))
        if done := [task for task in tasks if task.done]:
            run.apply(done)
    shown = [_task(graph, saved, task, kept.get(task.id, ()), latest, inside) for task in tasks]
    keys = graph.stream_channels
    values = (
        run.channels.read((keys,)).get(keys) if isinstance(keys, str) else run.channels.read(keys)
    )
    return StateSnapshot(
        values=values,
        next=tuple(task.name for task in tasks if not task.done),
        config=_with_map(saved.config, saved.metadata),
        metadata=saved.metadata,
        created_at=saved.checkpoint["ts"],
        parent_config=saved.parent_config and _with_map(saved.parent_config, saved.metadata),
        tasks=tuple(shown),
        interrupts=tuple(question for task in shown for question in task.interrupts),
    )


def _task(
    graph: AnyGraph,
    saved: CheckpointTuple,
    task: Upcoming,
    kept: Sequence[Write],
    latest: bool,
    inside: Mapping[str, StateSnapshot] | None,
) -> PregelTask:
    done = Upcoming(task.name, (), (), task.id, task.ns)
    done.take(kept)
    interrupts: tuple[Interrupt[Any], ...] = ()
    if not (latest and done.done):
        asked = [value for name, value in kept if name == INTERRUPT]
        interrupts = tuple(question for questions in asked for question in questions)
    state: Any = None
    if task.name in graph.inner_graphs:
        state = (inside or {}).get(task.id) or _address(saved.config, task.ns)
    return PregelTask(
        task.id,
        task.name,
        task.path,
        next((value for name, value in kept if name == ERROR), None),
        interrupts,
        state,
        _result(done.writes, graph.stream_channels) if done.done else None,
    )


def _result(writes: Sequence[Write], keys: str | list[str]) -> Any:
    """Return what a task wrote; the bare value if the state is not made of keys."""
    result = result_of(writes, keys)
    return result.get(keys) if isinstance(keys, str) else result


def _with_map(config: RunnableConfig, metadata: Any) -> RunnableConfig:
    """Return a config that also addresses the checkpoints of the graphs around."""
    parents = (metadata or {}).get("parents")
    if not parents:
        return config
    own = config["configurable"]
    around = {**parents, own.get("checkpoint_ns", ""): own["checkpoint_id"]}
    return {**config, "configurable": {**own, "checkpoint_map": around}}


# --- changing ----------------------------------------------------------------------------------


def update(
    graph: AnyGraph, config: RunnableConfig, supersteps: Sequence[Sequence[StateUpdate]]
) -> Steps:
    """Change a thread as if nodes had written, and return the config of the new checkpoint.

    Raises:
        ValueError: There is nothing to change.
        InvalidUpdateError: It is not clear which node is meant, or there is no such node.
    """
    if not supersteps:
        raise ValueError("No supersteps provided: pass a list of lists of StateUpdate.")
    if not all(supersteps):
        raise ValueError("No updates provided: each superstep needs at least one StateUpdate.")
    for number, updates in enumerate(supersteps):
        made = yield from _superstep(graph, config, updates, is_first=number == 0)
        config = _moved(config, made)
    return made


def _moved(config: RunnableConfig, made: RunnableConfig) -> RunnableConfig:
    """Return a config that addresses the checkpoint which was made from there."""
    return {**config, "configurable": {**config["configurable"], **made["configurable"]}}


def _superstep(
    graph: AnyGraph, config: RunnableConfig, updates: Sequence[StateUpdate], is_first: bool
) -> Steps:
    saved = yield Save("get_tuple", (config,))
    run = yield from _opened(graph, config, saved)
    thread = cast(Thread, run.thread)
    if thread.deltas is not None:
        thread.deltas.unborn = saved is None
    if is_first:
        yield from thread.look_ahead()
    values, as_node, _ = updates[0]
    alone = {END: values is None, INPUT: True, COPY: True}.get(cast(str, as_node), False)
    if alone and len(updates) > 1:
        raise InvalidUpdateError(
            f"Cannot apply multiple updates when one of them is as {as_node!r}: it concerns the "
            "whole state."
        )
    if alone and as_node == COPY:
        if saved is None:
            raise InvalidUpdateError("Cannot copy a non-existent checkpoint: the thread is empty.")
        thread.stand_beside(saved)
        made = yield from _saved(run, thread, "fork")
        if not values:
            return made
        others = [StateUpdate(*each) for each in values]
        return (yield from _superstep(graph, _moved(config, made), others, False))
    if alone and as_node == INPUT:
        run.step = thread.step + 1
        given = input_writes(graph, values)
        if saved is not None:
            yield from thread.put_writes(str(uuid5(UUID(thread.id), INPUT)), (), given)
        run.apply_given(Given(given))
        return (yield from _saved(run, thread, "input"))
    waiting = run.upcoming() if saved is not None else []
    ids: defaultdict[str, deque[str]] = defaultdict(deque)
    for task in waiting:
        ids[task.name].append(task.id)
    kept = thread.pending
    if given := [write for write in kept.get(NOBODY, ()) if write[0] not in SPECIAL]:
        run.apply_given(Given(given))
    if alone:  # drop what was to run, but for what is done
        for task in waiting:
            task.take(kept.get(task.id, ()))
        run.updated = run.apply(waiting) if waiting else run.updated
        return (yield from _saved(run, thread, "update"))
    tasks = []
    for number, (value, name, id_) in enumerate(_addressed(graph, thread, updates)):
        task_id = id_ or (
            ids[name].popleft() if ids[name] else str(uuid5(UUID(thread.id), INTERRUPT))
        )
        node = replace(graph.nodes[name], call=None, policies=None, rescuer=None)
        edit = Task(run, node, ("update", name), task_id, f"{name}:{task_id}", value)
        yield edit
        path = (INTERRUPT, number)
        tasks.append(Upcoming(name, (), path, task_id, "", edit.writes))
        if saved is not None and edit.writes:
            yield from thread.put_writes(task_id, path, edit.writes)
    run.updated = run.apply(tasks)
    return (yield from _saved(run, thread, "update"))


def _saved(run: Run, thread: Thread, source: str) -> Generator[Save, Any, RunnableConfig]:
    """Save a new checkpoint, and return its config."""
    thread.commit(run.step, {"source": source}, None, run.channels)
    made = yield Save(*thread.unsaved.popleft())
    return _with_map(made, thread.metadata)


def _addressed(
    graph: AnyGraph, thread: Thread, updates: Sequence[StateUpdate]
) -> list[tuple[Any, str, str | None]]:
    """Return the updates with the node of each."""
    addressed = []
    for values, as_node, id_ in updates:
        if as_node is None and len(updates) > 1:
            raise InvalidUpdateError(
                "as_node is required when applying multiple updates: StateUpdate(values, 'node')."
            )
        name = _last_writer(graph, thread) if as_node is None else as_node
        if name not in graph.nodes:
            raise InvalidUpdateError(
                f"Node {name!r} does not exist. The nodes are {', '.join(graph.nodes)}."
            )
        addressed.append((values, name, id_))
    return addressed


def _last_writer(graph: AnyGraph, thread: Thread) -> str:
    """Return the node that ran last."""
    if len(graph.nodes) == 1:
        return str(next(iter(graph.nodes)))
    runs = sorted(
        (version, name)
        for name in thread.seen
        if name in graph.nodes
        for version in really_seen(thread.seen, name)
    )
    if not any(thread.seen.values()):
        return str(graph.input_channels)
    if not runs or (len(runs) > 1 and runs[-1][0] == runs[-2][0]):
        raise InvalidUpdateError(
            "Ambiguous update, specify as_node: several nodes wrote last, and what runs next "
            "depends on which of them it is."
        )
    return str(runs[-1][1])
