"""Conversations with graphs inside graphs."""

from __future__ import annotations

from typing import Any

from conversations import EVERYTHING, Kit, Talk, alone, conversation, counts, ids_of, logs, thread
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver


def around(k: Kit, inner: Any, **compiled: Any) -> Any:
    """Return a graph with a node before and one after the inner graph, to talk to."""
    return k.talk(k.chain(before=logs("before"), sub=inner, after=logs("after")), **compiled)


@conversation
def a_question_in_a_subgraph(k: Kit) -> Talk:
    graph = around(k, k.chain(i=logs("i"), ask=k.asks("?")).compile())
    yield graph.stream({"a": 1})
    yield graph.state()
    yield graph.state(subgraphs=True)
    yield graph.stream(k.Command(resume="!"))
    yield graph.state(subgraphs=True)
    yield k.kept()


@conversation
def a_question_in_a_subgraph_seen_from_outside_only(k: Kit) -> Talk:
    graph = around(k, k.chain(i=logs("i"), ask=k.asks("?", "??")).compile())
    yield graph.stream({"a": 1}, subgraphs=False)
    yield graph.stream(k.Command(resume="!"), subgraphs=False)
    yield graph.invoke(k.Command(resume="!!"))
    yield graph.history()


@conversation
def a_question_three_graphs_deep(k: Kit) -> Talk:
    deepest = k.chain(i=logs("i"), ask=k.asks("?")).compile()
    middle = k.chain(m=logs("m"), deep=deepest, n=logs("n")).compile()
    graph = around(k, middle)
    yield graph.stream({"a": 1})
    yield graph.state(subgraphs=True)
    yield graph.stream(None)
    yield graph.stream(k.Command(resume="!"))
    yield graph.history()


@conversation
def two_subgraphs_ask_at_once(k: Kit) -> Talk:
    one = k.chain(ask=k.asks("one?", after=0.04)).compile()
    two = k.chain(ask=k.asks("two?", after=0.08)).compile()
    graph = k.talk(k.fan(x=one, y=two))
    yield graph.stream({"a": 1}, subgraphs=False)
    state = yield graph.state(subgraphs=True)
    x, y = ids_of(state)
    yield graph.stream(k.Command(resume={y: "Y"}), subgraphs=False)
    yield graph.state(subgraphs=True)
    yield graph.stream(k.Command(resume={x: "X"}))


@conversation
def a_subgraph_stops_at_its_breakpoint_beside_a_node_that_is_done(k: Kit) -> Talk:
    inner = k.chain(i=logs("i"), j=logs("j")).compile(interrupt_before=["j"])
    graph = k.talk(k.fan(sub=inner, beside=logs("beside", after=0.06)))
    yield graph.stream({"a": 1})
    yield graph.state(subgraphs=True)
    yield graph.stream(None)
    yield graph.invoke({"a": 2})
    yield graph.history()


@conversation
def a_graph_called_in_a_node_asks(k: Kit) -> Talk:
    inner = k.chain(i=logs("i"), ask=k.asks("?")).compile()
    graph = k.talk(k.chain(call=lambda s: inner.invoke({"a": s["a"] + 1}), z=logs("z")))
    yield graph.stream({"a": 1})
    yield graph.state(subgraphs=True)
    yield graph.stream(k.Command(resume="!"))
    yield graph.history()


@conversation
def a_graph_called_twice_in_a_node_asks_twice(k: Kit) -> Talk:
    inner = k.chain(ask=k.asks("?")).compile()

    def node(_: Any) -> Any:
        return {"log": [inner.invoke({"a": n})["log"] for n in (1, 2)]}

    graph = k.talk(k.chain(call=node))
    yield graph.stream({"a": 1})
    for answer in "xyz":
        yield graph.stream(k.Command(resume=answer))
    yield graph.state()


@conversation
def a_question_before_and_in_a_called_graph(k: Kit) -> Talk:
    inner = k.chain(ask=k.asks("inner?")).compile()

    def node(_: Any) -> Any:
        first = k.ask("first?")
        called = inner.invoke({"a": 1})["log"]
        return {"log": [first, called, k.ask("last?")]}

    graph = k.talk(k.chain(call=node))
    yield graph.stream({"a": 1})
    for answer in "xyz":
        yield graph.stream(k.Command(resume=answer))
    yield graph.state()


