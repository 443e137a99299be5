"""Run programs on the installed LangGraph: each line in is a program, each line out its stream."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / "parity"), str(Path(__file__).parent)]

from engines import LANGGRAPH  # noqa: E402 - found by the line above
from streams import observe  # noqa: E402

for line in sys.stdin:
    print(json.dumps(asyncio.run(observe(LANGGRAPH, json.loads(line)))), flush=True)  # noqa: T201
