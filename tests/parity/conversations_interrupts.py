"""Conversations about questions: how nodes ask, and how they are answered."""

from __future__ import annotations

import time
from typing import Any

from conversations import Kit, Talk, conversation, counts, ids_of, logs
from langchain_core.tools import tool
from pydantic import BaseModel
from scripted import call, calls

# --- questions of nodes ----------------------------------------------------------------------


@conversation
def a_question_and_its_answer(k: Kit) -> Talk:
    graph = k.talk(k.chain(ask=k.asks("who?"), after=logs("after")))
    yield graph.stream({"a": 1})
    yield graph.state()
    yield graph.stream(k.Command(resume="me"))
    yield graph.state()
    yield graph.history()


@conversation
def two_questions_of_one_node(k: Kit) -> Talk:
    graph = k.talk(k.chain(ask=k.asks("first?", "second?")))
    yield graph.stream({"a": 1})
    yield graph.stream(k.Command(resume=1))
    yield graph.state()
    yield graph.stream(k.Command(resume=2))
    yield graph.history()


@conversation
def three_questions_answered_by_id(k: Kit) -> Talk:
    graph = k.talk(k.chain(ask=k.asks("one?", "two?", "three?")))
    chunks = yield graph.stream({"a": 1})
    for answer in "abc":
        (id_,) = ids_of(chunks)
        chunks = yield graph.stream(k.Command(resume={id_: answer}))
    yield graph.state()


@conversation
def going_on_after_the_first_of_two_answers(k: Kit) -> Talk:
    graph = k.talk(k.chain(ask=k.asks("first?", "second?")))
    yield graph.stream({"a": 1})
    yield graph.stream(k.Command(resume=1))
    yield graph.stream(None)
    yield graph.state()


@conversation
def each_answer_comes_with_an_update(k: Kit) -> Talk:
    graph = k.talk(k.chain(ask=k.asks("one?", "two?", "three?")))
    yield graph.stream({"a": 1})
    for answer in "abc":
        yield graph.stream(k.Command(resume=answer, update={"log": [f"with {answer}"]}))
        yield graph.state()


@conversation
def each_answer_comes_with_an_update_and_all_is_saved_at_the_end(k: Kit) -> Talk:
    graph = k.talk(k.chain(ask=k.asks("one?", "two?", "three?")))
    yield graph.stream({"a": 1}, durability="exit")
    for answer in "abc":
        command = k.Command(resume=answer, update={"log": [f"with {answer}"]})
        yield graph.stream(command, durability="exit")
        yield graph.state()


@conversation
def an_update_between_two_answers_answers_nothing(k: Kit) -> Talk:
    graph = k.talk(k.chain(ask=k.asks("one?", "two?"), side=logs("side")))
    yield graph.stream({"a": 1})
    yield graph.stream(k.Command(update={"log": ["before"]}))
    yield graph.stream(k.Command(resume="a", update={"log": ["with a"]}))
    yield graph.stream(k.Command(update={"log": ["between"]}))
    yield graph.stream(k.Command(goto="side"))
    yield graph.stream(k.Command(resume="b"))
    yield graph.state()


@conversation
def three_ask_at_once_are_answered_in_turn_and_all_is_saved_at_the_end(k: Kit) -> Talk:
    asks = k.asks("x?", after=0.02), k.asks("y?", after=0.06), k.asks("z?", "zz?", after=0.1)
    graph = k.talk(k.fan(x=asks[0], y=asks[1], z=asks[2]))
    chunks = yield graph.stream({"a": 1}, durability="exit")
    for answer in "abcd":
        id_ = ids_of(chunks)[0]
        chunks = yield graph.stream(k.Command(resume={id_: answer}), durability="exit")
    yield graph.state()


