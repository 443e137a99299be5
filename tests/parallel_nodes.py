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
from loopback import Reply, Request, Step, openai_chat, serve
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


def tokens(
    engine: str,
    width: int,
    drive: str,
    url: str,
    on_token: Callable[[str], object] = lambda _: None,
) -> list[str]:
    """Stream the graph and return its tokens in the order in which they came."""
    built = graph(engine, width, drive, url, "{name}")
    came: list[str] = []

    def take(text: str) -> None:
        if text:
            came.append(text)
            on_token(text)

    async def run() -> None:
        async for chunk, _ in built.astream({"log": []}, stream_mode="messages"):
            take(chunk.text)

    if drive == "async":
        asyncio.run(run())
        return came
    for chunk, _ in built.stream({"log": []}, stream_mode="messages"):
        take(chunk.text)
    return came


def provider(width: int, other: threading.Event) -> Callable[[Request], Reply]:
    """Stream tokens that say whose they are, each at a pace of its own, several at a time.

    However slow the machine is, the first node does not come first with all of its tokens: it has
    the second one only when a token of another node was seen.
    """
    asked = threading.Barrier(min(width, 4))  # LangGraph has six threads on a machine of two cores

    def answer(request: Request) -> Reply:
        name = request.json["messages"][0]["content"]
        reply = openai_chat([f"{name}.{number}" for number in range(TOKENS)])
        asked.wait(10)
        reply = reply.delayed(GAP + int(name[1:]) / 2000)
        if name == "n0":
            at = next(k for k, step in enumerate(reply.steps) if b"n0.1" in bytes_of(step))
            reply = Reply([*reply.steps[:at], other, *reply.steps[at:]])
        return reply

    return answer


def bytes_of(step: Step) -> bytes:
    """Return what a step sends."""
    return step if isinstance(step, bytes) else b""


def record(folder: Path) -> dict[str, list[str]]:
    """Record every case, and return the tokens as they came live."""
    live = {}
    for case in CASES:
        cassette = use_cassette(path_of(folder, case), "once", recorded_as=OPENAI)
        other = threading.Event()

        def note(text: str, other: threading.Event = other) -> None:
            if not text.startswith("n0."):
                other.set()

        with serve(provider(case[1], other)) as server, cassette:
            live[name_of(case)] = tokens(*case, server.url, note)
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
