"""The same run, read as events on LangGraph and on ours, has the same to say."""

from __future__ import annotations

from typing import Any

import pytest
import scenarios_event_messages  # noqa: F401 - registers its scenarios
import scenarios_event_transformers  # noqa: F401 - registers its scenarios
import scenarios_events  # noqa: F401 - registers its scenarios
from differences import compare
from engines import Engine, plain
from event_streams import EVENT_SCENARIOS, Drive, EventScenario, attempt

CASES = [
    pytest.param(scenario, drive, id=f"{scenario.name}-{drive}")
    for scenario in EVENT_SCENARIOS
    for drive in scenario.drives
]


async def observe(engine: Engine, scenario: EventScenario, drive: str) -> list[Any]:
    """Return what was read, in plain types."""
    return [plain(await attempt(scenario.read(engine, Drive(drive))), {})]


@pytest.mark.filterwarnings("ignore::langchain_core._api.LangChainBetaWarning")
@pytest.mark.filterwarnings("ignore::langchain_core._api.LangChainDeprecationWarning")
@pytest.mark.parametrize(("scenario", "drive"), CASES)
async def test_event_streams_are_equal(scenario: EventScenario, drive: str) -> None:
    """Both engines give the same events, projections, results and errors."""
    await compare(scenario.name, drive, lambda engine, half: observe(engine, scenario, half))
