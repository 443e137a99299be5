"""Scenarios of the prebuilt agent: prompts, models, tools, hooks, formats, routes."""

# no `from __future__ import annotations`: tools are annotated with what the engine at hand has

import time
import warnings
from typing import Annotated, Any

from engines import Engine
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.runnables import RunnableConfig, RunnableLambda
from langchain_core.tools import InjectedToolCallId, tool
from pydantic import BaseModel
from scenarios import ALL, scenario
from scripted import call, calls, scripted

EVERY = [*ALL, "tasks", "tools"]
ASKED = {"messages": [("user", "what is the weather in sf")]}
IN_PARALLEL = [*ALL, "tasks"]  # which of two tools starts first is open, and `tools` shows it


@tool
def weather(city: str) -> str:
    """Tell the weather."""
    if city == "nowhere":
        raise LookupError("no such place")
    return f"sunny in {city}"


@tool
def add(a: int, b: int) -> int:
    """Add, and be done after the others."""
    time.sleep(0.03)
    return a + b


@tool(return_direct=True)
def final(city: str) -> str:
    """Have the last word."""
    return f"that was {city}"


class Forecast(BaseModel):
    """What the weather is like."""

    city: str
    sunny: bool


FORECAST = calls(call("Forecast", "call_9", city="sf", sunny=True))


def agent(engine: Engine, model: Any, tools: Any, **kwargs: Any) -> Any:
    """Return an agent of the engine; LangGraph warns that there is a newer one elsewhere."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return engine.prebuilt.create_react_agent(model, tools, **kwargs)


def pydantic_state(engine: Engine) -> Any:
    """Return what `AgentStatePydantic` is; LangGraph's own warns in each run."""

    class State(BaseModel):
        messages: Annotated[list[BaseMessage], engine.message.add_messages]
        remaining_steps: engine.managed.RemainingSteps = 25

    return State


def weather_script() -> Any:
    """Return a model that calls one tool and then answers."""
    return scripted(calls(call("weather", city="sf")), "It is sunny.")


# --- the loop --------------------------------------------------------------------------------


@scenario(ASKED, stream_mode=EVERY)
def an_answer_without_tools(engine: Engine) -> Any:
    return agent(engine, scripted("It is sunny."), [])


@scenario(ASKED, stream_mode=EVERY)
def an_answer_that_needs_no_tool(engine: Engine) -> Any:
    return agent(engine, scripted("It is sunny."), [weather])


@scenario(ASKED, stream_mode="updates")
def progress_of_an_agent(engine: Engine) -> Any:
    return agent(engine, weather_script(), [weather])


@scenario(ASKED, stream_mode=EVERY)
def one_call(engine: Engine) -> Any:
    return agent(engine, weather_script(), [weather])


@scenario(ASKED, stream_mode=EVERY, subgraphs=True, version="v2")
def one_call_as_stream_parts(engine: Engine) -> Any:
    return agent(engine, weather_script(), [weather])


@scenario(ASKED, stream_mode="debug")
def one_call_in_debug(engine: Engine) -> Any:
    return agent(engine, weather_script(), [weather])


@scenario(ASKED, stream_mode=EVERY)
def one_call_with_all_calls_in_one_task(engine: Engine) -> Any:
    return agent(engine, weather_script(), [weather], version="v1")


@scenario(ASKED, stream_mode=IN_PARALLEL)
def two_calls_at_once(engine: Engine) -> Any:
    both = calls(call("weather", city="sf"), call("add", "call_2", a=1, b=2), text="Let me see.")
    return agent(engine, scripted(both, "Sunny and 3."), [weather, add])


@scenario(ASKED, stream_mode=IN_PARALLEL)
def two_calls_at_once_in_one_task(engine: Engine) -> Any:
    both = calls(call("weather", city="sf"), call("add", "call_2", a=1, b=2))
    return agent(engine, scripted(both, "Sunny and 3."), [weather, add], version="v1")


@scenario(ASKED, stream_mode=["updates", "messages"])
def two_rounds_of_calls(engine: Engine) -> Any:
    first, second = calls(call("weather", city="sf")), calls(call("add", "call_2", a=1, b=2))
    return agent(engine, scripted(first, second, "Done."), [weather, add])


@scenario(ASKED, stream_mode=EVERY)
def a_call_of_a_tool_that_is_not_there(engine: Engine) -> Any:
    return agent(engine, scripted(calls(call("wether", city="sf")), "Sorry."), [weather, add])


