"""Stream mode `messages`: tokens of every model called in the graph, with where they come from."""

from __future__ import annotations

from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage
from langchain_core.runnables import RunnableConfig, RunnableLambda
from runtime_graphs import chain, says

from runtime.graph import START, MessagesState, StateGraph


def texts(chunks: list[Any]) -> list[Any]:
    """Return the content of each chunk."""
    return [message.content for message, _ in chunks]


def test_invoke_in_a_node_streams_tokens(drive) -> None:
    """A node need not stream for its model to do so, and passes no config."""
    model = says("hello there")
    graph = chain(lambda _: {"log": [model.invoke("q")]})
    chunks = drive.stream(graph, {"a": 1}, stream_mode="messages")
    assert texts(chunks) == ["hello", " ", "there"]
    assert {type(message) for message, _ in chunks} == {AIMessageChunk}


def test_metadata_says_where_a_token_comes_from(drive) -> None:
    """The node, its step, what triggered it, tags, and the metadata of run, node and model."""
    model = says("hello", tags=["poem"], metadata={"of": "model"})
    builder = chain(lambda _: None).builder
    builder.add_node("write", lambda _: {"log": [model.invoke("q")]}, metadata={"by": "author"})
    graph = builder.add_edge("n0", "write").compile()
    config = {"metadata": {"user": "u"}, "configurable": {"thread_id": "t", "api_key": "k"}}
    [(_, metadata)] = drive.stream(graph, {"a": 1}, config, stream_mode="messages")
    assert metadata["langgraph_node"] == "write"
    assert metadata["langgraph_step"] == 2
    assert metadata["langgraph_triggers"] == ("branch:to:write",)
    assert metadata["langgraph_path"] == ("__pregel_pull", "write")
    assert metadata["langgraph_checkpoint_ns"].startswith("write:")
    assert metadata["tags"] == ["poem"]
    assert (metadata["user"], metadata["by"], metadata["of"]) == ("u", "author", "model")
    assert metadata["thread_id"] == "t"
    assert "api_key" not in metadata


def test_a_call_with_its_own_config_keeps_the_metadata_of_its_node(drive) -> None:
    """Tags and metadata given to one call are added to what the node has."""
    model = says("hello")
    own = {"tags": ["call"], "metadata": {"mine": 1}}
    graph = chain(lambda _: {"log": [model.invoke("q", own)]})
    chunks = drive.stream(graph, {"a": 1}, {"tags": ["run"]}, stream_mode="messages")
    metadata = chunks[0][1]
    assert metadata["tags"] == ["run", "call"]
    assert (metadata["mine"], metadata["langgraph_node"]) == (1, "n0")


def test_a_returned_message_is_not_repeated(drive) -> None:
    """Returning what a model said adds nothing; a message made by the node is emitted whole."""
    model = says("hello")

    def node(_: Any) -> Any:
        return {"messages": [model.invoke("q"), AIMessage("my own")]}

    graph = chain(node, schema=MessagesState)
    chunks = drive.stream(graph, {"messages": []}, stream_mode="messages")
    assert texts(chunks) == ["hello", "my own"]
    assert type(chunks[1][0]) is AIMessage


def test_messages_that_a_node_was_given_are_not_emitted(drive) -> None:
    """A node may return the whole history; only what is new in it is shown."""
    graph = chain(lambda s: {"messages": [*s["messages"], AIMessage("new")]}, schema=MessagesState)
    given = {"messages": [HumanMessage("old")]}
    assert texts(drive.stream(graph, given, stream_mode="messages")) == ["new"]


def test_a_model_that_does_not_stream_gives_its_whole_message(drive) -> None:
    """With `disable_streaming` there is one message, and it is no chunk."""
    model = says("hello there", disable_streaming=True)
    graph = chain(lambda _: {"log": [model.invoke("q")]})
    [(message, _)] = drive.stream(graph, {"a": 1}, stream_mode="messages")
    assert (type(message), message.content) == (AIMessage, "hello there")


