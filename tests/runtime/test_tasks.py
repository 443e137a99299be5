"""Stream modes `tasks` and `debug`: each task when it starts and when it is done."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from runtime_graphs import chain, parallel

from harness import deterministic
from runtime.types import Command


def test_a_task_is_shown_before_and_after_it_ran(drive) -> None:
    """First its input and what triggered it, then what it wrote; both have its id."""
    chunks = drive.stream(chain(lambda s: {"a": s["a"] + 1}), {"a": 1}, stream_mode="tasks")
    started, done = chunks
    id_ = started.pop("id")
    assert started == {
        "name": "n0",
        "input": {"a": 1, "log": []},
        "triggers": ("branch:to:n0",),
    }
    assert done == {"id": id_, "name": "n0", "error": None, "result": {"a": 2}, "interrupts": []}


def test_the_start_is_shown_while_the_task_runs(drive) -> None:
    """The consumer sees the start before the node's first item, and all starts before any end."""
    graph = parallel(x=lambda _, writer: writer("x"), y=lambda _, writer: writer("y"))
    with deterministic():
        chunks = drive.stream(graph, {"a": 1}, stream_mode=["tasks", "custom"])
    told = [c if m == "custom" else ("result" in c and "end ") or "start" for m, c in chunks]
    assert told == ["start", "start", "x", "end ", "y", "end "]


def test_several_writes_of_one_key(drive) -> None:
    """They stand together, so that none is lost."""
    graph = chain(lambda _: [Command(update={"log": [n]}) for n in (1, 2)])
    done = drive.stream(graph, {"a": 1}, stream_mode="tasks")[-1]
    assert done["result"] == {"log": {"$writes": [[1], [2]]}}


def test_a_task_that_fails_is_shown_with_its_error(drive) -> None:
    """The exception itself is in the payload; then it is raised."""
    chunks: list[Any] = []
    with pytest.raises(ZeroDivisionError) as raised:
        drive.each(chunks.append, chain(lambda _: 1 / 0), {"a": 1}, stream_mode="tasks")
    assert chunks[-1]["error"] is raised.value
    assert chunks[-1]["result"] == {}


def test_user_metadata_and_tags_ride_along(drive) -> None:
    """What the engine itself puts into the metadata is left out."""
    config = {"tags": ["mine"], "metadata": {"k": "v"}, "configurable": {"thread_id": "1"}}
    started = drive.stream(chain(lambda _: None), {"a": 1}, config, stream_mode="tasks")[0]
    assert started["metadata"] == {"k": "v", "tags": ["mine"]}


def test_debug_adds_step_and_time(drive) -> None:
    """`debug` is `tasks`, wrapped."""
    graph = chain(lambda _: {"a": 2}, lambda _: None)
    chunks = drive.stream(graph, {"a": 1}, stream_mode=["tasks", "debug"])
    tasks = [payload for mode, payload in chunks if mode == "tasks"]
    debug = [payload for mode, payload in chunks if mode == "debug"]
    assert [payload["payload"] for payload in debug] == tasks
    assert [(payload["step"], payload["type"]) for payload in debug] == [
        (1, "task"),
        (1, "task_result"),
        (2, "task"),
        (2, "task_result"),
    ]


def test_the_time_comes_from_the_port(drive) -> None:
    """Under `deterministic(now=...)` the timestamp is that time, in UTC."""
    now = datetime(2024, 5, 6, 7, 8, 9, tzinfo=timezone.utc)
    with deterministic(now=now):
        chunks = drive.stream(chain(lambda _: None), {"a": 1}, stream_mode="debug")
    assert {chunk["timestamp"] for chunk in chunks} == {"2024-05-06T07:08:09+00:00"}
