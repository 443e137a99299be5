"""The model of an agent: where it comes from, and the tools that it is told of."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from typing import Any, Final, cast

from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import BaseMessage
from langchain_core.runnables import Runnable, RunnableBinding, RunnableConfig, RunnableSequence
from langchain_core.tools import BaseTool

from runtime.config import runtime_in
from runtime.runtime import Runtime

__all__ = ("AgentModel", "ModelLike", "chat_model_in", "needs_tools")

ENTRY_POINTS: Final = "runtime.chat_models"
"""The group of functions from a model's name, such as `cassette:PATH`, to the model."""

ModelRunnable = Runnable[LanguageModelInput, BaseMessage]
ModelLike = str | ModelRunnable | Callable[[Any, Runtime[Any]], Any]
"""A model; a name such as `"anthropic:claude-3-7-sonnet-latest"`; or a function, sync or async,
from the state and the runtime to a model that knows its tools."""


class AgentModel:
    """The model that an agent asks, the same each time or chosen for each question.

    Args:
        model: What the author of the agent gave.
        tools: The tools that the agent calls itself.
        builtin: Descriptions of tools that the provider runs.

    Raises:
        ImportError: The model is a name, and `langchain` is not installed.
        ValueError: The model has tools already, and they are not these.
        TypeError: It is no model.
    """

    def __init__(
        self, model: ModelLike, tools: Sequence[BaseTool], builtin: Sequence[dict[str, Any]]
    ) -> None:
        self._choose: Any = None
        self._fixed: ModelRunnable | None = None
        if isinstance(model, str):
            model = _named(model)
        if isinstance(model, Runnable):
            known = [*tools, *builtin]
            if known and needs_tools(model, tools, len(builtin)):
                model = cast(Any, model).bind_tools(known)
            self._fixed = cast(ModelRunnable, model)
        elif callable(model):
            self._choose = model
        else:
            raise TypeError(
                f"Expected a chat model, its name, or a function that returns one, got {model!r}."
            )

    def resolve(self, state: Any, config: RunnableConfig) -> ModelRunnable:
        """Return the model to ask in this state, in a sync run.

        Raises:
            RuntimeError: It is chosen by an async function.
        """
        if self._fixed is not None:
            return self._fixed
        chosen = self._choose(state, runtime_in(config) or Runtime())
        if inspect.isawaitable(chosen):
            if inspect.iscoroutine(chosen):
                chosen.close()
            raise RuntimeError(
                "Async model callable provided but agent invoked synchronously. "
                "Use agent.ainvoke() or agent.astream(), or provide a sync model callable."
            )
        return cast(ModelRunnable, chosen)

    async def aresolve(self, state: Any, config: RunnableConfig) -> ModelRunnable:
        """Return the model to ask in this state, in an async run."""
        if self._fixed is not None:
            return self._fixed
        chosen = self._choose(state, runtime_in(config) or Runtime())
        if inspect.isawaitable(chosen):
            chosen = await chosen
        return cast(ModelRunnable, chosen)


def _named(name: str) -> ModelRunnable:
    """Return the model that a name stands for.

    What a name with a certain prefix stands for can be said by any distribution, as an entry point
    of `ENTRY_POINTS` that is called like the prefix; the others are looked up by langchain.
    """
    for entry in entry_points(group=ENTRY_POINTS, name=name.partition(":")[0]):
        return cast(ModelRunnable, entry.load()(name))
    try:
        from langchain.chat_models import init_chat_model  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ImportError(
            f"The model {name!r} is given by name, and names are looked up by langchain, which is "
            "not installed: pip install 'replay-harness[langchain]'. "
            "Or pass a model, for example ChatAnthropic(model=...)."
        ) from error
    return cast(ModelRunnable, init_chat_model(name))


def needs_tools(model: Runnable[Any, Any], tools: Sequence[BaseTool], num_builtin: int = 0) -> bool:
    """Return whether a model has not been told of its tools yet.

    Args:
        model: The model, maybe in a binding or a sequence.
        tools: The tools that the agent calls itself.
        num_builtin: How many others the model is to know of.

    Raises:
        ValueError: It has been told of other ones.
    """
    model = _step_with_model(model)
    if not isinstance(model, RunnableBinding) or "tools" not in model.kwargs:
        return True
    bound = model.kwargs["tools"]
    if len(tools) != len(bound) - num_builtin:
        raise ValueError(
            "Number of tools in the model.bind_tools() and tools passed to create_react_agent must "
            f"match. Got {len(tools)} tools, expected {len(bound) - num_builtin}. "
            "Pass the model without tools, or the same tools."
        )
    if missing := {tool.name for tool in tools} - _names_of(bound):
        raise ValueError(
            f"Missing tools {sorted(missing)} in the model.bind_tools(). "
            "Pass the model without tools, or the same tools."
        )
    return False


def _names_of(bound: Sequence[Any]) -> set[Any]:
    """Return the names of tools in the forms of the providers; builtin ones have none."""
    names: set[Any] = set()
    for tool in bound:
        if not isinstance(tool, dict):
            names.add(getattr(tool, "name", None) or getattr(tool, "__name__", None))
        elif tool.get("type") == "function":  # OpenAI
            names.add(tool.get("function", tool).get("name"))
        elif tool.get("name"):  # Anthropic
            names.add(tool["name"])
        elif "toolSpec" in tool:  # Bedrock
            names.add(tool["toolSpec"].get("name"))
    return names


def _step_with_model(model: Runnable[Any, Any]) -> Runnable[Any, Any]:
    if not isinstance(model, RunnableSequence):
        return model
    steps = (s for s in model.steps if isinstance(s, RunnableBinding | BaseChatModel))
    return next(steps, model)


def chat_model_in(model: Runnable[Any, Any]) -> BaseChatModel:
    """Return the chat model itself, without what is bound to it.

    Raises:
        TypeError: There is none.
    """
    bare = _step_with_model(model)
    while isinstance(bare, RunnableBinding):
        bare = bare.bound
    if not isinstance(bare, BaseChatModel) and not hasattr(bare, "with_structured_output"):
        raise TypeError(
            "Expected `model` to be a ChatModel or RunnableBinding (e.g. model.bind_tools(...)), "
            f"got {type(bare)}"
        )
    return cast(BaseChatModel, bare)
