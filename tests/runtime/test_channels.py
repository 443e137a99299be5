"""Kinds of channels: what each holds after which writes, and what it saves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from runtime_graphs import chain
from typing_extensions import TypedDict

from runtime.channels import (
    AnyValue,
    BaseChannel,
    DeltaChannel,
    LastValueAfterFinish,
    NamedBarrierValue,
    NamedBarrierValueAfterFinish,
    UntrackedValue,
)
from runtime.channels._message_writes import merge_messages
from runtime.channels.base import MISSING
from runtime.channels.delta import DeltaSnapshot
from runtime.errors import EmptyChannelError, InvalidUpdateError
from runtime.graph import StateGraph
from runtime.types import Overwrite


def held(channel: BaseChannel[Any, Any, Any]) -> Any:
    """Return what the channel shows, after checking that it agrees with itself."""
    if channel.is_available():
        return channel.get()
    with pytest.raises(EmptyChannelError):
        channel.get()
    return "nothing"


def reborn(channel: Any) -> Any:
    """Return the channel as it comes back from a checkpoint."""
    return channel.from_checkpoint(channel.checkpoint())


def test_any_value_holds_what_the_last_superstep_wrote() -> None:
    """Of several writes the last one counts; a superstep without writes empties it."""
    channel: Any = AnyValue(int, "k")
    assert not channel.update([])
    assert channel.update([1, 2])
    assert held(channel) == held(reborn(channel)) == held(channel.copy()) == 2
    assert channel.update([])
    assert held(channel) == held(reborn(channel)) == "nothing"


def test_an_untracked_value_is_copied_but_never_saved() -> None:
    """A resumed run starts without it; a conditional edge sees it."""
    channel: Any = UntrackedValue(int)
    channel.update(["connection"])
    assert not channel.update([])
    assert held(channel) == held(channel.copy()) == "connection"
    assert channel.checkpoint() is MISSING
    assert held(reborn(channel)) == "nothing"


def test_an_untracked_value_takes_one_write_unless_told_otherwise() -> None:
    """The error names the key and what to do."""
    with pytest.raises(InvalidUpdateError, match=r"'k': .* got 2. Use guard=False"):
        UntrackedValue(int, key="k").update([1, 2])
    channel: Any = UntrackedValue(int, guard=False)
    channel.update([1, 2])
    assert held(channel) == held(channel.copy()) == 2
    assert not channel.copy().guard


def test_a_value_after_finish_shows_itself_once_and_at_the_end() -> None:
    """A new write hides it again; being consumed forgets it."""
    channel: Any = LastValueAfterFinish(int)
    assert not channel.finish()
    channel.update([1, 2])
    assert held(channel) == held(reborn(channel)) == "nothing"
    assert not channel.consume()
    assert channel.finish()
    assert not channel.finish()
    assert held(channel) == held(reborn(channel)) == 2
    channel.update([3])
    assert held(channel) == "nothing"
    assert channel.finish()
    assert channel.consume()
    assert held(channel) == held(reborn(channel)) == "nothing"
    assert not channel.finish()


def test_a_barrier_after_finish_waits_for_all_names_and_the_end() -> None:
    """Neither is enough alone; being consumed starts over."""
    channel: Any = NamedBarrierValueAfterFinish(str, {"a", "b"})
    channel.update(["a"])
    assert not channel.finish()
    assert channel.update(["b"])
    assert not channel.consume()
    assert held(channel) == held(reborn(channel)) == "nothing"
    assert channel.finish()
    assert held(channel) is held(reborn(channel)) is None
    assert channel.consume()
    assert reborn(channel).checkpoint() == (set(), False)
    with pytest.raises(InvalidUpdateError, match="Value c not in"):
        channel.update(["c"])


@pytest.mark.parametrize("kind", [NamedBarrierValue, NamedBarrierValueAfterFinish])
def test_kinds_of_channels_are_told_apart(kind: Any) -> None:
    """Schemas that give one key two kinds of channels are refused by comparing them."""
    one, other = (k(str, {"a"}) for k in (NamedBarrierValue, NamedBarrierValueAfterFinish))
    assert kind(str, {"a"}) == kind(int, {"a"}) != kind(str, {"b"})
    assert one != other
    assert other != one
    assert AnyValue(int) == AnyValue(str) != LastValueAfterFinish(int) == LastValueAfterFinish(str)
    assert UntrackedValue(int) == UntrackedValue(str) != UntrackedValue(int, guard=False)


def test_only_channels_that_do_something_hear_of_the_end() -> None:
    """A class that defines `finish`, anyone's, is told; the others cost nothing."""

    class Own(AnyValue[int]):
        def finish(self) -> bool:
            return True

    assert Own.hears_of_the_end
    assert LastValueAfterFinish.hears_of_the_end
    assert not AnyValue.hears_of_the_end


