"""Graphs of parallel nodes that each stream an answer, and their token order under a cassette.

Run as a program, it replays one case after the other in a fresh process and prints the orders:
`python parallel_nodes.py FOLDER harness` (or `vcrpy`).
"""

from __future__ import annotations

import asyncio
import json
import operator
import os
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

from clients import KEY, OPENAI
from langchain_core.runnables import RunnableConfig
from langchain_openai import ChatOpenAI
from loopback import Reply, Request, openai_chat, serve
from typing_extensions import TypedDict

from harness import use_cassette

CASES = [
    (engine, width, drive)
    for engine in ("langgraph", "runtime")
    for width in (2, 8)
    for drive in ("sync", "async")
]
TOKENS = 6
GAP = 0.004


class State(TypedDict):
    log: Annotated[list, operator.add]


def graph(engine: str, width: int, drive: str, url: str, prompt: str) -> Any:
    """Return a graph of parallel nodes; each asks the model with the prompt for its name."""
    module = import_module(f"{engine}.graph")
    building = module.StateGraph(State)
    for number in range(width):
        name = f"n{number}"

        def model() -> ChatOpenAI:
            return ChatOpenAI(
                model="gpt-4o-mini",
                base_url=f"{url}/v1",
                api_key=KEY,
                max_retries=0,
                streaming=True,
            )

        # the config by hand: LangGraph on Python 3.10
        async def anode(state: State, config: RunnableConfig, name: str = name) -> dict:
            answer = await model().ainvoke(prompt.format(name=name), config)
            return {"log": [(name, answer.content)]}

        def node(state: State, config: RunnableConfig, name: str = name) -> dict:
            answer = model().invoke(prompt.format(name=name), config)
            return {"log": [(name, answer.content)]}

        building.add_node(name, anode if drive == "async" else node)
        building.add_edge(module.START, name)
    return building.compile()


def tokens(engine: str, width: int, drive: str, url: str, prompt: str = "{name}") -> list[str]:
    """Stream the graph and return its tokens in the order in which they came."""
    built = graph(engine, width, drive, url, prompt)

    async def run() -> list[str]:
        stream = built.astream({"log": []}, stream_mode="messages")
        return [chunk.text async for chunk, _ in stream if chunk.text]

    if drive == "async":
        return asyncio.run(run())
    stream = built.stream({"log": []}, stream_mode="messages")
    return [chunk.text for chunk, _ in stream if chunk.text]


def provider(width: int) -> Callable[[Request], Reply]:
    """Stream tokens that say whose they are, each at a pace of its own, several at a time."""
    asked = threading.Barrier(min(width, 4))  # LangGraph has six threads on a machine of two cores

    def answer(request: Request) -> Reply:
        name = request.json["messages"][0]["content"]
        reply = openai_chat([f"{name}.{number}" for number in range(TOKENS)])
        asked.wait(10)
        return reply.delayed(GAP + int(name[1:]) / 2000)

    return answer


def record(folder: Path) -> dict[str, list[str]]:
    """Record every case, and return the tokens as they came live."""
    live = {}
    for case in CASES:
        cassette = use_cassette(path_of(folder, case), "once", recorded_as=OPENAI)
        with serve(provider(case[1])) as server, cassette:
            live[name_of(case)] = tokens(*case, server.url)
    return live


def path_of(folder: Path, case: tuple[str, int, str]) -> Path:
    """Return where the cassette of a case lies."""
    return folder / f"{name_of(case)}.yaml"


def name_of(case: tuple[str, int, str]) -> str:
    """Name a case."""
    return "-".join(map(str, case))


def main(folder: str, tool: str, *engines: str) -> None:
    """Replay every case once, or those of some engines, and print the orders as JSON."""
    opened: Callable[[Path], AbstractContextManager[Any]] = use_cassette
    if tool == "vcrpy":
        import vcr  # noqa: PLC0415 - only for the comparison

        def opened(path: Path) -> AbstractContextManager[Any]:
            matchers = ["method", "host", "path", "body"]
            return vcr.use_cassette(str(path), record_mode="none", match_on=matchers)

    os.environ["LANGSMITH_TRACING"] = "false"
    orders = {}
    for case in [case for case in CASES if not engines or case[0] in engines]:
        with opened(path_of(Path(folder), case)):
            orders[name_of(case)] = tokens(*case, OPENAI)
    print(json.dumps(orders))  # noqa: T201 - for whoever started the program


if __name__ == "__main__":
    main(*sys.argv[1:])
