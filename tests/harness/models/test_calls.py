"""`model.calls` keeps what was asked; metadata can stand in for a real provider's."""

from __future__ import annotations

import threading

import pytest
from asking_models import weather
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import HumanMessage
from langchain_core.prompts import ChatPromptTemplate

from harness import ScriptedChatModel


def test_a_call_is_kept(drive) -> None:
    """Messages, tools, arguments and config, whichever way it was asked."""
    model = ScriptedChatModel(["a", "b"], tags=["of the model"])
    bound = model.bind_tools([weather], tool_choice="weather").with_config(tags=["t"])
    config = {"metadata": {"user": "u"}, "run_name": "joke", "configurable": {"thread_id": "1"}}
    drive.invoke(bound, "first", config, stop=["!"])
    drive.stream(bound, "second", config, temperature=0.5)
    first, second = model.calls
    assert [m.content for m in (*first.messages, *second.messages)] == ["first", "second"]
    assert first.tools[0]["function"]["name"] == "weather"
    assert first.kwargs == {"tool_choice": "weather", "stop": ["!"]}
    assert second.kwargs == {"tool_choice": "weather", "temperature": 0.5}
    for call in (first, second):
        assert call.config["tags"] == ["t"]
        assert call.config["metadata"]["user"] == "u"
        assert call.config["run_name"] == "joke"
        assert call.config["configurable"] == {"thread_id": "1"}


def test_calls_are_copies(drive) -> None:
    """What the program changes later was not asked."""
    model = ScriptedChatModel(["a"])
    message, config = HumanMessage([{"type": "text", "text": "q"}]), {"metadata": {"k": [1]}}
    drive.invoke(model, [message], config)
    message.content[0]["text"] = "changed"
    config["metadata"]["k"].append(2)
    (call,) = model.calls
    assert call.messages[0].content == [{"type": "text", "text": "q"}]
    assert call.config["metadata"]["k"] == [1]


def test_what_cannot_be_copied_is_kept(drive) -> None:
    """A lock in a config is no reason to fail."""
    lock = threading.Lock()
    model = ScriptedChatModel(["a"])
    drive.invoke(model, "q", {"configurable": {"lock": lock, "__engine": object()}})
    assert model.calls[0].config["configurable"] == {"lock": lock}


def test_a_prompt_is_messages(drive) -> None:
    """Whatever langchain-core makes messages of."""
    model = ScriptedChatModel(["a"])
    drive.invoke(ChatPromptTemplate([("system", "s"), ("user", "{x}")]) | model, {"x": "q"})
    assert [m.type for m in model.calls[0].messages] == ["system", "human"]


class Metadata(BaseCallbackHandler):
    """Keeps what tracers are told when a model starts."""

    def __init__(self) -> None:
        self.told: list[dict] = []

    def on_chat_model_start(self, *args: object, metadata: dict, **kwargs: object) -> None:
        self.told.append({k: v for k, v in metadata.items() if k.startswith("ls_")})


@pytest.mark.parametrize("ask", ["invoke", "stream"])
def test_metadata_stands_in_for_a_provider(drive, ask) -> None:
    """Tests of metadata need no provider's class."""
    handler = Metadata()
    model = ScriptedChatModel(
        ["a"],
        ls_provider="openai",
        ls_model_name="gpt-4o-mini",
        ls_temperature=0.5,
        ls_max_tokens=9,
    )
    getattr(drive, ask)(model, "q", {"callbacks": [handler]}, stop=["x"])
    assert handler.told == [
        {
            "ls_provider": "openai",
            "ls_model_name": "gpt-4o-mini",
            "ls_model_type": "chat",
            "ls_temperature": 0.5,
            "ls_max_tokens": 9,
            "ls_stop": ["x"],
            "ls_integration": "langchain_chat_model",
        }
    ]