@conversation
def an_answer_that_does_not_fit_beside_one_that_does(k: Kit) -> Talk:
    def slow(_: Any) -> Any:
        answer = k.ask("slow?", response_schema=int)
        time.sleep(0.05)
        return {"log": [k.count("slow"), answer]}

    def quick(_: Any) -> Any:
        time.sleep(0.02)
        return {"log": [k.ask("quick?", response_schema=int)]}

    graph = k.talk(k.fan(slow=slow, quick=quick))
    yield graph.invoke({"a": 1})
    asked = (yield graph.state()).interrupts
    ids = {question.value: question.id for question in asked}
    answers = {ids["slow?"]: 1, ids["quick?"]: "no number"}
    yield graph.invoke(k.Command(resume=answers))
    yield graph.state()
    yield graph.invoke(k.Command(resume={ids["quick?"]: 2}))


@conversation
def asking_until_the_answer_will_do(k: Kit) -> Talk:
    def node(_: Any) -> Any:
        age = k.ask("age?")
        while not isinstance(age, int):
            age = k.ask(f"{age!r} is no age")
        return {"a": age}

    graph = k.talk(k.chain(ask=node))
    yield graph.stream({"a": 0})
    yield graph.stream(k.Command(resume="old"))
    yield graph.stream(k.Command(resume="very"))
    yield graph.stream(k.Command(resume=70))


@conversation
def falsy_answers_are_answers(k: Kit) -> Talk:
    graph = k.talk(k.chain(ask=k.asks("a", "b", "c", "d")))
    yield graph.stream({"a": 1})
    for answer in (0, "", False, []):
        yield graph.stream(k.Command(resume=answer))


@conversation
def an_answer_that_is_a_dict(k: Kit) -> Talk:
    graph = k.talk(k.chain(ask=k.asks("a", "b")))
    yield graph.stream({"a": 1})
    yield graph.stream(k.Command(resume={"type": "accept"}))
    yield graph.stream(k.Command(resume={"0" * 31: "not an id"}))


@conversation
def an_answer_of_none_is_no_answer(k: Kit) -> Talk:
    graph = k.talk(k.chain(ask=k.asks("a")))
    yield graph.stream({"a": 1})
    yield graph.stream(k.Command(resume=None))
    yield graph.state()


@conversation
def a_question_that_is_an_object(k: Kit) -> Talk:
    graph = k.talk(k.chain(ask=k.asks({"review": ["x", {"y": (1, 2)}]}, None)))
    yield graph.stream({"a": 1})
    yield graph.state()
    yield graph.stream(k.Command(resume="ok"))


@conversation
def going_on_without_an_answer_asks_again(k: Kit) -> Talk:
    graph = k.talk(k.chain(ask=k.asks("a"), after=logs("z")))
    yield graph.stream({"a": 1})
    yield graph.stream(None)
    yield graph.stream(None)
    yield graph.state()
    yield graph.stream(k.Command(resume="x"))
    yield graph.history()


@conversation
def a_new_input_drops_the_question(k: Kit) -> Talk:
    graph = k.talk(k.chain(first=counts, ask=k.asks("a")))
    yield graph.stream({"a": 1})
    yield graph.stream({"a": 10})
    yield graph.state()
    yield graph.stream(k.Command(resume="x"))
    yield graph.history()


@conversation
def the_question_is_asked_after_work_that_is_done_again(k: Kit) -> Talk:
    def node(_: Any) -> Any:
        times = k.count("runs")
        return {"log": [times, k.ask("a"), k.ask("b")]}

    graph = k.talk(k.chain(ask=node))
    yield graph.stream({"a": 1})
    yield graph.stream(k.Command(resume=1))
    yield graph.stream(k.Command(resume=2))


@conversation
def an_interrupt_caught_by_the_node(k: Kit) -> Talk:
    def node(_: Any) -> Any:
        try:
            return {"log": [k.ask("a")]}
        except Exception as caught:  # noqa: BLE001 - nodes do that
            return {"log": [type(caught).__name__]}

    graph = k.talk(k.chain(ask=node))
    yield graph.stream({"a": 1})
    yield graph.state()


