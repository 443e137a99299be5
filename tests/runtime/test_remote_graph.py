"""A graph that runs on a server: what it is asked for, and what its caller gets."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any, TypedDict

import pytest

from runtime.errors import GraphInterrupt
from runtime.graph import START, StateGraph
from runtime.pregel.remote import RemoteException, RemoteGraph
from runtime.types import Command, Interrupt

sdk = pytest.importorskip("langgraph_sdk.schema")


class Server:
    """Answers every call with what it is given, and notes what it was asked."""

    def __init__(self, *parts: tuple[str, Any], **answers: Any) -> None:
        self.asked: dict[str, Any] = {}
        self.parts = [sdk.StreamPart(event, data) for event, data in parts]
        self.runs = SimpleNamespace(stream=self._stream)
        calls = {name: self._call(answer) for name, answer in answers.items()}
        self.threads = self.assistants = SimpleNamespace(**calls)

    def _stream(self, **asked: Any) -> Any:
        self.asked = asked
        return iter(self.parts)

    def _call(self, answer: Any) -> Any:
        def call(**asked: Any) -> Any:
            self.asked = asked
            return answer

        return call


def remote(server: Server, **kwargs: Any) -> RemoteGraph:
    """Return a remote graph of a server."""
    return RemoteGraph("agent", sync_client=server, **kwargs)


THREAD: Any = {"configurable": {"thread_id": "7"}}
CHECKPOINT = {"thread_id": "7", "checkpoint_ns": "", "checkpoint_id": "c1", "checkpoint_map": None}
STATE = {
    "values": {"a": 1},
    "next": ["node"],
    "checkpoint": CHECKPOINT,
    "metadata": {"step": 1},
    "created_at": "now",
    "parent_checkpoint": None,
    "tasks": [{"id": "t", "name": "node", "interrupts": [{"value": "ok?", "id": "i"}]}],
}


@pytest.mark.parametrize(
    ("asked", "chunks"),
    [
        ({}, [{"n": 1}]),
        ({"stream_mode": "values"}, [{"a": 1}]),
        ({"stream_mode": "messages"}, [({"content": "x"}, {})]),
        ({"subgraphs": True}, [(("in:1",), {"m": 1}), ((), {"n": 1})]),
        ({"stream_mode": ["values"], "subgraphs": True}, [((), "values", {"a": 1})]),
        ({"version": "v2"}, [{"type": "updates", "ns": (), "data": {"n": 1}}]),
    ],
)
def test_the_shape_of_chunks(asked: dict[str, Any], chunks: list[Any]) -> None:
    """It is that of a graph that runs here."""
    server = Server(
        ("updates|in:1", {"m": 1}),
        ("updates", {"n": 1}),
        ("messages", [{"content": "x"}, {}]),
        ("values", {"a": 1}),
    )
    assert list(remote(server).stream({}, THREAD, **asked)) == chunks


def test_what_the_server_is_asked() -> None:
    """It gets the thread apart, plain values of the config, and modes under its own names."""
    server = Server()
    config: Any = {
        "tags": ["t", 1],
        "metadata": {"a": (1, object()), "b": object()},
        "configurable": {"thread_id": "7", "user": "ann", "checkpoint_ns": "x", 1: 2},
    }
    list(remote(server).stream({"a": 1}, config, stream_mode="messages", context={"c": 1}))
    assert server.asked["thread_id"] == "7"
    assert server.asked["config"] == {
        "tags": ["t"],
        "metadata": {"a": [1]},
        "configurable": {"user": "ann"},
    }
    assert server.asked["stream_mode"] == ["messages-tuple", "updates"]
    assert (server.asked["input"], server.asked["context"]) == ({"a": 1}, {"c": 1})


def test_a_command() -> None:
    """It is sent as one, in place of an input."""
    server = Server(("values", {"a": 2}))
    assert remote(server).invoke(Command(resume="yes"), THREAD) == {"a": 2}
    assert (server.asked["input"], server.asked["command"]) == (None, {"resume": "yes"})


def test_it_fails() -> None:
    """What the server says is in the exception."""
    with pytest.raises(RemoteException, match="boom"):
        remote(Server(("error", {"message": "boom"}))).invoke({}, THREAD)


class State(TypedDict, total=False):
    """The state of the graph around."""

    a: int


def test_as_a_node_it_asks() -> None:
    """The graph around stops and shows the question."""
    server = Server(("updates", {"__interrupt__": [{"value": "ok?", "id": "i"}]}))
    builder = StateGraph(State).add_node("far", remote(server)).add_edge(START, "far")
    chunks = list(builder.compile().stream({"a": 1}))
    assert chunks == [{"__interrupt__": (Interrupt("ok?", id="i"),)}]


def test_as_a_node_it_streams() -> None:
    """A graph around that streams subgraphs gets its chunks, below the node's namespace."""
    server = Server(("updates", {"n": 1}), ("values", {"a": 2}))
    builder = StateGraph(State).add_node("far", remote(server)).add_edge(START, "far")
    (ns, inner), outer = builder.compile().stream({"a": 1}, subgraphs=True)
    assert (ns[0][:4], inner) == ("far:", {"n": 1})
    assert outer == ((), {"far": {"a": 2}})


