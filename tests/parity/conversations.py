"""Conversations as data: what is said to graphs on threads that a saver keeps, step by step.

A conversation is a generator. It makes its graphs with nothing but the kit that it is given, and
yields `Step`s; each gets back what the step returned, so that a later one may use ids and configs.
Nobody in it waits: whoever drives it decides how a step is done, and on which engine.
"""

from __future__ import annotations

import operator
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Annotated, Any

from engines import Engine
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from typing_extensions import TypedDict

EVERYTHING = ["values", "updates", "tasks", "checkpoints"]


class State(TypedDict):
    a: int
    log: Annotated[list, operator.add]


@dataclass(frozen=True)
class Step:
    """One call: a method and its arguments. In async drives the method's async twin."""

    on: Any
    method: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


Talk = Generator[Step, Any, None]


@dataclass(frozen=True)
class Kit:
    """What a conversation makes its graphs of.

    Args:
        engine: The engine that it is held on.
        saver: Where its threads are kept.
        memory: For nodes that behave differently the second time; shared by engines that take
            turns.
    """

    engine: Engine
    saver: BaseCheckpointSaver[Any]
    memory: dict[str, int] = field(default_factory=dict)

    def Command(self, **kwargs: Any) -> Any:  # noqa: N802 - reads like the class that it makes
        return self.engine.types.Command(**kwargs)

    def Send(self, *args: Any) -> Any:  # noqa: N802
        return self.engine.types.Send(*args)

    def ask(self, question: Any, **kwargs: Any) -> Any:
        """Interrupt, in a node."""
        return self.engine.types.interrupt(question, **kwargs)

    def asks(self, *questions: Any, after: float = 0) -> Callable[[Any], Any]:
        """Return a node that logs the answers to its questions."""

        def node(_: Any) -> Any:
            time.sleep(after)
            return {"log": [self.ask(question) for question in questions]}

        return node

    def fails_once(self, name: str = "it", after: float = 0) -> Callable[[Any], Any]:
        """Return a node that fails when it first runs."""

        def node(_: Any) -> Any:
            time.sleep(after)
            if self.count(name) == 1:
                raise ConnectionError(name)
            return {"log": [f"{name} the second time"]}

        return node

    def count(self, name: str) -> int:
        """Return how often this was asked for."""
        self.memory[name] = self.memory.get(name, 0) + 1
        return self.memory[name]

    def empty(self, schema: Any = State, **schemas: Any) -> Any:
        """Return a graph to be built."""
        return self.engine.graph.StateGraph(schema, **schemas)

    def chain(self, schema: Any = State, **nodes: Any) -> Any:
        """Return a graph of nodes that run one after the other."""
        return (
            self.empty(schema)
            .add_sequence(list(nodes.items()))
            .add_edge("__start__", next(iter(nodes)))
        )

    def fan(self, schema: Any = State, **nodes: Any) -> Any:
        """Return a graph of nodes that run in one superstep."""
        graph = self.empty(schema)
        for name, node in nodes.items():
            graph.add_node(name, node).add_edge("__start__", name)
        return graph

    def talk(self, graph: Any, **compiled: Any) -> Talker:
        """Return a graph to talk to."""
        return Talker(graph.compile(**{"checkpointer": self.saver, **compiled}))

    def kept(self, **kwargs: Any) -> Step:
        """Look at the checkpoints themselves."""
        return Step(self.saver, "list", (None,), kwargs)


def thread(id_: str = "1", **configurable: Any) -> Any:
    return {"configurable": {"thread_id": id_, **configurable}}


@dataclass(frozen=True)
class Talker:
    """A compiled graph whose calls are steps of a conversation; by default on thread 1."""

    graph: Any

    def stream(self, given: Any, at: RunnableConfig | None = None, **kwargs: Any) -> Step:
        kwargs = {"stream_mode": EVERYTHING, "subgraphs": True, **kwargs}
        return Step(self.graph, "stream", (given, at or thread()), kwargs)

    def invoke(self, given: Any, at: RunnableConfig | None = None, **kwargs: Any) -> Step:
        return Step(self.graph, "invoke", (given, at or thread()), kwargs)

    def state(self, at: RunnableConfig | None = None, **kwargs: Any) -> Step:
        return Step(self.graph, "get_state", (at or thread(),), kwargs)

    def history(self, at: RunnableConfig | None = None, **kwargs: Any) -> Step:
        return Step(self.graph, "get_state_history", (at or thread(),), kwargs)

    def update(self, *args: Any, at: RunnableConfig | None = None, **kwargs: Any) -> Step:
        return Step(self.graph, "update_state", (at or thread(), *args), kwargs)

    def bulk(self, supersteps: Any, at: RunnableConfig | None = None) -> Step:
        return Step(self.graph, "bulk_update_state", (at or thread(), supersteps), {})

    def batch(self, given: list[Any], ats: list[Any]) -> Step:
        return Step(self.graph, "batch", (given, ats), {})


def logs(*items: Any, after: float = 0) -> Callable[[Any], Any]:
    """Return a node that adds to the log."""

    def node(_: Any) -> Any:
        time.sleep(after)
        return {"log": list(items)}

    return node


def counts(state: Any) -> Any:
    """Add one to `a`."""
    return {"a": state["a"] + 1}


def begin(history: Any, node: str) -> Any:
    """Return the config of the first checkpoint from which this node ran."""
    return [h for h in history if node in h.next][-1].config


def ids_of(found: Any) -> list[str]:
    """Return the ids of the questions in a snapshot, or in chunks of `updates`."""
    if hasattr(found, "interrupts"):
        return [question.id for question in found.interrupts]
    chunks = [chunk for chunk in found if chunk[1] == "updates" and "__interrupt__" in chunk[2]]
    return list(dict.fromkeys(q.id for chunk in chunks for q in chunk[2]["__interrupt__"]))


@dataclass(frozen=True)
class Conversation:
    """A named conversation.

    Args:
        shared: Whether engines can take turns in it.
    """

    name: str
    hold: Callable[[Kit], Talk]
    shared: bool = True


CONVERSATIONS: list[Conversation] = []


def conversation(hold: Callable[[Kit], Talk]) -> Callable[[Kit], Talk]:
    """Register the decorated conversation under its name."""
    CONVERSATIONS.append(Conversation(hold.__name__, hold))
    return hold


def alone(hold: Callable[[Kit], Talk]) -> Callable[[Kit], Talk]:
    """Register a conversation in which engines cannot take turns."""
    CONVERSATIONS.append(Conversation(hold.__name__, hold, shared=False))
    return hold