@scenario(ASKED, stream_mode=EVERY)
def a_call_with_wrong_arguments(engine: Engine) -> Any:
    return agent(engine, scripted(calls(call("add", a="x")), "Sorry."), [weather, add])


@scenario(ASKED, stream_mode=EVERY)
def a_tool_of_an_agent_fails(engine: Engine) -> Any:
    return agent(engine, scripted(calls(call("weather", city="nowhere"))), [weather])


@scenario(ASKED, stream_mode=EVERY)
def a_tool_node_that_tells_the_model(engine: Engine) -> Any:
    node = engine.prebuilt.ToolNode([weather], handle_tool_errors=True)
    return agent(engine, scripted(calls(call("weather", city="nowhere")), "Sorry."), node)


@scenario(ASKED, stream_mode=EVERY)
def a_model_that_fails(engine: Engine) -> Any:
    return agent(engine, scripted(calls(call("weather", city="sf")), OSError("down")), [weather])


@scenario({"messages": "what is the weather in sf"}, stream_mode="updates")
def a_text_as_messages(engine: Engine) -> Any:
    return agent(engine, weather_script(), [weather])


@scenario({"messages": [("user", "q"), calls(call("add", a=1, b=2)), ("user", "well?")]})
def a_call_in_the_history_without_answer(engine: Engine) -> Any:
    return agent(engine, scripted("It is sunny."), [weather])


@scenario({}, stream_mode=EVERY)
def an_agent_without_messages(engine: Engine) -> Any:
    return agent(engine, scripted("Hello."), [weather])


# --- steps that are left ---------------------------------------------------------------------


@scenario(ASKED, config={"recursion_limit": 1})
def an_answer_in_the_last_step(engine: Engine) -> Any:
    return agent(engine, scripted("It is sunny."), [weather])


@scenario(ASKED, config={"recursion_limit": 2})
def a_call_two_steps_before_the_end(engine: Engine) -> Any:
    return agent(engine, weather_script(), [weather])


@scenario(ASKED, config={"recursion_limit": 3})
def a_call_three_steps_before_the_end(engine: Engine) -> Any:
    return agent(engine, weather_script(), [weather])


@scenario(ASKED, config={"recursion_limit": 2})
def a_final_call_two_steps_before_the_end(engine: Engine) -> Any:
    return agent(engine, scripted(calls(call("final", city="sf"))), [final])


@scenario(ASKED, config={"recursion_limit": 4})
def more_calls_than_steps(engine: Engine) -> Any:
    again = [calls(call("weather", f"call_{n}", city="sf")) for n in range(5)]
    return agent(engine, scripted(*again), [weather])


# --- prompts ---------------------------------------------------------------------------------


def seen_by_the_model(model: Any) -> Any:
    """Return a tool that tells what the model was asked."""

    @tool
    def recall() -> str:
        """Tell it."""
        return repr([(message.type, message.text) for message in model.asked[-1]])

    return recall


def prompted(engine: Engine, prompt: Any, **kwargs: Any) -> Any:
    """Return an agent whose tool shows what the model was asked."""
    model = scripted(calls(call("recall")), "Done.")
    return agent(engine, model, [seen_by_the_model(model)], prompt=prompt, **kwargs)


@scenario(ASKED)
def a_prompt_that_is_a_text(engine: Engine) -> Any:
    return prompted(engine, "Be brief.")


@scenario(ASKED)
def a_prompt_that_is_a_system_message(engine: Engine) -> Any:
    return prompted(engine, SystemMessage("Be brief."))


@scenario(ASKED)
def a_prompt_that_is_a_function(engine: Engine) -> Any:
    return prompted(engine, lambda state: [("system", "Be brief."), *state["messages"][-1:]])


@scenario(ASKED, sync=False)
def a_prompt_that_is_an_async_function(engine: Engine) -> Any:
    async def prompt(state: Any) -> Any:
        return [("system", "Be brief."), *state["messages"]]

    return prompted(engine, prompt)


@scenario(ASKED)
def a_prompt_that_is_a_runnable(engine: Engine) -> Any:
    return prompted(engine, RunnableLambda(lambda state: state["messages"] + [HumanMessage("!")]))


@scenario(ASKED, config={"configurable": {"tone": "brief"}})
def a_prompt_that_is_a_function_to_a_template(engine: Engine) -> Any:
    return prompted(engine, lambda state: SystemMessage("Be brief.") + state["messages"])


