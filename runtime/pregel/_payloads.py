"""What `updates`, `tasks` and `debug` chunks hold: functions of a task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langgraph.checkpoint.base import EXCLUDED_METADATA_KEYS

if TYPE_CHECKING:
    from runtime.pregel._task import Task

__all__ = ("task_finished", "task_started", "update_of")


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
    shown = [keys] if isinstance(keys, str) else keys
    result: dict[str, Any] = {}
    for name, value in task.writes:
        if name not in shown:
            continue
        if name not in result:
            result[name] = value
        elif _is_several(result[name]):
            result[name]["$writes"].append(value)
        else:
            result[name] = {"$writes": [result[name], value]}
    return {
        "id": task.id,
        "name": task.node.name,
        "error": task.error,
        "result": result,
        "interrupts": [],
    }


def _is_several(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"$writes"}
