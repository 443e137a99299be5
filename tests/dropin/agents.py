"""Agents of the packages that are built on LangGraph, as their documents show them.

Nothing in here knows which engine it runs on.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from langchain.agents import AgentState, create_agent
from langchain.agents import middleware as mw
from langchain.agents.structured_output import ToolStrategy
from langchain.messages import AIMessage, HumanMessage, ToolMessage
from langchain.tools import ToolRuntime, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.config import get_stream_writer
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import create_react_agent
from langgraph.runtime import Runtime
from langgraph.store.memory import InMemoryStore
from langgraph.types import Command
from langgraph_supervisor import create_supervisor
from langgraph_swarm import create_handoff_tool, create_swarm
from pydantic import BaseModel
from scripted import call, calls, scripted

ASK: Any = {"messages": [HumanMessage("What is the weather in Paris?", id="question")]}


@dataclass(frozen=True)
class Case:
    """A graph and what it is given, one input after the other, in one thread.

    Where tools run in parallel, which of them is done first says nothing.
    """

    graph: Any
    inputs: Sequence[Any] = (ASK,)
    context: Any = None
    parallel: bool = False


CASES: dict[str, Callable[[], Case]] = {}


def case(build: Callable[[], Case]) -> Callable[[], Case]:
    """Register a case under the name of the function."""
    CASES[build.__name__] = build
    return build


@tool
def weather(city: str) -> str:
    """Say what the weather is like in a city."""
    get_stream_writer()(f"looking up {city}")
    return f"sunny in {city}"


@tool
def time_of_day(city: str) -> str:
    """Say what time it is in a city."""
    return f"noon in {city}"


def asks(*cities: str) -> AIMessage:
    """A model's answer that asks for the weather of cities."""
    return calls(*(call("weather", f"call_{city}", city=city) for city in cities))


def agent(*answers: Any, tools: Sequence[Any] = (weather, time_of_day), **kwargs: Any) -> Any:
    """An agent of langchain with a scripted model."""
    return create_agent(scripted(*answers), list(tools), **kwargs)


# --- langchain.agents.create_agent ---


@case
def a_tool_call() -> Case:
    return Case(agent(asks("Paris"), "It is sunny."))


@case
def two_tool_calls_at_once() -> Case:
    built = agent(asks("Paris", "Rome"), "Sunny in both.", system_prompt="Be brief.")
    return Case(built, parallel=True)


@case
def an_agent_without_tools() -> Case:
    return Case(agent("I do not know.", tools=()))


@case
def an_agent_with_a_thread() -> Case:
    built = agent(asks("Paris"), "Sunny.", "You are welcome.", checkpointer=InMemorySaver())
    return Case(built, [ASK, {"messages": [HumanMessage("Thanks!", id="thanks")]}])


class Weather(BaseModel):
    """The weather of a city."""

    city: str
    sunny: bool


@case
def a_structured_answer() -> Case:
    answer = calls(call("Weather", "call_w", city="Paris", sunny=True))
    return Case(agent(asks("Paris"), answer, response_format=ToolStrategy(Weather)))


@case
def a_structured_answer_that_is_wrong_first() -> Case:
    wrong = calls(call("Weather", "call_1", city="Paris", sunny="perhaps"))
    right = calls(call("Weather", "call_2", city="Paris", sunny=True))
    return Case(agent(wrong, right, response_format=ToolStrategy(Weather)))


@dataclass
class User:
    """What a run is for."""

    name: str


@case
def context_store_and_state_in_a_tool() -> Case:
    @tool
    def remember(what: str, runtime: ToolRuntime[User]) -> Command[Any]:
        """Remember something."""
        assert runtime.store is not None
        runtime.store.put(("things",), runtime.context.name, {"what": what})
        runtime.stream_writer({"known": len(runtime.state["messages"])})
        note = ToolMessage(f"{runtime.context.name}: {what}", tool_call_id=runtime.tool_call_id)
        return Command(update={"messages": [note], "seen": [what]})

    class State(AgentState[Any]):
        seen: Annotated[list[str], operator.add]

    built = agent(
        calls(call("remember", what="tea")),
        "Noted.",
        tools=[remember],
        state_schema=State,
        context_schema=User,
        store=InMemoryStore(),
    )
    return Case(built, context=User("Ada"))


@case
def a_tool_that_fails() -> Case:
    @tool
    def broken(city: str) -> str:
        """Fail."""
        raise ValueError(f"no weather in {city}")

    return Case(agent(calls(call("broken", city="Paris")), tools=[broken]))


@case
def an_agent_inside_a_graph() -> Case:
    inner = agent(asks("Paris"), "Sunny.", name="expert")
    graph = StateGraph(MessagesState)
    graph.add_node("expert", inner)
    graph.add_node("last", lambda state: {"messages": [AIMessage("Bye.", id="bye")]})
    graph.add_edge(START, "expert").add_edge("expert", "last")
    return Case(graph.compile())


