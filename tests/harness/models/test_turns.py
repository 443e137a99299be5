"""What may stand in a script, and in which order it is said."""

from __future__ import annotations

import pytest
from asking_models import texts
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage

from harness import ScriptedChatModel


def test_turns_are_said_in_order(drive) -> None:
    """One turn for each call, from the first one on."""
    model = ScriptedChatModel(["one", AIMessage("two"), ["th", "ree"]])
    assert [drive.invoke(model).text for _ in range(3)] == ["one", "two", "three"]


def test_given_pieces_stay_as_they_are(drive) -> None:
    """A list of texts and chunks streams piece by piece, spaces and empty ones included."""
    chunk = AIMessageChunk(content="", additional_kwargs={"k": 1}, id="own")
    (*said, _closing) = drive.stream(ScriptedChatModel([["Wh", "y  ", chunk, "?"]]))
    assert [c.content for c in said] == ["Wh", "y  ", "", "?"]
    assert (said[2].additional_kwargs, said[2].id) == ({"k": 1}, "own")


def test_a_single_chunk_is_a_turn(drive) -> None:
    """It streams as it is."""
    model = ScriptedChatModel([AIMessageChunk(content="Why not?", chunk_position="last")])
    assert texts(drive.stream(model)) == ["Why not?"]


@pytest.mark.parametrize("failure", [TimeoutError("late"), TimeoutError])
def test_an_exception_is_raised_at_once(drive, failure) -> None:
    """By `invoke` and before the first chunk of a stream; an instance or a class."""
    model = ScriptedChatModel([failure, failure])
    with pytest.raises(TimeoutError):
        drive.invoke(model)
    seen: list[AIMessageChunk] = []
    with pytest.raises(TimeoutError):
        drive.each(seen.append, model)
    assert seen == []


def test_an_exception_ends_a_stream_after_its_chunks(drive) -> None:
    """The chunks in front of it arrive; `invoke` has nothing to return."""
    model = ScriptedChatModel([["Why", " was", ConnectionError("gone")]] * 2)
    seen: list[AIMessageChunk] = []
    with pytest.raises(ConnectionError, match="gone"):
        drive.each(seen.append, model)
    assert texts(seen) == ["Why", " was"]
    with pytest.raises(ConnectionError, match="gone"):
        drive.invoke(model)


def test_a_function_sees_what_was_asked(drive) -> None:
    """It gets the messages and the arguments of the call, and returns any other turn."""

    def reply(messages, **kwargs):
        return [messages[-1].content, f" {kwargs['temperature']}"]

    model = ScriptedChatModel(["first", reply])
    drive.invoke(model)
    assert texts(drive.stream(model, "hi", temperature=1)) == ["hi", " 1"]


def test_one_function_may_answer_all_calls(drive) -> None:
    """Such a script has no end."""
    model = ScriptedChatModel(lambda messages, **_: f"{len(messages)}")
    assert drive.invoke(model, [HumanMessage("a")]).text == "1"
    assert drive.invoke(model, [HumanMessage("a"), HumanMessage("b")]).text == "2"


def test_message_ids_are_deterministic(drive) -> None:
    """They count models and turns of a test; what has an id keeps it; a prefix may be given."""
    model = ScriptedChatModel(["a", AIMessage("b", id="own"), "c"])
    assert [drive.invoke(model).id for _ in range(3)] == ["scripted-1-1", "own", "scripted-1-3"]
    assert drive.invoke(ScriptedChatModel(["a"])).id == "scripted-2-1"
    assert drive.stream(ScriptedChatModel(["a"], ids="joke"))[0].id == "joke-1"


def test_two_models_never_share_an_id(drive) -> None:
    """Or `add_messages` would take the second answer for a new version of the first."""
    models = [ScriptedChatModel(["same"]) for _ in range(2)]
    assert len({drive.invoke(model).id for model in models}) == 2


@pytest.mark.parametrize(
    ("script", "says"),
    [
        (["ok", 7], "turn 1 is 7; a turn is a text"),
        ([["ok", 7]], "piece 1 of turn 0 is 7"),
        ("text", "a script is a list of turns"),
        (AIMessage("text"), "a script is a list of turns"),
        ([{"text": "ok"}], "turn 0 is {"),
    ],
)
def test_what_is_no_turn_is_refused_where_it_stands(script, says) -> None:
    """The error says where, what it is and what it may be."""
    with pytest.raises(TypeError) as refused:
        ScriptedChatModel(script)
    assert says in str(refused.value)


def test_nothing_follows_an_exception() -> None:
    """A stream has one end, and a turn says something."""
    with pytest.raises(ValueError, match="ends the stream"):
        ScriptedChatModel([[ValueError(), "more"]])
    with pytest.raises(ValueError, match="turn 0 is empty"):
        ScriptedChatModel([[]])


def test_a_function_has_to_return_a_turn(drive) -> None:
    """A wrong value is named, with the call that it was for."""
    model = ScriptedChatModel([lambda *_, **__: 7])
    with pytest.raises(TypeError, match=r"what the function returned to call 1 .* is 7"):
        drive.invoke(model)
