"""Callback handlers of langchain-core hear of the graph, its nodes and its conditional edges."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.callbacks import AsyncCallbackHandler, BaseCallbackHandler
from runtime_graphs import chain, parallel, says

from runtime.config import get_config


class Listener(BaseCallbackHandler):
    """Notes what it hears of chains: start, end and error."""

    def __init__(self) -> None:
        self.runs: dict[Any, dict[str, Any]] = {}
        self.heard: list[Any] = []

    def on_chain_start(self, serialized: Any, inputs: Any, **kwargs: Any) -> None:
        self.runs[kwargs["run_id"]] = kwargs
        self.heard.append(("start", kwargs["name"]))

    def on_chain_end(self, outputs: Any, **kwargs: Any) -> None:
        self.heard.append(("end", self.runs[kwargs["run_id"]]["name"], outputs))

    def on_chain_error(self, error: BaseException, **kwargs: Any) -> None:
        self.heard.append(("error", self.runs[kwargs["run_id"]]["name"], error))

    def on_chat_model_start(self, serialized: Any, messages: Any, **kwargs: Any) -> None:
        self.runs[kwargs["run_id"]] = {**kwargs, "name": "model"}

    def named(self, name: str) -> dict[str, Any]:
        """Return what was told at the start of the one run of this name."""
        [run] = [run for run in self.runs.values() if run["name"] == name]
        return run


def test_the_graph_and_its_nodes_are_runs(drive) -> None:
    """The graph's run is around those of its nodes, with inputs and outputs."""
    listener = Listener()
    drive.invoke(
        chain(lambda _: {"a": 2}, name="mine"), {"a": 1}, {"callbacks": [listener], "tags": ["t"]}
    )
    assert listener.heard == [
        ("start", "mine"),
        ("start", "n0"),
        ("end", "n0", {"a": 2}),
        ("end", "mine", {"a": 2, "log": []}),
    ]
    node = listener.named("n0")
    assert node["parent_run_id"] == listener.named("mine")["run_id"]
    assert {"t", "graph:step:1"} <= set(node["tags"])
    assert node["metadata"]["langgraph_node"] == "n0"


def test_the_run_name_and_id_of_the_config(drive) -> None:
    """They are those of the graph's run, not of what runs inside it."""
    listener = Listener()
    run_id = "12345678-1234-4234-8234-123456789012"
    config = {"callbacks": [listener], "run_name": "named", "run_id": run_id}
    drive.invoke(chain(chain(lambda _: None, name="inner")), {"a": 1}, config)
    assert listener.named("named")["run_id"] == run_id
    assert ("start", "inner") in listener.heard


def test_models_and_inner_graphs_are_runs_inside_their_node(drive) -> None:
    """Without config passed by hand they know whose children they are."""
    listener, model = Listener(), says("hello")
    inner = chain(lambda _: {"log": [model.invoke("q").content]}, name="inner")
    builder = chain(lambda _: None).builder.add_node("outer", inner.invoke)
    graph = builder.add_edge("n0", "outer").compile()
    drive.invoke(graph, {"a": 1}, {"callbacks": [listener]})
    outer, within = listener.named("outer"), listener.named("inner")
    assert within["parent_run_id"] == outer["run_id"]
    called_in = listener.runs[listener.named("model")["parent_run_id"]]
    assert (called_in["name"], called_in["parent_run_id"]) == ("n0", within["run_id"])


def test_conditional_edges_are_runs_inside_their_node(drive) -> None:
    """A path has the name of its function."""

    def where_to(_: Any) -> str:
        return "__end__"

    listener = Listener()
    graph = chain(lambda _: None).builder.add_conditional_edges("n0", where_to).compile()
    drive.invoke(graph, {"a": 1}, {"callbacks": [listener]})
    assert listener.named("where_to")["parent_run_id"] == listener.named("n0")["run_id"]


def test_an_exception_is_told_to_node_and_graph(drive) -> None:
    """Both runs end with it."""
    listener, mine = Listener(), LookupError()

    def node(_: Any) -> None:
        raise mine

    with pytest.raises(LookupError):
        drive.invoke(parallel(x=node), {"a": 1}, {"callbacks": [listener]})
    assert listener.heard[-2:] == [("error", "x", mine), ("error", "LangGraph", mine)]


def test_leaving_early_ends_the_runs(drive) -> None:
    """A consumer that breaks off is told as an error: no run stays open."""
    listener = Listener()
    graph = chain(lambda _, writer: writer("item"))
    config = {"callbacks": [listener]}
    drive.each(lambda _: True, graph, {"a": 1}, config, stream_mode="custom")
    starts = [heard for heard in listener.heard if heard[0] == "start"]
    assert len(listener.heard) == 2 * len(starts)


async def test_async_handlers_are_awaited() -> None:
    """In async runs handlers may be coroutines."""

    class Async(AsyncCallbackHandler):
        async def on_chain_start(self, serialized: Any, inputs: Any, **kwargs: Any) -> None:
            heard.append(kwargs["name"])

    heard: list[str] = []
    await chain(lambda _: None).ainvoke({"a": 1}, {"callbacks": [Async()]})
    assert heard == ["LangGraph", "n0"]


def test_astream_events_shows_nodes_and_tokens() -> None:
    """langchain-core's event stream is made of the same callbacks."""
    import asyncio  # noqa: PLC0415 - the only test here that needs a loop of its own

    model = says("hello there")

    async def run() -> list[Any]:
        graph = chain(lambda _: {"log": [model.invoke("q").content]})
        return [event async for event in graph.astream_events({"a": 1}, version="v2")]

    events = asyncio.run(run())
    kinds = [(event["event"], event["name"]) for event in events]
    assert ("on_chain_start", "n0") in kinds
    tokens = [e["data"]["chunk"].content for e in events if e["event"] == "on_chat_model_stream"]
    assert "".join(tokens) == "hello there"


def test_without_listeners_nodes_are_given_an_empty_manager(drive) -> None:
    """Nobody listens, so nothing is announced and nothing rides along."""
    graph = chain(lambda _: {"log": [len(get_config()["callbacks"].handlers)]})
    assert drive.invoke(graph, {"a": 1})["log"] == [0]


async def test_astream_events_has_the_graph_its_nodes_and_its_models() -> None:
    """langchain-core's own events work: starts, streams and ends, with their names."""
    model = says("hello there")

    async def node(_: Any) -> Any:
        return {"log": [(await model.ainvoke("q")).content]}

    stream = chain(node).astream_events({"a": 1}, version="v2")
    events = [(event["event"], event["name"]) async for event in stream]
    assert events == [
        ("on_chain_start", "LangGraph"),
        ("on_chain_start", "n0"),
        ("on_chat_model_start", "GenericFakeChatModel"),
        *[("on_chat_model_stream", "GenericFakeChatModel")] * 3,
        ("on_chat_model_end", "GenericFakeChatModel"),
        ("on_chain_stream", "n0"),
        ("on_chain_end", "n0"),
        ("on_chain_stream", "LangGraph"),
        ("on_chain_end", "LangGraph"),
    ]
