"""An event stream (`version="v3"`) is captured like the stream modes, and tells the same story."""

from __future__ import annotations

import operator
from itertools import groupby
from typing import Annotated, Any

import pytest
from generated_turns import MESSAGES, TEXT
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableLambda
from langgraph.checkpoint.memory import InMemorySaver
from typing_extensions import TypedDict

from harness import ScriptedChatModel, Transcript, acapture, capture
from runtime.config import get_stream_writer
from runtime.graph import START, StateGraph
from runtime.types import Command, interrupt

MODES = ["values", "updates", "messages", "custom", "tasks"]
CALL = {"name": "weather", "args": {"city": "rome"}, "id": "c1", "type": "tool_call"}
USAGE: Any = {"input_tokens": 3, "output_tokens": 5, "total_tokens": 8}


class State(TypedDict, total=False):
    said: Annotated[list, operator.add]


def built(plan: list[dict[str, Any]]) -> Any:
    """Return a graph after the plan: nodes that speak, write items, and graphs inside."""
    graph = StateGraph(State)
    previous = START
    for number, todo in enumerate(plan):
        name = f"n{number}"
        graph.add_node(name, built(todo["inside"]) if todo["inside"] else _node(todo))
        graph.add_edge(previous, name)
        previous = name
    return graph.compile()


def _node(todo: dict[str, Any]) -> Any:
    model = ScriptedChatModel(todo["turns"])

    def node(_: State) -> Any:
        said: list[Any] = []
        for turn in todo["turns"]:
            get_stream_writer()(f"turn {len(said)}")
            said.append(model.invoke("q"))
            assert turn is not None
        calls = [[(call["name"], call["args"]) for call in each.tool_calls] for each in said]
        return {"said": [*(str(each.text) for each in said), *calls]}

    return node


def story(transcript: Transcript) -> Any:
    """Return what a transcript says, but for where models cut what they said."""
    transcript = transcript.normalized()
    events = transcript.events
    plain = [(e.namespace, e.mode, e.payload) for e in events if e.mode != "messages"]
    order = [key for key, _ in groupby((e.mode, e.lane) for e in events)]
    tokens = {
        key: "".join(e.payload[0].text for e in group)
        for key, group in groupby(transcript.select(mode="messages"), key=lambda e: e.lane)
    }
    calls = [(call["name"], call["args"]) for call in transcript.tool_calls()]
    return plain, order, tokens, calls, transcript.usage(), transcript.interrupts


LEAF = {"inside": st.just([]), "turns": st.lists(TEXT.filter(bool) | MESSAGES, max_size=2)}
LEAVES = st.lists(st.fixed_dictionaries(LEAF), min_size=1, max_size=2)
PLANS = st.lists(
    st.fixed_dictionaries({**LEAF, "inside": st.just([]) | LEAVES}), min_size=1, max_size=3
)


@settings(max_examples=20, deadline=None, derandomize=True, database=None)
@given(PLANS)
def test_an_event_stream_tells_the_story_of_the_modes(plan: list[dict[str, Any]]) -> None:
    """States, updates, items, tasks, tokens, tool calls, usage and their order are the same."""
    modes = capture(built(plan), {}, stream_mode=MODES, subgraphs=True)
    events = capture(
        built(plan), {}, stream_mode=MODES, subgraphs=True, version="v3", same_messages=True
    )
    assert story(events) == story(modes)


async def test_async_streams_give_the_same_transcript() -> None:
    """`acapture` reads `astream_events`; the transcript is that of `capture`."""
    plan = [{"inside": [], "turns": ["hello there"]}]
    assert await acapture(built(plan), {}, version="v3") == capture(built(plan), {}, version="v3")


def test_without_subgraphs_what_graphs_inside_say_is_left_out() -> None:
    """As in the stream modes, unless it is asked for."""
    plan = [{"inside": [{"inside": [], "turns": ["hello there"]}], "turns": []}]
    assert not capture(built(plan), {}, version="v3").tokens()
    assert capture(built(plan), {}, version="v3", subgraphs=True).tokens() == ["hello", " there"]


def test_tool_calls_and_usage_are_put_together() -> None:
    """From the pieces of their arguments, and from what stands at the end of a message."""
    answer = AIMessage("Let me see.", tool_calls=[CALL], usage_metadata=USAGE)
    transcript = capture(built([{"inside": [], "turns": [answer]}]), {}, version="v3")
    assert transcript.tool_calls("weather")[0]["args"] == {"city": "rome"}
    assert transcript.usage()["total_tokens"] == 8


def test_lifecycle_is_a_mode_of_event_streams() -> None:
    """It says when graphs inside start and end; the other versions do not have it."""
    plan = [{"inside": [{"inside": [], "turns": []}], "turns": []}]
    transcript = capture(built(plan), {}, version="v3", stream_mode=["lifecycle"])
    assert [event["event"] for event in transcript.payloads("lifecycle")] == [
        "started",
        "completed",
    ]
    with pytest.raises(ValueError, match="unknown stream mode 'lifecycle'"):
        capture(built(plan), {}, stream_mode=["lifecycle"])


def test_an_interrupt_and_its_answer() -> None:
    """A run that is resumed is appended, whatever the versions of the two."""
    graph = StateGraph(State).add_node("ask", lambda _: {"said": [interrupt("really?")]})
    saved = graph.add_edge(START, "ask").compile(InMemorySaver())
    config: Any = {"configurable": {"thread_id": "1"}}
    asked = capture(saved, {}, config, version="v3")
    assert [item.value for item in asked.interrupts] == ["really?"]
    answered = capture(saved, Command(resume="yes"), config, version="v3", after=asked)
    assert answered.final == {"said": ["yes"]}


def test_an_error_is_kept_if_it_is_to_be() -> None:
    """With what came before it."""
    graph = StateGraph(State).add_node("fail", lambda _: 1 / 0).add_edge(START, "fail").compile()
    transcript = capture(graph, {"said": ["hi"]}, version="v3", errors="keep")
    assert isinstance(transcript.error, ZeroDivisionError)
    assert transcript.payloads("values") == [{"said": ["hi"]}]


@pytest.mark.filterwarnings("ignore::langchain_core._api.LangChainBetaWarning")
def test_graphs_of_langgraph_have_event_streams_too() -> None:
    """The transformer is the one of the package that the graph comes from."""
    langgraph = pytest.importorskip("langgraph.graph")
    model = ScriptedChatModel(["hello there"])
    graph = langgraph.StateGraph(State).add_node("n", lambda _: {"said": [model.invoke("q").text]})
    compiled = graph.add_edge(langgraph.START, "n").compile()
    transcript = capture(compiled, {}, version="v3")
    assert transcript.tokens(node="n") == ["hello", " there"]
    assert transcript.updates() == [{"n": {"said": ["hello there"]}}]


def test_a_chain_has_no_such_event_stream() -> None:
    """It says what to capture instead."""
    with pytest.raises(TypeError, match=r"only graphs have .*chain.astream_events"):
        capture(RunnableLambda(str), "q", version="v3")
