"""The same graph on LangGraph and on ours gives the same transcript, head and ids included."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import pytest
import scenarios_func  # noqa: F401 - registers its scenarios
import scenarios_graph  # noqa: F401 - registers its scenarios
import scenarios_modes  # noqa: F401 - registers its scenarios
import scenarios_policies  # noqa: F401 - registers its scenarios
import scenarios_prebuilt  # noqa: F401 - registers its scenarios
import scenarios_pregel  # noqa: F401 - registers its scenarios
import scenarios_tool_node  # noqa: F401 - registers its scenarios
from differences import DIFFERENCES, seen_alike
from engines import LANGGRAPH, OURS, Engine
from scenarios import SCENARIOS, Scenario

from harness import Transcript, acapture, capture
from harness.transcript import StreamEvent

ON_PURPOSE = {difference.scenario for difference in DIFFERENCES}
# What a tool has returned is shown when it has; the state then gives it an id, sooner or later.
RACES = {"an_async_tool_that_writes"}
NAMED = [scenario for scenario in SCENARIOS if scenario.name not in ON_PURPOSE | RACES]
QUICK = 15  # every so many are looked at without `make proof`
CASES = [
    pytest.param(s, id=s.name, marks=[pytest.mark.proof] if number % QUICK else [])
    for number, s in enumerate(NAMED)
]


# With these, both engines show an update when its task is done. Without them, LangGraph's sync half
# shows that of a lonely task after the commit, which has given ids to messages that had none.
LISTENED = ("messages", "custom")


async def captured(engine: Engine, scenario: Scenario) -> Transcript | str:
    """The transcript of a scenario, or the class of what refused it."""
    kwargs: dict[str, Any] = {**scenario.stream}
    config, modes = kwargs.pop("config", None), kwargs.pop("stream_mode")
    asked = [modes] if isinstance(modes, str) else list(modes or ["updates"])
    kwargs["stream_mode"] = list(dict.fromkeys([*asked, *LISTENED]))
    try:
        graph = scenario.build(engine)
        if scenario.sync:
            found = capture(graph, scenario.input, config, errors="keep", **kwargs)
        else:
            found = await acapture(graph, scenario.input, config, errors="keep", **kwargs)
    except Exception as error:  # noqa: BLE001 - which one it is, is the point
        return type(error).__name__
    if [event.mode for event in found.events] == ["error"]:
        return type(
            found.error
        ).__name__  # one engine may refuse when it builds, another when it runs
    return replace(found, events=tuple(map(without_words, found.events)))


def without_words(event: StreamEvent) -> StreamEvent:
    """Each engine has its own words for an error; its class is the same."""
    if event.mode == "error":
        return replace(event, payload=type(event.payload).__name__)
    return event


@pytest.mark.parametrize("scenario", CASES)
async def test_transcripts_are_equal(scenario: Scenario) -> None:
    """A snapshot that was accepted on one engine passes on the other."""
    if not scenario.sync and sys.version_info < (3, 11):
        pytest.skip("LangGraph loses the config of async nodes on Python 3.10")

    async def both() -> tuple[list[Any], list[Any]]:
        ours, theirs = [await captured(engine, scenario) for engine in (OURS, LANGGRAPH)]
        return [ours], [theirs]

    (ours,), (theirs,) = await seen_alike(scenario.name, "sync", both)
    if isinstance(ours, Transcript) and isinstance(theirs, Transcript):
        assert theirs.diff(ours) == ""
    assert ours == theirs