@conversation
def a_graph_called_in_a_tool_asks(k: Kit) -> Talk:
    inner = k.chain(ask=k.asks("?")).compile()

    @tool
    def consult(topic: str) -> str:
        """Consult somebody."""
        return f"{topic}: {inner.invoke({'a': 1})['log']}"

    graph = k.talk(k.chain(agent=lambda _: {"log": [consult.invoke({"topic": "tea"})]}))
    yield graph.stream({"a": 1})
    yield graph.stream(k.Command(resume="!"))


@conversation
def a_subgraph_that_was_sent_to_asks(k: Kit) -> Talk:
    inner = k.chain(i=logs("i"), ask=k.asks("?")).compile()
    graph = k.empty().add_node("sub", inner).add_node("z", logs("z"))
    graph.add_conditional_edges("__start__", lambda _: [k.Send("sub", {"a": 7})], ["sub"])
    graph = k.talk(graph.add_edge("sub", "z"))
    yield graph.stream({"a": 1})
    yield graph.state(subgraphs=True)
    yield graph.stream(k.Command(resume="!"))


@conversation
def stopping_inside_a_subgraph(k: Kit) -> Talk:
    graph = around(k, k.chain(i=counts, j=counts).compile(interrupt_before=["j"]))
    yield graph.stream({"a": 1})
    yield graph.state(subgraphs=True)
    yield graph.stream(None)
    yield graph.state(subgraphs=True)


@conversation
def stopping_after_a_node_of_a_subgraph(k: Kit) -> Talk:
    graph = around(k, k.chain(i=counts, j=counts).compile(interrupt_after=["i"]))
    yield graph.stream({"a": 1})
    yield graph.state()
    yield graph.stream(None)


@conversation
def stopping_before_a_subgraph_and_inside(k: Kit) -> Talk:
    inner = k.chain(i=counts, j=counts).compile(interrupt_before=["j"])
    graph = around(k, inner, interrupt_before=["sub"], interrupt_after=["sub"])
    yield graph.stream({"a": 1})
    for _ in range(3):
        yield graph.stream(None)
    yield graph.state()


@conversation
def changing_the_state_of_a_subgraph(k: Kit) -> Talk:
    graph = around(k, k.chain(i=counts, j=counts).compile(interrupt_before=["j"]))
    yield graph.stream({"a": 1})
    state = yield graph.state(subgraphs=True)
    inside = state.tasks[0].state.config
    yield graph.update({"a": 40}, at=inside)
    yield graph.state(subgraphs=True)
    yield graph.history(thread(checkpoint_ns=inside["configurable"]["checkpoint_ns"]))
    yield graph.stream(None)


@conversation
def changing_the_state_of_a_subgraph_as_a_node(k: Kit) -> Talk:
    inner = k.chain(i=counts, j=counts, k=counts).compile(interrupt_before=["j"])
    graph = around(k, inner)
    yield graph.stream({"a": 1})
    state = yield graph.state()
    inside = state.tasks[0].state
    yield graph.update({"a": 40}, "j", at=inside)
    yield graph.stream(None)


@conversation
def the_state_of_a_subgraph_by_its_namespace(k: Kit) -> Talk:
    graph = around(k, k.chain(i=counts, j=counts).compile(interrupt_before=["j"]))
    yield graph.stream({"a": 1})
    state = yield graph.state()
    yield graph.state(state.tasks[0].state)


@conversation
def the_state_of_a_subgraph_by_its_checkpoint(k: Kit) -> Talk:
    graph = around(k, k.chain(i=counts, j=counts).compile(interrupt_before=["j"]))
    yield graph.stream({"a": 1})
    state = yield graph.state(subgraphs=True)
    yield graph.state(state.tasks[0].state.config)


@conversation
def a_subgraph_that_keeps_nothing(k: Kit) -> Talk:
    graph = around(k, k.chain(i=counts, j=counts).compile(checkpointer=False))
    yield graph.stream({"a": 1})
    yield graph.state(subgraphs=True)
    yield k.kept()


