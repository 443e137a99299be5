"""Run the cases of `agents` on one engine and print what they stream, as JSON.

    python stream_agents.py installed|bundled [case ...]
"""

from __future__ import annotations

import asyncio
import json
import sys
import warnings
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1] / "parity"), str(Path(__file__).parents[2])]

MODES = ["values", "updates", "messages", "custom", "tasks", "checkpoints", "debug", "tools"]


def streamed(name: str, drive: str, subgraphs: bool) -> Any:
    """Return the chunks of a case, and the exception that ended it."""
    from agents import CASES  # noqa: PLC0415 - after the switch
    from engines import plain  # noqa: PLC0415

    case = CASES[name]()
    config = {"configurable": {"thread_id": "thread"}, **case.config}
    options = {"stream_mode": MODES, "subgraphs": subgraphs, "context": case.context}
    ids: dict[str, str] = {}
    seen: list[Any] = []

    async def run(given: Any) -> None:
        async for chunk in case.graph.astream(given, config, **options):
            seen.append(plain(chunk, ids))  # noqa: PERF401 - what came before an error counts

    for given in case.inputs:
        try:
            if drive == "sync":
                for chunk in case.graph.stream(given, config, **options):
                    seen.append(plain(chunk, ids))  # noqa: PERF401
            else:
                asyncio.run(run(given))
        except Exception as error:  # noqa: BLE001 - which one it is, is compared
            seen.append(["raised", type(error).__name__, str(error)])
    return seen


def main(engine: str, names: list[str]) -> None:
    """Print `{case: {drive and subgraphs: chunks}}`."""
    if engine == "bundled":
        from runtime import as_langgraph  # noqa: PLC0415 - not on the other engine

        as_langgraph.install()
    warnings.simplefilter("ignore")  # create_react_agent is deprecated in one of the two
    from agents import CASES  # noqa: PLC0415 - after the switch

    found = {
        name: {
            f"{drive}{' subgraphs' * subgraphs}": streamed(name, drive, subgraphs)
            for drive in ("sync", "async")
            for subgraphs in (False, True)
        }
        for name in names or CASES
    }
    json.dump(found, sys.stdout, default=repr)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
