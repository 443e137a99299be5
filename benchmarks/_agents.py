"""The prebuilt agent, of which langchain-core's calls of models and tools are a large part."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from _graphs import drained
from _runner import Goal, Run, Workload, quiet, size
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import tool

CALLS = size(100)


@tool
def search(query: str) -> str:
    """Search."""
    return f"found {query}"


class Caller(BaseChatModel):
    """Calls the tool until it has called it often enough."""

    @property
    def _llm_type(self) -> str:
        return "caller"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        turn = len(messages) // 2
        calls = [{"name": "search", "args": {"query": str(turn)}, "id": f"call_{turn}"}]
        message = AIMessage("", tool_calls=calls if turn < CALLS else [], id=f"answer_{turn}")
        return ChatResult(generations=[ChatGeneration(message=message)])


class AsyncCaller(Caller):
    """The same, with an async form of its own."""

    async def _agenerate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> Any:
        return self._generate(messages)


def _agent(engine: str, asynchronous: bool, saved: bool) -> Run:
    model = AsyncCaller() if asynchronous else Caller()
    with quiet():
        agent = import_module(f"{engine}.prebuilt").create_react_agent(model, [search])
    given = {"messages": [HumanMessage("go", id="go")]}
    return drained(agent, given, "values", asynchronous=asynchronous, saved=saved)


def _bare_agent(asynchronous: bool) -> Run:
    """Return the same model and tool calls, without an engine."""

    def run() -> None:
        model, messages = Caller(), [HumanMessage("go", id="go")]
        while True:
            messages.append(model.invoke(messages))
            if not messages[-1].tool_calls:
                return
            messages.append(search.invoke({**messages[-1].tool_calls[0], "type": "tool_call"}))

    async def arun() -> None:
        model, messages = AsyncCaller(), [HumanMessage("go", id="go")]
        while True:
            messages.append(await model.ainvoke(messages))
            if not messages[-1].tool_calls:
                return
            call = {**messages[-1].tool_calls[0], "type": "tool_call"}
            messages.append(await search.ainvoke(call))

    return arun if asynchronous else run


def agents() -> Iterator[Workload]:
    """Agents, with a saver and without one."""
    for asynchronous in (False, True):
        for saved in (False, True):

            def prepare(engine: str, of: tuple[bool, bool] = (asynchronous, saved)) -> Run:
                return _agent(engine, *of)

            kind = "async" if asynchronous else "sync"
            yield Workload(
                f"agent, {CALLS} tool calls, {kind}{', memory' * saved}: call",
                prepare,
                (Goal("times", 1.7 if saved else 2), Goal("share", 4)),
                floor=lambda asynchronous=asynchronous: _bare_agent(asynchronous),
                units=CALLS,
                computes=True,
            )
