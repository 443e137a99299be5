"""Tasks that a node asks for while it runs: calls of functions decorated with `@task`.

Such a task belongs to the superstep of the node, writes nothing to channels, and gives its result
to whoever called. It is kept like other tasks, under an id that is the same when the node runs
again, so that it is not done twice.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from runtime.pregel._names import PUSH, TaskPath, path_text, task_id, within
from runtime.pregel._saved.shown_calls import was_shown
from runtime.pregel._saved.thread import RETURN
from runtime.pregel._task import Task

if TYPE_CHECKING:
    from runtime.pregel._nodes.node import Node
    from runtime.pregel._run import Run

__all__ = ("Called", "Calls", "Promise")

MAX_THREADS: Final = 64
"""How many called tasks run at once, unless `max_concurrency` says otherwise."""


class Called(NamedTuple):
    """Tells the driver that a task was called."""

    task: Task


class Promise(Future[Any]):
    """What a call of a `@task` returns: `.result()` waits for the result, and so does `await`.

    Whoever waits for a task that no thread has begun does it himself, so that tasks that wait for
    others cannot use up all threads.
    """

    def __init__(self) -> None:
        super().__init__()
        self._unclaimed: list[Callable[[], None]] = []
        self._stop: Callable[[], object] | None = None

    def stop_with(self, stop: Callable[[], object]) -> None:
        """Say how to stop the work, if somebody cancels the promise while it is done."""
        self._stop = stop

    def cancel(self) -> bool:
        """Give the task up: it does not begin, or it is cancelled if it runs in an event loop.

        Returns whether that was in time.
        """
        in_time = super().cancel()
        if in_time and self._stop is not None:
            self._stop()
        return in_time

    def offer(self, work: Callable[[], None]) -> None:
        """Have work that fulfils the promise; whoever claims it first does it."""
        self._unclaimed.append(work)

    def do(self) -> None:
        """Do the work, unless somebody has begun to."""
        try:
            work = self._unclaimed.pop()  # one step, as several threads may try
        except IndexError:
            return
        work()

    def result(self, timeout: float | None = None) -> Any:
        """Return what the task returned, or raise what it raised."""
        if timeout is None:
            self.do()
        return super().result(timeout)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Return what the task raised, if anything."""
        if timeout is None:
            self.do()
        return super().exception(timeout)

    def settle(self, task: Task) -> None:
        """Pass on what came of the task, unless the promise was cancelled."""
        if self.done():
            return
        if task.error is not None:
            self.set_exception(task.error)
        else:
            self.set_result(dict(task.writes)[RETURN])

    def give_up(self) -> None:
        """End the waiting for a task, unless somebody has begun to run it."""
        try:
            self._unclaimed.pop()
        except IndexError:
            return
        self.drop()

    def drop(self) -> None:
        """End the waiting, unless it has ended: nobody will do the work."""
        if not self.done():
            self.cancel()
            self.set_running_or_notify_cancel()

    def __await__(self) -> Generator[Any, None, Any]:
        if not self.done():
            yield from asyncio.wrap_future(self).__await__()
        return super().result()


class Calls:
    """The tasks that the nodes of one run call.

    Args:
        run: The run.
        put: Tells its driver that something happened.
        perform: Does a task in the calling thread, and leaves an exception in the task.
    """

    def __init__(
        self, run: Run, put: Callable[[Any], None], perform: Callable[[Task], None]
    ) -> None:
        self._run = run
        self._put = put
        self._perform = perform
        self._promises: dict[str, Promise] = {}
        self._pool: ThreadPoolExecutor | None = None
        self._started: list[Task] = []
        self._finished = 0
        self._closed = False
        self._lock = threading.Lock()

    @property
    def outstanding(self) -> bool:
        """Whether the driver has still to hear of a called task that it is done."""
        return len(self._started) > self._finished

    def heard(self) -> None:
        """Note that the driver has heard of one."""
        self._finished += 1

    def call(self, parent: Task, node: Node, given: Any) -> Promise:
        """Start a task, unless it was done before, and return its promise.

        Args:
            parent: The task that calls.
            node: What is called, as a node.
            given: The arguments.
        """
        run = self._run
        parent.node.calls_tasks = True  # from now on its chunks are shown while it runs
        path: TaskPath = (PUSH, parent.path, next(parent.inner_calls), True)
        ns = within(parent.ns, node.name)
        part = f"{PUSH}{path_text(path[1])}{path[2]}"
        id_ = task_id(run.checkpoint_id, ns, run.step, node.name, part)
        known = self._promises.get(id_)
        if known is not None and known.done() and known.exception() is None:
            return known  # the node runs once more
        promise = self._promises[id_] = Promise()
        task = Task(run, node, path, id_, f"{ns}:{id_}", given)
        task.called_by = parent
        task.config["callbacks"] = parent.config["callbacks"]  # its run is one of the caller's
        thread = run.thread
        results = [value for name, value in thread.of_task(id_) if name == RETURN] if thread else []
        if thread is not None and results and run.restores:
            promise.set_result(results[-1])
            task.writes, task.cached = [(RETURN, results[-1])], True
            self._put(Called(task))
            if not was_shown(thread, parent, id_):
                self._started.append(task)
                self._put(task)
            return promise
        self._started.append(task)
        self._put(Called(task))
        self.start(task, promise)
        return promise

    def start(self, task: Task, promise: Promise) -> None:
        """Have a thread do a task."""

        def work() -> None:
            if promise.cancelled():
                task.fail(asyncio.CancelledError())
            else:
                copy_context().run(self._perform, task)
            self._put(task)
            promise.settle(task)

        promise.offer(work)
        if self._run.turns.serial:  # in the order of the calls
            promise.do()
            return
        with self._lock:
            if self._closed:
                promise.give_up()
                return
            if self._pool is None:
                workers = self._run.config.get("max_concurrency") or MAX_THREADS
                self._pool = ThreadPoolExecutor(workers, thread_name_prefix="task")
            self._pool.submit(copy_context().run, promise.do)

    def stop(self) -> None:
        """Have nothing begin that has not begun."""
        with self._lock:
            self._closed = True
        for promise in tuple(self._promises.values()):
            promise.give_up()

    def close(self) -> None:
        """Leave nothing behind: what has not begun never does, the rest is waited for."""
        self.stop()
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
