"""The sync driver: the only code of the runtime that waits in threads.

A superstep with one task that cannot emit while it runs is done in the caller's own thread. In
every other case tasks run in threads of the run's own, and the caller's thread hands on chunks as
they arrive.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from operator import attrgetter
from queue import Empty, SimpleQueue
from typing import Any, cast

from langchain_core.callbacks import BaseCallbackHandler, CallbackManager
from langchain_core.callbacks.manager import handle_event
from langchain_core.runnables.config import var_child_runnable_config

from runtime.callbacks import GraphCallbackHandler
from runtime.pregel._calls import Called, Calls
from runtime.pregel._reader import Mark
from runtime.pregel._run import Run
from runtime.pregel._saved.desk import Desk
from runtime.pregel._saved.restore import cache_keys, recall, record, restore
from runtime.pregel._task import Task, in_order
from runtime.turns import Lane

__all__ = ("drive", "make_calls", "perform", "perform_here")

MAX_THREADS = 64
"""How many tasks of one superstep run at once, unless `max_concurrency` says otherwise.

Not the number of cores: nodes wait for models, and a graph must not behave differently on a
smaller machine."""


def drive(run: Run, inbox: SimpleQueue[Any]) -> Iterator[Any]:
    """Run the graph, yielding chunks as they come.

    Args:
        run: A run that has not begun.
        inbox: Where its sink puts chunks that nodes emit while they run.
    """
    ready = run.show.ready
    heard = None
    desk = None if run.thread is None else Desk(run.thread)
    try:
        heard = _announce(run)
        if desk is not None:
            desk.load()
        try:
            yield from _supersteps(run, inbox, desk)
        except BaseException as error:
            if isinstance(error, Exception):  # an end, and not that nobody reads any more
                _catch_up(run)
            if not run.close(error):
                if desk is not None:
                    desk.settle(error)
                while isinstance(error, Exception) and ready:
                    yield ready.popleft()
                raise
        else:
            run.close(None)
            _catch_up(run)
        _tell(run)
        if desk is not None:
            desk.settle()
        while ready:
            yield ready.popleft()
        if heard is not None:
            heard.on_chain_end(run.show.output())
    except BaseException as error:
        if heard is not None:
            heard.on_chain_error(error)
        raise
    finally:
        if desk is not None:
            desk.close()


def _supersteps(run: Run, inbox: SimpleQueue[Any], desk: Desk | None) -> Iterator[Any]:
    """Do one superstep after the other, yielding chunks as they come."""
    ready = run.show.ready
    pool: ThreadPoolExecutor | None = None
    calls = run.calls = Calls(run, inbox.put, perform_here)
    reader = run.show.reader
    if reader is not None:
        reader.open()
    try:
        run.begin()
        _tell(run)
        while tasks := run.plan():
            tasks = _prepare(run, tasks, desk)
            while ready:
                yield ready.popleft()
            if len(tasks) == 1 and not run.show.begins_early(tasks[0]):
                yield from _in_own_thread(run, tasks[0], inbox, desk, calls)
            elif tasks:
                if pool is None:
                    workers = run.config.get("max_concurrency") or MAX_THREADS
                    pool = ThreadPoolExecutor(workers, thread_name_prefix="graph")
                yield from _in_threads(run, tasks, pool, inbox, desk, calls)
            made = len(ready)
            run.commit()
            for _ in range(made):  # by now the messages of a lone task have ids
                yield ready.popleft()
            _catch_up(run)
            if desk is not None:
                desk.save()
            while ready:
                yield ready.popleft()
    except GeneratorExit:
        run.left = True
        raise
    finally:
        if reader is not None:
            reader.leave()
        calls.close()
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)


def _prepare(run: Run, tasks: list[Task], desk: Desk | None) -> list[Task]:
    """Return those of the planned tasks that are to run."""
    if desk is not None:
        desk.save()
        tasks = restore(run, tasks)
    if run.cache is not None and (keys := cache_keys(run, tasks)):
        tasks = recall(run, tasks, run.cache.get(keys))
    return tasks


def _in_own_thread(
    run: Run, task: Task | None, inbox: SimpleQueue[Any], desk: Desk | None, calls: Calls
) -> Iterator[Any]:
    """Do the one task of a superstep, and what handles its error, in the caller's own thread."""
    while task is not None:
        copy_context().run(perform_here, task)
        while calls.outstanding:
            yield from _handle(run, inbox.get(), desk)
        if task.error is None:
            _take(run, task, desk)  # what came of it is shown once the state has taken it
        else:
            yield from _handle(run, task, desk)
        task = task.rescuer


def _take(run: Run, task: Task, desk: Desk | None) -> None:
    """Take what came of a task."""
    if task.node.calls_tasks:  # what it called counts as shown once this is stored
        _catch_up(run)
    if desk is not None:
        record(run, task)
        # an error comes before what the saver may raise
        if not (task.fatal or (desk.waits and run.completes(task))):
            desk.save()
    run.finish(task)


