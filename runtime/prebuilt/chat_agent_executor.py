"""`create_react_agent`: a model that calls tools in a loop until it has an answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, get_type_hints

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AnyMessage, BaseMessage, SystemMessage
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langgraph.store.base import BaseStore
from pydantic import BaseModel, create_model
from typing_extensions import NotRequired, TypedDict

from runtime._internal import names_of
from runtime._renamed import renamed
from runtime.graph.message import add_messages
from runtime.graph.state import CompiledStateGraph, StateGraph
from runtime.managed import RemainingSteps
from runtime.prebuilt._agent_model import AgentModel, ModelLike
from runtime.prebuilt._agent_model import (
    needs_tools as _should_bind_tools,  # noqa: F401 - langgraph-supervisor imports it
)
from runtime.prebuilt._agent_nodes import AskModel, StructureAnswer
from runtime.prebuilt._agent_routes import STRUCTURED, Routes
from runtime.prebuilt.tool_node import ToolNode
from runtime.types import Checkpointer

__all__ = (
    "AgentState",
    "AgentStatePydantic",
    "AgentStateWithStructuredResponse",
    "AgentStateWithStructuredResponsePydantic",
    "Prompt",
    "StateSchema",
    "StateSchemaType",
    "StructuredResponse",
    "StructuredResponseSchema",
    "create_react_agent",
    "create_tool_calling_executor",
)

StructuredResponse = dict[str, Any] | BaseModel
StructuredResponseSchema = dict[str, Any] | type[BaseModel]


class AgentState(TypedDict):
    """The state of an agent."""

    messages: Annotated[Sequence[BaseMessage], add_messages]
    remaining_steps: NotRequired[RemainingSteps]


class AgentStatePydantic(BaseModel):
    """The state of an agent, as a Pydantic class."""

    messages: Annotated[Sequence[BaseMessage], add_messages]
    remaining_steps: RemainingSteps = 25


class AgentStateWithStructuredResponse(AgentState):
    """The state of an agent that ends with an object."""

    structured_response: StructuredResponse


class AgentStateWithStructuredResponsePydantic(AgentStatePydantic):
    """The state of an agent that ends with an object, as a Pydantic class."""

    structured_response: StructuredResponse | None = None  # not there until the end


StateSchema = TypeVar("StateSchema", bound=AgentState | AgentStatePydantic)
StateSchemaType = type[StateSchema]

Prompt = (
    SystemMessage
    | str
    | Callable[[StateSchema], LanguageModelInput]
    | Runnable[StateSchema, LanguageModelInput]
)


@renamed(config_schema="context_schema")
def create_react_agent(
    model: ModelLike,
    tools: Sequence[BaseTool | Callable[..., Any] | dict[str, Any]] | ToolNode,
    *,
    prompt: Prompt[Any] | None = None,
    response_format: StructuredResponseSchema | tuple[str, StructuredResponseSchema] | None = None,
    pre_model_hook: Callable[..., Any] | Runnable[Any, Any] | None = None,
    post_model_hook: Callable[..., Any] | Runnable[Any, Any] | None = None,
    state_schema: type[Any] | None = None,
    context_schema: type[Any] | None = None,
    checkpointer: Checkpointer = None,
    store: BaseStore | None = None,
    interrupt_before: list[str] | None = None,
    interrupt_after: list[str] | None = None,
    debug: bool = False,
    version: Literal["v1", "v2"] = "v2",
    name: str | None = None,
    **deprecated_kwargs: Any,
) -> CompiledStateGraph[Any, Any, Any, Any]:
    """Return a graph that asks a model and calls the tools it asks for, until it asks for none.

    The nodes are `agent` and `tools`, and, where asked for, `pre_model_hook`, `post_model_hook`
    and `generate_structured_response`.

    Args:
        model: A chat model, which may know the tools already; its name, such as
            `"anthropic:claude-3-7-sonnet-latest"`, with the extra `langchain`; or a function
            `(state, runtime) -> model`, sync or async, that returns one that knows its tools.
        tools: Tools, functions, and descriptions of tools that the provider runs; or a `ToolNode`.
            Without tools it is a single call of the model.
        prompt: A text or system message to stand before the messages; or a function of the state
            or a Runnable that makes all that the model is asked.
        response_format: The schema of an object that the model is asked for at the end, for
            `structured_response` in the state; or a prompt for it, and the schema.
        pre_model_hook: A node before each question to the model. It may write `messages`, or
            `llm_input_messages`, which the model then sees instead.
        post_model_hook: A node after each answer of the model.
        state_schema: A state with at least the keys of `AgentState`.
        context_schema: The type of `runtime.context`.
        checkpointer: Keeps threads.
        store: Keeps things between threads.
        interrupt_before: Nodes to stop before.
        interrupt_after: Nodes to stop after.
        debug: Whether runs print `updates` and `values`.
        version: `"v2"` runs each tool call as a task of its own, `"v1"` all calls of a message as
            one.
        name: The name of the graph, which the answers of the model carry, too.
        **deprecated_kwargs: Nothing: here only for the error.

    Raises:
        ValueError: The version is unknown, the state lacks a key, the model knows other tools, or
            the prompt is of an unknown kind.
        TypeError: The model is no model, or there is no such argument.
        ImportError: The model is a name, and `langchain` is not installed.
    """
    if deprecated_kwargs:
        raise TypeError(
            f"create_react_agent() got unexpected keyword arguments: {deprecated_kwargs}"
        )
    if version not in ("v1", "v2"):
        raise ValueError(f"Invalid version {version}. Supported versions are 'v1' and 'v2'.")
    builtin: list[dict[str, Any]] = []
    if not isinstance(tools, ToolNode):
        builtin = [tool for tool in tools if isinstance(tool, dict)]
        tools = ToolNode([tool for tool in tools if not isinstance(tool, dict)])
    own = list(tools.tools_by_name.values())
    asked = AgentModel(model, own, builtin)
    routes = Routes(
        each_call_alone=version == "v2",
        hook_before=pre_model_hook is not None,
        hook_after=post_model_hook is not None,
        structured=response_format is not None,
        return_direct=frozenset(tool.name for tool in own if tool.return_direct),
    )
    schema = _checked_schema(state_schema, routes)
    agent = AskModel(asked, prompt, routes, name)
    graph = StateGraph(schema, context_schema)
    graph.add_node("agent", agent, input_schema=_input_schema(schema, routes))
    if own:
        graph.add_node("tools", tools)
    if pre_model_hook is not None:
        graph.add_node("pre_model_hook", pre_model_hook)
    if post_model_hook is not None:
        graph.add_node("post_model_hook", post_model_hook)
    if response_format is not None:
        graph.add_node(STRUCTURED, StructureAnswer(asked, response_format))
    routes.connect(graph)
    stops = {"interrupt_before": interrupt_before, "interrupt_after": interrupt_after}
    threads = {"checkpointer": checkpointer, **stops}
    given: dict[str, Any] = {key: value for key, value in threads.items() if value is not None}
    return graph.compile(store=store, debug=debug, name=name, **given)


create_tool_calling_executor = create_react_agent


def _checked_schema(schema: type[Any] | None, routes: Routes) -> type[Any]:
    """Return the schema of the state, if it has every key that the agent needs."""
    if schema is None:
        return AgentStateWithStructuredResponse if routes.structured else AgentState
    needed = ["messages", "remaining_steps"] + ["structured_response"] * routes.structured
    if missing := set(needed) - set(get_type_hints(schema)):
        raise ValueError(
            f"Missing required key(s) {missing} in state_schema: derive it from AgentState, or "
            "from AgentStateWithStructuredResponse if there is a response_format."
        )
    return schema


def _input_schema(schema: type[Any], routes: Routes) -> type[Any]:
    """Return what the agent is shown: the state, and what a hook before it may have written."""
    if not routes.hook_before:
        return schema
    if issubclass(schema, BaseModel):
        messages: Any = (list[AnyMessage] | None, None)
        return create_model("CallModelInput", llm_input_messages=messages, __base__=schema)

    class CallModelInput(schema):  # type: ignore[misc]  # the author's own class
        llm_input_messages: list[AnyMessage]

    return CallModelInput


if not TYPE_CHECKING:  # for type checkers there is only what stands here
    __getattr__ = names_of(__name__)
