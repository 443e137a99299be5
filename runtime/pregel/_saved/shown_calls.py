"""Which results of called tasks were shown, for when the task that called them runs again.

What came of a called task is stored before it is shown, so a process that is killed between the two
must leave a thread that tells. Drivers store what came of a caller only once all was shown that it
had called by then. So if it is done, all was shown. If nothing is stored of it, nothing counts as
shown. If it asked or failed, that counts as shown which was stored before. What is stored later, as
the caller goes on, or did not wait for it, follows a list of what was stored before; while that
list stands, only what it names counts as shown. A run that comes to its end in an orderly way
strikes the list out.
"""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from runtime.pregel._saved.thread import ERROR, GONE_ON, INTERRUPT, RETURN, Thread

if TYPE_CHECKING:
    from runtime.pregel._run import Run
    from runtime.pregel._task import Task

__all__ = ("all_was_shown", "list_shown", "was_shown")


def was_shown(thread: Thread, caller: Task, called: str) -> bool:
    """Return whether what is stored of a called task counts as shown.

    Args:
        thread: Where it is stored.
        caller: The task that calls it again.
        called: The id of the called task.
    """
    listed = _listed(thread, caller)
    return _has_stopped(thread, caller) and (listed is None or called in listed)


def list_shown(run: Run, caller: Task) -> None:
    """List what was shown, before more is stored of what a task calls that had stopped."""
    thread = run.thread
    if thread is None or thread.durability != "sync" or not _has_stopped(thread, caller):
        return
    if _listed(thread, caller) is None:
        stored = [id_ for id_, kept in thread.pending.items() if RETURN in dict(kept)]
        thread.keep(_place(caller), (), [(GONE_ON, stored)], run.channels)


def all_was_shown(run: Run, thread: Thread) -> None:
    """Strike out the lists: all that is stored was shown."""
    for place, kept in tuple(thread.pending.items()):
        if dict(kept).get(GONE_ON) is not None:
            thread.keep(place, (), [(GONE_ON, None)], run.channels)


def _has_stopped(thread: Thread, caller: Task) -> bool:
    return any(name in (INTERRUPT, ERROR) for name, _ in thread.of_task(caller.id))


def _listed(thread: Thread, caller: Task) -> Container[str] | None:
    listed: Container[str] | None = dict(thread.of_task(_place(caller))).get(GONE_ON)
    return listed


def _place(caller: Task) -> str:
    """Return under which id the list stands: one that no task has."""
    return str(uuid5(UUID(caller.id), GONE_ON))