@scenario(ASKED, config={"configurable": {"tone": "brief"}})
def a_prompt_that_reads_the_config(engine: Engine) -> Any:
    def prompt(state: Any, config) -> Any:
        return [("system", config["configurable"]["tone"]), *state["messages"]]

    return prompted(engine, prompt)


@scenario(ASKED)
def a_prompt_of_no_known_kind(engine: Engine) -> Any:
    return prompted(engine, 5)


# --- models ----------------------------------------------------------------------------------


@scenario(ASKED, stream_mode=EVERY)
def a_model_that_knows_its_tools(engine: Engine) -> Any:
    return agent(engine, weather_script().bind_tools([weather]), [weather])


@scenario(ASKED, stream_mode=EVERY)
def a_model_that_knows_other_tools(engine: Engine) -> Any:
    return agent(engine, weather_script().bind_tools([add]), [weather])


@scenario(ASKED, stream_mode=EVERY)
def a_model_in_a_sequence(engine: Engine) -> Any:
    bound = weather_script().bind_tools([weather])
    return agent(engine, bound | RunnableLambda(lambda message: message), [weather])


@scenario(ASKED, stream_mode=EVERY)
def a_tool_that_the_provider_runs(engine: Engine) -> Any:
    return agent(engine, weather_script(), [weather, {"type": "web_search", "name": "search"}])


@scenario(ASKED, stream_mode=EVERY)
def only_tools_that_the_provider_runs(engine: Engine) -> Any:
    return agent(engine, scripted("Found."), [{"type": "web_search", "name": "search"}])


class Context(BaseModel):
    """Who asks."""

    user: str = "ann"


@scenario(ASKED, stream_mode=EVERY, context={"user": "bob"})
def a_model_chosen_by_a_function(engine: Engine) -> Any:
    models = {"bob": weather_script().bind_tools([weather]), "ann": scripted("Hello.")}

    def choose(state: Any, runtime: Any) -> Any:
        return models[runtime.context.user]

    return agent(engine, choose, [weather], context_schema=Context)


@scenario(ASKED, stream_mode=EVERY)
def a_model_chosen_by_an_async_function(engine: Engine) -> Any:
    model = weather_script().bind_tools([weather])

    async def choose(state: Any, runtime: Any) -> Any:
        return model

    return agent(engine, choose, [weather])


@scenario(ASKED, stream_mode=EVERY)
def a_named_agent(engine: Engine) -> Any:
    return agent(engine, weather_script(), [weather], name="forecaster")


# --- formats ---------------------------------------------------------------------------------


@scenario(ASKED, stream_mode=EVERY)
def an_answer_as_an_object(engine: Engine) -> Any:
    model = scripted(calls(call("weather", city="sf")), "It is sunny.", FORECAST)
    return agent(engine, model, [weather], response_format=Forecast)


@scenario(ASKED, stream_mode=["values", "updates"])
def an_answer_as_an_object_without_tools(engine: Engine) -> Any:
    return agent(engine, scripted("Sunny.", FORECAST), [], response_format=Forecast)


@scenario(ASKED, stream_mode=["values", "updates"])
def an_answer_as_a_dict(engine: Engine) -> Any:
    schema = {"title": "Forecast", "description": "It.", **Forecast.model_json_schema()}
    return agent(engine, scripted("Sunny.", FORECAST), [weather], response_format=schema)


@scenario(ASKED, stream_mode=["values", "updates"])
def an_answer_as_an_object_with_a_prompt(engine: Engine) -> Any:
    model = scripted("Sunny.", FORECAST)

    def tell(state: Any) -> Any:
        return {"messages": [AIMessage(repr([m.text for m in model.asked[-1]]), id="told")]}

    inner = agent(engine, model, [weather], response_format=("As an object.", Forecast))
    graph = engine.graph.StateGraph(engine.agents.AgentStateWithStructuredResponse)
    graph.add_sequence([("inner", inner), ("tell", tell)])
    return graph.add_edge(engine.graph.START, "inner").compile()


@scenario(ASKED, stream_mode=["values", "updates"])
def an_answer_as_an_object_from_a_chosen_model(engine: Engine) -> Any:
    model = scripted("Sunny.", FORECAST)
    return agent(engine, lambda _, __: model, [weather], response_format=Forecast)


@scenario(ASKED, stream_mode=["values", "updates"])
def a_final_call_before_the_object(engine: Engine) -> Any:
    model = scripted(calls(call("final", city="sf")), FORECAST)
    return agent(engine, model, [final], response_format=Forecast)


