"""Chat models that need no provider: their answers stand in a script or in a cassette."""

from harness.models._arguments import valid_value
from harness.models._calls import Call
from harness.models._clock import VirtualClock
from harness.models._names import override_models, resolve
from harness.models._walk import walk_tools
from harness.models.cassette import CassetteChatModel
from harness.models.scripted import ScriptedChatModel

__all__ = [
    "Call",
    "CassetteChatModel",
    "ScriptedChatModel",
    "VirtualClock",
    "override_models",
    "resolve",
    "valid_value",
    "walk_tools",
]
