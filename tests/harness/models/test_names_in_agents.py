"""Names as models in the bundled agent: an application picks up a recording without a change."""

from __future__ import annotations

from pathlib import Path

import pytest
from langchain_core.messages import AIMessage
from langchain_core.tools import tool

from harness import CassetteChatModel, ScriptedChatModel
from harness.errors import ModelNameError
from harness.models import override_models
from runtime.prebuilt import create_react_agent

ASKED = {"messages": [("user", "hi")]}


@tool
def weather(city: str) -> str:
    """Tell the weather."""
    return f"sunny in {city}"


def test_a_scripted_model_by_name() -> None:
    """`scripted:TEXT` answers with the text; langchain is not asked."""
    agent = create_react_agent("scripted:Hello there", [])
    tokens = [m.content for m, _ in agent.stream(ASKED, stream_mode="messages") if m.content]
    assert tokens == ["Hello", " there"]


def test_a_cassette_by_name(tmp_path: Path) -> None:
    """`cassette:PATH` plays what was recorded."""
    path = tmp_path / "agent.yaml"
    with CassetteChatModel(
        path, model=ScriptedChatModel(["Recorded."]), record_mode="once"
    ) as live:
        create_react_agent(live, []).invoke(ASKED)
    agent = create_react_agent(f"cassette:{path}", [])
    assert agent.invoke(ASKED)["messages"][-1].content == "Recorded."


def test_an_override_stands_in_for_a_provider() -> None:
    """What a test says that `openai:...` means counts where the application builds its agent."""
    call = {"name": "weather", "args": {"city": "Rome"}, "id": "1"}
    scripted = ScriptedChatModel([AIMessage("", tool_calls=[call]), "Sunny."])
    with override_models({"openai:*": scripted}):
        agent = create_react_agent("openai:gpt-4o-mini", [weather])
    updates = list(agent.stream(ASKED, stream_mode="updates"))
    assert [next(iter(update)) for update in updates] == ["agent", "tools", "agent"]


def test_a_name_that_stands_for_nothing_is_an_error() -> None:
    """The error names the file that is not there, and what makes one."""
    with pytest.raises(ModelNameError, match=r"no script .*nowhere\.py\n.*harness convert"):
        create_react_agent("scripted:nowhere.py", [])
