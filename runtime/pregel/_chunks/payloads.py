"""What `updates`, `tasks`, `checkpoints` and `debug` chunks hold: functions of tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from langgraph.checkpoint.base import EXCLUDED_METADATA_KEYS

from runtime.errors import GraphInterrupt
from runtime.pregel._saved.thread import ERROR, INTERRUPT, SPECIAL, Thread

if TYPE_CHECKING:
    from runtime.channels._state import Channels
    from runtime.pregel._nodes.node import Write
    from runtime.pregel._run import Upcoming
    from runtime.pregel._task import Task
    from runtime.pregel.main import Pregel

__all__ = ("checkpoint_of", "result_of", "task_finished", "task_started", "update_of")


def update_of(task: Task, keys: str | list[str]) -> Any:
    """Return what `updates` shows of a task: a dict of its writes, or a list if a key repeats."""
    if isinstance(keys, str):
        values = [value for name, value in task.writes if name == keys]
        return values[0] if len(values) == 1 else values or None
    writes = [(name, value) for name, value in task.writes if name in keys]
    if not writes:
        return None
    update = dict(writes)
    if len(update) == len(writes):
        return update
    return [{name: value} for name, value in writes]


def task_started(task: Task) -> dict[str, Any]:
    """Return what `tasks` shows of a task that is about to run."""
    config = task.config
    payload = {
        "id": task.id,
        "name": task.node.name,
        "input": task.input,
        "triggers": config["metadata"]["langgraph_triggers"],
    }
    # what the engine put into the metadata stands in the payload and the namespace already
    metadata = {k: v for k, v in config["metadata"].items() if k not in EXCLUDED_METADATA_KEYS}
    if tags := [tag for tag in config["tags"] if not tag.startswith("seq:step")]:
        metadata["tags"] = tags
    if metadata:
        payload["metadata"] = metadata
    return payload


def task_finished(task: Task, keys: str | list[str]) -> dict[str, Any]:
    """Return what `tasks` shows of a task that is done, or failed."""
    asked = task.error.args[0] if isinstance(task.error, GraphInterrupt) else ()
    return {
        "id": task.id,
        "name": task.name,
        "error": None if asked else task.error,
        "result": {} if asked else result_of(task.writes, keys),
        "interrupts": [asdict(question) for question in asked],
    }


def result_of(writes: Sequence[Write], keys: str | list[str]) -> dict[str, Any]:
    """Return what a task wrote to these keys; several writes of one as `{"$writes": [...]}`."""
    shown = [keys] if isinstance(keys, str) else keys
    result: dict[str, Any] = {}
    for name, value in writes:
        if name not in shown:
            continue
        if name not in result:
            result[name] = value
        elif _is_several(result[name]):
            result[name]["$writes"].append(value)
        else:
            result[name] = {"$writes": [result[name], value]}
    return result


def checkpoint_of(
    thread: Thread,
    channels: Channels,
    graph: Pregel[Any, Any, Any, Any],
    tasks: Sequence[Task | Upcoming],
) -> dict[str, Any]:
    """Return what `checkpoints` shows of a checkpoint and the tasks that run from there."""
    keys = graph.stream_channels
    kept = thread.pending
    values = channels.read((keys,)).get(keys) if isinstance(keys, str) else channels.read(keys)
    return {
        "config": thread.config,
        "parent_config": thread.parent_config,
        "values": values,
        "metadata": dict(thread.metadata),
        "next": [task.name for task in tasks],
        "tasks": [_kept_of(task, kept.get(task.id, ()), graph, thread) for task in tasks],
    }


def _kept_of(
    task: Task | Upcoming,
    kept: Sequence[Write],
    graph: Pregel[Any, Any, Any, Any],
    thread: Thread,
) -> dict[str, Any]:
    """Return what is known of a task that is about to run."""
    shown: dict[str, Any] = {"id": task.id, "name": task.name}
    errors = [value for name, value in kept if name == ERROR]
    if not kept:  # most often
        shown["interrupts"] = ()
    elif errors:
        shown["error"] = errors[-1]
    else:
        if any(name not in SPECIAL for name, _ in kept):
            shown["result"] = result_of(kept, graph.stream_channels)
        asked = [question for name, value in kept if name == INTERRUPT for question in value]
        shown["interrupts"] = tuple(asdict(question) for question in asked)
    address = {"thread_id": thread.thread_id, "checkpoint_ns": task.ns}
    shown["state"] = {"configurable": address} if task.name in graph.inner_graphs else None
    return shown


def _is_several(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"$writes"}
