"""The nodes of an agent that ask its model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, cast

from langchain_core.messages import AIMessage, BaseMessage, SystemMessage, ToolCall, ToolMessage
from langchain_core.runnables import Runnable, RunnableConfig

from runtime.config import runtime_in
from runtime.errors import ErrorCode
from runtime.prebuilt._agent_model import AgentModel, chat_model_in
from runtime.prebuilt._agent_routes import STRUCTURED, Routes, read
from runtime.pregel._nodes.node import Call, make_call
from runtime.runtime import Runtime

__all__ = ("AskModel", "StructureAnswer", "check_history", "prompt_call")

NEED_MORE_STEPS = "Sorry, need more steps to process this request."


class AskModel(Runnable[Any, Any]):
    """The node `agent`: asks the model and returns its answer.

    Args:
        model: The model.
        prompt: Makes what the model is asked from the state.
        routes: What else the agent consists of.
        agent_name: The name that the answers carry.
    """

    def __init__(
        self, model: AgentModel, prompt: Call, routes: Routes, agent_name: str | None
    ) -> None:
        self.name = "agent"
        self._model = model
        self._prompt = prompt
        self._routes = routes
        self._agent_name = agent_name

    def invoke(
        self,
        input: Any,  # noqa: A002 - the name that a Runnable has to give it
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Any:
        """Ask the model."""
        config = cast(RunnableConfig, config)
        shown = self._shown(input)
        model = self._model.resolve(input, _runtime_in(config))
        return self._update(input, model.invoke(self._prompt.run(shown, config), config))

    async def ainvoke(
        self,
        input: Any,  # noqa: A002
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Any:
        """Ask the model in the event loop."""
        config = cast(RunnableConfig, config)
        shown = self._shown(input)
        model = await self._model.aresolve(input, _runtime_in(config))
        asked = await self._prompt.arun(shown, config)
        return self._update(input, await model.ainvoke(asked, config))

    def _shown(self, state: Any) -> Any:
        """Return the state with the messages that the model is to see.

        Raises:
            ValueError: A tool call in them has no answer.
        """
        messages = read(state, "llm_input_messages") if self._routes.hook_before else None
        if not messages:
            check_history(read(state, "messages", ()))
            return state
        check_history(messages)
        if isinstance(state, dict):
            return {**state, "messages": messages}
        return state.model_copy(update={"messages": messages})

    def _update(self, state: Any, answer: BaseMessage) -> dict[str, Any]:
        if self._agent_name is not None:
            answer.name = self._agent_name
        if self._too_late(state, answer):
            answer = AIMessage(NEED_MORE_STEPS, id=answer.id)
        return {"messages": [answer]}

    def _too_late(self, state: Any, answer: BaseMessage) -> bool:
        """Return whether the steps that are left do not suffice for what the answer asks for."""
        left = read(state, "remaining_steps")
        if left is None or left > 1 or not isinstance(answer, AIMessage):
            return False
        return left < 1 or bool(answer.tool_calls)


class StructureAnswer(Runnable[Any, Any]):
    """The node `generate_structured_response`: asks the model for an object.

    Args:
        model: The model of the agent.
        response_format: What the object is like; or a prompt for it, and that.
    """

    def __init__(self, model: AgentModel, response_format: Any) -> None:
        self.name = STRUCTURED
        self._model = model
        self._prompt: list[BaseMessage] = []
        if isinstance(response_format, tuple):
            prompt, response_format = response_format
            self._prompt = [SystemMessage(prompt)]
        self._schema = response_format

    def invoke(
        self,
        input: Any,  # noqa: A002
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Any:
        """Ask the model."""
        model = self._model.resolve(input, _runtime_in(cast(RunnableConfig, config)))
        structured = chat_model_in(model).with_structured_output(self._schema)
        return {"structured_response": structured.invoke(self._asked(input), config)}

    async def ainvoke(
        self,
        input: Any,  # noqa: A002
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Any:
        """Ask the model in the event loop."""
        model = await self._model.aresolve(input, _runtime_in(cast(RunnableConfig, config)))
        structured = chat_model_in(model).with_structured_output(self._schema)
        return {"structured_response": await structured.ainvoke(self._asked(input), config)}

    def _asked(self, state: Any) -> list[BaseMessage]:
        return [*self._prompt, *read(state, "messages")]


def _runtime_in(config: RunnableConfig) -> Callable[[], Runtime[Any]]:
    return lambda: runtime_in(config) or Runtime()


def prompt_call(prompt: Any) -> Call:
    """Return a prompt as something that makes what the model is asked from the state.

    Args:
        prompt: A text or system message to stand before the messages; a function of the state,
            sync or async, or a Runnable, that makes all of it; `None` for the messages alone.

    Raises:
        ValueError: It is something else.
    """
    if prompt is None:
        return Call("Prompt", lambda state, _config: read(state, "messages"), None)
    if isinstance(prompt, str):
        prompt = SystemMessage(prompt)
    if isinstance(prompt, SystemMessage):
        return Call("Prompt", lambda state, _config: [prompt, *read(state, "messages")], None)
    if isinstance(prompt, Runnable) or callable(prompt):
        return make_call(prompt, "Prompt")
    raise ValueError(
        f"Got unexpected type for `prompt`: {type(prompt)}. Expected a text, a SystemMessage, a "
        "function of the state, or a Runnable."
    )


_id_of = itemgetter("id")


@cache  # for each class that there is
def _kind_of(message: type) -> type | None:
    """Return which of the kinds that matter here a class of messages is."""
    return next((kind for kind in (AIMessage, ToolMessage) if issubclass(message, kind)), None)


def check_history(messages: Sequence[BaseMessage]) -> None:
    """Check that each tool call in the messages has been answered.

    Raises:
        ValueError: One has not; providers refuse such a history.
    """
    asked: list[ToolCall] = []
    answered: set[str | None] = set()
    message: Any
    # kinds are told class by class: this runs over all messages in each step
    for message, kind in zip(messages, map(_kind_of, map(type, messages)), strict=True):
        if kind is AIMessage:
            asked += message.tool_calls
        elif kind is ToolMessage:
            answered.add(message.tool_call_id)
    if not answered.issuperset(map(_id_of, asked)):
        missing = [call for call in asked if call["id"] not in answered]
        raise ValueError(
            "Found AIMessages with tool_calls that do not have a corresponding ToolMessage. "
            f"Here are the first few of those tool calls: {missing[:3]}\n"
            "Providers refuse such a history: add a ToolMessage with the tool_call_id of each, or "
            f"remove the AIMessages.\n({ErrorCode.INVALID_CHAT_HISTORY.value})"
        )
