"""The nodes of an agent that ask its model."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import cache, cached_property
from operator import itemgetter
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, SystemMessage, ToolCall, ToolMessage
from langchain_core.runnables import Runnable, RunnableConfig

from runtime.config import TASK_KEY
from runtime.errors import ErrorCode
from runtime.prebuilt._agent_model import AgentModel, chat_model_in
from runtime.prebuilt._agent_routes import STRUCTURED, Routes, read
from runtime.pregel._nodes.node import Call, make_call
from runtime.utils.runnable import RunnableCallable

__all__ = ("AskModel", "StructureAnswer", "check_history")

NEED_MORE_STEPS = "Sorry, need more steps to process this request."


class Asking(Runnable[Any, Any]):
    """A node that asks a model.

    Whoever listens to callbacks hears of a run of this name, and, beside it, of what it asks: both
    stand in the run of the node, as on LangGraph. If nobody listens, no such run is made.
    """

    def invoke(
        self,
        input: Any,  # noqa: A002 - the name that a Runnable has to give it
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Any:
        """Ask the model."""
        config = config or {}
        if not _is_heard(config):
            return self._ask(input, config)
        return self._call_with_config(lambda given: self._ask(given, config), input, config)

    async def ainvoke(
        self,
        input: Any,  # noqa: A002
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Any:
        """Ask the model in the event loop."""
        config = config or {}
        if not _is_heard(config):
            return await self._aask(input, config)

        async def ask(given: Any) -> Any:
            return await self._aask(given, config)

        return await self._acall_with_config(ask, input, config)

    @abstractmethod
    def _ask(self, state: Any, config: RunnableConfig) -> dict[str, Any]:
        """Return the update."""

    @abstractmethod
    async def _aask(self, state: Any, config: RunnableConfig) -> dict[str, Any]:
        """Return the update."""


class AskModel(Asking):
    """The node `agent`: asks the model and returns its answer.

    Args:
        model: The model.
        prompt: A text or system message to stand before the messages; a function of the state,
            sync or async, or a Runnable, that makes all that the model is asked; `None` for the
            messages alone.
        routes: What else the agent consists of.
        agent_name: The name that the answers carry.

    Raises:
        ValueError: The prompt is something else.
    """

    def __init__(
        self, model: AgentModel, prompt: Any, routes: Routes, agent_name: str | None
    ) -> None:
        self.name = "call_model"
        self._model = model
        self._prompt = _prompt_call(prompt)
        self._given_prompt = prompt
        self._routes = routes
        self._agent_name = agent_name

    def _ask(self, state: Any, config: RunnableConfig) -> dict[str, Any]:
        shown = self._shown(state)
        model = self._model.resolve(state, config)
        if _is_heard(config):
            return self._update(state, (self._prompt_run | model).invoke(shown, config))
        return self._update(state, model.invoke(self._prompt.run(shown, config), config))

    async def _aask(self, state: Any, config: RunnableConfig) -> dict[str, Any]:
        shown = self._shown(state)
        model = await self._model.aresolve(state, config)
        if _is_heard(config):
            return self._update(state, await (self._prompt_run | model).ainvoke(shown, config))
        asked = await self._prompt.arun(shown, config)
        return self._update(state, await model.ainvoke(asked, config))

    @cached_property
    def _prompt_run(self) -> Runnable[Any, Any]:
        """The prompt as a Runnable that callback handlers hear of."""
        if isinstance(self._given_prompt, Runnable):
            return self._given_prompt
        call = self._prompt
        return RunnableCallable(call.invoke and call.run, call.arun, name=call.name)

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


class StructureAnswer(Asking):
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

    def _ask(self, state: Any, config: RunnableConfig) -> dict[str, Any]:
        model = self._model.resolve(state, config)
        structured = chat_model_in(model).with_structured_output(self._schema)
        return {"structured_response": structured.invoke(self._asked(state), config)}

    async def _aask(self, state: Any, config: RunnableConfig) -> dict[str, Any]:
        model = await self._model.aresolve(state, config)
        structured = chat_model_in(model).with_structured_output(self._schema)
        return {"structured_response": await structured.ainvoke(self._asked(state), config)}

    def _asked(self, state: Any) -> list[BaseMessage]:
        return [*self._prompt, *read(state, "messages")]


def _is_heard(config: RunnableConfig) -> bool:
    """Return whether callback handlers hear of what runs with a config; by hand, they may."""
    task = (config.get("configurable") or {}).get(TASK_KEY)
    return task is None or task.run.listeners.manager is not None


def _prompt_call(prompt: Any) -> Call:
    """Return a prompt as something that makes what the model is asked from the state."""
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
