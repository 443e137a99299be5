"""A workflow whose process died goes on, and shows again what it may not have shown."""

from __future__ import annotations

import copy
from typing import Any

from langgraph.checkpoint.memory import InMemorySaver

from runtime.func import entrypoint, task

THREAD: Any = {"configurable": {"thread_id": "1"}}


def workflow(saver: Any, ran: list[str]) -> Any:
    """Return a workflow of two tasks."""

    @task
    def first(given: str) -> str:
        ran.append("first")
        return f"first {given}"

    @task
    def last(given: str) -> str:
        ran.append("last")
        return f"last {given}"

    @entrypoint(checkpointer=saver)
    def flow(given: str) -> str:
        return last(first(given).result()).result()

    return flow


class Disk(InMemorySaver):
    """Keeps what a process that dies once the first task is stored would leave behind."""

    left: Any = None

    def put_writes(self, config: Any, writes: Any, *args: Any, **kwargs: Any) -> None:
        super().put_writes(config, writes, *args, **kwargs)
        if self.left is None and ("__return__", "first a") in writes:
            self.left = copy.deepcopy((self.storage, self.writes, self.blobs))


def test_a_task_that_was_stored_and_perhaps_not_shown(drive) -> None:
    """It does not run again; its update and result come, as of one that is known from before."""
    disk, ran = Disk(), list[str]()
    drive.invoke(workflow(disk, ran), "a", THREAD, durability="sync")
    revived = InMemorySaver()
    revived.storage, revived.writes, revived.blobs = disk.left
    ran.clear()
    chunks = drive.stream(workflow(revived, ran), None, THREAD, stream_mode=["updates", "tasks"])
    assert ran == ["last"]
    results = [(c["name"], c["result"]) for mode, c in chunks if mode == "tasks" and "result" in c]
    assert results == [
        ("first", {"__return__": "first a"}),
        ("last", {"__return__": "last first a"}),
        ("flow", {"__end__": "last first a"}),
    ]
    assert [chunk for mode, chunk in chunks if mode == "updates"] == [
        {"first": "first a", "__metadata__": {"cached": True}},
        {"last": "last first a"},
        {"flow": "last first a"},
    ]