@case
def an_agent_inside_a_tool() -> Case:
    inner = agent(asks("Paris"), "Sunny.", name="expert")

    @tool
    def ask_the_expert(question: str) -> str:
        """Ask somebody who knows."""
        return str(inner.invoke({"messages": [("user", question)]})["messages"][-1].content)

    question = calls(call("ask_the_expert", question="How is Paris?"))
    return Case(agent(question, "Sunny, they say.", tools=[ask_the_expert], name="boss"))


# --- its middleware ---


def approval(*decisions: dict[str, Any]) -> list[Any]:
    """The question, and then what a person answers to the agent."""
    return [ASK, Command(resume={"decisions": list(decisions)})]


def approved_agent(*answers: Any) -> Any:
    """An agent that needs a person's consent to ask for the weather."""
    consent = mw.HumanInTheLoopMiddleware(interrupt_on={"weather": True})
    return agent(*answers, middleware=[consent], checkpointer=InMemorySaver())


@case
def a_person_approves() -> Case:
    return Case(approved_agent(asks("Paris"), "Sunny."), approval({"type": "approve"}))


@case
def a_person_edits() -> Case:
    edited = {"name": "weather", "args": {"city": "Rome"}}
    edit = {"type": "edit", "edited_action": edited}
    return Case(approved_agent(asks("Paris"), "Sunny in Rome."), approval(edit))


@case
def a_person_rejects_one_of_two() -> Case:
    decisions = {"type": "approve"}, {"type": "reject", "message": "Not Rome."}
    built = approved_agent(asks("Paris", "Rome"), "Sunny.")
    return Case(built, approval(*decisions), parallel=True)


@case
def a_summary_of_the_past() -> Case:
    past = [HumanMessage(f"Question {n}", id=f"q{n}") for n in range(6)]
    summary = mw.SummarizationMiddleware(
        scripted(*["They asked six times."] * 2), trigger=("messages", 4), keep=("messages", 2)
    )
    built = agent(asks("Paris"), "Sunny.", middleware=[summary])
    return Case(built, [{"messages": past}])


@case
def a_limit_of_model_calls() -> Case:
    limit = mw.ModelCallLimitMiddleware(run_limit=1)
    return Case(agent(asks("Paris"), "Sunny.", middleware=[limit]))


@case
def a_limit_of_model_calls_that_fails() -> Case:
    limit = mw.ModelCallLimitMiddleware(thread_limit=1, exit_behavior="error")
    return Case(agent(asks("Paris"), middleware=[limit], checkpointer=InMemorySaver()))


@case
def a_limit_of_tool_calls() -> Case:
    limit = mw.ToolCallLimitMiddleware(tool_name="weather", run_limit=1)
    built = agent(asks("Paris", "Rome"), "Sunny.", middleware=[limit])
    return Case(built, parallel=True)


@case
def tools_are_tried_again() -> Case:
    tries: list[str] = []

    @tool
    def flaky(city: str) -> str:
        """Fail once."""
        tries.append(city)
        if len(tries) < 3:
            raise ConnectionError("no line")
        return "sunny"

    retry = mw.ToolRetryMiddleware(max_retries=3, initial_delay=0, jitter=False)
    built = agent(calls(call("flaky", city="Paris")), "Sunny.", tools=[flaky], middleware=[retry])
    return Case(built)


@case
def models_are_tried_again() -> Case:
    retry = mw.ModelRetryMiddleware(max_retries=2, initial_delay=0, jitter=False)
    return Case(agent(ConnectionError("no line"), "Sunny.", middleware=[retry]))


@case
def another_model_steps_in() -> Case:
    fallback = mw.ModelFallbackMiddleware(scripted("Sunny, says the other."))
    return Case(agent(ConnectionError("no line"), middleware=[fallback]))


@case
def a_list_of_todos() -> Case:
    todos = [{"content": "look", "status": "in_progress"}, {"content": "tell", "status": "pending"}]
    plan = calls(call("write_todos", todos=todos))
    return Case(agent(plan, asks("Paris"), "Sunny.", middleware=[mw.TodoListMiddleware()]))


@case
def private_data_is_redacted() -> Case:
    private = [
        mw.PIIMiddleware("email", strategy="redact", apply_to_output=True),
        mw.PIIMiddleware("ip", strategy="hash"),
    ]
    question = HumanMessage("I am ada@example.com at 10.0.0.1", id="question")
    built = agent(asks("Paris"), "Hello ada@example.com.", middleware=private)
    return Case(built, [{"messages": [question]}])


@case
def private_data_is_refused() -> Case:
    private = mw.PIIMiddleware("email", strategy="block")
    question = HumanMessage("I am ada@example.com", id="question")
    return Case(agent("Hello.", middleware=[private]), [{"messages": [question]}])


@case
def old_results_are_cleared() -> Case:
    edit = mw.ClearToolUsesEdit(trigger=1, keep=1)
    built = agent(
        asks("Paris"),
        asks("Rome"),
        "Sunny.",
        middleware=[mw.ContextEditingMiddleware(edits=[edit])],
    )
    return Case(built)


