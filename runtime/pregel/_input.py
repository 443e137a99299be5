"""How a run takes what it is given: a new input, a command, or nothing, to go on as it is."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from langgraph.checkpoint.serde.types import TASKS

from runtime.channels._message_writes import with_message_ids
from runtime.constants import START
from runtime.errors import EmptyInputError, InvalidUpdateError, UnknownInterruptError
from runtime.pregel._commands import goto_writes, update_writes
from runtime.pregel._nodes.node import Write
from runtime.pregel._saved.replay import Replay
from runtime.pregel._saved.thread import ERROR, INTERRUPT, RESUME, Thread
from runtime.pregel._step import NOBODY, Given
from runtime.types import Command, Send

if TYPE_CHECKING:
    from runtime.pregel._run import Run
    from runtime.pregel.main import Pregel

__all__ = ("input_writes", "take_input")

logger = logging.getLogger(__name__)

STRICT: Final = "__pregel_strict_resume"
"""A `configurable` key of LangGraph's: an answer to what nobody asks is an error."""

_ID = re.compile(r"[0-9a-f]{32}")


def take_input(run: Run) -> None:
    """Start a run, or let it go on.

    Raises:
        EmptyInputError: There is nothing to start from, and nothing to go on with.
        InvalidUpdateError: A command is for the graph around, and there is none; or the channels
            cannot take what was given.
        RuntimeError: A command resumes a run that is kept nowhere, or answers one of several
            questions without saying which.
    """
    given, thread = run.given, run.thread
    if isinstance(given, Command):
        _check(given, run)
    if thread is None:
        if given is None:
            raise _nothing(run)
        run.updated = run.channels.take({name: [value] for name, value in _wanted(run)}, {})
        run.step = 0
        return
    run.resuming = bool(thread.versions) and _goes_on(run, thread)
    travels = bool(thread.addressed) and not (
        isinstance(given, Command) and given.resume is not None
    )
    forks = run.resuming and travels and (thread.superseded or not thread.is_fork)
    thread.reruns = travels or thread.superseded
    if travels:
        thread.forget(RESUME)  # what was answered then is asked again
        if run.parent is None:
            run.replay = Replay((thread.is_fork and thread.parent) or thread.id)
    writes = [*thread.of_task(NOBODY)]
    if isinstance(given, Command) and thread.versions:
        said = _obey(run, thread, given)
        # What earlier commands wrote stays and stays in front, as savers number the writes; an
        # earlier answer does not stand for one that this command does not give.
        writes = [*(write for write in writes if write[0] != RESUME), *said]
        if said and not forks:  # the fork holds them already
            thread.keep(NOBODY, (), writes, run.channels)
    _apply_given(run, writes)
    if run.resuming:
        thread.see_all(INTERRUPT)
        if forks:
            run.save_checkpoint("fork")  # what the caller asked for stays as it was
        run.go_on()
    elif given is not None:
        run.abandon(Given(_wanted(run)))
    else:
        raise _nothing(run)


def input_writes(graph: Pregel[Any, Any, Any, Any], given: Any) -> list[Write]:
    """Return what an input writes to the graph's input channels.

    Raises:
        TypeError: There are several, and the input is not a dict.
    """
    names, deltas = graph.input_channels, graph.delta_channels
    if isinstance(names, str):
        return with_message_ids([(names, given)], deltas)
    if not isinstance(given, dict):
        raise TypeError(
            f"Expected chunk to be a dict, got {type(given).__name__}: {graph.name!r} takes its "
            f"input by channel. Pass a dict with some of {names}."
        )
    for name in given:
        if name not in names:
            logger.warning("Input channel %s not found in %s: ignored.", name, names)
    wanted = [(name, value) for name, value in given.items() if name in names]
    return with_message_ids(wanted, deltas)


def _wanted(run: Run) -> list[Write]:
    writes = input_writes(run.graph, run.given)
    if not writes:
        raise _nothing(run)
    return writes


def _nothing(run: Run) -> EmptyInputError:
    return EmptyInputError(
        f"Received no input for {run.graph.name!r}: pass a state to start from, "
        "for example graph.invoke({}) if the graph needs nothing."
    )