@conversation
def a_node_interrupt(k: Kit) -> Talk:
    def node(state: Any) -> Any:
        if state["a"] < 5:
            raise k.engine.errors.NodeInterrupt("too small")
        return {"log": ["big"]}

    graph = k.talk(k.chain(check=node))
    yield graph.stream({"a": 1})
    yield graph.state()
    yield graph.stream(None)
    yield graph.update({"a": 7})
    yield graph.stream(None)


@conversation
def a_question_in_a_conditional_edge(k: Kit) -> Talk:
    graph = k.chain(first=logs("first"))
    graph.add_node("left", logs("left")).add_node("right", logs("right"))
    graph.add_conditional_edges("first", lambda _: k.ask("where to?"), ["left", "right"])
    graph = k.talk(graph)
    yield graph.stream({"a": 1})
    yield graph.state()
    yield graph.stream(k.Command(resume="right"))


@conversation
def a_question_in_the_entry(k: Kit) -> Talk:
    graph = k.empty().add_node("left", logs("left")).add_node("right", logs("right"))
    graph.add_conditional_edges("__start__", lambda _: k.ask("where to?"), ["left", "right"])
    graph = k.talk(graph)
    yield graph.stream({"a": 1})
    yield graph.state()
    yield graph.stream(k.Command(resume="left"))
    yield graph.history()


# --- what an answer must look like ------------------------------------------------------------


@conversation
def an_answer_that_fits_its_schema(k: Kit) -> Talk:
    graph = k.talk(k.chain(ask=lambda _: {"a": k.ask("n?", response_schema=int)}))
    yield graph.stream({"a": 1})
    yield graph.stream(k.Command(resume="12"))


@conversation
def an_answer_that_does_not_fit_can_be_given_again(k: Kit) -> Talk:
    graph = k.talk(k.chain(ask=lambda _: {"a": k.ask("n?", response_schema=int)}))
    yield graph.stream({"a": 1})
    yield graph.stream(k.Command(resume="many"))
    yield graph.state()
    yield graph.stream(k.Command(resume=3))
    yield graph.state()


@conversation
def an_answer_by_id_that_does_not_fit_can_be_given_again(k: Kit) -> Talk:
    def asks(name: str) -> Any:
        return lambda _: {"log": [k.ask(name, response_schema=int)]}

    graph = k.talk(k.fan(first=asks("first"), second=asks("second")))
    yield graph.invoke({"a": 1})
    ids = {question.value: question.id for question in (yield graph.state()).interrupts}
    yield graph.invoke(k.Command(resume={ids["second"]: "many"}))
    yield graph.invoke(k.Command(resume={ids["first"]: 1}))
    yield graph.invoke(k.Command(resume={ids["second"]: 2}))
    yield graph.state()


@conversation
def a_second_answer_that_does_not_fit(k: Kit) -> Talk:
    def node(_: Any) -> Any:
        return {"log": [k.ask("a"), k.ask("b", response_schema=int), k.ask("c")]}

    graph = k.talk(k.chain(ask=node))
    yield graph.stream({"a": 1})
    yield graph.stream(k.Command(resume="x"))
    yield graph.stream(k.Command(resume="y"))
    yield graph.state()
    yield graph.stream(k.Command(resume=2))
    yield graph.stream(k.Command(resume="z"))


class Review(BaseModel):
    ok: bool
    why: str = ""


@conversation
def an_answer_becomes_an_object_of_its_schema(k: Kit) -> Talk:
    def node(_: Any) -> Any:
        review = k.ask("fine?", response_schema=Review)
        return {"log": [review.ok, review.why]}

    graph = k.talk(k.chain(ask=node))
    yield graph.stream({"a": 1})
    yield graph.state()
    yield graph.stream(k.Command(resume={"ok": "yes", "why": "it is"}))


