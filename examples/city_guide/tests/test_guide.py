"""What a user of the guide sees, from recorded answers of the model."""

import pytest
from city_guide import build
from langchain_core.messages import AIMessage, ToolCall

from harness import ScriptedChatModel, capture

QUESTION = {"messages": [("user", "Is the Gulbenkian open, and do I need a coat in Lisbon?")]}
MODES = ["messages", "updates"]


@pytest.mark.vcr
def test_everything_that_is_streamed(stream_snapshot):
    """Every token, tool call, update and piece of metadata is what somebody has accepted."""
    transcript = capture(build(), QUESTION, stream_mode=MODES, subgraphs=True)
    assert transcript == stream_snapshot


@pytest.mark.vcr
def test_both_tools_are_asked_before_it_writes():
    """The arguments come from the question, and the answer comes last."""
    transcript = capture(build(), QUESTION, stream_mode=MODES, subgraphs=True)
    assert [call["args"] for call in transcript.tool_calls("weather")] == [{"city": "Lisbon"}]
    assert [call["args"] for call in transcript.tool_calls("opening_hours")] == [
        {"museum": "Gulbenkian"}
    ]
    assert transcript.before("tools", "write")
    assert "".join(transcript.tokens(node="write")).startswith("It is a mild 21 degrees")


def test_a_tool_that_knows_nothing():
    """No cassette is needed for what the model is only said to do."""
    call = ToolCall(name="weather", args={"city": "Atlantis"}, id="call_1")
    model = ScriptedChatModel(
        [AIMessage("", tool_calls=[call]), "weather unknown", "I don't know."]
    )
    transcript = capture(build(model), QUESTION, stream_mode=MODES, subgraphs=True)
    assert "".join(transcript.tokens(node="write")) == "I don't know."
    assert "unknown" in model.calls[1].messages[-1].content