@case
def tools_are_chosen_first() -> Case:
    chosen = calls(call("ToolSelectionResponse", "call_s", tools=["weather"]))
    selector = mw.LLMToolSelectorMiddleware(model=scripted(chosen, chosen), max_tools=1)
    return Case(agent(asks("Paris"), "Sunny.", middleware=[selector]))


@case
def tools_are_emulated() -> Case:
    emulator = mw.LLMToolEmulator(model=scripted("rainy, I guess"))
    return Case(agent(asks("Paris"), "Rainy.", middleware=[emulator]))


@case
def hooks_everywhere() -> Case:
    class Audit(mw.AgentMiddleware[Any, Any]):
        state_schema = AgentState

        def before_agent(self, state: Any, runtime: Runtime[Any]) -> dict[str, Any]:
            runtime.stream_writer("before the agent")
            return {"messages": [HumanMessage("Be kind.", id="kind")]}

        def before_model(self, state: Any, runtime: Runtime[Any]) -> None:
            runtime.stream_writer(f"before the model: {len(state['messages'])}")

        def after_model(self, state: Any, runtime: Runtime[Any]) -> None:
            runtime.stream_writer("after the model")

        def after_agent(self, state: Any, runtime: Runtime[Any]) -> dict[str, Any]:
            return {"messages": [AIMessage("Bye.", id="bye")]}

        def wrap_tool_call(self, request: Any, handler: Any) -> Any:
            result = handler(request)
            return result.model_copy(update={"content": f"{result.content}!"})

        async def awrap_tool_call(self, request: Any, handler: Any) -> Any:
            result = await handler(request)
            return result.model_copy(update={"content": f"{result.content}!"})

        def wrap_model_call(self, request: Any, handler: Any) -> Any:
            return handler(request.override(system_prompt="Be kind."))

        async def awrap_model_call(self, request: Any, handler: Any) -> Any:
            return await handler(request.override(system_prompt="Be kind."))

    return Case(agent(asks("Paris"), "Sunny.", middleware=[Audit()]))


@case
def a_hook_ends_the_run() -> Case:
    @mw.before_model(can_jump_to=["end"])
    def enough(state: Any, runtime: Runtime[Any]) -> dict[str, Any] | None:
        if len(state["messages"]) > 1:
            return {"jump_to": "end", "messages": [AIMessage("Enough.", id="enough")]}
        return None

    return Case(agent(asks("Paris"), middleware=[enough]))


@case
def all_at_once() -> Case:
    together = [
        mw.PIIMiddleware("email"),
        mw.TodoListMiddleware(),
        mw.ModelCallLimitMiddleware(run_limit=5),
        mw.ToolRetryMiddleware(max_retries=1, initial_delay=0, jitter=False),
        mw.HumanInTheLoopMiddleware(interrupt_on={"weather": True}),
    ]
    saver = InMemorySaver()
    built = agent(asks("Paris"), "Sunny.", middleware=together, checkpointer=saver)
    return Case(built, approval({"type": "approve"}))


# --- langgraph-supervisor and langgraph-swarm ---


def two_experts() -> list[Any]:
    """An agent of langchain and a prebuilt one of langgraph."""
    poet = create_react_agent(scripted("Roses are red."), [], name="poet")
    return [agent(asks("Paris"), "Sunny.", name="meteorologist"), poet]


@case
def a_supervisor_of_two_agents() -> Case:
    boss = scripted(
        calls(call("transfer_to_meteorologist", "call_1")),
        calls(call("transfer_to_poet", "call_2")),
        "Sunny, and roses are red.",
    )
    graph = create_supervisor(two_experts(), model=boss, prompt="You lead.")
    return Case(graph.compile())


@case
def a_supervisor_that_shows_everything() -> Case:
    boss = scripted(calls(call("transfer_to_meteorologist", "call_1")), "Sunny.", "Welcome.")
    graph = create_supervisor(
        two_experts(), model=boss, output_mode="full_history", include_agent_name="inline"
    )
    thanks = {"messages": [HumanMessage("Thanks!", id="thanks")]}
    return Case(graph.compile(checkpointer=InMemorySaver()), [ASK, thanks])


@case
def a_swarm_of_two_agents() -> Case:
    to_poet = create_handoff_tool(agent_name="poet", description="Ask the poet.")
    to_alice = create_handoff_tool(agent_name="alice")
    alice = agent(
        asks("Paris"),
        calls(call("transfer_to_poet", "call_1")),
        "Back again.",
        tools=[weather, to_poet],
        name="alice",
    )
    poet = create_react_agent(
        scripted("Roses are red.", calls(call("transfer_to_alice", "call_2"))),
        [to_alice],
        name="poet",
    )
    graph = create_swarm([alice, poet], default_active_agent="alice")
    more = {"messages": [HumanMessage("And Alice?", id="more")]}
    return Case(graph.compile(checkpointer=InMemorySaver()), [ASK, more])
