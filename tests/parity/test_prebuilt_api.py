"""What `langgraph.prebuilt` offers, `runtime.prebuilt` offers under the same names."""

from __future__ import annotations

import inspect
import warnings
from importlib import import_module
from typing import Any

import pytest
import scenarios_prebuilt as agents
from engines import LANGGRAPH, OURS, Engine
from scripted import scripted

ELSEWHERE = {"ToolCallTransformer"}  # belongs to the streaming of events

NAMES = {
    "prebuilt": [*(set(import_module("langgraph.prebuilt").__all__) - ELSEWHERE)],
    "prebuilt.tool_node": [  # what langchain and others import
        "AsyncToolCallWrapper",
        "InjectedState",
        "InjectedStore",
        "ToolCallRequest",
        "ToolCallWithContext",
        "ToolCallWrapper",
        "ToolInvocationError",
        "ToolNode",
        "ToolRuntime",
        "msg_content_output",
        "tools_condition",
    ],
    "prebuilt.chat_agent_executor": [  # what langgraph-supervisor imports
        "AgentState",
        "AgentStatePydantic",
        "AgentStateWithStructuredResponse",
        "AgentStateWithStructuredResponsePydantic",
        "Prompt",
        "StateSchemaType",
        "StructuredResponseSchema",
        "_should_bind_tools",
        "create_react_agent",
        "create_tool_calling_executor",
    ],
    "prebuilt.interrupt": [
        "ActionRequest",
        "HumanInterrupt",
        "HumanInterruptConfig",
        "HumanResponse",
    ],
}


@pytest.mark.parametrize("module", NAMES)
def test_names(module) -> None:
    """Each name can be imported from where LangGraph has it."""
    for package in ("langgraph", "runtime"):
        found = import_module(f"{package}.{module}")
        assert [name for name in NAMES[module] if not hasattr(found, name)] == []


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("prebuilt", "ToolNode"),
        ("prebuilt", "ToolRuntime"),
        ("prebuilt", "InjectedState"),
        ("prebuilt", "create_react_agent"),
        ("prebuilt", "tools_condition"),
        ("prebuilt.tool_node", "ToolCallRequest"),
        ("prebuilt.tool_node", "ToolInvocationError"),
    ],
)
def test_parameters(module, name) -> None:
    """They have the same names, kinds and order, and may be left out in the same places."""

    def shown(package: str) -> list[Any]:
        parameters = inspect.signature(
            getattr(import_module(f"{package}.{module}"), name)
        ).parameters
        return [
            (parameter.name, parameter.kind, parameter.default is parameter.empty)
            for parameter in parameters.values()
            if parameter.name != "deprecated_kwargs"
        ]

    assert shown("runtime") == shown("langgraph")


SHAPES = {
    "plain": {},
    "without_tools": {"tools": []},
    "with_a_last_word": {"tools": [agents.final]},
    "hook_before": {"pre_model_hook": lambda _: {}},
    "hook_after": {"post_model_hook": lambda _: {}},
    "object": {"response_format": agents.Forecast},
    "object_without_tools": {"tools": [], "response_format": agents.Forecast},
    "hooks_and_object": {
        "pre_model_hook": lambda _: {},
        "post_model_hook": lambda _: {},
        "response_format": agents.Forecast,
        "tools": [agents.final],
    },
    "in_one_task": {"version": "v1", "post_model_hook": lambda _: {}},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_drawings(shape) -> None:
    """The graph of an agent has the same nodes and edges."""

    def drawn(engine: Engine) -> str:
        kwargs = {"tools": [agents.weather], **SHAPES[shape]}
        return agents.agent(engine, scripted("x"), **kwargs).get_graph().draw_mermaid()

    assert drawn(OURS) == drawn(LANGGRAPH)


@pytest.mark.parametrize("shape", SHAPES)
def test_schemas(shape) -> None:
    """So have its input and its output, as JSON Schema."""

    def described(engine: Engine) -> Any:
        kwargs = {"tools": [agents.weather], **SHAPES[shape]}
        graph = agents.agent(engine, scripted("x"), **kwargs)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            return sorted(graph.get_input_jsonschema()["properties"]), sorted(
                graph.get_output_jsonschema()["properties"]
            )

    assert described(OURS) == described(LANGGRAPH)