def _handle(run: Run, item: Any, desk: Desk | None) -> Iterator[Any]:
    """Take what arrived, and yield the chunks that it makes: of a task that is done its results."""
    ready = run.show.ready
    if type(item) is Task:
        _take(run, item, desk)
        while ready:
            yield ready.popleft()
        if item.fatal:
            raise cast(BaseException, item.error)
    elif type(item) is Called:
        run.show.start([item.task])
        while ready:
            yield ready.popleft()
    elif type(item) is Mark:
        item.reach()
    else:  # a chunk
        yield item


def _catch_up(run: Run) -> None:
    """Wait until what the run has shown is read, if it must be."""
    if run.awaited is not None:
        run.awaited.wait()


def _announce(run: Run) -> Any:
    """Tell whoever listens that the run starts; return the manager of the run, if anybody does."""
    manager = run.listeners.configured(CallbackManager)
    if manager is None:
        return None
    name = run.config.get("run_name") or run.graph.name
    heard = manager.on_chain_start(None, run.given, name=name, run_id=run.config.get("run_id"))
    run.listeners.heard(heard)
    return heard


def _tell(run: Run) -> None:
    """Tell whoever listens that the run goes on, or has stopped."""
    while run.listeners.events:
        method, event = run.listeners.events.popleft()
        listening: list[BaseCallbackHandler] = [
            handler
            for handler in run.listeners.manager.handlers
            if isinstance(handler, GraphCallbackHandler)
        ]
        handle_event(listening, method, None, event)


def _in_threads(
    run: Run,
    tasks: list[Task],
    pool: ThreadPoolExecutor,
    inbox: SimpleQueue[Any],
    desk: Desk | None,
    calls: Calls,
) -> Iterator[Any]:
    """Do the tasks of one superstep at the same time, yielding chunks as they come."""
    turns = run.turns
    lanes: list[Lane] = []
    if turns.serial:
        # whoever has the first turn must not wait for a thread that somebody with a later one holds
        tasks = sorted(tasks, key=attrgetter("lane"))
        lanes = [task.lane for task in tasks]
        turns.enroll(lanes)
    for task in tasks:
        pool.submit(copy_context().run, _perform_in_turn, task, inbox)
    pending = len(tasks)
    ends = run.ends_at()
    try:
        while pending or calls.outstanding:
            for item in _arrived(inbox, run, ends):
                if type(item) is Task or type(item) is Called:
                    pending -= _ends(item)
                    yield from _handle(run, item, desk)
                elif type(item) is Mark:
                    item.reach()
                else:
                    yield item
    finally:
        if lanes and pending:
            # those that have not started never will; the others need their turns to end
            turns.withdraw(lanes)
            while pending:
                pending -= sum(_ends(item) for item in _arrived(inbox, run))


def _ends(item: Any) -> bool:
    """Return whether a task of the plan, and what handles its error, is done with this."""
    return type(item) is Task and item.rescuer is None and item.called_by is None


def _arrived(inbox: SimpleQueue[Any], run: Run, ends: float | None = None) -> list[Any]:
    """Wait until something arrived and return it with whatever else is there.

    Raises:
        TimeoutError: Nothing does before the superstep is to end.
    """
    if run.turns.serial:
        if not inbox.empty():
            return [inbox.get()]
        # one at a time: what else is there by now depends on how fast this thread woke up
        with run.turns.rest():
            return [_first(inbox, run, ends)]
    batch = [_first(inbox, run, ends)]
    while not inbox.empty():
        batch.append(inbox.get())
    return in_order(batch)


def _first(inbox: SimpleQueue[Any], run: Run, ends: float | None) -> Any:
    if ends is None:
        return inbox.get()
    try:
        return inbox.get(timeout=max(0.0, ends - run.turns.monotonic()))
    except Empty:
        raise run.timed_out() from None


def _perform_in_turn(task: Task, inbox: SimpleQueue[Any]) -> None:
    """Do a task in its own thread and tell the driver when it is done."""
    turns = task.run.turns
    lane = task.lane if turns.serial else ()
    try:
        if turns.take(lane):
            perform_here(task)
            while task.rescuer is not None:
                inbox.put(task)
                task = task.rescuer
                perform_here(task)
    except BaseException as error:  # noqa: BLE001 - whatever it is, the consumer must see it
        task.error = error
    finally:
        inbox.put(task)
        turns.give(lane)


def perform(task: Task) -> None:
    """Do a task in the calling thread and a context of its own; raise its error if it fails."""
    copy_context().run(perform_here, task)
    if task.error is not None:
        raise task.error


def perform_here(task: Task) -> None:
    """Do a task in the present context, and leave an exception in `task.error`."""
    var_child_runnable_config.set(task.config)
    make_calls(task)


def make_calls(task: Task) -> None:
    """Make each call that a task asks for. Leaves what its node raised in `task.error`."""
    work = task.work()
    try:
        invoke, _, args, name = next(work)
        while True:
            try:
                if invoke is None:
                    raise TypeError(
                        f'No synchronous function provided to "{name}".\n'
                        "Either initialize with a synchronous function or invoke via the async "
                        "API (ainvoke, astream, etc.)"
                    )
                result = invoke(*args)
            except BaseException as error:  # noqa: BLE001 - the task decides
                invoke, _, args, name = work.throw(error)
            else:
                invoke, _, args, name = work.send(result)
    except StopIteration:
        pass
    except BaseException as error:  # noqa: BLE001 - the driver raises it in the caller's thread
        task.fail(error)
