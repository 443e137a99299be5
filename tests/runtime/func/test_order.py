"""Tasks in a deterministic run: one order."""

from __future__ import annotations

import time
from typing import Any

from harness import deterministic
from runtime.config import get_stream_writer
from runtime.func import entrypoint, task


@task
def step(x: int) -> int:
    """Take the longer the earlier it is called."""
    get_stream_writer()(f"{x} begins")
    time.sleep(0.001 * (3 - x))
    get_stream_writer()(f"{x} ends")
    return x


@entrypoint()
def flow(_: Any) -> list[int]:
    """Call three at once."""
    return [promise.result() for promise in [step(0), step(1), step(2)]]


def test_tasks_come_in_the_order_of_their_calls() -> None:
    """Each task is done before the next one begins, whatever it takes."""
    with deterministic():
        runs = {repr(list(flow.stream(0, stream_mode=["custom", "updates"]))) for _ in range(5)}
    assert len(runs) == 1
    with deterministic():
        said = [chunk for mode, chunk in flow.stream(0, stream_mode=["custom", "updates"])]
    items = [each for each in said if isinstance(each, str)]
    assert items == [f"{x} {what}" for x in range(3) for what in ("begins", "ends")]
