"""One task in an event loop: its context, its calls, its limits, its turn.

Every task is an asyncio task, which has a context of its own on every Python. The config of the
task is made the ambient one in there, first of all: so it reaches whatever a node calls, and
nothing that a node sets leaks out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, cast

from langchain_core.runnables.config import var_child_runnable_config

from runtime import _contract
from runtime.errors import NodeTimeoutError
from runtime.pregel._inbox import Inbox
from runtime.pregel._nodes.limit import Limit
from runtime.pregel._sync import make_calls
from runtime.pregel._task import Task

__all__ = ("aperform", "perform_here", "performing")


def _enter(task: Task) -> None:
    """Make the config of a task the ambient one, as far as the contract of the Python goes."""
    held = _contract.active
    var_child_runnable_config.set(task.config if held is None else held.ambient(task))


def perform_here(task: Task) -> None:
    """Do a task that awaits nothing in the calling thread."""
    _enter(task)
    make_calls(task)


def performing(
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
