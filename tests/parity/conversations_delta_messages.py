"""Conversations with graphs that keep messages in a delta channel: who gets an id, and when.

Each way of writing a message is one conversation per reducer: it is given as input, written by a
node, and written by an update. What is read twice must be the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Annotated, Any

from conversations import CONVERSATIONS, Conversation, Kit, Talk, Talker, conversation
from engines import OURS
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, RemoveMessage
from typing_extensions import TypedDict

Reducer = Callable[[Any, Sequence[Any]], Any]

WAYS: dict[str, Callable[[Kit], Any]] = {
    "a_message": lambda _: HumanMessage("hi"),
    "a_message_with_an_empty_id": lambda _: [HumanMessage("hi", id="")],
    "messages": lambda _: [HumanMessage("hi"), AIMessage("ho", id="1"), AIMessageChunk("!")],
    "a_dict_with_a_role": lambda _: [{"role": "user", "content": "hi"}],
    "a_dict_with_a_type": lambda _: [{"type": "ai", "content": "hi", "id": ""}],
    "a_dict_with_an_id": lambda _: [{"role": "assistant", "content": "hi", "id": "7"}],
    "a_dict_of_an_unknown_role": lambda _: [{"role": "critic", "content": "hi"}],
    "a_dict_of_another_kind": lambda _: [{"type": "search", "of": ["hi"]}],
    "a_dict_alone": lambda _: {"role": "user", "content": "hi"},
    "a_string": lambda _: "hi",
    "strings": lambda _: ["hi", "ho"],
    "pairs": lambda _: [("user", "hi"), ("ai", "ho")],
    "a_pair": lambda _: ("user", "hi"),
    "an_overwrite": lambda k: k.engine.types.Overwrite([HumanMessage("hi")]),
    "an_overwrite_with_a_tuple": lambda k: k.engine.types.Overwrite((HumanMessage("hi"),)),
    "an_overwrite_with_a_dict": lambda k: k.engine.types.Overwrite(
        [{"role": "user", "content": "hi"}]
    ),
    "an_overwrite_with_strings": lambda k: k.engine.types.Overwrite(["hi"]),
    "an_overwrite_in_json": lambda _: {"__overwrite__": [HumanMessage("hi")]},
    "an_overwrite_in_json_with_pairs": lambda _: {"__overwrite__": [("user", "hi")]},
    "a_mixture": lambda _: [HumanMessage("hi"), "ho", {"role": "system", "content": "!"}],
    "messages_within_something": lambda _: {"all": [HumanMessage("hi")]},
}


def appends(_: Kit) -> Reducer:
    def reducer(current: Any, writes: Sequence[Any]) -> Any:
        listed = [write if isinstance(write, list) else [write] for write in writes]
        return [*current, *(item for items in listed for item in items)]

    return reducer


def merges(k: Kit) -> Reducer:
    """Return the engine's own reducer, which packages import though its name is private."""
    if k.engine is OURS:
        return import_module("runtime._internal.channels")._messages_delta_reducer  # type: ignore[no-any-return]
    return k.engine.message._messages_delta_reducer  # type: ignore[no-any-return]


def state(k: Kit, reducer: Callable[[Kit], Reducer]) -> Any:
    channel = k.engine.channels.DeltaChannel(reducer(k), snapshot_frequency=50)
    return TypedDict("Messages", {"a": int, "xs": Annotated[list, channel]})


def written(way: Callable[[Kit], Any], reducer: Callable[[Kit], Reducer]) -> Callable[[Kit], Talk]:
    def hold(k: Kit) -> Talk:
        graph = k.talk(k.chain(state(k, reducer), x=lambda _: {"xs": way(k)}, y=lambda _: None))
        yield graph.stream({"a": 1, "xs": []}, durability="sync")
        yield graph.state()
        yield graph.state()
        yield graph.invoke({"a": 1, "xs": way(k)})
        yield graph.state()
        yield graph.update({"xs": way(k)}, "x")
        yield graph.history()

    return hold


NO_MESSAGES = ("a_dict_of_an_unknown_role", "a_dict_of_another_kind", "messages_within_something")
"""What a reducer of messages refuses, which LangGraph shows in several ways."""

for name, way in WAYS.items():
    for reducer in (appends,) if name in NO_MESSAGES else (appends, merges):
        CONVERSATIONS.append(
            Conversation(f"{name}_that_a_delta_channel_{reducer.__name__}", written(way, reducer))
        )


@conversation
def delta_messages_that_are_replaced_and_removed(k: Kit) -> Talk:
    writes = iter(
        (
            [HumanMessage("a", id="a"), HumanMessage("b", id="b")],
            [AIMessage("anew", id="a"), RemoveMessage(id="b"), AIMessage("c", id="c")],
            [HumanMessage("b again", id="b"), RemoveMessage(id="nobody")],
            [AIMessage("lost", id="d"), RemoveMessage(id="__remove_all__"), AIMessage("e", id="e")],
        )
    )
    graph = k.talk(k.chain(state(k, merges), x=lambda _: {"xs": next(writes)}))
    for _ in range(4):
        yield graph.invoke({"a": 1})
        yield graph.state()


@conversation
def delta_messages_of_a_command_as_input(k: Kit) -> Talk:
    graph = k.talk(k.chain(state(k, merges), x=lambda _: {"xs": "x"}, y=lambda _: None))
    yield graph.invoke({"a": 1, "xs": ["first"]}, durability="sync")
    history = yield graph.history()
    before = next(each.config for each in history if each.next == ("y",))
    yield graph.invoke(k.Command(update={"xs": "told"}), before)
    yield graph.state()
    yield graph.state()


@conversation
def delta_messages_of_a_new_input_noted_as_such(k: Kit) -> Talk:
    graph = k.talk(k.chain(state(k, appends), x=lambda _: None))
    yield graph.update({"a": 1, "xs": [HumanMessage("hi")]}, "__input__")
    yield graph.state()
    yield graph.invoke(None)
    yield graph.state()
    yield graph.state()


@conversation
def delta_messages_of_a_list_that_is_given_twice(k: Kit) -> Talk:
    given = [("user", "hi")]
    graph = k.talk(k.chain(state(k, merges), x=lambda _: None))
    for _ in range(2):
        yield graph.invoke({"xs": given}, durability="exit")
    found = yield graph.state()
    assert len({message.id for message in found.values["xs"]}) == 2
    assert given == [("user", "hi")]


@conversation
def delta_messages_of_a_graph_built_by_hand(k: Kit) -> Talk:
    node = (
        k.engine.pregel.NodeBuilder()
        .subscribe_to("go", read=False)
        .read_from("xs")
        .do(lambda state: [message.id is not None for message in state["xs"]])
        .write_to("seen")
    )
    built = k.engine.pregel.Pregel(
        nodes={"node": node},
        channels={
            "xs": k.engine.channels.DeltaChannel(merges(k)),
            "seen": k.engine.channels.LastValue(list),
            "go": k.engine.channels.LastValue(int),
        },
        input_channels=["xs", "go"],
        output_channels=["xs", "seen"],
        checkpointer=k.saver,
    )
    graph = Talker(built)
    for durability in ("sync", "exit"):
        yield graph.invoke({"xs": ["hi"], "go": 1}, durability=durability)
        yield graph.state()
        yield graph.state()