def _check(command: Command[Any], run: Run) -> None:
    if command.graph == Command.PARENT and run.parent is None:
        raise InvalidUpdateError(
            "There is no parent graph: a command given as input is for the graph itself. Leave out "
            "graph=Command.PARENT."
        )
    if command.resume is not None and run.thread is None:
        raise RuntimeError(
            "Cannot use Command(resume=...) without checkpointer: nothing is kept of the run that "
            "asked. Compile the graph with one, for example compile(checkpointer=InMemorySaver())."
        )


def _goes_on(run: Run, thread: Thread) -> bool:
    """Return whether a run on a thread that has begun goes on rather than starting anew."""
    if run.parent is not None and (run.replay is None or thread.addressed):
        return run.parent.run.resuming
    if run.given is None or isinstance(run.given, Command):
        return True
    # the same run, called once more
    run_id = run.config["metadata"].get("run_id")
    return run.parent is None and run_id is not None and run_id == thread.metadata.get("run_id")


def _obey(run: Run, thread: Thread, command: Command[Any]) -> list[Write]:
    """Return the parts of a command as what nobody in particular wrote."""
    update = with_message_ids(update_writes(command), run.graph.delta_channels)
    writes: list[Write] = [*goto_writes(command, START), *update]
    if command.resume is not None:
        answer = command.resume
        by_id = isinstance(answer, dict) and all(_is_id(key) for key in answer)
        pending = _open_questions(thread)
        if run.config["configurable"].get(STRICT) and not thread.superseded:
            _check_strictly(answer if by_id else None, pending)
        if by_id:
            run.resume.by_id = answer
        elif len(pending) > 1:
            raise RuntimeError(
                "When there are multiple pending interrupts, you must specify the interrupt id "
                "when resuming, as in Command(resume={id: answer}). These wait: "
                f"{', '.join(pending)}."
            )
        else:
            writes.append((RESUME, answer))
    if not writes and command.resume is None:
        raise EmptyInputError(
            "Received empty Command input: give it an `update`, a `goto` or a `resume`."
        )
    return writes


def _is_id(key: Any) -> bool:
    return isinstance(key, str) and _ID.fullmatch(key) is not None


def _open_questions(thread: Thread) -> list[str]:
    """Return the ids of the questions that wait: of tasks that have asked and are not done."""
    ids: list[str] = []
    for writes in thread.pending.values():
        names = {name for name, _ in writes}
        if INTERRUPT in names and names <= {INTERRUPT, RESUME, ERROR}:
            asked = next(value for name, value in reversed(writes) if name == INTERRUPT)
            ids += [question.id for question in asked]
    return list(dict.fromkeys(ids))  # a task and one that it called ask the same question


def _check_strictly(by_id: Mapping[str, Any] | None, pending: list[str]) -> None:
    waiting = ", ".join(pending) or "none"
    if by_id is None:
        if len(pending) > 1:
            raise UnknownInterruptError(
                "One answer was given, and there are multiple pending interrupts: say which one it "
                f"is for, as in Command(resume={{id: answer}}). These wait: {waiting}.",
                reason="ambiguous",
                pending_ids=sorted(pending),
            )
        return
    if not by_id:
        raise UnknownInterruptError(
            f"Command(resume={{}}) names no interrupt. These wait: {waiting}.",
            reason="empty_map",
            pending_ids=sorted(pending),
        )
    if unknown := [key for key in by_id if key not in pending]:
        raise UnknownInterruptError(
            f"Unknown or already-consumed interrupt: {', '.join(unknown)}. These wait: {waiting}.",
            reason="not_pending",
            interrupt_ids=unknown,
            pending_ids=sorted(pending),
        )


def _apply_given(run: Run, given: Sequence[Write]) -> None:
    """Apply what nobody in particular wrote, and offer the answer that stands there."""
    writes: list[Write] = []
    for name, value in given:
        if name == RESUME:
            run.resume.offer(value)
        elif name == TASKS and not isinstance(value, Send):
            raise InvalidUpdateError(f"Expected a Send in {name!r}, got {value!r}.")
        else:
            writes.append((name, value))
    if writes:
        run.apply_given(Given(writes))