@conversation
def a_json_schema_is_only_shown(k: Kit) -> Talk:
    graph = k.talk(k.chain(ask=lambda _: {"log": [k.ask("?", response_schema={"type": "null"})]}))
    yield graph.stream({"a": 1})
    yield graph.stream(k.Command(resume="whatever"))


# --- several nodes at once ---------------------------------------------------------------------


@conversation
def two_nodes_ask_and_are_answered_one_after_the_other(k: Kit) -> Talk:
    graph = k.talk(k.fan(x=k.asks("x?"), y=k.asks("y?", after=0.02)))
    chunks = yield graph.stream({"a": 1})
    x, y = ids_of(chunks)
    yield graph.stream(k.Command(resume={y: "Y"}))
    yield graph.state()
    yield graph.stream(k.Command(resume={x: "X"}))
    yield graph.state()
    yield k.kept(limit=2)


@conversation
def two_nodes_ask_and_are_answered_at_once(k: Kit) -> Talk:
    graph = k.talk(k.fan(x=k.asks("x?"), y=k.asks("y?", after=0.02)))
    chunks = yield graph.stream({"a": 1})
    yield graph.state()
    yield graph.stream(k.Command(resume=dict.fromkeys(ids_of(chunks), "yes")))
    yield graph.history()


@conversation
def one_answer_for_two_questions_is_refused(k: Kit) -> Talk:
    graph = k.talk(k.fan(x=k.asks("x?"), y=k.asks("y?", after=0.02)))
    yield graph.stream({"a": 1})
    yield graph.stream(k.Command(resume="both"))
    yield graph.state()


@conversation
def the_last_of_two_questions_takes_a_plain_answer(k: Kit) -> Talk:
    graph = k.talk(k.fan(x=k.asks("x?"), y=k.asks("y?", after=0.02)))
    chunks = yield graph.stream({"a": 1})
    yield graph.stream(k.Command(resume={ids_of(chunks)[0]: "X"}))
    yield graph.stream(k.Command(resume="Y"))


@conversation
def two_nodes_with_two_questions_each(k: Kit) -> Talk:
    graph = k.talk(k.fan(x=k.asks("x1", "x2"), y=k.asks("y1", "y2", after=0.02)))
    chunks = yield graph.stream({"a": 1})
    x, y = ids_of(chunks)
    chunks = yield graph.stream(k.Command(resume={x: 1, y: 2}))
    yield graph.state()
    x, y = ids_of(chunks)
    yield graph.stream(k.Command(resume={y: 4}))
    yield graph.stream(k.Command(resume={x: 3}))
    yield graph.state()


@conversation
def a_sibling_of_an_asking_node_is_not_run_again(k: Kit) -> Talk:
    graph = k.talk(k.fan(ask=k.asks("?", after=0.02), side=lambda _: {"log": [k.count("side")]}))
    yield graph.stream({"a": 1})
    yield graph.state()
    yield graph.stream(k.Command(resume="!"))
    yield graph.state()


@conversation
def a_sibling_that_wrote_nothing_is_not_run_again(k: Kit) -> Talk:
    graph = k.talk(k.fan(ask=k.asks("?", after=0.02), side=lambda _: k.count("side") and None))
    yield graph.stream({"a": 1})
    yield graph.state()
    yield graph.stream(k.Command(resume="!"))


@conversation
def a_barrier_waits_for_the_answer(k: Kit) -> Talk:
    graph = k.fan(ask=k.asks("?", after=0.02), side=logs("side"))
    graph.add_node("end", counts).add_edge(["ask", "side"], "end")
    graph = k.talk(graph)
    yield graph.stream({"a": 1})
    yield graph.state()
    yield graph.stream(k.Command(resume="!"))
    yield graph.history()


