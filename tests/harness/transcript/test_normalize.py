"""Ids are numbered: equality is kept, whatever the ids are in this run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, ToolMessage

from harness import Rules, Transcript, capture
from harness.transcript import StreamEvent


def of(*payloads: Any, mode: str = "custom") -> Transcript:
    """Make a transcript of payloads."""
    events = [StreamEvent(n, (), mode, payload) for n, payload in enumerate(payloads, 1)]
    return Transcript(tuple(events))


def text(*payloads: Any, mode: str = "custom") -> str:
    """Write a transcript of payloads."""
    return of(*payloads, mode=mode).text()


def test_two_runs_give_the_same_text(two_calls: Any) -> None:
    """Task, message and run ids are new in each run; the text is not."""
    first, second = (capture(two_calls, {"topic": "cats"}) for _ in range(2))

    assert first.events[1].payload[0].id != second.events[1].payload[0].id
    assert first.text() == second.text()
    assert first == second


def test_equal_ids_stay_equal_wherever_they_stand() -> None:
    """One id has one ordinal: in strings, in keys, in nested values, in messages."""
    one, two = str(uuid4()), str(uuid4())
    payload = {"ns": f"a:{one}|b:{two}", two: [f"run-{one}", (UUID(one),)]}

    assert text(payload, AIMessage("", id=two)).splitlines()[2:] == [
        'custom {"<id 1>": ["run-<id 2>", (UUID(<id 2>),)], "ns": "a:<id 2>|b:<id 1>"}',
        'custom AIMessage("", id="<id 1>")',
    ]


def test_merging_two_ids_changes_the_text() -> None:
    """Two different ids are not one id twice."""
    one, two = str(uuid4()), str(uuid4())
    assert text(one, two, one) != text(one, two, two)
    assert text(one, two) != text(one, one)


def test_ids_are_named_after_what_they_are(two_calls: Any) -> None:
    """Tasks and messages count separately; the constant part of an id stays visible."""
    transcript = capture(two_calls, {"topic": "cats"}).text()
    assert 'langgraph_checkpoint_ns: "tell_poem:<task 2>"' in transcript
    assert "messages lc_run--<message 2> of tell_poem:<task 2> begins" in transcript


@pytest.mark.parametrize("identity", ["m1", "call_7", "fp_44709d6fcb", "call_the_weather_service"])
def test_ids_that_somebody_wrote_stay(identity: str) -> None:
    """Short ones, and words, are the same in each run and mean something."""
    assert f'custom "{identity}"' in text(identity)


@pytest.mark.parametrize(
    ("identity", "name"),
    [
        ("chatcmpl-AqB3dEf5GhI7jKl9MnOpQrStUvWx", "message"),
        ("msg_01XFDUDYJgAACzvnptvVoYEL", "message"),
        ("call_Aq1Bw2Ce3Dr4Et5Fy6Gu7Hi8", "tool call"),
        ("toolu_01A09q90qw90lq917835lq9", "tool call"),
        ("srvtoolu_01TbRQZ9sz7wNun27iQQ8zKf", "tool call"),
        ("rs_68a1f0c2b3d4819c8e7f6a5b", "message"),
    ],
)
def test_ids_that_a_provider_drew_are_numbered(identity: str, name: str) -> None:
    """A new recording has new ones; what they connect stays the same."""
    assert text({"id": identity, "of": [f"run {identity}"]}).splitlines()[2] == (
        f'custom {{"id": "<{name} 1>", "of": ["run <{name} 1>"]}}'
    )


def test_the_user_adds_rules() -> None:
    """Keys are set apart wherever they stand, ids of any shape are numbered."""
    rules = Rules(apart=["took"], numbered={r"ord_\w+": "order"})

    def normal(*payloads: Any) -> str:
        events = of(*payloads).events
        return Transcript(events, rules=rules).text()

    one, two = {"id": "ord_x", "took": 1.5}, {"id": "ord_y", "took": [2]}
    assert normal(one, two, "of ord_x").splitlines()[2:] == [
        'custom {"id": "<order 1>", "took": <set apart>}',
        'custom {"id": "<order 2>", "took": <set apart>}',
        'custom "of <order 1>"',
    ]
    assert normal([one]) == normal([two]) != normal([{"id": "ord_x"}])
    assert normal("<order 1>") != normal("ord_x")


def test_rules_that_cannot_be_meant() -> None:
    """A single string of keys, and a pattern that matches nothing, are errors."""
    with pytest.raises(TypeError, match=r"such as \['took'\]"):
        Rules(apart="took")  # type: ignore[arg-type]  # the mistake
    with pytest.raises(ValueError, match="matches nothing at all"):
        Rules(numbered={r"\d*": "number"})


def test_text_that_looks_like_an_ordinal_is_not_one() -> None:
    """A model may write `<id 1>`; that is not an id."""
    assert text("<id 1>") != text(str(uuid4()))
    assert text("<text:id 1>") != text("<id 1>")


def test_the_order_of_dicts_and_sets_has_no_meaning() -> None:
    """Equal values give equal texts, also where ids are met in another order."""
    one, two = str(uuid4()), str(uuid4())
    assert text({"a": one, "b": two}) == text({"b": two, "a": one})
    left, right = {0, 8}, {8, 0}
    assert list(left) != list(right)
    assert text(left) == text(right)


def test_versions_are_set_apart_but_not_their_key() -> None:
    """The installed versions are not compared; that they are reported is."""
    chunk = AIMessageChunk("Hi", id="m")

    def with_metadata(**metadata: Any) -> str:
        return text((chunk, metadata), mode="messages")

    assert with_metadata(lc_versions={"core": "1"}) == with_metadata(lc_versions={"core": "2"})
    assert with_metadata(lc_versions={"core": "1"}) != with_metadata()
    assert text({"lc_versions": "1"}) != text({"lc_versions": "2"})


def test_addresses_of_objects_are_dropped() -> None:
    """An object is shown by its class and attributes, not by where it lives in memory."""

    class Client:
        def __init__(self, url: str) -> None:
            self.url = url

    def call(function: Callable[[], None]) -> str:
        return text(function)

    assert 'custom Client(url="a")' in text(Client("a"))
    assert call(lambda: None) == call(lambda: None)


def test_normalizing_twice_changes_nothing(two_calls: Any) -> None:
    """A normalized transcript answers the same questions and is its own normal form."""
    transcript = capture(two_calls, {"topic": "cats"})
    normalized = transcript.normalized()

    assert normalized.normalized() is normalized
    assert normalized == transcript
    assert normalized.tokens(tag="joke") == transcript.tokens(tag="joke")
    assert normalized.events[1].payload[0].id == "lc_run--<message 1>"


def test_a_value_that_contains_itself() -> None:
    """It ends where it begins again."""
    loop: list[Any] = [1]
    loop.append(loop)
    assert "custom [1, <contains itself>]" in text(loop)


def test_the_id_of_what_a_tool_returned_is_dropped() -> None:
    """It is there or not when the chunk is read; the id of the call says which one it is."""

    def finished(id_: str | None) -> dict[str, Any]:
        output = ToolMessage("sunny", id=id_, tool_call_id="c1")
        return {"event": "tool-finished", "tool_call_id": "c1", "output": output}

    assert text(finished(str(uuid4())), mode="tools") == text(finished(None), mode="tools")
