"""An agent that calls tools in a loop, and its parts."""

from runtime._internal import modules_of
from runtime.prebuilt._injection import InjectedState, InjectedStore, ToolRuntime
from runtime.prebuilt._tool_call_stream import ToolCallTransformer
from runtime.prebuilt.chat_agent_executor import create_react_agent
from runtime.prebuilt.tool_node import ToolNode, tools_condition
from runtime.prebuilt.tool_validator import ValidationNode

__all__ = (
    "InjectedState",
    "InjectedStore",
    "ToolCallTransformer",
    "ToolNode",
    "ToolRuntime",
    "ValidationNode",
    "create_react_agent",
    "tools_condition",
)

__path__.append(modules_of(__name__))
