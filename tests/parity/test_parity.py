"""The same graph on LangGraph and on ours gives the same stream, chunk by chunk."""

from __future__ import annotations

from typing import Any

import pytest
import scenarios_func  # noqa: F401 - registers its scenarios
import scenarios_graph  # noqa: F401 - registers its scenarios
import scenarios_modes  # noqa: F401 - registers its scenarios
import scenarios_policies  # noqa: F401 - registers its scenarios
import scenarios_prebuilt  # noqa: F401 - registers its scenarios
import scenarios_pregel  # noqa: F401 - registers its scenarios
import scenarios_tool_node  # noqa: F401 - registers its scenarios
from differences import compare
from engines import Engine, plain
from scenarios import SCENARIOS, Scenario

CASES = [
    pytest.param(scenario, drive, id=f"{scenario.name}-{drive}")
    for scenario in SCENARIOS
    for drive in ("sync", "async")
    if scenario.sync or drive == "async"
]


async def observe(engine: Engine, scenario: Scenario, drive: str) -> list[Any]:
    """Return the chunks, and the class of the exception that ended them or the building."""
    kwargs = {**scenario.stream}
    config = kwargs.pop("config", None)
    seen: list[Any] = []
    try:
        graph = scenario.build(engine)
        if drive == "sync":
            seen.extend(graph.stream(scenario.input, config, **kwargs))
        else:
            async for chunk in graph.astream(scenario.input, config, **kwargs):
                seen.append(chunk)  # noqa: PERF401 - what came before an exception counts
    except Exception as error:  # noqa: BLE001 - which one it is, is the point
        seen.append(("raised", type(error).__name__))
    ids: dict[str, str] = {}
    return [plain(chunk, ids) for chunk in seen]


@pytest.mark.parametrize(("scenario", "drive"), CASES)
async def test_streams_are_equal(scenario: Scenario, drive: str) -> None:
    """Both engines yield the same chunks in the same order, and fail with the same class."""
    theirs = await compare(
        scenario.name, drive, lambda engine, half: observe(engine, scenario, half)
    )
    assert theirs, "a scenario that yields nothing compares nothing"
