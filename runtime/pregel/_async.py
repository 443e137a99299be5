"""The async driver: the only code of the runtime that waits in an event loop.

Every task is an asyncio task, which has a context of its own on every Python. The config of the
task is made the ambient one in there, first of all: so it reaches whatever a node calls, and
nothing that a node sets leaks out.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from operator import attrgetter
from types import coroutine
from typing import Any, Final, cast

from langchain_core.callbacks import AsyncCallbackManager, BaseCallbackHandler
from langchain_core.callbacks.manager import ahandle_event
from langchain_core.runnables.config import var_child_runnable_config
from langgraph.cache.base import BaseCache

from runtime import _contract
from runtime.callbacks import GraphCallbackHandler
from runtime.errors import NodeTimeoutError
from runtime.pregel._calls import Called, Calls, Promise
from runtime.pregel._inbox import LEAVE, Inbox
from runtime.pregel._nodes.limit import Limit
from runtime.pregel._reader import Mark
from runtime.pregel._run import Run
from runtime.pregel._saved.desk import AsyncDesk
from runtime.pregel._saved.restore import cache_keys, recall, record, restore
from runtime.pregel._sync import make_calls
from runtime.pregel._task import Task, in_order
from runtime.stream._source import Left

__all__ = ("adrive", "aperform")

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
                doing = _performing(task, self._inbox, self._limit)
                running.add(self._loop.create_task(doing))
            else:
                copy_context().run(_perform_here, task)
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
        super().__init__(run, inbox.put, _perform_here)
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
            await _performing(task, self._inbox, self._limit_of(task))
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


def _enter(task: Task) -> None:
    """Make the config of a task the ambient one, as far as the contract of the Python goes."""
    held = _contract.active
    var_child_runnable_config.set(task.config if held is None else held.ambient(task))


def _perform_here(task: Task) -> None:
    """Do a task that awaits nothing in the calling thread."""
    _enter(task)
    make_calls(task)


def _performing(
    task: Task, inbox: Inbox, limit: asyncio.Semaphore | None
) -> Coroutine[Any, Any, None]:
    """Return what does a task, as soon as it may."""
    return _perform(task, inbox) if limit is None else _perform_when_free(task, inbox, limit)


async def _perform_when_free(task: Task, inbox: Inbox, limit: asyncio.Semaphore) -> None:
    """Wait until few enough others run, and do a task."""
    try:
        await limit.acquire()
    except BaseException as error:  # noqa: BLE001 - the driver raises it in the caller's task
        task.error = error
        inbox.put(task)
        return
    try:
        await _perform(task, inbox)
    finally:
        limit.release()


async def _perform(task: Task, inbox: Inbox) -> None:
    """Do a task and what handles its error, and tell the driver when each of them is done."""
    turn = _Turn(task) if task.run.turns.serial else None
    try:
        _enter(task)
        await _make_calls(task, turn, inbox)
        while task.rescuer is not None:
            inbox.put(task)
            task = task.rescuer
            _enter(task)
            await _make_calls(task, turn, inbox)
    except BaseException as error:  # noqa: BLE001 - the driver raises it in the caller's task
        task.error = error
    finally:
        inbox.put(task)
        if turn is not None:
            turn.end()


async def aperform(task: Task) -> None:
    """Do a task in a context of its own; raise its error if it fails."""
    inbox = Inbox()
    inbox.open()
    await asyncio.create_task(_perform(task, inbox))
    if task.error is not None:
        raise task.error


async def _make_calls(task: Task, turn: _Turn | None, inbox: Inbox) -> None:
    """Do a task: make each call that it asks for. Leaves what its node raised in `task.error`."""
    cancelled: asyncio.CancelledError | None = None
    try:
        work = task.work()
        invoke, ainvoke, args, _ = next(work)
        while True:
            if turn is not None and ainvoke is not None:
                turn.end()  # what is awaited may be tasks in threads of an inner graph
            try:
                if cancelled is not None:
                    raise cancelled
                if ainvoke is not None and ainvoke == invoke:
                    result, cancelled = await _told(ainvoke(*args))
                else:
                    if ainvoke is not None:
                        call = ainvoke(*args)
                    else:
                        call = _in_thread(cast("Callable[..., Any]", invoke), args, turn)
                    if task.attempt is None or task.attempt.limit is None:
                        result = await call
                    else:
                        result = await _within(task.attempt.limit, call, task)
            except BaseException as error:  # noqa: BLE001 - the task decides
                cancelled = None
                invoke, ainvoke, args, _ = work.throw(error)
            else:
                invoke, ainvoke, args, _ = work.send(result)
    except StopIteration:
        pass
    except BaseException as error:
        if inbox.closed:  # cancelled, as nobody waits for it
            raise
        task.fail(error)


async def _within(limit: Limit, call: Coroutine[Any, Any, Any], node: Task) -> Any:
    """Await a call of a node as long as the node may take.

    A config is ambient under every contract: LangGraph, too, starts such a call in a context.

    Raises:
        NodeTimeoutError: It takes longer. It is cancelled; nobody waits for it to see to that.
    """
    context = copy_context()
    held = _contract.active
    context.run(var_child_runnable_config.set, node.config if held is None else held.timed(node))
    task = context.run(asyncio.ensure_future, call)
    try:
        while not (await asyncio.wait({task}, timeout=max(0, limit.left())))[0]:
            if (exceeded := limit.exceeded()) is not None:
                raise exceeded
    except BaseException as error:
        limit.close()
        task.cancel()
        # one that was left is waited for, as others are; one that took too long may hang
        await asyncio.wait({task}, timeout=0 if isinstance(error, NodeTimeoutError) else None)
        task.add_done_callback(_seen)
        raise
    return task.result()


def _seen(task: asyncio.Task[Any]) -> None:
    """Keep asyncio from reporting what nobody waits for."""
    if not task.cancelled():
        task.exception()


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

    It begins with the first call of a sync function. It ends not when a call returns but when `end`
    is called, after the driver was told what came of it: otherwise chunks of the next task could
    overtake it.
    """

    __slots__ = ("_held", "_lane", "_turns")

    def __init__(self, task: Task) -> None:
        self._turns, self._lane = task.run.turns, task.lane
        self._held: tuple[ThreadPoolExecutor, Future[bool]] | None = None

    def begin(self) -> tuple[ThreadPoolExecutor, Future[bool]]:
        """Ask for the turn, unless that is done; return its thread, and whether it is granted."""
        if self._held is None:
            self._turns.enroll([self._lane])
            thread = ThreadPoolExecutor(1, thread_name_prefix="graph")
            self._held = thread, thread.submit(self._turns.take, self._lane)
        return self._held

    def end(self) -> None:
        """Let the next task run; if this one is still waiting for its turn, it never gets it."""
        if self._held is not None:
            thread, _ = self._held
            self._held = None
            self._turns.withdraw([self._lane])
            thread.submit(self._turns.give, self._lane)
            thread.shutdown(wait=False)


async def _in_thread(invoke: Callable[..., Any], args: tuple[Any, ...], turn: _Turn | None) -> Any:
    """Call a sync function without blocking the loop, in the context of its task."""
    thread, granted = (None, None) if turn is None else turn.begin()

    def call() -> Any:
        try:
            # a turn that was not granted was withdrawn: nobody waits for the result
            return invoke(*args) if granted is None or granted.result() else None
        except StopIteration as error:
            # a future cannot carry it
            raise RuntimeError(f"Node raised StopIteration: {error}") from error

    return await asyncio.get_running_loop().run_in_executor(thread, copy_context().run, call)