def test_the_state_of_a_thread() -> None:
    """It is a snapshot as of a graph that runs here."""
    server = Server(get_state=STATE, get_history=[STATE], update_state={"checkpoint": CHECKPOINT})
    graph = remote(server)
    state = graph.get_state(THREAD)
    assert (state.values, state.next, state.interrupts) == (
        {"a": 1},
        ("node",),
        (Interrupt("ok?", id="i"),),
    )
    assert state.config["configurable"] == {**CHECKPOINT, "checkpoint_map": {}}
    assert list(graph.get_state_history(state.config)) == [state]
    assert server.asked["checkpoint"]["checkpoint_id"] == "c1"
    assert graph.update_state(THREAD, {"a": 2}, as_node="node") == state.config
    assert (server.asked["values"], server.asked["as_node"]) == ({"a": 2}, "node")


def test_its_drawing() -> None:
    """It has the nodes and edges that the server tells."""
    told = {
        "nodes": [{"id": "__start__", "data": "__start__"}, {"id": "n", "data": {"name": "node"}}],
        "edges": [{"source": "__start__", "target": "n"}],
    }
    drawing = remote(Server(get_graph=told)).get_graph()
    assert [node.name for node in drawing.nodes.values()] == ["__start__", "node"]
    assert [(edge.source, edge.target) for edge in drawing.edges] == [("__start__", "n")]


def test_a_config_of_its_own() -> None:
    """`with_config` returns a copy, with both configs merged."""
    graph = remote(Server(), config=THREAD)
    merged = graph.with_config({"configurable": {"user": "ann"}})
    assert merged.config == {"configurable": {"thread_id": "7", "user": "ann"}}
    assert graph.config == THREAD


def test_without_a_client() -> None:
    """The error says what to give it."""
    with pytest.raises(ValueError, match="please provide `url` or `sync_client`"):
        RemoteGraph("agent").invoke({}, THREAD)


def test_a_question_outside_of_a_graph_is_a_chunk() -> None:
    """Nobody is there to stop."""
    server = Server(("updates", {"__interrupt__": []}))
    assert list(remote(server).stream({}, THREAD)) == [{"__interrupt__": []}]
    called: Any = {"configurable": {"thread_id": "7", "checkpoint_ns": "node:1"}}
    server = Server(("updates", {"__interrupt__": [{"value": 1, "id": "i"}]}))
    with pytest.raises(GraphInterrupt):
        list(remote(server).stream({}, called))


def test_without_the_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    """What speaks with the server is no dependency: who needs it is told."""
    monkeypatch.setitem(sys.modules, "langgraph_sdk", None)
    with pytest.raises(ImportError, match="pip install langgraph-sdk"):
        RemoteGraph("agent", url="http://127.0.0.1:1")
