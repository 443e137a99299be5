"""Run the cases of `agents` on one engine and print what they stream, as JSON.

python stream_agents.py installed|bundled [case ...]
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import warnings
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1] / "parity"), str(Path(__file__).parents[2])]

ID = re.compile("[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}")
MODES = ["values", "updates", "messages", "custom", "tasks", "checkpoints", "debug", "tools"]


def streamed(name: str, drive: str, subgraphs: bool) -> Any:
    """Return the chunks of a case, and the exception that ended it."""
    from agents import CASES  # noqa: PLC0415 - after the switch

    case = CASES[name]()
    config = {"configurable": {"thread_id": "thread"}}
    options = {"stream_mode": MODES, "subgraphs": subgraphs, "context": case.context}
    seen: list[Any] = []

    async def run(given: Any) -> None:
        async for chunk in case.graph.astream(given, config, **options):
            seen.append(chunk)  # noqa: PERF401 - what came before an error counts

    for given in case.inputs:
        try:
            if drive == "sync":
                seen.extend(case.graph.stream(given, config, **options))
            else:
                asyncio.run(run(given))
        except Exception as error:  # noqa: BLE001 - which one it is, is compared
            seen.append(("raised", type(error).__name__, str(error)))
    # only now: a message may get its id after it was streamed, in another thread
    return ordered(seen) if case.parallel else numbered(as_json(seen))


def events_of(name: str, drive: str) -> Any:
    """Return the raw events of a case, and what its subagents say, but for when they come."""
    from agents import CASES  # noqa: PLC0415 - after the switch

    case = CASES[name]()
    config = {"configurable": {"thread_id": "thread"}}
    options = {"version": "v3", "context": case.context}
    seen: list[Any] = []

    async def run(given: Any) -> None:
        opened = await case.graph.astream_events(given, config, **options)
        async for event in opened:
            seen.append(event)  # noqa: PERF401 - what came before an error counts
        opened = await CASES[name]().graph.astream_events(given, config, **options)
        if "subagents" in opened.extensions:
            async for agent in opened.subagents:
                seen.append(("agent", agent.name, agent.cause, await agent.output()))  # noqa: PERF401

    def run_here(given: Any) -> None:
        seen.extend(case.graph.stream_events(given, config, **options))
        opened = CASES[name]().graph.stream_events(given, config, **options)
        for agent in opened.subagents if "subagents" in opened.extensions else ():
            seen.append(("agent", agent.name, agent.cause, agent.output))  # noqa: PERF401

    for given in case.inputs[:1]:
        try:
            if drive == "sync":
                run_here(given)
            else:
                asyncio.run(run(given))
        except Exception as error:  # noqa: BLE001 - which one it is, is compared
            seen.append(("raised", type(error).__name__, str(error)))
    for event in seen:
        if isinstance(event, dict):
            event["params"].pop("timestamp")
            event.pop("seq")
    return ordered(seen) if case.parallel else numbered(as_json(seen))


def as_json(chunks: Any) -> str:
    """Return chunks as text, with classes of values visible and times left out."""
    from engines import plain  # noqa: PLC0415 - after the switch

    return json.dumps([plain(chunk, KeepIds()) for chunk in chunks], default=repr, sort_keys=True)


class KeepIds(dict[str, str]):
    """Numbers no ids."""

    def setdefault(self, key: str, default: Any = None) -> Any:
        """Return the id itself."""
        return key


def numbered(text: str) -> Any:
    """Return the chunks with ids numbered in the order in which they appear."""
    ids: dict[str, str] = {}
    return json.loads(ID.sub(lambda found: ids.setdefault(found[0], f"<{len(ids)}>"), text))


def ordered(chunks: list[Any]) -> Any:
    """Return the chunks without ids, in an order that does not depend on that of arrival."""
    return [json.loads(text) for text in sorted(ID.sub("<id>", as_json([c])) for c in chunks)]


def main(engine: str, names: list[str]) -> None:
    """Print `{case: {drive and subgraphs: chunks}}`."""
    if engine == "bundled":
        from runtime import as_langgraph  # noqa: PLC0415 - not on the other engine

        as_langgraph.install()
    warnings.simplefilter("ignore")  # create_react_agent is deprecated in one of the two
    from agents import CASES  # noqa: PLC0415 - after the switch

    found = {
        name: {
            f"{drive}{'-subgraphs' * subgraphs}": streamed(name, drive, subgraphs)
            for drive in ("sync", "async")
            for subgraphs in (False, True)
        }
        | {f"{drive}-events": events_of(name, drive) for drive in ("sync", "async")}
        for name in names or CASES
    }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
