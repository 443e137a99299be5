"""The async driver: supersteps in an event loop.

Nothing else of the runtime waits in one, but what does a single task (`_async_task`).
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Generator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from operator import attrgetter
from types import coroutine
from typing import Any, Final

from langchain_core.callbacks import AsyncCallbackManager, BaseCallbackHandler
from langchain_core.callbacks.manager import ahandle_event
from langgraph.cache.base import BaseCache

from runtime.callbacks import GraphCallbackHandler
from runtime.pregel._async_task import perform_here, performing
from runtime.pregel._calls import Called, Calls, Promise
from runtime.pregel._inbox import LEAVE, Inbox
from runtime.pregel._reader import Mark
from runtime.pregel._run import Run
from runtime.pregel._saved.desk import AsyncDesk
from runtime.pregel._saved.restore import cache_keys, recall, record, restore
from runtime.pregel._task import Task, in_order
from runtime.stream._source import Left

__all__ = ("adrive",)

_by_lane = attrgetter("lane")
_NEWS: Final = frozenset((Task, Called, Mark, type(LEAVE)))
"""What arrives that is no chunk."""


async def adrive(run: Run, inbox: Inbox) -> AsyncGenerator[Any, None]:
    """Run the graph, yielding chunks as they come.

    Args:
        run: A run that has not begun.
        inbox: Where its sink puts chunks that nodes emit while they run.
    """
    inbox.open()
    ready = run.show.ready
    going = _Going(run, inbox)
    try:
        await going.announce()
        await going.load()
        try:
            # no generator of its own: closing this one cancels the nodes at once
            run.begin()
            await _tell(run)
            while planned := run.plan():
                tasks = await going.prepare(planned) if going.keeps else planned
                while ready:
                    yield ready.popleft()
                # most are done when each has had one turn of the loop: nothing need wake us then
                await _turn_of_the_loop(going.start(tasks))
                while going.unfinished:
                    for chunk in await going.some():
                        yield chunk
                    if going.error is not None:
                        raise going.error
                made = len(ready)
                run.commit()
                for _ in range(made):  # by now the messages of a lone task have ids
                    yield ready.popleft()
                if going.keeps:
                    await going.advance()
                while ready:
                    yield ready.popleft()
        except BaseException as error:
            if not run.close(error):
                await going.fail(error)
                while isinstance(error, Exception) and ready:
                    yield ready.popleft()
                raise
        else:
            run.close(None)
        await _tell(run)
        await going.settle()
        while ready:
            yield ready.popleft()
        await going.conclude()
    except BaseException as error:
        await going.conclude(error)
        raise
    finally:
        await going.close()


class _Going:
    """The tasks of a superstep while they run.

    Args:
        run: The run.
        inbox: Where tasks and chunks arrive.

    Attributes:
        desk: The saver, if the run has one.
        keeps: Whether supersteps wait for more than their tasks: the saver, the cache, a reader.
        error: What ends the run, once the chunks before it are shown.
    """

    def __init__(self, run: Run, inbox: Inbox) -> None:
        self.desk = None if run.thread is None else AsyncDesk(run.thread)
        self.keeps = not (self.desk is None and run.cache is None and run.awaited is None)
        self.error: BaseException | None = None
        self._heard: Any = None
        self._run = run
        self._inbox = inbox
        self._loop = asyncio.get_running_loop()
        self._running: set[asyncio.Task[None]] = set()
        self._pending = 0
        self._lone = False
        self._ends: float | None = None
        self._marks: list[Mark] = []
        self._reader = run.show.reader
        if self._reader is not None:
            self._reader.open(self._loop)
        most = run.config.get("max_concurrency")
        self._limit = asyncio.Semaphore(most) if most else None
        self._calls = run.calls = _LoopCalls(run, inbox, self._running)

    @property
    def unfinished(self) -> bool:
        """Whether some are not done."""
        return self._pending > 0 or self._calls.outstanding

    async def announce(self) -> None:
        """Tell whoever listens that the run starts."""
        run = self._run
        manager = run.listeners.configured(AsyncCallbackManager)
        if manager is not None:
            name = run.config.get("run_name") or run.graph.name
            self._heard = await manager.on_chain_start(
                None, run.given, name=name, run_id=run.config.get("run_id")
            )
            run.listeners.heard(self._heard)

    async def conclude(self, error: BaseException | None = None) -> None:
        """Tell whoever listens that the run has ended, and by what error, if by one."""
        if self._heard is None:
            return
        if error is None:
            await self._heard.on_chain_end(self._run.show.output())
        else:
            await asyncio.shield(self._heard.on_chain_error(error))

    async def load(self) -> None:
        """Read the thread."""
        if self.desk is not None:
            await self.desk.load()

    async def settle(self) -> None:
        """Wait until all that was shown is read, and all is saved."""
        await self._catch_up()
        if self.desk is not None:
            await self.desk.settle()

    async def advance(self) -> None:
        """Save what the superstep has changed, once what it has shown is read."""
        await self._catch_up()
        if self.desk is not None:
            await self.desk.save()

    async def fail(self, error: BaseException) -> None:
        """Save what is to be saved when a run does not come to its end."""
        if isinstance(error, Exception):  # an end, and not that nobody reads any more
            await self._catch_up()
        if self.desk is not None:
            await self.desk.settle(error)

    async def _catch_up(self) -> None:
        if self._run.awaited is not None:
            await self._run.awaited.await_()

    async def prepare(self, tasks: list[Task]) -> list[Task]:
        """Return those of the planned tasks that are to run."""
        run = self._run
        if self.desk is not None:
            await self.desk.save()
            tasks = restore(run, tasks)
        return tasks if run.cache is None else await _recall(run, tasks, run.cache)

    def start(self, tasks: list[Task]) -> bool:
        """Start the tasks of a superstep; return whether any of them need the loop."""
        run, running = self._run, self._running
        running.clear()
        self._pending = len(tasks)
        self._lone = len(tasks) == 1 and not run.show.begins_early(tasks[0])
        self._ends = run.ends_at()
        for task in sorted(tasks, key=_by_lane) if run.turns.serial else tasks:
            if task.may_wait:
                doing = performing(task, self._inbox, self._limit)
                running.add(self._loop.create_task(doing))
            else:
                copy_context().run(perform_here, task)
                self._inbox.put(task)
        return bool(running)

    async def some(self) -> list[Any]:
        """Wait until something arrives, and return the chunks that it makes."""
        run, ready = self._run, self._run.show.ready
        while self._marks:
            self._marks.pop().reach()  # what came with them was read
        ends = self._ends
        if ends is None:
            batch = self._inbox.take() or await self._inbox.arrived()
        else:
            batch = await self._inbox.arrived(max(0.0, ends - run.turns.monotonic()))
            if not batch and run.turns.monotonic() >= ends:
                self.error = run.timed_out()
        chunks: list[Any] = []
        items = batch if len(batch) == 1 or run.turns.serial else in_order(batch)
        for number, item in enumerate(items):
            if type(item) not in _NEWS:
                chunks.append(item)
                continue
            if type(item) is Task:
                if self.keeps:
                    if chunks and item.node.calls_tasks:  # they are to be read before it is stored
                        self._inbox.put_back(items[number:])
                        break
                    await self._keep(item)
                self._pending -= item.rescuer is None and item.called_by is None
                run.finish(item)
                if self._lone and item.error is None and item.called_by is None:
                    continue  # what came of it is shown once the state has taken it
            elif type(item) is Called:
                run.show.start([item.task])
            elif type(item) is Mark:
                self._marks.append(item)
                continue
            else:
                self.error = Left()
                break
            chunks.extend(ready)
            ready.clear()
            if type(item) is Task and item.fatal:
                self.error = item.error
                break
        return chunks

    async def _keep(self, task: Task) -> None:
        """Save what came of a task."""
        if task.node.calls_tasks:  # what it called counts as shown once this is stored
            await self._catch_up()
        if self.desk is not None:
            record(self._run, task)
            # an error comes before what the saver may raise
            if not (task.fatal or (self.desk.waits and self._run.completes(task))):
                await self.desk.save()

    async def close(self) -> None:
        """End the tasks that still run, and wait until they have ended."""
        self._inbox.closed = True
        if self._reader is not None:
            self._reader.leave()
        self._calls.stop()
        if unfinished := [task for task in self._running if not task.done()]:
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)
        await self._calls.aclose()
        if self.desk is not None:
            await self.desk.close()


class _LoopCalls(Calls):
    """The tasks that the nodes of an async run call: in the loop, but for those from threads."""

    def __init__(self, run: Run, inbox: Inbox, running: set[asyncio.Task[None]]) -> None:
        super().__init__(run, inbox.put, perform_here)
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._inbox = inbox
        self._running = running
        self._limits: dict[int, asyncio.Semaphore] = {}

    def start(self, task: Task, promise: Promise) -> None:
        """Start a task in the loop; a sync one that a thread calls in a thread.

        Unless somebody listens: an async run tells its listeners in the loop.
        """
        call = task.node.call
        if threading.get_ident() == self._thread:
            self._begin(task, promise)
        elif call is not None and call.ainvoke is None and self._run.listeners.manager is None:
            super().start(task, promise)
        else:
            self._loop.call_soon_threadsafe(self._begin, task, promise)

    def _begin(self, task: Task, promise: Promise) -> None:
        if self._closed:
            promise.drop()
            return
        doing = self._loop.create_task(self._fulfil(task, promise))
        doing.add_done_callback(partial(self._ended, task, promise))
        promise.stop_with(partial(self._loop.call_soon_threadsafe, doing.cancel))
        self._running.add(doing)

    def _ended(self, task: Task, promise: Promise, doing: asyncio.Task[None]) -> None:
        """Tell of one that was cancelled before it began."""
        if doing.cancelled():
            task.fail(asyncio.CancelledError())
            self._inbox.put(task)
        promise.drop()

    async def aclose(self) -> None:
        """Do what `close` does, and let the loop go on meanwhile; after `stop`."""
        if self._pool is not None:
            waiting = ThreadPoolExecutor(1)
            try:
                await self._loop.run_in_executor(waiting, self.close)
            finally:
                waiting.shutdown(wait=False)

    async def _fulfil(self, task: Task, promise: Promise) -> None:
        try:
            await performing(task, self._inbox, self._limit_of(task))
        finally:
            promise.settle(task)

    def _limit_of(self, task: Task) -> asyncio.Semaphore | None:
        """Return what limits tasks that are called as deep as this one.

        One for each depth: those that are called by others must not wait for them.
        """
        most = self._run.config.get("max_concurrency")
        if not most:
            return None
        depth = 0
        while task.called_by is not None:
            task, depth = task.called_by, depth + 1
        return self._limits.setdefault(depth, asyncio.Semaphore(most))


async def _recall(run: Run, tasks: list[Task], cache: BaseCache[Any]) -> list[Task]:
    """Finish the tasks whose writes are in the cache, and return the others."""
    keys = cache_keys(run, tasks)
    return recall(run, tasks, await cache.aget(keys)) if keys else tasks


async def _tell(run: Run) -> None:
    """Tell whoever listens that the run goes on, or has stopped."""
    while run.listeners.events:
        method, event = run.listeners.events.popleft()
        listening: list[BaseCallbackHandler] = [
            h for h in run.listeners.manager.handlers if isinstance(h, GraphCallbackHandler)
        ]
        await ahandle_event(listening, method, None, event)


@coroutine
def _turn_of_the_loop(wanted: bool) -> Generator[None, None, None]:
    """Let the loop do once what it has to do by now, if that is wanted."""
    if wanted:
        yield
