"""Conversations with workflows: what tasks ask, and which of them run again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conversations import Kit, Talk, Talker, conversation, ids_of, logs


def workflow(k: Kit, function: Callable[..., Any]) -> Talker:
    """Return a function as a workflow to talk to."""
    return Talker(k.engine.func.entrypoint(checkpointer=k.saver)(function))


def counted(k: Kit, name: str) -> Any:
    """Return a task that says how often it has run."""

    def run(value: Any) -> str:
        return f"{name}({value}) #{k.count(name)}"

    return k.engine.func.task(name=name)(run)


def asking(k: Kit, name: str = "ask") -> Any:
    """Return a task that asks what it is given."""
    return k.engine.func.task(name=name)(lambda question: k.ask(question))


# --- workflows that ask ----------------------------------------------------------------------


@conversation
def a_workflow_asks_between_tasks(k: Kit) -> Talk:
    first, last = counted(k, "first"), counted(k, "last")

    def flow(given: Any) -> Any:
        begun = first(given).result()
        answer = k.ask(begun)
        return last(answer).result()

    graph = workflow(k, flow)
    yield graph.stream("a")
    yield graph.state()
    yield graph.stream(k.Command(resume="yes"))
    yield graph.state()
    yield graph.history()


@conversation
def a_workflow_asks_twice(k: Kit) -> Talk:
    between = counted(k, "between")

    def flow(given: Any) -> Any:
        one = k.ask("one?")
        made = between(one).result()
        return [made, k.ask("two?"), between("again").result()]

    graph = workflow(k, flow)
    yield graph.stream("a")
    yield graph.stream(k.Command(resume=1))
    yield graph.stream(k.Command(resume=2))
    yield graph.state()


@conversation
def a_workflow_that_fails_goes_on(k: Kit) -> Talk:
    first = counted(k, "first")
    shaky = k.engine.func.task(name="shaky")(k.fails_once("shaky"))

    def flow(given: Any) -> Any:
        return [first(given).result(), shaky(given).result()]

    graph = workflow(k, flow)
    yield graph.stream("a")
    yield graph.state()
    yield graph.stream(None)
    yield graph.state()


@conversation
def a_workflow_remembers(k: Kit) -> Talk:
    def flow(given: int, *, previous: Any = None) -> Any:
        total = given + (previous or 0)
        return k.engine.func.entrypoint.final(value=[given, previous], save=total)

    graph = workflow(k, flow)
    for given in (1, 2, 3):
        yield graph.stream(given)
    yield graph.state()
    yield graph.history()


@conversation
def a_workflow_starts_anew_while_it_waits(k: Kit) -> Talk:
    first = counted(k, "first")

    def flow(given: Any, *, previous: Any = None) -> Any:
        return [first(given).result(), k.ask("?"), previous]

    graph = workflow(k, flow)
    yield graph.stream("a")
    yield graph.stream("b")
    yield graph.stream(k.Command(resume="yes"))
    yield graph.stream("c")
    yield graph.stream(k.Command(resume="yes"))
    yield graph.state()


# --- tasks that ask --------------------------------------------------------------------------


@conversation
def a_task_asks(k: Kit) -> Talk:
    ask = asking(k)
    graph = workflow(k, lambda given: ask(given).result())
    yield graph.stream("q?")
    yield graph.state()
    yield graph.stream(k.Command(resume="yes"))
    yield graph.state()


@conversation
def two_tasks_ask(k: Kit) -> Talk:
    ask = asking(k)

    def flow(given: Any) -> Any:
        return [ask("one?").result(), ask("two?").result()]

    graph = workflow(k, flow)
    chunks = yield graph.stream("a")
    chunks = yield graph.stream(k.Command(resume={ids_of(chunks)[-1]: 1}))
    yield graph.stream(k.Command(resume={ids_of(chunks)[-1]: 2}))
    yield graph.state()


@conversation
def a_task_of_a_task_asks(k: Kit) -> Talk:
    ask, before = asking(k), counted(k, "before")

    def run(given: Any) -> Any:
        return [before(given).result(), ask(given).result()]

    around = k.engine.func.task(name="around")(run)
    graph = workflow(k, lambda given: around(given).result())
    yield graph.stream("q?")
    yield graph.state()
    yield graph.stream(k.Command(resume="yes"))
    yield graph.state()


@conversation
def a_task_that_a_node_calls_asks(k: Kit) -> Talk:
    ask = asking(k)
    graph = k.talk(k.chain(calls=lambda _: {"log": [ask("q?").result()]}, after=logs("after")))
    yield graph.stream({"a": 1})
    yield graph.state()
    yield graph.stream(k.Command(resume="yes"))
    yield graph.history()


@conversation
def a_task_in_a_graph_inside_asks(k: Kit) -> Talk:
    ask = asking(k)
    inner = k.chain(calls=lambda _: {"log": [ask("q?").result()]}).compile()
    graph = k.talk(k.chain(inside=inner))
    yield graph.stream({"a": 1}, stream_mode="updates")
    yield graph.stream(k.Command(resume="yes"), stream_mode="updates")
    yield graph.state()


# --- graphs that tasks call ------------------------------------------------------------------


@conversation
def a_graph_that_a_task_calls(k: Kit) -> Talk:
    inner = k.chain(x=logs("x"), y=logs("y")).compile()
    call = k.engine.func.task(name="call")(lambda state: inner.invoke(state))
    graph = k.talk(k.chain(calls=lambda state: call(state).result()))
    yield graph.stream({"a": 1})
    yield graph.history()


@conversation
def a_graph_that_a_task_calls_asks(k: Kit) -> Talk:
    inner = k.chain(x=logs("x"), ask=k.asks("q?")).compile()
    call = k.engine.func.task(name="call")(lambda state: inner.invoke(state))
    graph = k.talk(k.chain(calls=lambda state: call(state).result()))
    yield graph.stream({"a": 1}, stream_mode="updates")
    yield graph.stream(k.Command(resume="yes"), stream_mode="updates")
    yield graph.state()