@conversation
def a_question_in_a_subgraph_that_keeps_nothing(k: Kit) -> Talk:
    inner = k.chain(i=counts, ask=k.asks("?")).compile(checkpointer=False)
    graph = around(k, inner)
    yield graph.stream({"a": 1})
    yield graph.stream(k.Command(resume="!"))
    yield graph.state()


@alone
def a_subgraph_with_a_saver_of_its_own(k: Kit) -> Talk:
    inner = k.chain(i=counts, ask=k.asks("?")).compile(checkpointer=InMemorySaver())
    graph = around(k, inner)
    yield graph.stream({"a": 1})
    yield graph.state(subgraphs=True)
    yield graph.stream(k.Command(resume="!"))
    yield k.kept()


@conversation
def a_subgraph_that_remembers(k: Kit) -> Talk:
    inner = k.chain(i=logs("i")).compile(checkpointer=True)
    graph = k.talk(k.chain(sub=inner))
    for a in range(3):
        yield graph.stream({"a": a})
    yield graph.history(thread(checkpoint_ns="sub"))
    yield graph.state(subgraphs=True)
    yield k.kept()


@conversation
def a_question_in_a_subgraph_that_remembers(k: Kit) -> Talk:
    inner = k.chain(i=logs("i"), ask=k.asks("?")).compile(checkpointer=True)
    graph = around(k, inner)
    for turn in range(2):
        yield graph.stream({"a": turn})
        yield graph.state(subgraphs=True)
        yield graph.stream(k.Command(resume=turn))
    yield k.kept()


@conversation
def a_graph_that_remembers_called_in_a_node(k: Kit) -> Talk:
    inner = k.chain(i=logs("i"), ask=k.asks("?")).compile(checkpointer=True)
    graph = k.talk(k.chain(call=lambda s: {"log": inner.invoke({"a": s["a"]})["log"]}))
    for turn in range(2):
        yield graph.stream({"a": turn})
        yield graph.stream(k.Command(resume=turn))
    yield graph.state()


@conversation
def a_root_that_should_remember_for_another(k: Kit) -> Talk:
    graph = k.talk(k.chain(i=logs("i")), checkpointer=True)
    yield graph.stream({"a": 1})


@conversation
def an_outer_graph_without_a_saver(k: Kit) -> Talk:
    inner = k.chain(i=counts, ask=k.asks("?")).compile()
    graph = around(k, inner, checkpointer=None)
    yield graph.stream({"a": 1}, stream_mode=["values", "updates"])


@conversation
def two_rounds_through_a_subgraph(k: Kit) -> Talk:
    graph = around(k, k.chain(i=counts, j=logs("j")).compile())
    yield graph.stream({"a": 1})
    yield graph.stream({"a": 5})
    yield k.kept()


@conversation
def a_subgraph_that_fails_goes_on_where_it_failed(k: Kit) -> Talk:
    graph = around(k, k.chain(i=logs("i"), j=k.fails_once("j")).compile())
    yield graph.stream({"a": 1})
    yield graph.state(subgraphs=True)
    yield graph.stream(None)
    yield graph.state()


@conversation
def a_command_to_the_parent_after_an_answer(k: Kit) -> Talk:
    parent = k.engine.types.Command.PARENT

    def inside(_: Any) -> Any:
        answer = k.ask("where?")
        return k.Command(graph=parent, goto=answer, update={"log": ["moved"]})

    inner = k.chain(i=inside).compile()
    graph = k.empty().add_node("sub", inner).add_node("x", logs("x")).add_edge("__start__", "sub")
    graph = k.talk(graph)
    yield graph.stream({"a": 1})
    yield graph.stream(k.Command(resume="x"))
    yield graph.history()


@conversation
def debug_chunks_of_subgraphs(k: Kit) -> Talk:
    graph = around(k, k.chain(i=counts, ask=k.asks("?")).compile())
    yield graph.stream({"a": 1}, stream_mode="debug")
    yield graph.stream(k.Command(resume="!"), stream_mode="debug")