def test_nostream_silences_a_model(drive) -> None:
    """Its tokens do not come; its message does only if the node returns it."""
    model = says("quiet please", "hello", tags=["nostream"])

    def node(_: Any) -> Any:
        model.invoke("q")
        return {"log": [model.invoke("q")]}

    chunks = drive.stream(chain(node), {"a": 1}, stream_mode="messages")
    assert [(type(m), m.content) for m, _ in chunks] == [(AIMessage, "hello")]


def test_models_in_chains_and_conditional_edges_stream_too(drive) -> None:
    """Wherever in a node's code a model is called, its tokens come."""
    model = says("in chain", "at edge")
    steps = RunnableLambda(lambda s: str(s["a"])) | model | (lambda m: {"log": [m.content]})

    def asks_first(_: Any) -> Any:
        model.invoke("q")
        return []

    builder = chain(steps).builder
    builder.add_conditional_edges("n0", asks_first, ["n0"])
    chunks = drive.stream(builder.compile(), {"a": 1}, stream_mode="messages")
    assert "".join(texts(chunks)) == "in chainat edge"
    assert "seq:step:2" not in str(chunks[0][1].get("tags"))


def test_tokens_of_inner_graphs_only_with_subgraphs(drive) -> None:
    """By default the outer stream has what its own nodes return; with `subgraphs` all tokens."""

    def graph() -> Any:
        model = says("hello there")
        inner = chain(lambda _: {"messages": [model.invoke("q")]}, schema=MessagesState)
        return chain(inner, schema=MessagesState)

    outer = drive.stream(graph(), {"messages": []}, stream_mode="messages")
    assert texts(outer) == ["hello there"]
    chunks = drive.stream(graph(), {"messages": []}, stream_mode="messages", subgraphs=True)
    assert texts([chunk for _, chunk in chunks]) == ["hello", " ", "there"]
    assert all(ns[0].startswith("n0:") for ns, _ in chunks)


def test_a_stream_of_a_graph_inside_a_node_sees_its_own_tokens(drive) -> None:
    """Whoever streams a graph gets its tokens, wherever that happens."""
    model = says("hello there")
    inner = chain(lambda _: {"log": [model.invoke("q")]})
    seen: list[Any] = []

    def node(s: Any, config: RunnableConfig) -> None:
        seen.extend(inner.stream(s, config, stream_mode="messages"))

    drive.invoke(chain(node), {"a": 1})
    assert texts(seen) == ["hello", " ", "there"]


def test_a_graph_as_the_node_of_its_name_shows_what_it_added(drive) -> None:
    """Without `subgraphs` all its new messages are shown when it is done, with its metadata."""
    inner = chain(
        lambda _: {"messages": [AIMessage("one", id="1")]},
        lambda _: {"messages": [AIMessage("two", id="2")]},
        schema=MessagesState,
        name="expert",
    )
    graph = StateGraph(MessagesState).add_node("expert", inner.with_config(metadata={"of": "it"}))
    graph.add_edge(START, "expert")
    given = {"messages": [HumanMessage("zero", id="0")]}
    chunks = drive.stream(graph.compile(), given, stream_mode="messages")
    assert texts(chunks) == ["one", "two"]
    assert {metadata["of"] for _, metadata in chunks} == {"it"}
    assert {metadata["langgraph_node"] for _, metadata in chunks} == {"expert"}


def test_full_metadata_makes_returned_messages_like_tokens(drive) -> None:
    """With `full_metadata` they carry the namespace and the tags of their node, too."""
    builder = chain(lambda _: None, schema=MessagesState).builder
    say = RunnableLambda(lambda _: {"messages": [AIMessage("my own")]})
    builder.add_node("say", say).add_edge("n0", "say")
    graph, given = builder.compile(), {"messages": []}
    config = {"tags": ["mine"]}
    [(_, plain)] = drive.stream(graph, given, config, stream_mode="messages")
    [(_, full)] = drive.stream(graph, given, config, stream_mode="messages", full_metadata=True)
    assert full.keys() - plain.keys() == {"checkpoint_ns", "tags"}
    assert full["checkpoint_ns"] == full["langgraph_checkpoint_ns"]
    assert full["tags"] == ["mine"]
