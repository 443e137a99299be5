"""How conversations are held: on one engine or on two that take turns, over a saver."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from conversations import Conversation, Kit, Step
from engines import Engine, plain
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

UNSYNCED = "PRAGMA synchronous=OFF"
STREAMS = {"stream", "get_state_history", "list"}


@asynccontextmanager
async def opened(
    kind: str, drive: str, path: str = ":memory:"
) -> AsyncIterator[BaseCheckpointSaver[Any]]:
    """Open a saver for the time of a block, in which no power fails: nobody waits for the disk."""
    if kind == "memory":
        yield InMemorySaver()
    elif drive == "sync":
        with SqliteSaver.from_conn_string(path) as saver:
            saver.conn.execute(UNSYNCED)
            yield saver
    else:
        async with AsyncSqliteSaver.from_conn_string(path) as saver:
            await saver.conn.execute(UNSYNCED)
            yield saver


async def done(step: Step, drive: str) -> Any:
    """Do a step; return what it returned, or all it yielded and the error that ended it."""
    call = getattr(step.on, step.method if drive == "sync" else f"a{step.method}")
    seen: list[Any] = []
    try:
        if step.method not in STREAMS:
            result = call(*step.args, **step.kwargs)
            return result if drive == "sync" else await result
        if drive == "sync":
            seen.extend(call(*step.args, **step.kwargs))
        else:
            async for item in call(*step.args, **step.kwargs):
                seen.append(item)  # noqa: PERF401 - what came before an exception counts
    except Exception as error:  # noqa: BLE001 - which one it is, is the point
        seen.append(("raised", type(error).__name__))
    return seen


async def hold(
    conversation: Conversation, kits: Sequence[Kit], turns: Sequence[int], drive: str
) -> list[Any]:
    """Hold a conversation, and return what its steps returned, with the ids numbered.

    Args:
        conversation: The conversation.
        kits: One for each engine. Each makes graphs and arguments of its own.
        turns: Whose turn it is, step by step, over and over.
        drive: `sync` or `async`.
    """
    talks = [conversation.hold(kit) for kit in kits]
    steps = [next(talk) for talk in talks]
    ids: dict[str, str] = {}
    heard: list[Any] = []
    while True:
        result = await done(steps[turns[len(heard) % len(turns)]], drive)
        heard.append(plain(result, ids))
        try:
            steps = [talk.send(result) for talk in talks]
        except StopIteration:
            return heard


async def held_alone(
    conversation: Conversation, engine: Engine, kind: str, drive: str
) -> list[Any]:
    """Hold a conversation on one engine."""
    async with opened(kind, drive) as saver:
        return await hold(conversation, [Kit(engine, saver)], [0], drive)


async def held_in_turns(
    conversation: Conversation, engines: Sequence[Engine], kind: str, drive: str, path: str
) -> list[Any]:
    """Hold a conversation on two engines that take turns over one store of threads."""
    memory: dict[str, int] = {}
    async with AsyncExitStack() as stack:
        savers = [await stack.enter_async_context(opened(kind, drive, path))]
        if kind == "memory":
            savers *= 2
        else:  # a connection for each
            savers.append(await stack.enter_async_context(opened(kind, drive, path)))
        kits = [Kit(*each, memory) for each in zip(engines, savers, strict=True)]
        return await hold(conversation, kits, [0, 1], drive)
