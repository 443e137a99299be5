"""Conversations with graphs whose checkpoints hold what was written to a key, not its value."""

from __future__ import annotations

import operator
import time
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from conversations import Kit, Talk, Talker, begin, conversation, thread
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.runnables import RunnableConfig
from typing_extensions import TypedDict


def joins(current: list[Any], writes: Sequence[list[Any]]) -> list[Any]:
    return [*current, *(item for write in writes for item in write)]


def merges(current: dict[str, Any], writes: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {key: value for each in (current, *writes) for key, value in each.items()}


def by_id(current: list[BaseMessage], writes: Sequence[list[BaseMessage]]) -> list[BaseMessage]:
    found = {message.id: message for message in current}
    found.update((message.id, message) for write in writes for message in write)
    return list(found.values())


def state(k: Kit, every: int = 100, typ: Any = list, reducer: Any = joins) -> Any:
    """Return a schema with a delta channel, `xs`, and a usual one."""
    channel = k.engine.channels.DeltaChannel(reducer, snapshot_frequency=every)
    return TypedDict("Delta", {"a": int, "xs": Annotated[typ, channel]})


def adds(*items: Any) -> Callable[[Any], Any]:
    """Return a node that writes to the delta channel."""
    return lambda _: {"xs": list(items)}


def quiet(_: Any) -> Any:
    """Write to the usual channel only."""
    return {"a": 1}


def asks(k: Kit) -> Callable[[Any], Any]:
    def node(_: Any) -> Any:
        time.sleep(0.02)  # until others are done
        return {"xs": [k.ask("?")]}

    return node


LATE = ["values", "updates", "tasks"]
"""Modes for runs that are saved at their end: LangGraph changes chunks of `checkpoints` then."""


def three(k: Kit, every: int = 100, **compiled: Any) -> Talker:
    graph = k.chain(state(k, every), x=adds("x"), y=adds("y"), z=quiet)
    return k.talk(graph, **compiled)


def asking(k: Kit, every: int = 100, **compiled: Any) -> Talker:
    """Return a graph in which one node asks while another one is done."""
    graph = k.chain(state(k, every), x=adds("x"), ask=asks(k))
    graph.add_node("done", adds("done")).add_edge("x", "done")
    return k.talk(graph, **compiled)


@conversation
def deltas_of_two_runs(k: Kit) -> Talk:
    graph = three(k)
    for given in ("one", "two"):
        yield graph.stream({"a": 1, "xs": [given]})
        yield graph.state()
    yield graph.history()
    yield k.kept()


@conversation
def deltas_with_a_snapshot_every_second_time(k: Kit) -> Talk:
    graph = three(k, every=2)
    for given in ("one", "two", "three"):
        yield graph.stream({"xs": [given]})
        yield graph.state()
    yield graph.history()
    yield k.kept()


@conversation
def deltas_with_a_snapshot_each_time(k: Kit) -> Talk:
    graph = three(k, every=1)
    yield graph.stream({"xs": ["one"]}, durability="sync")
    yield graph.stream({"a": 3}, durability="sync")
    yield k.kept()


@conversation
def deltas_that_nobody_writes(k: Kit) -> Talk:
    graph = k.talk(k.chain(state(k), x=quiet, y=quiet))
    yield graph.stream({"a": 1})
    yield graph.state()
    yield graph.stream({"a": 1})
    yield k.kept()


@conversation
def deltas_of_a_run_that_is_saved_at_exit(k: Kit) -> Talk:
    graph = three(k)
    yield graph.stream({"xs": ["one"]}, durability="exit", stream_mode=LATE)
    yield k.kept()
    yield graph.stream({"xs": ["two"]}, durability="exit", stream_mode=LATE)
    yield graph.state()
    yield graph.history()
    yield k.kept()


@conversation
def deltas_at_exit_with_snapshots(k: Kit) -> Talk:
    graph = three(k, every=2)
    yield graph.stream({"xs": ["one"]}, durability="exit", stream_mode=LATE)
    yield graph.stream({"xs": ["two"]}, durability="exit", stream_mode=LATE)
    yield graph.stream(None, durability="exit", stream_mode=LATE)
    yield k.kept()


@conversation
def deltas_over_a_change_of_durability(k: Kit) -> Talk:
    graph = three(k, every=5)
    for durability in ("exit", "sync", "exit", "async"):
        yield graph.stream({"xs": [durability]}, durability=durability, stream_mode=LATE)
        yield graph.state()
    yield graph.history()


@conversation
def deltas_over_a_question(k: Kit) -> Talk:
    graph = asking(k)
    yield graph.stream({"xs": ["one"]}, durability="sync")
    yield graph.state()
    yield graph.stream(k.Command(resume="!"), durability="sync")
    yield graph.state()
    yield graph.history()


@conversation
def deltas_over_a_question_at_exit(k: Kit) -> Talk:
    graph = asking(k)
    yield graph.stream({"xs": ["one"]}, durability="exit", stream_mode=LATE)
    yield graph.state()
    yield k.kept()
    yield graph.stream(k.Command(resume="!"), durability="exit", stream_mode=LATE)
    yield graph.state()
    yield graph.history()


@conversation
def deltas_of_a_new_input_while_a_question_waits(k: Kit) -> Talk:
    graph = asking(k)
    yield graph.stream({"xs": ["one"]}, durability="sync")
    yield graph.stream({"xs": ["two"]}, durability="sync")
    yield graph.state()
    yield graph.history()


@conversation
def deltas_of_a_new_input_at_exit_while_a_question_waits(k: Kit) -> Talk:
    graph = asking(k)
    yield graph.stream({"xs": ["one"]}, durability="exit", stream_mode=LATE)
    yield graph.stream({"xs": ["two"]}, durability="exit", stream_mode=LATE)
    yield graph.state()
    yield graph.history()


@conversation
def deltas_of_a_node_that_fails_once(k: Kit) -> Talk:
    def fails(_: Any) -> Any:
        time.sleep(0.02)  # until the other one is done
        if k.count("it") == 1:
            raise ConnectionError
        return {"xs": ["at last"]}

    graph = k.talk(k.fan(state(k), bad=fails, good=adds("good")))
    yield graph.stream({"xs": ["one"]}, durability="sync")
    yield graph.state()
    yield graph.stream(None, durability="sync")
    yield graph.state()
    yield graph.history()


@conversation
def deltas_of_an_update(k: Kit) -> Talk:
    graph = three(k)
    yield graph.stream({"xs": ["one"]})
    yield graph.update({"xs": ["update"]}, "x")
    yield graph.state()
    yield graph.stream(None)
    yield graph.state()
    yield graph.history()


@conversation
def deltas_of_an_update_of_a_new_thread(k: Kit) -> Talk:
    graph = three(k)
    yield graph.update({"xs": ["update"]}, "x")
    yield graph.state()
    yield graph.stream(None)
    yield graph.history()


@conversation
def deltas_of_an_update_while_a_question_waits(k: Kit) -> Talk:
    graph = asking(k)
    yield graph.stream({"xs": ["one"]}, durability="sync")
    yield graph.update({"xs": ["update"]}, "ask")
    yield graph.state()
    yield graph.stream(None)
    yield graph.history()


@conversation
def an_update_as_a_node_whose_neighbour_is_done(k: Kit) -> Talk:
    graph = k.talk(k.fan(ask=k.asks("?", after=0.02), done=lambda _: {"log": ["done"]}))
    yield graph.stream({"a": 1}, durability="sync")
    yield graph.update({"log": ["update"]}, "ask")
    yield graph.state()
    yield graph.stream(None)


@conversation
def an_update_as_nobody_while_a_neighbour_is_done(k: Kit) -> Talk:
    graph = k.talk(k.fan(ask=k.asks("?", after=0.02), done=lambda _: {"log": ["done"]}))
    yield graph.stream({"a": 1}, durability="sync")
    yield graph.update({"log": ["update"]})
    yield graph.state()
    yield graph.stream(None)


@conversation
def deltas_of_several_updates(k: Kit) -> Talk:
    graph = three(k)
    new = k.engine.types.StateUpdate
    yield graph.stream({"xs": ["one"]})
    yield graph.bulk(
        [[new({"xs": ["first"]}, "x")], [new({"xs": ["second"]}, "y"), new({"xs": ["third"]}, "x")]]
    )
    yield graph.state()
    yield graph.history()


@conversation
def deltas_of_a_copy(k: Kit) -> Talk:
    graph = three(k)
    yield graph.stream({"xs": ["one"]})
    yield graph.update(None, "__copy__")
    yield graph.state()
    yield graph.stream({"xs": ["two"]})
    yield graph.history()


@conversation
def deltas_of_a_copy_of_a_snapshot(k: Kit) -> Talk:
    graph = three(k, every=1)
    yield graph.stream({"xs": ["one"]})
    history = yield graph.history()
    yield graph.update(None, "__copy__", at=begin(history, "z"))
    yield graph.state()
    yield graph.history()


@conversation
def deltas_of_an_input_that_is_only_noted(k: Kit) -> Talk:
    graph = three(k)
    yield graph.stream({"xs": ["one"]})
    yield graph.update({"xs": ["noted"]}, "__input__")
    yield graph.state()
    yield graph.stream(None)
    yield graph.history()


@conversation
def deltas_of_what_is_dropped(k: Kit) -> Talk:
    graph = asking(k)
    yield graph.stream({"xs": ["one"]}, durability="sync")
    yield graph.update(None, "__end__")
    yield graph.state()
    yield graph.history()


@conversation
def deltas_of_a_fork_by_an_update(k: Kit) -> Talk:
    graph = three(k)
    yield graph.stream({"xs": ["one"]})
    history = yield graph.history()
    forked = yield graph.update({"xs": ["fork"]}, "x", at=begin(history, "x"))
    yield graph.state(forked)
    yield graph.state(history[0].config)
    yield graph.stream(None, forked)
    yield graph.history()


@conversation
def deltas_of_a_fork_by_an_input(k: Kit) -> Talk:
    graph = three(k)
    yield graph.stream({"xs": ["one"]})
    history = yield graph.history()
    yield graph.stream({"xs": ["other"]}, begin(history, "y"))
    yield graph.state()
    yield graph.state(history[0].config)
    yield graph.history()


@conversation
def deltas_of_a_fork_at_exit(k: Kit) -> Talk:
    graph = three(k)
    yield graph.stream({"xs": ["one"]}, durability="sync")
    history = yield graph.history()
    yield graph.stream({"xs": ["other"]}, begin(history, "y"), durability="exit", stream_mode=LATE)
    yield graph.stream(None, begin(history, "x"), durability="exit", stream_mode=LATE)
    yield graph.history()


@conversation
def deltas_of_a_replay(k: Kit) -> Talk:
    graph = three(k)
    yield graph.stream({"xs": ["one"]})
    history = yield graph.history()
    yield graph.stream(None, begin(history, "x"))
    yield graph.state(history[0].config)
    yield graph.history()


@conversation
def deltas_of_a_replay_from_the_latest_checkpoint(k: Kit) -> Talk:
    graph = asking(k)
    yield graph.stream({"xs": ["one"]}, durability="sync")
    latest = yield graph.state()
    yield graph.stream(None, latest.config)
    yield graph.stream(k.Command(resume="!"))
    yield graph.state()
    yield graph.history()


@conversation
def deltas_of_forks_of_forks(k: Kit) -> Talk:
    graph = three(k, every=3)
    yield graph.stream({"xs": ["one"]})
    history = yield graph.history()
    for name in ("left", "right"):
        forked = yield graph.update({"xs": [name]}, "x", at=begin(history, "x"))
        yield graph.stream(None, forked)
        history = yield graph.history()
    yield graph.history()


@conversation
def an_overwritten_delta(k: Kit) -> Talk:
    new = k.engine.types.Overwrite
    graph = k.talk(k.chain(state(k), x=lambda _: {"xs": new(["anew"])}, y=adds("y")))
    yield graph.stream({"xs": ["one"]})
    yield graph.state()
    yield graph.stream({"xs": ["two"]})
    yield graph.history()


@conversation
def a_delta_that_two_nodes_overwrite(k: Kit) -> Talk:
    new = k.engine.types.Overwrite

    def later(_: Any) -> Any:
        time.sleep(0.02)
        return {"xs": new(["y"])}

    graph = k.talk(k.fan(state(k), x=lambda _: {"xs": new(["x"])}, y=later))
    yield graph.stream({"xs": ["one"]})
    yield graph.state()


@conversation
def a_delta_that_becomes_empty(k: Kit) -> Talk:
    new = k.engine.types.Overwrite
    graph = k.talk(k.chain(state(k), x=lambda _: {"xs": new(None)}, y=quiet))
    yield graph.stream({"xs": ["one"]})
    yield graph.state()


@conversation
def a_delta_that_is_a_dict(k: Kit) -> Talk:
    graph = k.talk(
        k.chain(
            state(k, typ=dict[str, int], reducer=merges),
            x=lambda _: {"xs": {"x": 1, "both": 1}},
            y=lambda _: {"xs": {"both": 2}},
        )
    )
    yield graph.stream({"xs": {"given": 0}})
    yield graph.state()
    yield graph.stream({"xs": {"x": 5}})
    yield graph.history()


@conversation
def deltas_of_messages(k: Kit) -> Talk:
    graph = k.talk(
        k.chain(
            state(k, typ=list, reducer=by_id),
            x=lambda _: {"xs": [AIMessage("first", id="a")]},
            y=lambda _: {"xs": [AIMessage("mended", id="a"), AIMessage("second", id="b")]},
        )
    )
    yield graph.stream({"xs": [HumanMessage("hi", id="h")]})
    yield graph.state()
    yield graph.history()


@conversation
def deltas_of_sends(k: Kit) -> Talk:
    def sends(_: Any) -> Any:
        return k.Command(update={"xs": ["sent"]}, goto=[k.Send("w", n) for n in range(12)])

    graph = k.chain(state(k), x=sends)
    graph.add_node("w", lambda n: {"xs": [n]}).add_edge("w", "end").add_node("end", adds("end"))
    talk = k.talk(graph)
    yield talk.stream({"xs": ["one"]}, stream_mode="values")
    yield talk.state()
    yield talk.history()


@conversation
def deltas_of_a_command_as_input(k: Kit) -> Talk:
    graph = three(k)
    yield graph.invoke({"xs": ["one"]}, durability="sync")
    yield graph.invoke(k.Command(update={"xs": ["told"]}, goto="y"), durability="sync")
    found = yield graph.state()
    assert found.values["xs"] == ["one", "x", "y", "told", "y"]
    yield graph.invoke({"xs": ["two"]})


@conversation
def a_delta_where_there_was_a_value(k: Kit) -> Talk:
    plain = TypedDict("Plain", {"a": int, "xs": Annotated[list, operator.add]})
    before = k.talk(k.chain(plain, x=adds("x"), y=adds("y"), z=quiet))
    after = three(k)
    yield before.stream({"xs": ["one"]})
    yield after.state()
    yield after.stream({"xs": ["two"]})
    yield after.state()
    yield after.history()


@conversation
def deltas_of_an_inner_graph(k: Kit) -> Talk:
    inner = k.chain(state(k), i=adds("i"), ask=asks(k)).compile()
    graph = k.talk(k.chain(state(k), x=adds("x"), inner=inner, z=adds("z")))
    yield graph.stream({"xs": ["one"]}, durability="sync")
    yield graph.state(subgraphs=True)
    yield graph.stream(k.Command(resume="!"), durability="sync")
    yield graph.state()
    yield graph.history()


@conversation
def deltas_of_an_inner_graph_at_exit(k: Kit) -> Talk:
    inner = k.chain(state(k), i=adds("i"), ask=asks(k)).compile()
    graph = k.talk(k.chain(state(k), x=adds("x"), inner=inner, z=adds("z")))
    yield graph.stream({"xs": ["one"]}, durability="exit", stream_mode=LATE)
    yield graph.state(subgraphs=True)
    yield graph.stream(k.Command(resume="!"), durability="exit", stream_mode=LATE)
    yield graph.state()


@conversation
def deltas_of_an_inner_graph_with_a_history(k: Kit) -> Talk:
    inner = k.chain(state(k), i=adds("i"), j=quiet).compile(checkpointer=True)
    graph = k.talk(k.chain(state(k), inner=inner))
    for given in ("one", "two"):
        yield graph.stream({"xs": [given]})
        yield graph.state()


@conversation
def deltas_at_a_stop(k: Kit) -> Talk:
    graph = three(k, interrupt_before=["y"])
    yield graph.stream({"xs": ["one"]})
    yield graph.state()
    yield graph.update({"xs": ["meanwhile"]}, "x")
    yield graph.stream(None)
    yield graph.history()


@conversation
def deltas_in_two_keys(k: Kit) -> Talk:
    new = k.engine.channels.DeltaChannel
    schema = TypedDict(
        "Two",
        {
            "xs": Annotated[list, new(joins, snapshot_frequency=2)],
            "ys": Annotated[list, new(joins, snapshot_frequency=3)],
        },
    )
    graph = k.talk(k.chain(schema, x=lambda _: {"xs": [1], "ys": [2]}, y=lambda _: {"ys": [3]}))
    for durability in ("sync", "exit", "sync"):
        yield graph.stream({"xs": [durability]}, durability=durability, stream_mode=LATE)
        yield graph.state()
    yield graph.history()
    yield k.kept()


@conversation
def a_delta_that_a_built_graph_takes_its_input_in(k: Kit) -> Talk:
    of, new = k.engine.channels, k.engine.pregel.NodeBuilder
    graph = Talker(
        k.engine.pregel.Pregel(
            nodes={"n": new().subscribe_only("xs").do(len).write_to("size")},
            channels={"xs": of.DeltaChannel(joins, list), "size": of.LastValue(int)},
            input_channels="xs",
            output_channels="size",
            checkpointer=k.saver,
        )
    )
    for given in (["one"], ["two", "three"]):
        yield graph.stream(given, durability="sync", stream_mode=LATE)
    yield graph.stream(["four"], thread("2"), durability="sync", stream_mode=LATE)


def two(k: Kit) -> Any:
    """Return a schema with two delta channels."""
    channels = [k.engine.channels.DeltaChannel(joins) for _ in range(2)]
    fields = {"a": int, "xs": Annotated[list, channels[0]], "ys": Annotated[list, channels[1]]}
    return TypedDict("Two", fields)


@conversation
def updates_of_a_new_thread_leave_other_deltas_unwritten(k: Kit) -> Talk:
    graph = k.talk(k.chain(two(k), x=adds("x"), y=quiet))
    yield graph.update({"xs": ["update"]}, "x")
    yield k.kept()
    yield graph.stream(None)
    yield graph.state()
    yield k.kept()


@conversation
def deltas_of_an_input_noted_on_a_new_thread(k: Kit) -> Talk:
    graph = k.talk(k.chain(two(k), x=adds("x"), y=quiet))
    yield graph.update({"xs": ["noted"]}, "__input__")
    yield k.kept()
    yield graph.stream(None)
    yield k.kept()


@conversation
def deltas_that_an_update_does_not_write_on_a_new_thread(k: Kit) -> Talk:
    graph = k.talk(k.chain(two(k), x=adds("x"), y=quiet))
    yield graph.update({"a": 1}, "x")
    yield graph.stream(None)
    yield k.kept()


@conversation
def deltas_of_a_command_after_an_input_that_is_only_noted(k: Kit) -> Talk:
    graph = three(k)
    yield graph.update({"xs": ["noted"]}, "__input__")
    yield graph.invoke(k.Command(update={"xs": ["told"]}), durability="exit")
    yield graph.state()
    yield graph.history()


@conversation
def deltas_of_an_input_noted_on_an_older_checkpoint(k: Kit) -> Talk:
    graph = three(k)
    yield graph.stream({"xs": ["one"]})
    older = yield graph.state()
    yield graph.stream({"xs": ["two"]})
    newer = yield graph.state()
    noted = yield graph.update({"xs": ["noted"]}, "__input__", at=older.config)
    yield graph.state(noted)
    yield graph.state(newer.config)


@conversation
def deltas_that_are_dropped_after_an_edit(k: Kit) -> Talk:
    graph = asking(k)
    yield graph.stream({"xs": ["one"]}, durability="sync")
    head = yield graph.state()
    yield graph.update({"xs": ["edit"]}, "ask", at=head.config)
    dropped = yield graph.update(None, "__end__", at=head.config)
    found = yield graph.state(dropped)
    assert found.values["xs"] == ["one", "x", "edit", "done"]


@conversation
def what_is_dropped_at_an_older_checkpoint(k: Kit) -> Talk:
    graph = k.talk(k.fan(ask=k.asks("?", after=0.04), done=lambda _: {"log": ["done"]}))
    yield graph.stream({"a": 1}, durability="sync")
    head = yield graph.state()
    dropped = yield graph.update(None, "__end__", at=head.config)
    yield graph.state(dropped)
    yield graph.update({"log": ["late"]}, "ask", at=head.config)
    again = yield graph.update(None, "__end__", at=head.config)
    yield graph.state(again)


@conversation
def deltas_of_a_graph_built_by_hand_before_their_first_write(k: Kit) -> Talk:
    make = k.engine.pregel.NodeBuilder
    writer = make().subscribe_only("a").do(lambda _: [1]).write_to("d")
    reader = make().subscribe_only("d").do(lambda d: None)
    built = k.engine.pregel.Pregel(
        nodes={"writer": writer, "reader": reader},
        channels={
            "a": k.engine.channels.LastValue(str),
            "d": k.engine.channels.DeltaChannel(joins),
        },
        input_channels="a",
        output_channels=["d"],
        checkpointer=k.saver,
    )
    graph = Talker(built)
    yield graph.stream("go")
    kept = yield k.kept()
    first = kept[-1].config
    noted = yield graph.update({"a": "go"}, "__input__", at=first)
    found = yield graph.state(noted)
    assert found.next == ("writer",)
    yield graph.stream(None, noted)
    yield graph.stream(None, first, durability="sync")
    yield k.kept()


@conversation
def deltas_at_exit_from_a_checkpoint_that_the_thread_moved_past(k: Kit) -> Talk:
    graph = three(k)
    yield graph.stream({"xs": ["one"]}, durability="exit", stream_mode=LATE)
    older = yield graph.state()
    yield graph.stream({"xs": ["two"]}, durability="exit", stream_mode=LATE)
    newer = yield graph.state()
    yield graph.stream({"xs": ["aside"]}, older.config, durability="exit", stream_mode=LATE)
    yield graph.state()
    yield graph.state(newer.config)
    yield graph.stream({"xs": ["three"]}, durability="exit", stream_mode=LATE)
    yield graph.history()


@conversation
def a_value_where_there_was_a_delta(k: Kit) -> Talk:
    plain = TypedDict("Plain", {"a": int, "xs": Annotated[list, operator.add]})
    before = three(k, every=4)
    after = k.talk(k.chain(plain, x=adds("x"), y=adds("y"), z=quiet))
    yield before.stream({"xs": ["one"]})
    yield before.stream({"xs": ["two"]})
    yield after.state()
    yield after.history()
    yield after.stream({"xs": ["three"]})
    yield before.state()
    yield before.stream({"xs": ["four"]})
    yield before.history()


@conversation
def a_value_where_a_delta_was_overwritten(k: Kit) -> Talk:
    new = k.engine.types.Overwrite
    plain = TypedDict("Plain", {"a": int, "xs": Annotated[list, operator.add]})
    before = k.talk(k.chain(state(k), x=lambda _: {"xs": new(["anew"])}, y=adds("y")))
    after = k.talk(k.chain(plain, x=quiet, y=quiet))
    yield before.stream({"xs": ["one"]})
    yield after.history()
    yield after.stream({"a": 2})
    yield after.state()
    yield before.state()


@conversation
def a_saver_that_is_lent_by_the_config(k: Kit) -> Talk:
    for own in (None, True, False):
        graph = k.talk(k.chain(state(k), x=adds("x")), checkpointer=own)
        at = thread(f"of {own}", __pregel_checkpointer=k.saver)
        yield graph.invoke({"xs": ["one"]}, at)
        for step in (graph.state, graph.history):
            if own is not False:
                yield step(at)
        if own is not False:
            yield graph.update({"xs": ["update"]}, "x", at=at)
            yield graph.state(at)


@conversation
def graphs_with_a_history_of_their_own_that_a_node_calls_twice(k: Kit) -> Talk:
    inner = k.chain(state(k), i=adds("i")).compile(checkpointer=True)

    def calls(_: Any, config: Any) -> Any:
        inner.invoke({"xs": ["first"]}, config)
        inner.invoke({"xs": ["second"]}, config)

    calls.__annotations__["config"] = RunnableConfig
    yield k.talk(k.chain(state(k), node=calls)).invoke({"xs": []})
    for ns in ("node", "node|1"):
        at = thread(checkpoint_ns=ns, __pregel_checkpointer=k.saver)
        yield Talker(inner).state(at)
