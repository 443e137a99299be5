"""What need not be done again: what the thread or the cache keeps of tasks.

These functions belong to `Run`; they stand apart because they know what was, not what comes next.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from langgraph.checkpoint.base import BaseCheckpointSaver

from runtime._threads import Checkpointer
from runtime.constants import CONFIG_KEY_CHECKPOINTER
from runtime.errors import GraphBubbleUp, GraphInterrupt
from runtime.pregel._answers import Answers
from runtime.pregel._nodes.policies import Attempt, CacheKey, cache_key, from_cache
from runtime.pregel._saved.deltas import Deltas
from runtime.pregel._saved.serde import speaking
from runtime.pregel._saved.shown_calls import list_shown
from runtime.pregel._saved.thread import (
    ERROR,
    ERROR_OF,
    INTERRUPT,
    NO_WRITES,
    RESUME,
    SPECIAL,
    Thread,
)

if TYPE_CHECKING:
    from runtime.pregel._nodes.node import Write
    from runtime.pregel._run import Run
    from runtime.pregel._task import Task

__all__ = (
    "answers_of",
    "cache_keys",
    "open_thread",
    "outer_saver",
    "recall",
    "record",
    "restore",
    "saver_of",
)

_NAMES_OF_THREADS: Final = ("thread_id", "checkpoint_ns", "checkpoint_id")


def saver_of(run: Run) -> BaseCheckpointSaver[Any] | None:
    """Return where a run is kept: for a graph inside another one, where that is kept.

    Raises:
        RuntimeError: The graph relies on one around it, and there is none.
    """
    own: Checkpointer = run.graph.checkpointer
    if own is not False and run.parent is not None:
        return run.parent.run.saver
    saver = outer_saver(own, run.config["configurable"])
    return None if saver is None else speaking(saver)


def outer_saver(
    own: Checkpointer, configurable: Mapping[str, Any]
) -> BaseCheckpointSaver[Any] | None:
    """Return where a graph is kept that is in no other one: what its config lends it comes first.

    Args:
        own: The graph's own checkpointer.
        configurable: That of the config.

    Raises:
        RuntimeError: The graph relies on one around it.
    """
    if own is False:
        return None
    if CONFIG_KEY_CHECKPOINTER in configurable:
        return cast("BaseCheckpointSaver[Any] | None", configurable[CONFIG_KEY_CHECKPOINTER])
    if isinstance(own, bool):
        raise RuntimeError(  # noqa: TRY004 - LangGraph's class
            "checkpointer=True cannot be used for root graphs: it stands for the checkpointer "
            "of the graph around, and there is none. Pass a saver, for example InMemorySaver()."
        )
    return own


def open_thread(run: Run, saver: BaseCheckpointSaver[Any]) -> Thread:
    """Return the thread of a run, not yet loaded.

    Raises:
        ValueError: The config does not say which thread it is.
    """
    configurable = run.config["configurable"]
    asked = configurable.get("checkpoint_map") or {}
    addressed = asked.get(run.base_ns)
    parents: dict[str, str] = dict(asked)
    durability = run.asked.durability
    if run.parent is not None:
        around = run.parent.run
        outer = around.thread.parents if around.thread is not None else {}
        parents = {**outer, around.base_ns: around.checkpoint_id}
        caller = run.parent.called_by
        while caller is not None:  # in the namespace of the task that it called
            parents[caller.ns] = around.checkpoint_id
            caller = caller.called_by
        durability = durability or (around.thread.durability if around.thread else None)
    elif all(configurable.get(key) in (None, "") for key in _NAMES_OF_THREADS):
        raise ValueError(
            "Checkpointer requires one or more of the following 'configurable' keys: "
            "thread_id, checkpoint_ns, checkpoint_id. Pass a config such as "
            "{'configurable': {'thread_id': '1'}}."
        )
    elif configurable.get("checkpoint_ns", "") == run.base_ns:
        addressed = configurable.get("checkpoint_id") or addressed
    durability = durability or "async"
    deltas = None
    if specs := run.graph.delta_channels:
        deltas = Deltas(specs, run.graph.trigger_to_nodes, at_exit=durability == "exit")
    thread = Thread(
        saver,
        run.config,
        run.base_ns,
        parents,
        addressed,
        durability,
        run.turns,
        run.graph.replayed_channels,
        deltas,
    )
    if run.replay is not None:
        thread.before = run.replay.bound_for(run.base_ns)
    return thread


def record(run: Run, task: Task) -> None:
    """Have the thread keep what came of a task."""
    thread, error = run.thread, task.error
    if thread is None or task.cached:
        return
    answers = [(RESUME, task.answers.given)] if task.asked else []
    writes: list[Write]
    if error is None:
        if task.called_by is not None:
            list_shown(run, task.called_by)
        if answers:  # apart, as savers do not take what a task wrote twice
            thread.keep(task.id, task.path, answers, run.channels)
        writes = task.writes or [(NO_WRITES, None)]
    elif isinstance(error, GraphInterrupt):
        writes = [(INTERRUPT, list(error.args[0])), *answers] if error.args[0] else []
    elif isinstance(error, GraphBubbleUp):
        writes = []
    else:
        writes = [(ERROR, error), *answers]
        if task.rescuer is not None:
            writes.append((ERROR_OF, task.name))
    if writes:
        thread.keep(task.id, task.path, writes, run.channels)


def restore(run: Run, tasks: list[Task]) -> list[Task]:
    """Finish the tasks that were done before, and return the others."""
    thread = run.thread
    if thread is None or not thread.pending or not run.restores:
        return tasks
    kept = thread.pending
    others = []
    for task in tuple(tasks):
        writes = kept.get(task.id, [])
        if (rescuer := _rescuer_again(run, task, dict(writes))) is not None:
            others.append(rescuer)
            continue
        if any(name == NO_WRITES or name not in SPECIAL for name, _ in writes):
            task.writes = [(name, value) for name, value in writes if name not in SPECIAL]
            task.cached = True
            run.finish(task)
            continue
        others.append(task)
        if run.resume.by_id and task.answers.given:
            # so that they are not lost with this process
            thread.keep(task.id, task.path, [(RESUME, task.answers.given)], run.channels)
    return others


def _rescuer_again(run: Run, task: Task, kept: Mapping[str, Any]) -> Task | None:
    """Return the task that handles the error that another one failed with in an earlier run."""
    if ERROR_OF not in kept or ERROR not in kept:
        return None
    error = kept[ERROR]
    task.error = error if isinstance(error, Exception) else Exception(str(error))
    task.rescuer = rescuer = run.rescuer_of(task)
    if rescuer is not None:
        run.tasks.append(rescuer)
        run.show.start([rescuer])
    return rescuer


def answers_of(run: Run, task: Task) -> Answers:
    """Return what a task that asks was answered so far."""
    given: list[Any] = []
    if run.thread is not None:
        for name, value in run.thread.of_task(task.id):
            if name == RESUME:
                given = list(value)
    given += run.resume.of(task.ns, len(given))
    return Answers(given, run.resume.take)


def cache_keys(run: Run, tasks: list[Task]) -> list[CacheKey]:
    """Return where the cache may keep what these tasks would write; for runs with a cache."""
    keys = []
    for task in tasks:
        policies = task.policies
        if policies is not None and policies.cache is not None:
            task.attempt = Attempt(run.turns.now())
            task.attempt.key = cache_key(policies.cache, policies.cache_ns, task.input)
            keys.append(task.attempt.key)
    return list(dict.fromkeys(keys))


def recall(run: Run, tasks: list[Task], found: Mapping[CacheKey, Any]) -> list[Task]:
    """Finish the tasks whose writes were found in the cache, and return the others."""
    others = []
    for task in tasks:
        attempt = task.attempt
        if attempt is None or attempt.key is None or attempt.key not in found:
            others.append(task)
            continue
        task.writes = from_cache(found[attempt.key])
        task.cached = True
        run.finish(task)
    return others