# --- hooks -----------------------------------------------------------------------------------


@scenario(ASKED, stream_mode=ALL)
def a_hook_that_shows_the_model_something_else(engine: Engine) -> Any:
    return prompted(
        engine, None, pre_model_hook=lambda _: {"llm_input_messages": [HumanMessage("hi", id="h")]}
    )


@scenario(ASKED, stream_mode=ALL)
def a_hook_with_a_prompt(engine: Engine) -> Any:
    return prompted(
        engine,
        "Be brief.",
        pre_model_hook=lambda _: {"llm_input_messages": [HumanMessage("hi", id="h")]},
    )


@scenario(ASKED, stream_mode=EVERY)
def a_hook_that_replaces_the_history(engine: Engine) -> Any:
    def hook(state: Any) -> Any:
        everything = RemoveMessage(engine.message.REMOVE_ALL_MESSAGES)
        return {"messages": [everything, *state["messages"][-2:]]}

    return prompted(engine, None, pre_model_hook=hook)


@scenario(ASKED, stream_mode=EVERY)
def a_hook_that_writes_nothing(engine: Engine) -> Any:
    return prompted(engine, None, pre_model_hook=lambda _: None)


@scenario(ASKED, stream_mode=ALL)
def a_hook_in_a_pydantic_state(engine: Engine) -> Any:
    return prompted(
        engine,
        lambda state: state.messages,
        state_schema=pydantic_state(engine),
        pre_model_hook=lambda _: {"llm_input_messages": [HumanMessage("hi", id="h")]},
    )


@scenario(ASKED, stream_mode=EVERY)
def a_hook_after_the_model(engine: Engine) -> Any:
    hook = {"post_model_hook": lambda state: {"messages": [AIMessage("checked", id="checked")]}}
    return agent(engine, scripted("Sunny."), [weather], **hook)


@scenario(ASKED, stream_mode=EVERY)
def a_hook_between_the_model_and_its_tools(engine: Engine) -> Any:
    return agent(engine, weather_script(), [weather], post_model_hook=lambda _: {})


@scenario(ASKED, stream_mode=EVERY)
def a_hook_between_the_model_and_its_tools_in_one_task(engine: Engine) -> Any:
    hook = {"post_model_hook": lambda _: {}}
    return agent(engine, weather_script(), [weather], version="v1", **hook)


@scenario(ASKED, stream_mode=EVERY)
def a_hook_that_answers_a_call(engine: Engine) -> Any:
    def hook(state: Any) -> Any:
        made = getattr(state["messages"][-1], "tool_calls", [])
        return {"messages": [ToolMessage("denied", tool_call_id=c["id"], id=c["id"]) for c in made]}

    return agent(engine, weather_script(), [weather], post_model_hook=hook)


@scenario(ASKED, stream_mode=IN_PARALLEL)
def a_hook_that_answers_one_of_two_calls(engine: Engine) -> Any:
    def hook(state: Any) -> Any:
        made = getattr(state["messages"][-1], "tool_calls", [])[:1]
        return {"messages": [ToolMessage("denied", tool_call_id=c["id"], id=c["id"]) for c in made]}

    both = calls(call("weather", city="sf"), call("add", "call_2", a=1, b=2))
    return agent(engine, scripted(both, "Three."), [weather, add], post_model_hook=hook)


@scenario(ASKED, stream_mode=EVERY)
def all_hooks_and_an_object(engine: Engine) -> Any:
    model = scripted(calls(call("weather", city="sf")), "It is sunny.", FORECAST)
    hooks = {"pre_model_hook": lambda _: {}, "post_model_hook": lambda _: {}}
    return agent(engine, model, [weather], response_format=Forecast, **hooks)


@scenario(ASKED, stream_mode=EVERY)
def hooks_without_tools(engine: Engine) -> Any:
    hooks = {"pre_model_hook": lambda _: {}, "post_model_hook": lambda _: {}}
    return agent(engine, scripted("Sunny."), [], **hooks)


# --- tools that return directly --------------------------------------------------------------


@scenario(ASKED, stream_mode=EVERY)
def a_tool_that_has_the_last_word(engine: Engine) -> Any:
    return agent(engine, scripted(calls(call("final", city="sf"))), [final, weather])


@scenario(ASKED, stream_mode=IN_PARALLEL)
def a_tool_that_has_the_last_word_among_others(engine: Engine) -> Any:
    both = calls(call("final", city="sf"), call("add", "call_2", a=1, b=2))
    return agent(engine, scripted(both), [final, add])