@conversation
def questions_in_sends(k: Kit) -> Talk:
    def worker(state: Any) -> Any:
        return {"log": [k.ask(f"{state['a']}?")]}

    graph = k.empty().add_node("worker", worker).add_node("other", logs("other", after=0.02))
    graph.add_conditional_edges(
        "__start__", lambda _: [k.Send("worker", {"a": 1}), "other"], ["worker", "other"]
    )
    graph = k.talk(graph)
    yield graph.stream({"a": 0})
    yield graph.state()
    yield graph.stream(k.Command(resume="yes"))
    yield graph.history()


@conversation
def a_send_that_asks_among_sends_that_do_not(k: Kit) -> Talk:
    def worker(state: Any) -> Any:
        return {"log": [k.ask("2?") if state["a"] == 2 else state["a"]]}

    graph = k.empty().add_node("worker", worker).add_node("end", logs("end"))
    graph.add_conditional_edges("__start__", lambda _: [k.Send("worker", {"a": 2})], ["worker"])
    graph.add_edge("worker", "end")
    graph = k.talk(graph)
    yield graph.stream({"a": 0})
    yield graph.stream(k.Command(resume="two"))


# --- questions in tools ------------------------------------------------------------------------


@conversation
def a_question_in_a_tool(k: Kit) -> Talk:
    @tool
    def book(hotel: str) -> str:
        """Book a hotel."""
        return f"{hotel}: {k.ask({'book': hotel})}"

    graph = k.talk(k.chain(agent=lambda _: {"log": [book.invoke({"hotel": "Ritz"})]}))
    yield graph.stream({"a": 1}, stream_mode=["updates", "tools", "values"])
    yield graph.stream(k.Command(resume="yes"), stream_mode=["updates", "tools", "values"])


@conversation
def two_tools_ask_in_one_node(k: Kit) -> Talk:
    @tool
    def book(hotel: str) -> str:
        """Book a hotel."""
        return f"{hotel}: {k.ask(hotel)}"

    def node(_: Any) -> Any:
        return {"log": [book.invoke({"hotel": name}) for name in ("Ritz", "Savoy")]}

    graph = k.talk(k.chain(agent=node))
    yield graph.stream({"a": 1})
    yield graph.stream(k.Command(resume="yes"))
    yield graph.stream(k.Command(resume="no"))


# --- answers under the id of the first question ------------------------------------------------


@conversation
def a_second_question_answered_under_the_id_of_the_first(k: Kit) -> Talk:
    graph = k.talk(k.chain(ask=k.asks("one?", "two?", "three?")))
    (id_,) = ids_of((yield graph.stream({"a": 1})))
    for answer in "abc":
        yield graph.stream(k.Command(resume={id_: answer}))
        yield graph.state()


# --- answers that do not fit, in tools ---------------------------------------------------------


def a_tool_node_whose_tool_asks(k: Kit, **kwargs: Any) -> Any:
    """Return a tool node that tells the model of every error, in a graph to talk to."""

    @tool
    def confirm() -> str:
        """Ask for a number."""
        return str(k.ask("n?", response_schema=int))

    node = k.engine.prebuilt.ToolNode([confirm], handle_tool_errors=True, **kwargs)
    return k.talk(k.chain(k.engine.graph.MessagesState, tools=node))


@conversation
def an_answer_that_does_not_fit_in_a_tool(k: Kit) -> Talk:
    graph = a_tool_node_whose_tool_asks(k)
    yield graph.stream({"messages": [calls(call("confirm"))]})
    yield graph.stream(k.Command(resume="five"))
    yield graph.state()
    yield graph.stream(k.Command(resume=5))


@conversation
def an_answer_that_does_not_fit_in_a_wrapped_tool(k: Kit) -> Talk:
    graph = a_tool_node_whose_tool_asks(k, wrap_tool_call=lambda request, execute: execute(request))
    yield graph.stream({"messages": [calls(call("confirm"))]})
    yield graph.stream(k.Command(resume="five"))
    yield graph.stream(k.Command(resume=5))
