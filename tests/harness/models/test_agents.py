"""An agent on scripted models: parallel tools, structured output, a failure; every stream mode."""

from __future__ import annotations

import pytest
from asking_models import calling, texts, time_in, weather
from langchain_core.messages import AIMessage, ToolMessage
from langgraph.prebuilt import create_react_agent
from pydantic import BaseModel

from harness import ScriptedChatModel

pytestmark = pytest.mark.filterwarnings("ignore:create_react_agent")

MODES = ["values", "updates", "messages", "custom", "tasks", "debug", "checkpoints", "tools"]
QUESTION = {"messages": [("user", "go")]}


class Report(BaseModel):
    """A summary."""

    sunny: bool


SCRIPT = [
    calling(("weather", {"city": "Paris"}), ("time_in", {"city": "Oslo"}), text="Let me see."),
    "It is sunny in Paris.",
]
STRUCTURED = [*SCRIPT, calling(("Report", {"sunny": True}))]


@pytest.mark.parametrize("mode", MODES)
def test_an_agent_runs_in_every_stream_mode(drive, mode) -> None:
    """Tools in parallel, then the answer, then structured output; the script is used up."""
    model = ScriptedChatModel(STRUCTURED)
    agent = create_react_agent(model, [weather, time_in], response_format=Report)
    chunks = drive.stream(agent, QUESTION, stream_mode=mode)
    assert chunks or mode in {"custom", "checkpoints"}
    assert len(model.calls) == 3
    assert [len(call.tools) for call in model.calls] == [2, 2, 1]


@pytest.mark.parametrize("mode", MODES)
def test_the_state_does_not_depend_on_the_stream_mode(drive, mode) -> None:
    """The messages in the state are the same, ids and tool calls included."""
    states = []
    for watched in (["values"], ["values", mode]):
        model = ScriptedChatModel(STRUCTURED, ids="m")
        agent = create_react_agent(model, [weather, time_in], response_format=Report)
        *_, last = [
            state
            for got, state in drive.stream(agent, QUESTION, stream_mode=watched)
            if got == "values"
        ]
        assert last["structured_response"] == Report(sunny=True)
        states.append([_plain(m) for m in last["messages"]])
    assert states[0] == states[1]


def _plain(message) -> dict:
    fields = message.model_dump()
    return fields if isinstance(message, AIMessage) else {**fields, "id": None}


def test_tokens_and_fragments_arrive_in_order(drive) -> None:
    """Text and both tool calls stream out of the agent."""
    agent = create_react_agent(ScriptedChatModel(SCRIPT), [weather, time_in])
    chunks = [c for c, _ in drive.stream(agent, QUESTION, stream_mode="messages")]
    said = [c for c in chunks if not isinstance(c, ToolMessage)]
    assert "".join(texts(said)) == "Let me see.It is sunny in Paris."
    names = [f["name"] for c in said for f in getattr(c, "tool_call_chunks", []) if f["name"]]
    assert names == ["weather", "time_in"]
    assert {m.content for m in chunks if isinstance(m, ToolMessage)} == {
        "sunny in Paris for 1",
        "noon in Oslo",
    }


@pytest.mark.parametrize("mode", MODES)
def test_a_failure_in_the_middle_of_a_stream(drive, mode) -> None:
    """The tokens before it were streamed, then the run fails with it."""
    model = ScriptedChatModel([["It is", " sun", ConnectionError("gone")]])
    agent = create_react_agent(model, [weather])
    seen: list = []
    with pytest.raises(ConnectionError, match="gone"):
        drive.each(seen.append, agent, QUESTION, stream_mode=mode)
    if mode == "messages":
        assert texts([c for c, _ in seen]) == ["It is", " sun"]