def test_a_state_key_of_ones_own_kind(drive) -> None:
    """A class is made with the type alone, and told its key afterwards, as LangGraph does."""

    class Doubled(AnyValue[int]):
        def __init__(self, typ: Any, name: str = "") -> None:
            super().__init__(typ, name)

        def get(self) -> int:
            return super().get() * 2

    schema = TypedDict("schema", {"k": Annotated[int, Doubled]})  # noqa: UP013 - names a local
    graph = chain(lambda s: {"k": s["k"] + 1}, schema=schema)
    assert drive.invoke(graph, {"k": 1}) == {"k": 6}
    assert graph.channels["k"].key == "k"


def joins(current: list[Any], writes: Sequence[list[Any]]) -> list[Any]:
    """Add what was written to a list."""
    return [*current, *(item for write in writes for item in write)]


def test_a_delta_channel_folds_all_writes_of_a_superstep_in_one_call() -> None:
    """The reducer gets the current value and the writes; nothing changes without a write."""
    calls: list[Any] = []

    def reducer(current: list[Any], writes: Sequence[list[Any]]) -> list[Any]:
        calls.append((current, list(writes)))
        return joins(current, writes)

    channel: Any = DeltaChannel(reducer, list)
    assert channel.update([]) is False
    assert channel.update([[1], [2]]) is True
    assert channel.get() == [1, 2]
    assert calls == [([], [[1], [2]])]


def test_a_delta_channel_is_made_of_a_seed_and_writes_again() -> None:
    """From a snapshot, a plain value or nothing; the last Overwrite among the writes counts."""
    spec: Any = DeltaChannel(joins, list)
    assert spec.checkpoint() is MISSING
    for seed, value in ((DeltaSnapshot([1]), [1]), ([1], [1]), (MISSING, []), (None, [])):
        channel = spec.from_checkpoint(seed)
        channel.replay_writes([("task", "k", [2]), ("task", "k", [3])])
        assert channel.get() == [*value, 2, 3]
        channel.replay_writes([("task", "k", [4]), ("task", "k", Overwrite([5])), ("t", "k", [6])])
        assert channel.get() == [5, 6]


def test_a_delta_channel_needs_a_type_with_an_empty_value() -> None:
    """The error names the key, the type, and what to annotate instead."""
    schema = TypedDict("schema", {"k": Annotated[Any, DeltaChannel(joins)]})  # noqa: UP013
    graph = chain(lambda _: {"k": [1]}, schema=schema)
    with pytest.raises(TypeError, match=r"key 'k' needs an empty value.*such as list or dict"):
        graph.invoke({"k": [1]})


@pytest.mark.parametrize("frequency", [0, -1])
def test_a_snapshot_frequency_is_positive(frequency: int) -> None:
    """Anything else is refused when the channel is made."""
    with pytest.raises(ValueError, match=f"must be a positive int, got {frequency}"):
        DeltaChannel(joins, list, snapshot_frequency=frequency)


def test_one_delta_channel_may_stand_at_two_keys() -> None:
    """Each key has a channel of its own, of the type that the key is annotated with."""
    shared: Any = DeltaChannel(lambda current, writes: [current, *writes])
    schema = TypedDict(  # noqa: UP013
        "schema", {"a": Annotated[list, shared], "b": Annotated[dict, shared]}
    )
    graph = chain(lambda _: {"a": 1, "b": 2}, schema=schema)
    assert graph.invoke({"a": 0, "b": 0}) == {"a": [[[], 0], 1], "b": [[{}, 0], 2]}
    assert not shared.is_available()


def test_a_dict_that_is_no_message_fails_the_task_that_writes_it() -> None:
    """What cannot become a message for a delta channel ends the run before it is saved."""
    saver = InMemorySaver()

    class Messages(TypedDict):
        xs: Annotated[list, DeltaChannel(merge_messages)]

    graph = StateGraph(Messages).add_node("x", lambda _: {"xs": [{"role": "tool", "content": "?"}]})
    app = graph.add_edge("__start__", "x").compile(checkpointer=saver)
    config: Any = {"configurable": {"thread_id": "1"}}

    with pytest.raises(KeyError, match="tool_call_id"):
        app.invoke({"xs": "hi"}, config)

    assert [message.content for message in app.get_state(config).values["xs"]] == ["hi"]
    assert app.get_state(config).next == ("x",)
