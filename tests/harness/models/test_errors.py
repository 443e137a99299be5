"""Every disagreement of script and program is an error of its own that shows the conversation."""

from __future__ import annotations

import pytest
from asking_models import calling
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

from harness import ScriptedChatModel
from harness.errors import (
    HarnessError,
    LeftoverTurnsError,
    ScriptError,
    ScriptExhaustedError,
    UnexpectedCallError,
)

TALK = [
    SystemMessage("Be brief."),
    HumanMessage("Is it sunny?"),
    calling(("weather", {"city": "Paris"})),
    ToolMessage("sunny", tool_call_id="c1", name="weather"),
]


def test_running_out_of_script(drive) -> None:
    """Which call it was, how many turns there are, and what was said before."""
    model = ScriptedChatModel(["one", "two"])
    drive.invoke(model)
    drive.stream(model)
    for ask in (drive.invoke, drive.stream):
        with pytest.raises(ScriptExhaustedError) as ran_out:
            ask(model, TALK)
    assert str(ran_out.value).splitlines() == [
        "scripted-1 was called for the 4th time, but all 2 turns were played",
        "conversation:",
        "  system: Be brief.",
        "  human: Is it sunny?",
        "  ai: calls weather('city': 'Paris')",
        "  tool weather (answers c1): sunny",
        "add a turn to the script, or find out why the program asks once more",
    ]


def test_a_long_conversation_is_shortened(drive) -> None:
    """The latest messages count."""
    with pytest.raises(UnexpectedCallError) as unexpected:
        drive.invoke(ScriptedChatModel([]), [HumanMessage("word " * 200)] * 30)
    lines = str(unexpected.value).splitlines()
    assert "... 18 earlier messages" in lines[2]
    assert len(lines) < 20
    assert max(map(len, lines)) < 200


def test_a_leftover_turn(drive) -> None:
    """Which ones, and what the last call was; an explicit check, outside pytest too."""
    model = ScriptedChatModel(["one", calling(("weather", {}), text="Let me see"), ["a", "b"]])
    with pytest.raises(LeftoverTurnsError, match="3 of 3 turns"):
        model.check_all_played()
    drive.invoke(model, "hello")
    with pytest.raises(LeftoverTurnsError) as left:
        model.check_all_played()
    assert str(left.value).splitlines() == [
        "2 of 3 turns of scripted-1 were not played:",
        "  turn 1: 'Let me see' calls weather",
        "  turn 2: 'a' 'b'",
        "the last call had this conversation:",
        "  human: hello",
        "take them out of the script, or say ScriptedChatModel(allow_unplayed=True)",
    ]
    drive.invoke(model)
    drive.invoke(model)
    model.check_all_played()


def test_the_end_of_a_block_checks(drive) -> None:
    """Unless the block fails already, or leftovers are allowed."""
    with pytest.raises(LeftoverTurnsError), ScriptedChatModel(["one", "two"]) as model:
        drive.invoke(model)
    drive.invoke(model)
    with pytest.raises(ZeroDivisionError), ScriptedChatModel(["x"]) as model:
        _ = 1 / 0
    drive.invoke(model)
    with ScriptedChatModel(["one"], allow_unplayed=True):
        pass


def test_many_leftovers_are_summed_up() -> None:
    """A long script does not fill the screen."""
    model = ScriptedChatModel([lambda *_, **__: "x"] * 40)
    with pytest.raises(LeftoverTurnsError, match="and 35 more"):
        model.check_all_played()
    for _ in range(40):
        model.invoke("x")


def test_an_unexpected_call(drive) -> None:
    """An empty script expects none; a function says None to what it does not expect."""
    with pytest.raises(UnexpectedCallError, match=r"its script is empty(.|\n)*human: go on"):
        drive.invoke(ScriptedChatModel([]))
    model = ScriptedChatModel(lambda m, **_: "yes" if m[-1].text == "known" else None)
    assert drive.invoke(model, "known").text == "yes"
    with pytest.raises(UnexpectedCallError, match=r"no answer to it(.|\n)*human: unknown"):
        drive.invoke(model, "unknown")


@pytest.mark.parametrize(
    "error",
    [ScriptExhaustedError, LeftoverTurnsError, UnexpectedCallError],
    ids=lambda e: e.__name__,
)
def test_they_belong_to_one_family(error) -> None:
    """They can be caught together."""
    assert issubclass(error, ScriptError)
    assert issubclass(error, HarnessError)


def test_fallbacks_see_scripted_failures(drive) -> None:
    """A scripted exception is the provider's to the program around the model."""
    model = ScriptedChatModel([TimeoutError()]).with_fallbacks([ScriptedChatModel(["second"])])
    assert drive.invoke(model).text == "second"


def test_retries_get_the_next_turn(drive) -> None:
    """As a provider that fails once."""
    model = ScriptedChatModel([TimeoutError(), AIMessage("now")])
    retrying = model.with_retry(stop_after_attempt=2, wait_exponential_jitter=False)
    assert drive.invoke(retrying).text == "now"
