"""The async driver: the only code of the runtime that waits in an event loop.

Every task is an asyncio task with a context of its own. The context is entered before the asyncio
task is made, which copies it: so config reaches whatever a node calls on every Python, and nothing
that a node sets leaks out.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from contextvars import copy_context
from operator import attrgetter
from typing import Any, cast

from langchain_core.callbacks import AsyncCallbackManager
from langchain_core.runnables.config import var_child_runnable_config

from runtime.pregel._run import Run
from runtime.pregel._task import Task, in_order

__all__ = ("Inbox", "adrive")

_by_lane = attrgetter("lane")


class Inbox:
    """Items for one coroutine, put there by coroutines of the same loop or by threads."""

    __slots__ = ("_items", "_loop", "_thread", "_waiter")

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = 0
        self._items: deque[Any] = deque()
        self._waiter: asyncio.Future[None] | None = None

    def open(self) -> None:
        """Belong to the running loop from now on."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()

    def put(self, item: Any) -> None:
        """Add an item; may be called from any thread."""
        self._items.append(item)
        if self._waiter is None or self._loop is None:
            return
        if threading.get_ident() == self._thread:
            self._wake()
        else:
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def arrived(self) -> list[Any]:
        """Wait until there is an item and return all that are there, oldest first."""
        if not self._items:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                # an item put by a thread between the check and the line above woke nobody
                if not self._items:
                    await self._waiter
            finally:
                self._waiter = None
        batch = []
        while self._items:
            batch.append(self._items.popleft())
        return batch


async def adrive(run: Run, inbox: Inbox) -> AsyncGenerator[Any, None]:
    """Run the graph, yielding chunks as they come.

    Args:
        run: A run that has not begun.
        inbox: Where its sink puts chunks that nodes emit while they run.
    """
    inbox.open()
    ready = run.ready
    heard = None
    running: set[asyncio.Task[None]] = set()
    limit = asyncio.Semaphore(n) if (n := run.config.get("max_concurrency")) else None
    try:
        heard = await _announce(run)
        run.begin()
        while tasks := run.plan():
            while ready:
                yield ready.popleft()
            for task in sorted(tasks, key=_by_lane) if run.turns.serial else tasks:
                running.add(_start(task, inbox, limit))
            pending = len(tasks)
            while pending:
                batch = await inbox.arrived()
                for item in batch if run.turns.serial else in_order(batch):
                    if type(item) is not Task:
                        yield item
                        continue
                    pending -= 1
                    run.finish(item)
                    while ready:
                        yield ready.popleft()
                    if item.error is not None:
                        raise item.error
            running.clear()
            run.commit()
            while ready:
                yield ready.popleft()
        if heard is not None:
            await heard.on_chain_end(run.output())
    except BaseException as error:
        if heard is not None:
            await asyncio.shield(heard.on_chain_error(error))
        raise
    finally:
        for unfinished in running:
            unfinished.cancel()
        if running:
            await asyncio.gather(*running, return_exceptions=True)


async def _announce(run: Run) -> Any:
    """Tell whoever listens that the run starts; return the manager of the run, if anybody does."""
    manager = run.callbacks(AsyncCallbackManager)
    if manager is None:
        return None
    name = run.config.get("run_name") or run.graph.name
    heard = await manager.on_chain_start(
        None, run.given, name=name, run_id=run.config.get("run_id")
    )
    run.heard_by(heard)
    return heard


def _start(task: Task, inbox: Inbox, limit: asyncio.Semaphore | None) -> asyncio.Task[None]:
    """Start a task in a context of its own, in which its config is the ambient one."""
    context = copy_context()
    context.run(var_child_runnable_config.set, task.config)
    # create_task copies the current context on every Python; its `context=` is there from 3.11
    return context.run(asyncio.create_task, _perform(task, inbox, limit))


async def _perform(task: Task, inbox: Inbox, limit: asyncio.Semaphore | None) -> None:
    """Do a task, make each call that it asks for, and tell the driver when it is done."""
    turn: _Turn | None = None
    cancelled: asyncio.CancelledError | None = None
    try:
        async with limit or nullcontext():
            work = task.work()
            invoke, ainvoke, args, _ = next(work)
            while True:
                if turn is not None and ainvoke is not None:
                    turn.end()  # what is awaited may be tasks in threads of an inner graph
                    turn = None
                try:
                    if cancelled is not None:
                        raise cancelled
                    if ainvoke is not None and ainvoke == invoke:
                        result, cancelled = await _told(ainvoke(*args))
                    elif ainvoke is not None:
                        result = await ainvoke(*args)
                    else:
                        if turn is None and task.run.turns.serial:
                            turn = _Turn(task)
                        result = await _in_thread(cast("Callable[..., Any]", invoke), args, turn)
                except BaseException as error:  # noqa: BLE001 - the task decides
                    cancelled = None
                    invoke, ainvoke, args, _ = work.throw(error)
                else:
                    invoke, ainvoke, args, _ = work.send(result)
    except StopIteration:
        pass
    except BaseException as error:  # noqa: BLE001 - the driver raises it in the caller's task
        task.error = error
    finally:
        inbox.put(task)
        if turn is not None:
            turn.end()


async def _told(
    telling: Coroutine[Any, Any, Any],
) -> tuple[Any, asyncio.CancelledError | None]:
    """Tell callback handlers to the end: a run that they heard start must not stay open.

    Returns:
        What came of it, and the cancellation that arrived meanwhile, to be raised later.
    """
    task = asyncio.ensure_future(telling)
    try:
        return await asyncio.shield(task), None
    except asyncio.CancelledError as error:
        return await task, error


class _Turn:
    """The turn of a task in a serial run, and the thread of its own in which it has it.

    It ends not when a call returns but when `end` is called, after the driver was told what came
    of it: otherwise chunks of the next task could overtake it.
    """

    __slots__ = ("_lane", "_turns", "granted", "thread")

    def __init__(self, task: Task) -> None:
        self._turns, self._lane = task.run.turns, task.lane
        self._turns.enroll([self._lane])
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="graph")
        self.granted = self.thread.submit(self._turns.take, self._lane)

    def end(self) -> None:
        """Let the next task run; if this one is still waiting for its turn, it never gets it."""
        self._turns.withdraw([self._lane])
        self.thread.submit(self._turns.give, self._lane)
        self.thread.shutdown(wait=False)


async def _in_thread(invoke: Callable[..., Any], args: tuple[Any, ...], turn: _Turn | None) -> Any:
    """Call a sync function without blocking the loop, in the context of its task."""

    def call() -> Any:
        try:
            # a turn that was not granted was withdrawn: nobody waits for the result
            return invoke(*args) if turn is None or turn.granted.result() else None
        except StopIteration as error:
            # a future cannot carry it
            raise RuntimeError(f"Node raised StopIteration: {error}") from error

    thread = turn.thread if turn is not None else None
    return await asyncio.get_running_loop().run_in_executor(thread, copy_context().run, call)