@scenario(ASKED, stream_mode=IN_PARALLEL)
def a_tool_that_has_the_last_word_among_others_in_one_task(engine: Engine) -> Any:
    both = calls(call("final", city="sf"), call("add", "call_2", a=1, b=2))
    return agent(engine, scripted(both), [final, add], version="v1")


@scenario(ASKED, stream_mode=EVERY)
def another_tool_than_the_one_that_has_the_last_word(engine: Engine) -> Any:
    return agent(engine, weather_script(), [final, weather])


# --- states ----------------------------------------------------------------------------------


@scenario(ASKED, stream_mode=["values", "updates"])
def a_pydantic_state(engine: Engine) -> Any:
    return agent(engine, weather_script(), [weather], state_schema=pydantic_state(engine))


@scenario({**ASKED, "user": "ann"}, stream_mode=EVERY)
def a_state_with_more_keys(engine: Engine) -> Any:
    class Users(engine.agents.AgentState):
        user: str

    @tool
    def who(user: Annotated[str, engine.prebuilt.InjectedState("user")]) -> str:
        """Tell who asks."""
        return user

    return agent(engine, scripted(calls(call("who")), "Ann."), [who], state_schema=Users)


@scenario(ASKED)
def a_state_without_remaining_steps(engine: Engine) -> Any:
    return agent(engine, scripted("x"), [weather], state_schema=engine.graph.MessagesState)


# --- agents among agents ---------------------------------------------------------------------


@scenario(ASKED, stream_mode=EVERY, subgraphs=True)
def an_agent_as_a_node(engine: Engine) -> Any:
    graph = engine.graph.StateGraph(engine.graph.MessagesState)
    graph.add_node("inner", agent(engine, weather_script(), [weather], name="inner"))
    return graph.add_edge(engine.graph.START, "inner").compile()


@scenario(ASKED, stream_mode=["values", "updates", "custom"])
def an_agent_as_a_node_without_subgraphs(engine: Engine) -> Any:
    graph = engine.graph.StateGraph(engine.graph.MessagesState)
    graph.add_node("inner", agent(engine, weather_script(), [weather], name="inner"))
    return graph.add_edge(engine.graph.START, "inner").compile()


def handing_over(engine: Engine, version: str, *made: Any, to_send: bool = False) -> Any:
    """Return a graph of two agents, the first of which hands over to the second."""
    command, send = engine.types.Command, engine.types.Send

    @tool
    def hand_over(
        to: str,
        state: Annotated[dict, engine.prebuilt.InjectedState],
        tool_call_id: Annotated[str, InjectedToolCallId],
    ) -> Any:
        """Hand over to another agent."""
        done = ToolMessage("over", tool_call_id=tool_call_id, name="hand_over", id=tool_call_id)
        messages = [*state["messages"], done]
        if to_send:
            return command(graph=command.PARENT, goto=[send(to, {"messages": messages})])
        return command(graph=command.PARENT, goto=to, update={"messages": messages})

    first = agent(engine, scripted(calls(*made)), [hand_over], name="first", version=version)
    second = agent(engine, scripted("I am second."), [], name="second")
    graph = engine.graph.StateGraph(engine.graph.MessagesState)
    graph.add_node("first", first, destinations=("second",)).add_node("second", second)
    return graph.add_edge(engine.graph.START, "first").compile()


@scenario(ASKED, stream_mode=ALL, subgraphs=True)
def a_tool_that_hands_over_to_another_agent(engine: Engine) -> Any:
    return handing_over(engine, "v2", call("hand_over", to="second"))


@scenario(ASKED, stream_mode=ALL, subgraphs=True)
def a_tool_that_hands_over_in_one_task(engine: Engine) -> Any:
    return handing_over(engine, "v1", call("hand_over", to="second"))


@scenario(ASKED, stream_mode=ALL, subgraphs=True)
def a_tool_that_sends_to_another_agent(engine: Engine) -> Any:
    return handing_over(engine, "v1", call("hand_over", to="second"), to_send=True)


@scenario(ASKED, stream_mode=EVERY)
def a_prompt_that_returns_a_runnable(engine: Engine) -> Any:
    def prompt(state: Any, config: RunnableConfig) -> Any:
        return RunnableLambda(lambda given: [SystemMessage("brief"), *given["messages"]])

    return agent(engine, scripted("hi"), [weather], prompt=prompt)
