"""LangChain's own standard tests for chat models, unit and integration, for both classes.

They run where `langchain-tests` is installed, as in `.ci/run`. What they leave out, and why:

- inputs of images, PDFs and audio (`test_image_inputs`, `test_image_tool_message`,
  `test_pdf_inputs`, `test_pdf_tool_message`, `test_audio_inputs`, `test_video_inputs`): they fetch
  their files from the network;
- `test_stream_time`: replays a recording of a live provider, made with vcrpy;
- `test_init_from_env`: nothing is read from the environment; `test_serdes`: a script holds
  functions and exceptions, which have no serialized form, and a cassette is a file already.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage

from harness import CassetteChatModel, ScriptedChatModel
from harness.models import walk_tools

pytest.importorskip("langchain_tests", reason="langchain-tests is not installed")

from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # those of langchain-tests' own code
    pytest.mark.benchmark(disable_gc=False),
]

walk = walk_tools()
USAGE = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}
JOKE = '{"setup": "Why?", "punchline": "Because."}'


def provider(messages: Sequence[BaseMessage], **kwargs: Any) -> AIMessage:
    """Answer as a provider would: with tool calls where they are asked for, else with a text."""
    answer = AIMessage("Hello there.")
    if kwargs.get("response_format") == {"type": "json_object"}:
        answer = AIMessage(JOKE)
    elif kwargs.get("tools") and not isinstance(messages[-1], ToolMessage):
        answer = walk(messages[-1:], **kwargs)
    for call in answer.tool_calls:
        sensible = {"input": 3, "customer_name": messages[-1].text}
        call["args"] = {key: sensible.get(key, value) for key, value in call["args"].items()}
    answer.usage_metadata = USAGE
    answer.response_metadata = {"model_name": kwargs.get("model", "scripted")}
    return answer


class PlayedAtOnce(CassetteChatModel):
    """Records each call into a file, reads the file, and plays it: both halves in one."""

    def __init__(self, **kwargs: Any) -> None:
        folder = Path(tempfile.mkdtemp())
        live = ScriptedChatModel(provider)
        super().__init__(folder / "none.yaml", model=live, record_mode="once", **kwargs)
        self._files = (folder / f"{k}.yaml" for k in itertools.count())

    def _speech(self, messages: Any, stop: Any, kwargs: Any) -> Any:
        path = next(self._files)
        recording = CassetteChatModel(path, model=self.live, record_mode="once")
        assert list(recording._speech(messages, stop, kwargs).pieces())
        return CassetteChatModel(path)._speech(messages, stop, kwargs)


class Abilities:
    """What both classes can do."""

    @property
    def supports_json_mode(self) -> bool:
        return True

    @property
    def supports_anthropic_inputs(self) -> bool:
        return True

    @property
    def supports_model_override(self) -> bool:
        return True

    @property
    def model_override_value(self) -> str:
        return "another"


class Scripted(Abilities):
    """Which class is tested."""

    @property
    def chat_model_class(self) -> type[ScriptedChatModel]:
        return ScriptedChatModel

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"script": provider}


class Cassette(Abilities):
    """Which class is tested."""

    @property
    def chat_model_class(self) -> type[CassetteChatModel]:
        return PlayedAtOnce

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {}


class TestScriptedUnit(Scripted, ChatModelUnitTests):
    """The unit tests of ScriptedChatModel."""


class TestCassetteUnit(Cassette, ChatModelUnitTests):
    """The unit tests of CassetteChatModel."""


class TestScriptedIntegration(Scripted, ChatModelIntegrationTests):
    """The integration tests of ScriptedChatModel."""


class TestCassetteIntegration(Cassette, ChatModelIntegrationTests):
    """The integration tests of CassetteChatModel."""
