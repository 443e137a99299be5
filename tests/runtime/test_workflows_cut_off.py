"""A workflow whose process died goes on, and shows again what it may not have shown."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from runtime_graphs import chain

from runtime.func import entrypoint, task
from runtime.types import Command, interrupt

THREAD: Any = {"configurable": {"thread_id": "1"}}
STREAM: Any = {"stream_mode": ["updates", "tasks"], "subgraphs": True, "durability": "sync"}


class Disk(InMemorySaver):
    """Keeps what a process that dies once a certain result is stored would leave behind."""

    def __init__(self, last: str) -> None:
        super().__init__()
        self.last = last
        self.left: Any = None

    def put_writes(self, config: Any, writes: Any, *args: Any, **kwargs: Any) -> None:
        super().put_writes(config, writes, *args, **kwargs)
        if self.left is None and ("__return__", self.last) in writes:
            self.left = copy.deepcopy((self.storage, self.writes, self.blobs))

    def revived(self) -> InMemorySaver:
        """Return a saver that finds what was left."""
        saver = InMemorySaver()
        saver.storage, saver.writes, saver.blobs = self.left
        return saver


def workflow(saver: Any, ran: list[str], *questions: str) -> Any:
    """Return a workflow of tasks with a question between any two of them."""

    @task
    def step(given: str) -> str:
        ran.append(given)
        return f"did {given}"

    @entrypoint(checkpointer=saver)
    def flow(given: str) -> list[str]:
        done = [step("a").result()]
        for question in questions:
            done += [interrupt(question), step(question).result(), step(f"{question}!").result()]
        return [*done, step("z").result()]

    return flow


def inside(saver: Any, ran: list[str], *questions: str) -> Any:
    """Return a graph with a node that calls such a workflow."""
    flow = workflow(None, ran, *questions)
    return chain(lambda _: {"log": flow.invoke("")}, checkpointer=saver)


def shown(chunks: list[Any]) -> list[str]:
    """Return the results that were shown as updates, and check that `tasks` shows the same."""
    steps = [chunk for _, mode, chunk in chunks if mode == "updates" and "step" in chunk]
    results = [chunk for _, mode, chunk in chunks if mode == "tasks" and chunk["name"] == "step"]
    assert [update["step"] for update in steps] == [
        chunk["result"]["__return__"] for chunk in results if "result" in chunk
    ]
    return [f"again {c['step']}" if "__metadata__" in c else c["step"] for c in steps]


@pytest.fixture(params=[workflow, inside])
def build(request: pytest.FixtureRequest) -> Any:
    """Run the test with a workflow, and again with one that a node of a graph calls."""
    return request.param


def test_a_task_that_was_stored_and_perhaps_not_shown(drive, build) -> None:
    """It does not run again; its update and result come, as of one that is known from before."""
    disk, ran = Disk("did a"), list[str]()
    drive.stream(build(disk, ran), {"log": []}, THREAD, **STREAM)
    ran.clear()
    chunks = drive.stream(build(disk.revived(), ran), None, THREAD, **STREAM)
    assert ran == ["z"]
    assert shown(chunks) == ["again did a", "did z"]


def test_a_task_that_was_stored_after_an_answer(drive, build) -> None:
    """What was shown before the question was asked does not come again."""
    disk, ran = Disk("did q!"), list[str]()
    drive.stream(build(disk, ran, "q"), {"log": []}, THREAD, **STREAM)
    drive.stream(build(disk, ran, "q"), Command(resume="yes"), THREAD, **STREAM)
    ran.clear()
    chunks = drive.stream(build(disk.revived(), ran, "q"), Command(resume="yes"), THREAD, **STREAM)
    assert ran == ["z"]
    assert shown(chunks) == ["again did q", "again did q!", "did z"]


def test_what_was_shown_again_is_known_as_shown(drive, build) -> None:
    """Once the workflow has asked the next question."""
    disk, ran = Disk("did q"), list[str]()
    graph = build(disk, ran, "q", "r")
    for given in ({"log": []}, Command(resume=1)):
        drive.stream(graph, given, THREAD, **STREAM)
    saver = disk.revived()
    graph = build(saver, ran, "q", "r")
    assert shown(drive.stream(graph, Command(resume=1), THREAD, **STREAM)) == [
        "again did q",
        "did q!",
    ]
    chunks = drive.stream(build(saver, ran, "q", "r"), Command(resume=2), THREAD, **STREAM)
    assert shown(chunks) == ["did r", "did r!", "did z"]


def test_a_workflow_that_nobody_killed_shows_everything_once(drive, build) -> None:
    """However often it asks."""
    saver, ran = InMemorySaver(), list[str]()
    given: list[Any] = [{"log": []}, Command(resume=1), Command(resume=2)]
    chunks = [drive.stream(build(saver, ran, "q", "r"), each, THREAD, **STREAM) for each in given]
    assert [shown(each) for each in chunks] == [
        ["did a"],
        ["did q", "did q!"],
        ["did r", "did r!", "did z"],
    ]
    assert ran == ["a", "q", "q!", "r", "r!", "z"]