@conversation
def checkpoints_of_subgraphs_only(k: Kit) -> Talk:
    graph = around(k, k.chain(i=counts, j=counts).compile())
    yield graph.stream({"a": 1}, stream_mode="checkpoints")
    yield graph.stream({"a": 1}, stream_mode="checkpoints", subgraphs=False)
    yield graph.stream({"a": 1}, stream_mode="checkpoints", durability="exit")


@conversation
def saving_subgraphs_at_exit(k: Kit) -> Talk:
    graph = around(k, k.chain(i=counts, ask=k.asks("?")).compile())
    yield graph.stream({"a": 1}, durability="exit")
    yield graph.state(subgraphs=True)
    yield k.kept()
    yield graph.stream(k.Command(resume="!"), durability="exit")
    yield k.kept()


@conversation
def saving_subgraphs_that_remember_at_exit(k: Kit) -> Talk:
    inner = k.chain(i=logs("i")).compile(checkpointer=True)
    graph = k.talk(k.chain(sub=inner))
    for a in range(2):
        yield graph.stream({"a": a}, durability="exit")
    yield k.kept()


@conversation
def going_back_to_before_a_subgraph(k: Kit) -> Talk:
    graph = around(k, k.chain(i=counts, ask=k.asks("?")).compile())
    yield graph.stream({"a": 1})
    yield graph.stream(k.Command(resume="!"))
    history = yield graph.history()
    before = [h for h in history if h.next == ("sub",)][-1].config
    yield graph.stream(None, before)
    yield graph.state(subgraphs=True)
    yield graph.stream(k.Command(resume="again"))
    yield graph.history()


@conversation
def going_back_inside_a_subgraph(k: Kit) -> Talk:
    inner = k.chain(i=counts, j=counts, k=counts).compile(interrupt_before=["k"])
    graph = around(k, inner)
    yield graph.stream({"a": 1})
    state = yield graph.state(subgraphs=True)
    inside = state.tasks[0].state.config["configurable"]["checkpoint_ns"]
    history = yield graph.history(thread(checkpoint_ns=inside))
    yield graph.stream(None, next(h for h in history if h.next == ("j",)).config)
    yield graph.state(subgraphs=True)


@conversation
def going_back_with_a_subgraph_that_remembers(k: Kit) -> Talk:
    inner = k.chain(i=logs("i")).compile(checkpointer=True)
    graph = k.talk(k.chain(sub=inner, z=logs("z")))
    yield graph.stream({"a": 1})
    yield graph.stream({"a": 2})
    history = yield graph.history()
    before = [h for h in history if h.next == ("sub",)]
    yield graph.stream(None, before[-1].config)
    yield graph.stream({"a": 3})
    yield k.kept()


@conversation
def the_history_of_a_graph_inside_that_is_unknown(k: Kit) -> Talk:
    graph = around(k, k.chain(i=counts).compile())
    yield graph.stream({"a": 1})
    yield graph.history(thread(checkpoint_ns="sub"))


@conversation
def output_keys_with_questions_inside(k: Kit) -> Talk:
    graph = around(k, k.chain(i=counts, ask=k.asks("?")).compile())
    yield graph.stream({"a": 1}, output_keys="a", stream_mode=EVERYTHING)
    yield graph.stream(k.Command(resume="!"), output_keys=["log"])


# --- what nodes find in their config -----------------------------------------------------------


def where(_: Any, config: RunnableConfig) -> Any:
    """Log where the node is, as far as the config says."""
    keys = ("checkpoint_id", "checkpoint_map", "checkpoint_ns", "thread_id")
    return {"log": [{key: config["configurable"].get(key, "none") for key in keys}]}


@conversation
def the_checkpoints_around_a_node(k: Kit) -> Talk:
    innermost = k.chain(last=where).compile()
    inner = k.chain(first=where, innermost=innermost).compile()

    def twice(_: Any) -> Any:
        return {"log": [inner.invoke({"log": []}), inner.invoke({"log": []})]}

    graph = k.talk(k.chain(before=where, inner=inner, calls=twice, after=where))
    yield graph.stream({"a": 1})
    history = yield graph.history()
    yield graph.stream(None, history[2].config)
