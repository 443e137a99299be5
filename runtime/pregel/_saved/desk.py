"""Where a driver has the saver of a run do what is to be done: at once, or behind the run's back.

What is saved is saved in order, and nothing after what could not be saved: savers keep only what is
new in a checkpoint, so that a later one would be lacking it. A saver that never waits is called
directly in any case.

What the last task of a superstep wrote is saved with the checkpoint that follows at once, if the
saver does not outlive the process anyway and nothing is shown in between. So what stands in both
need be packed only once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context

from runtime.pregel._saved.packing import Packing
from runtime.pregel._saved.savers import Unsaved, is_quick
from runtime.pregel._saved.thread import Thread

__all__ = ("AsyncDesk", "Desk")


class Desk:
    """The saver of a sync run.

    Args:
        thread: What is kept of the run.

    Attributes:
        waits: Whether what a task wrote may be saved with the checkpoint that follows.
    """

    def __init__(self, thread: Thread) -> None:
        self.thread = thread
        self._saver = thread.saver
        self._packing = Packing()
        self.waits = is_quick(thread.saver) and thread.deltas is None
        self._at_once = is_quick(thread.saver) or thread.durability != "async"
        self._pool: ThreadPoolExecutor | None = None
        self._going: deque[Future[object]] = deque()
        self._failed = False

    def load(self) -> None:
        """Read the thread."""
        reading = self.thread.read()
        try:
            wanted = next(reading)
            while True:
                method, arguments, options = wanted
                found = getattr(self._saver, method)(*arguments, **options)
                wanted = reading.send(next(found, None) if method == "list" else found)
        except StopIteration:
            pass

    def save(self) -> None:
        """Save what is to be saved, or see to it that it is.

        Raises:
            Exception: The saver failed, now or behind the run's back.
        """
        unsaved = self.thread.unsaved
        if unsaved and self._at_once:
            self._do(unsaved)
        while unsaved:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(1, thread_name_prefix="checkpoints")
            save = deque((unsaved.popleft(),))
            self._going.append(self._pool.submit(copy_context().run, self._do, save))
        while self._going and self._going[0].done():
            self._going.popleft().result()

    def _do(self, saves: deque[Unsaved]) -> None:
        with self._packing:
            while saves:
                method, arguments = saves.popleft()
                if self._failed:
                    continue
                try:
                    getattr(self._saver, method)(*arguments)
                except BaseException:
                    self._failed = True
                    raise

    def settle(self, ended_by: BaseException | None = None) -> None:
        """Save what is to be saved, and wait until all is saved.

        Args:
            ended_by: What ended the run, if it did not come to its end. The caller is to see that
                rather than what the saver raises, which becomes its context; unless the caller
                has left and is to see nothing else.

        Raises:
            Exception: The saver failed.
        """
        try:
            self.save()
            while self._going:
                self._going.popleft().result()
        except Exception as error:
            if ended_by is None or isinstance(ended_by, GeneratorExit):
                raise
            _stand_behind(ended_by, error)

    def close(self) -> None:
        """Leave nothing behind."""
        if self._pool is not None:
            self._pool.shutdown(wait=True)


class AsyncDesk:
    """The saver of an async run.

    Args:
        thread: What is kept of the run.

    Attributes:
        waits: As for `Desk`.
    """

    def __init__(self, thread: Thread) -> None:
        self.thread = thread
        self._saver = thread.saver
        self._packing = Packing()
        self._quick = is_quick(thread.saver)
        self.waits = self._quick and thread.deltas is None
        self._at_once = thread.durability != "async"
        self._worker: asyncio.Task[None] | None = None
        self._failed = False

    async def load(self) -> None:
        """Read the thread."""
        if self._quick:
            Desk(self.thread).load()
            return
        reading = self.thread.read()
        try:
            wanted = next(reading)
            while True:
                method, arguments, options = wanted
                found = getattr(self._saver, f"a{method}")(*arguments, **options)
                first = anext(aiter(found), None) if method == "list" else found
                wanted = reading.send(await first)
        except StopIteration:
            pass

    async def save(self) -> None:
        """Save what is to be saved, or see to it that it is.

        Raises:
            Exception: The saver failed, now or behind the run's back.
        """
        unsaved = self.thread.unsaved
        if self._quick and unsaved:
            with self._packing:
                while unsaved:
                    method, arguments = unsaved.popleft()
                    getattr(self._saver, method)(*arguments)
        elif self._at_once:
            await self._work()
        elif unsaved and (self._worker is None or self._worker.done()):
            if self._worker is not None:
                self._worker.result()
            self._worker = asyncio.create_task(self._work())

    async def _work(self) -> None:
        unsaved = self.thread.unsaved
        while unsaved and not self._failed:
            method, arguments = unsaved[0]  # if this is cancelled, it is still to be saved
            try:
                await getattr(self._saver, f"a{method}")(*arguments)
            except Exception:
                self._failed = True
                raise
            unsaved.popleft()

    async def settle(self, ended_by: BaseException | None = None) -> None:
        """Save what is to be saved, and wait until all is saved; arguments as for `Desk.settle`.

        Raises:
            Exception: The saver failed.
        """
        try:
            await self.save()
            if self._worker is not None:
                await asyncio.wait({self._worker})  # what cancels the run does not cancel it
                self._worker.result()
        except Exception as error:
            if ended_by is None or isinstance(ended_by, GeneratorExit):
                raise
            _stand_behind(ended_by, error)

    async def close(self) -> None:
        """Leave nothing behind."""
        if self._worker is not None and not self._worker.done():
            await asyncio.wait({self._worker})


def _stand_behind(shown: BaseException, error: Exception) -> None:
    """Have an error stand in the traceback of another one, as what happened before it."""
    if error is not shown:
        error.__context__ = shown.__context__
        shown.__context__ = error
