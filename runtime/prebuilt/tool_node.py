"""`ToolNode`: makes the tool calls that a model asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, cast

from langchain_core.messages import AIMessage, AnyMessage, ToolCall, ToolMessage
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import ensure_config, get_executor_for_config
from langchain_core.tools import BaseTool
from langchain_core.tools import tool as make_tool
from pydantic import BaseModel, ValidationError

from runtime import _contract
from runtime._internal import names_of
from runtime.config import TASK_KEY, runtime_in
from runtime.errors import GraphBubbleUp, is_invalid_resume
from runtime.prebuilt._failures import (
    INVALID_TOOL_NAME_ERROR_TEMPLATE,
    Handler,
    ToolInvocationError,
    default_handler,
    handled_by,
    shown_to_model,
)
from runtime.prebuilt._injection import InjectedState, InjectedStore, Injection, ToolRuntime
from runtime.prebuilt._requests import (
    AsyncToolCallWrapper,
    Execute,
    ToolCallRequest,
    ToolCallWithContext,
    ToolCallWrapper,
)
from runtime.prebuilt._results import Result, Shape, accepted, combined, msg_content_output
from runtime.pregel._nodes.node import never_waits
from runtime.runtime import Runtime
from runtime.turns import current_turns

if TYPE_CHECKING:
    from runtime.pregel._task import Task

__all__ = (
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
)


class ToolNode(Runnable[Any, Any]):
    """A node that makes the tool calls of the last `AIMessage`, several at the same time.

    Its input is a state with messages, a list of messages, or a list of tool calls. It returns a
    `ToolMessage` for each call in the form of its input; tools may also return a `Command`, or a
    list of messages and commands. In a sync run calls are made in threads if there are several.

    Args:
        tools: Tools, or functions to make tools from.
        name: The name of the node.
        tags: Only kept, for those who ask.
        handle_tool_errors: Which failures the model is told as the result of the call, instead of
            ending the run, and in which words. `True`, `False` or `None`; a text; an exception
            class or a tuple of them; or a function from the exception to a text, which handles
            those that its parameter is annotated with. By default: calls with wrong arguments.
        messages_key: The key of the messages in the state.
        wrap_tool_call: What stands around each call: a function of a `ToolCallRequest` and of what
            makes the call.
        awrap_tool_call: The same for async runs; without it, those take `wrap_tool_call`.

    Attributes:
        tools_by_name: The tools.
    """

    name: str | None = "tools"

    def __init__(
        self,
        tools: Sequence[BaseTool | Callable[..., Any]],
        *,
        name: str = "tools",
        tags: list[str] | None = None,
        handle_tool_errors: Handler = default_handler,
        messages_key: str = "messages",
        wrap_tool_call: ToolCallWrapper | None = None,
        awrap_tool_call: AsyncToolCallWrapper | None = None,
    ) -> None:
        self.name = name
        self.tags = tags
        made = [tool if isinstance(tool, BaseTool) else make_tool(tool) for tool in tools]
        self.tools_by_name: dict[str, BaseTool] = {tool.name: tool for tool in made}
        self._tools = list(self.tools_by_name.values())
        self._injections = {tool.name: Injection.of(tool) for tool in self._tools}
        self._messages_key = messages_key
        self._handle_tool_errors = handle_tool_errors
        self._handled = handled_by(handle_tool_errors)
        self._wrap_tool_call = wrap_tool_call
        self._awrap_tool_call = awrap_tool_call

    def invoke(
        self,
        input: Any,  # noqa: A002 - the name that a Runnable has to give it
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Any:
        """Make the calls.

        Raises:
            ValueError: The input has no messages, or none of them is an `AIMessage`.
            Exception: A tool failed, and the model is not to be told.
        """
        requests, shape, config = self._requests(input, config)
        execute = partial(self._execute, shape)
        if len(requests) <= 1 or current_turns().serial:
            results = [self._run(execute, request) for request in requests]
        else:
            with get_executor_for_config(config) as threads:
                results = list(threads.map(partial(self._run, execute), requests))
        return combined(results, shape, self._messages_key)

    async def ainvoke(
        self,
        input: Any,  # noqa: A002
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Any:
        """Make the calls in the event loop; sync tools run in threads."""
        requests, shape, config = self._requests(input, config)
        if len(requests) <= 1 or current_turns().serial:
            results = [await self._arun(shape, request) for request in requests]
        else:
            running = [asyncio.ensure_future(self._arun(shape, request)) for request in requests]
            try:
                results = await asyncio.gather(*running)
            finally:  # if one failed or the node was cancelled, nobody waits for the others
                for task in running:
                    task.cancel()
        return combined(results, shape, self._messages_key)

    # --- one call ---

    def _run(self, execute: Execute, request: ToolCallRequest) -> Result:
        if self._wrap_tool_call is None:
            return cast(Result, execute(request))
        try:
            return self._wrap_tool_call(request, execute)
        except Exception as error:  # noqa: BLE001 - which ones are told is the author's choice
            return self._told(error, request.tool_call, around=True)

    async def _arun(self, shape: Shape, request: ToolCallRequest) -> Result:
        if self._awrap_tool_call is None and self._wrap_tool_call is not None:
            return self._run(partial(self._execute, shape), request)
        execute = partial(self._aexecute, shape)
        if self._awrap_tool_call is None:
            return await execute(request)
        try:
            return await self._awrap_tool_call(request, execute)
        except Exception as error:  # noqa: BLE001
            return self._told(error, request.tool_call, around=True)

    def _execute(self, shape: Shape, request: ToolCallRequest) -> Result:
        if request.tool is None:
            return self._no_such_tool(request.tool_call)
        filled = self._filled(request.tool, request)
        try:
            output = request.tool.invoke(filled, request.runtime.config)
            return accepted(output, request.tool_call, shape, self._messages_key)
        except Exception as error:  # noqa: BLE001
            return self._failed(error, request.tool, request.tool_call)

    async def _aexecute(self, shape: Shape, request: ToolCallRequest) -> Result:
        if request.tool is None:
            return self._no_such_tool(request.tool_call)
        filled = self._filled(request.tool, request)
        try:
            output = await request.tool.ainvoke(filled, request.runtime.config)
            return accepted(output, request.tool_call, shape, self._messages_key)
        except Exception as error:  # noqa: BLE001
            return self._failed(error, request.tool, request.tool_call)

    def _filled(self, tool: BaseTool, request: ToolCallRequest) -> ToolCall:
        """Return the call with the arguments that the model does not know of."""
        injection = self._injection_of(tool)
        call: ToolCall = {**request.tool_call, "type": "tool_call"}
        if injection.hidden:
            runtime = request.runtime
            if request.state is not runtime.state:  # a wrapper put another state into the request
                runtime = replace(runtime, state=request.state)
            call["args"] = injection.fill(call["args"], runtime, self._messages_key)
        return call

    def _injection_of(self, tool: BaseTool) -> Injection:
        if self.tools_by_name.get(tool.name) is tool:
            return self._injections[tool.name]
        return Injection.of(tool)  # a wrapper put another tool into the request

    def _failed(self, error: Exception, tool: BaseTool, call: ToolCall) -> ToolMessage:
        """Tell the model that a tool failed, or raise."""
        if isinstance(error, ValidationError) and not is_invalid_resume(error):
            hidden = self._injection_of(tool).names
            refused = ToolInvocationError.about(call["name"], error, call["args"], hidden)
            refused.__cause__ = error
            error = refused
        return self._told(error, call)

    def _told(self, error: Exception, call: ToolCall, around: bool = False) -> ToolMessage:
        """Return what the model is told about a failure; raise one that it is not told.

        Of a wrapper's failures it is told all, if of any.

        Args:
            error: What was raised.
            call: The call.
            around: Whether a wrapper raised it.
        """
        if isinstance(error, GraphBubbleUp) or is_invalid_resume(error):
            raise error  # for whoever answers, not for the model
        if not isinstance(error, (Exception,) if around and self._handled else self._handled):
            raise error
        content = shown_to_model(self._handle_tool_errors, error)
        return _error_message(content, call)

    def _no_such_tool(self, call: ToolCall) -> ToolMessage:
        content = INVALID_TOOL_NAME_ERROR_TEMPLATE.format(
            requested_tool=call["name"], available_tools=", ".join(self.tools_by_name)
        )
        return _error_message(content, call)

    # --- the input ---

    def _requests(
        self, given: Any, config: RunnableConfig | None
    ) -> tuple[list[ToolCallRequest], Shape, RunnableConfig]:
        """Return a request for each call in the input, and the form of the input."""
        if config is None or TASK_KEY not in config.get("configurable", ()):
            config = ensure_config(config)
        task: Task | None = config.get("configurable", {}).get(TASK_KEY)
        runtime = runtime_in(config)
        if runtime is None and _contract.active is not None:
            raise ValueError(
                f"{self.name!r} finds no graph around it, which LangGraph's tool node asks for: "
                "add it as a node, or pass it the config of the node that calls it."
            )
        calls, shape = _calls_in(given, self._messages_key)
        state = given
        if shape == "tool_calls":
            # what a `Send` hands over says nothing of the state, or comes with it
            state = given["state"] if isinstance(given, dict) else _read_state(task)
        runtime = runtime or Runtime()
        requests = []
        for call in calls:
            tool_runtime = ToolRuntime(
                state=state,
                context=runtime.context,
                config=config,
                stream_writer=runtime.stream_writer,
                tool_call_id=call["id"],
                store=runtime.store,
                tools=self._tools,
                execution_info=runtime.execution_info,
                server_info=runtime.server_info,
            )
            tool = self.tools_by_name.get(call["name"])
            requests.append(ToolCallRequest(call, tool, state, tool_runtime))
        return requests, shape, config


def _read_state(task: Task | None) -> Any:
    """Return the state as the running node would be shown it, had an edge led to it."""
    return None if task is None else task.node.read(task.run.channels)


def _calls_in(given: Any, messages_key: str) -> tuple[list[ToolCall], Shape]:
    """Return the calls that a tool node is to make, and in which form it was given them."""
    shape: Shape = "dict"
    if isinstance(given, dict) and given.get("__type") == "tool_call_with_context":
        return [given["tool_call"]], "tool_calls"
    if isinstance(given, list):
        last = given[-1] if given else None
        if isinstance(last, dict) and last.get("type") == "tool_call":
            return given, "tool_calls"
        messages, shape = given, "list"
    elif isinstance(given, dict):
        messages = given.get(messages_key, [])
    else:
        messages = getattr(given, messages_key, [])
    if not messages:
        raise ValueError(
            f"No message found in input: a tool node takes a state with {messages_key!r}, a list "
            f"of messages, or a list of tool calls. Got {given!r}"
        )
    for message in reversed(messages):
        if isinstance(message, AIMessage):
            return message.tool_calls, shape
    raise ValueError(
        "No AIMessage found in input: a tool node makes the calls of the last one. "
        f"The messages are of the types {[getattr(m, 'type', type(m)) for m in messages]}."
    )


def _error_message(content: str, call: ToolCall) -> ToolMessage:
    return ToolMessage(content, name=call["name"], tool_call_id=call["id"], status="error")


@never_waits
def tools_condition(
    state: list[AnyMessage] | dict[str, Any] | BaseModel, messages_key: str = "messages"
) -> Literal["tools", "__end__"]:
    """Go on to the node `tools` if the last message has tool calls, else end.

    The path of a conditional edge: `graph.add_conditional_edges("model", tools_condition)`.

    Args:
        state: A list of messages, or a state that has one.
        messages_key: The key of the messages in the state.

    Raises:
        ValueError: There are no messages.
    """
    if isinstance(state, list):
        messages = state
    elif isinstance(state, dict):
        messages = state.get(messages_key, [])
    else:
        messages = getattr(state, messages_key, [])
    if not messages:
        raise ValueError(
            f"No messages found in the state, where tools_condition looks for {messages_key!r}. "
            f"Got: {state!r}"
        )
    return "tools" if getattr(messages[-1], "tool_calls", None) else "__end__"


if not TYPE_CHECKING:  # for type checkers there is only what stands here
    __getattr__ = names_of(__name__)
