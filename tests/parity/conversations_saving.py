"""Conversations about what is saved and when: durability, failures, kinds of state, limits."""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from typing import Annotated, Any

from conversations import Kit, Talk, alone, conversation, counts, ids_of, logs, thread
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage
from pydantic import BaseModel
from typing_extensions import TypedDict

Log = Annotated[list, operator.add]

# --- durability --------------------------------------------------------------------------------


@conversation
def saving_before_the_next_superstep(k: Kit) -> Talk:
    graph = k.talk(k.chain(x=counts, ask=k.asks("?"), z=counts))
    yield graph.stream({"a": 1}, durability="sync")
    yield graph.stream(k.Command(resume="!"), durability="sync")
    yield k.kept()


@conversation
def saving_at_exit(k: Kit) -> Talk:
    graph = k.talk(k.chain(x=counts, y=counts))
    yield graph.stream({"a": 1}, durability="exit")
    yield k.kept()
    yield graph.stream({"a": 1}, durability="exit")
    yield graph.history()


@conversation
def saving_a_question_at_exit(k: Kit) -> Talk:
    graph = k.talk(k.fan(x=k.asks("?", "??"), y=logs("y", after=0.02)))
    yield graph.stream({"a": 1}, durability="exit")
    yield k.kept()
    yield graph.stream(k.Command(resume="!"), durability="exit")
    yield k.kept()
    yield graph.stream(k.Command(resume="!!"), durability="exit")
    yield k.kept()


@conversation
def saving_a_stop_at_exit(k: Kit) -> Talk:
    graph = k.talk(k.chain(x=counts, y=counts), interrupt_before=["y"])
    yield graph.stream({"a": 1}, durability="exit")
    yield graph.state()
    yield graph.stream(None, durability="exit")
    yield graph.history()


@conversation
def saving_a_failure_at_exit(k: Kit) -> Talk:
    graph = k.talk(k.fan(bad=k.fails_once(after=0.02), y=lambda _: {"log": [k.count("y")]}))
    yield graph.stream({"a": 1}, durability="exit")
    yield k.kept()
    yield graph.stream(None, durability="exit")
    yield graph.history()


@conversation
def changing_durability_on_the_way(k: Kit) -> Talk:
    graph = k.talk(k.chain(x=counts, ask=k.asks("?"), z=counts))
    yield graph.stream({"a": 1}, durability="exit")
    yield graph.stream(k.Command(resume="!"), durability="sync")
    yield graph.stream({"a": 1}, durability="async")
    yield graph.history()


@conversation
def updates_among_runs_that_save_at_exit(k: Kit) -> Talk:
    graph = k.talk(k.chain(x=counts, y=counts))
    yield graph.stream({"a": 1}, durability="exit")
    yield graph.update({"a": 7}, "x")
    yield graph.stream(None, durability="exit")
    yield graph.history()


# --- failures ----------------------------------------------------------------------------------


@conversation
def a_failed_node_runs_again(k: Kit) -> Talk:
    graph = k.talk(k.chain(x=lambda _: {"log": [k.count("x")]}, bad=k.fails_once()))
    yield graph.stream({"a": 1})
    yield graph.state()
    yield graph.stream(None)
    yield graph.history()


@conversation
def a_sibling_of_a_failed_node_does_not_run_again(k: Kit) -> Talk:
    def side(_: Any) -> Any:
        return {"log": [k.count("side")]}

    graph = k.talk(k.fan(side=side, bad=k.fails_once(after=0.02)))
    yield graph.stream({"a": 1})
    yield graph.state()
    yield graph.stream(None)
    yield graph.history()


@conversation
def a_question_beside_a_failure(k: Kit) -> Talk:
    graph = k.talk(k.fan(ask=k.asks("?"), bad=k.fails_once(after=0.02)))
    yield graph.stream({"a": 1})
    yield graph.state()
    yield graph.stream(None)
    yield graph.stream(k.Command(resume="!"))
    yield graph.state()


@conversation
def a_failure_after_an_answer(k: Kit) -> Talk:
    def node(_: Any) -> Any:
        answer = k.ask("?")
        if k.count("after the answer") == 1:
            raise ConnectionError
        return {"log": [answer]}

    graph = k.talk(k.chain(ask=node))
    yield graph.stream({"a": 1})
    yield graph.stream(k.Command(resume="!"))
    yield graph.state()
    yield graph.stream(None)
    yield graph.state()


@conversation
def a_retry_after_an_answer(k: Kit) -> Talk:
    def node(_: Any) -> Any:
        answers = [k.ask("?"), k.ask("??")]
        if k.count("attempts") < 3:
            raise ConnectionError
        return {"log": answers}

    policy = k.engine.types.RetryPolicy(initial_interval=0.001, jitter=False)
    graph = k.empty().add_node("ask", node, retry_policy=policy).add_edge("__start__", "ask")
    graph = k.talk(graph)
    yield graph.stream({"a": 1})
    yield graph.stream(k.Command(resume="!"))
    yield graph.stream(k.Command(resume="!!"))
    yield graph.state()


@conversation
def a_handler_of_an_error_that_asks(k: Kit) -> Talk:
    def fails(_: Any) -> Any:
        raise ConnectionError

    graph = k.empty().add_node("x", fails, error_handler=k.asks("what now?"))
    graph = k.talk(graph.add_edge("__start__", "x"))
    yield graph.stream({"a": 1})
    yield graph.state()
    yield graph.stream(k.Command(resume="nothing"))
    yield graph.state()


@conversation
def a_failed_send_runs_again_alone(k: Kit) -> Talk:
    def worker(state: Any) -> Any:
        if state["a"] == 2:
            return k.fails_once("two", after=0.02)(state)
        return {"log": [state["a"], k.count("one")]}

    graph = k.empty().add_node("worker", worker)
    graph.add_conditional_edges(
        "__start__", lambda _: [k.Send("worker", {"a": n}) for n in (1, 2)], ["worker"]
    )
    graph = k.talk(graph)
    yield graph.stream({"a": 0})
    yield graph.state()
    yield graph.stream(None)
    yield graph.state()


@conversation
def the_limit_is_reached_and_the_run_goes_on(k: Kit) -> Talk:
    graph = k.chain(x=counts)
    graph.add_conditional_edges("x", lambda s: "x" if s["a"] < 8 else "__end__", ["x", "__end__"])
    graph = k.talk(graph)
    limited: Any = {**thread(), "recursion_limit": 3}
    yield graph.stream({"a": 1}, limited)
    yield graph.state()
    yield graph.stream(None, limited)
    yield graph.stream(None)
    yield graph.history()


@conversation
def two_writers_of_a_plain_key_and_another_try(k: Kit) -> Talk:
    graph = k.talk(k.fan(x=lambda _: {"a": 2}, y=lambda _: {"a": 3}))
    yield graph.stream({"a": 1}, stream_mode=["values", "checkpoints"])
    yield graph.state(thread("other"))
    yield graph.stream({"a": 5}, stream_mode=["values", "checkpoints"])


@conversation
def the_same_run_called_once_more_goes_on(k: Kit) -> Talk:
    graph = k.talk(k.chain(x=counts, bad=k.fails_once()))
    run: Any = {**thread(), "run_id": "11111111-1111-4111-8111-111111111111"}
    yield graph.stream({"a": 1}, run)
    yield graph.stream({"a": 1}, run)
    yield graph.history()


@conversation
def the_same_run_by_its_metadata(k: Kit) -> Talk:
    graph = k.talk(k.chain(x=counts, y=counts))
    run: Any = {**thread(), "metadata": {"run_id": "mine"}}
    yield graph.stream({"a": 1}, run)
    yield graph.stream({"a": 5}, run)
    yield graph.stream({"a": 5})
    yield graph.history()


# --- edges over checkpoints --------------------------------------------------------------------


@conversation
def a_deferred_node_over_a_question(k: Kit) -> Talk:
    graph = k.fan(x=logs("x"), ask=k.asks("?", after=0.02))
    graph.add_node("y", logs("y")).add_edge("x", "y")
    graph.add_node("last", logs("last"), defer=True)
    graph.add_edge("y", "last").add_edge("ask", "last")
    graph = k.talk(graph)
    yield graph.stream({"a": 1})
    yield graph.stream(k.Command(resume="!"))
    yield graph.history()


@conversation
def a_deferred_barrier_over_a_stop(k: Kit) -> Talk:
    graph = k.fan(x=logs("x"), y=logs("y", after=0.02))
    graph.add_node("last", logs("last"), defer=True).add_edge(["x", "y"], "last")
    graph = k.talk(graph, interrupt_before=["last"])
    yield graph.stream({"a": 1})
    yield graph.state()
    yield graph.stream(None)
    yield graph.state()


@conversation
def a_barrier_half_reached_at_a_stop(k: Kit) -> Talk:
    graph = k.fan(x=logs("x"), y=logs("y", after=0.02))
    graph.add_node("z", logs("z")).add_edge("y", "z")
    graph.add_node("last", logs("last")).add_edge(["x", "z"], "last")
    graph = k.talk(graph, interrupt_before=["z"])
    yield graph.stream({"a": 1})
    yield graph.state()
    yield k.kept(limit=1)
    yield graph.stream(None)
    yield k.kept(limit=1)


@conversation
def sends_that_wait_at_a_stop(k: Kit) -> Talk:
    graph = k.chain(x=counts)
    graph.add_node("worker", lambda s: {"log": [s["item"]]})
    graph.add_conditional_edges("x", lambda _: [k.Send("worker", {"item": "i"})], ["worker"])
    graph = k.talk(graph, interrupt_before=["worker"])
    yield graph.stream({"a": 1})
    yield graph.state()
    yield graph.stream(None)
    yield k.kept()


@conversation
def sends_by_a_command_over_a_question(k: Kit) -> Talk:
    def ask(_: Any) -> Any:
        items = k.ask("which?")
        return k.Command(goto=[k.Send("worker", {"item": item}) for item in items])

    graph = k.chain(ask=ask).add_node("worker", lambda s: {"log": [s["item"]]})
    graph = k.talk(graph, interrupt_before=["worker"])
    yield graph.stream({"a": 1})
    yield graph.stream(k.Command(resume=["one"]))
    yield graph.state()
    yield graph.stream(None)


@conversation
def a_command_that_goes_on_after_a_question(k: Kit) -> Talk:
    def ask(_: Any) -> Any:
        return k.Command(goto=k.ask("where?"), update={"log": ["asked"]})

    graph = k.chain(ask=ask).add_node("x", logs("x")).add_node("y", logs("y"))
    graph = k.talk(graph)
    yield graph.stream({"a": 1})
    yield graph.stream(k.Command(resume="y"))
    yield graph.history()


# --- kinds of state ----------------------------------------------------------------------------


@conversation
def an_overwrite_is_kept(k: Kit) -> Talk:
    overwrite = k.engine.types.Overwrite
    graph = k.talk(k.fan(x=lambda _: {"log": overwrite(["new"])}, ask=k.asks("?", after=0.02)))
    yield graph.stream({"a": 1, "log": ["old"]})
    yield graph.state()
    yield graph.stream(k.Command(resume="!"))
    yield graph.update({"log": overwrite([])}, "x")
    yield graph.state()


@conversation
def an_untracked_value_is_not_kept(k: Kit) -> Talk:
    secret = Annotated[str, k.engine.channels.UntrackedValue]
    graph = k.chain(
        TypedDict("Held", {"a": int, "secret": secret, "log": Log}),
        x=lambda _: {"secret": "s"},
        ask=lambda s: {"log": [s.get("secret"), k.ask("?")]},
    )
    graph = k.talk(graph)
    yield graph.stream({"a": 1})
    yield graph.state()
    yield graph.stream(k.Command(resume="!"))
    yield k.kept()


@conversation
def managed_values_after_a_question(k: Kit) -> Talk:
    managed = k.engine.managed
    kinds = {"log": Log, "left": managed.RemainingSteps, "last": managed.IsLastStep}

    def node(state: Any) -> Any:
        return {"log": [(state["left"], state["last"], k.ask("?"))]}

    graph = k.talk(
        k.chain(
            TypedDict("Managed", kinds), x=logs("x"), ask=node, z=lambda s: {"log": [s["left"]]}
        )
    )
    limited: Any = {**thread(), "recursion_limit": 5}
    yield graph.stream({"log": []}, limited)
    yield graph.stream(k.Command(resume="!"), limited)


@dataclass
class Point:
    x: int
    tags: list[str] = field(default_factory=list)


class Card(BaseModel):
    title: str
    point: Point | None = None


@conversation
def dataclass_and_pydantic_values(k: Kit) -> Talk:
    graph = k.chain(
        TypedDict("Board", {"card": Card, "points": Annotated[list[Point], operator.add]}),
        x=lambda _: {"card": Card(title="t", point=Point(1)), "points": [Point(2, ["p"])]},
        ask=lambda _: {"points": [Point(k.ask("x?"))]},
    )
    graph = k.talk(graph)
    yield graph.stream({"points": []})
    yield graph.state()
    yield graph.stream(k.Command(resume=3))


class Order(BaseModel):
    a: int
    log: Annotated[list, operator.add] = []


@conversation
def a_pydantic_state_over_a_question(k: Kit) -> Talk:
    graph = k.talk(k.chain(Order, x=lambda s: {"a": s.a + 1}, ask=k.asks("?")))
    yield graph.stream({"a": "1"})
    yield graph.state()
    yield graph.stream(k.Command(resume="!"))
    yield graph.update({"a": 5})
    yield graph.stream(Order(a=3), thread("2"))


@conversation
def a_dataclass_state_over_a_question(k: Kit) -> Talk:
    graph = k.talk(k.chain(Point, n=lambda s: {"x": s.x + 1}, ask=lambda s: {"x": k.ask(s.x)}))
    yield graph.stream(Point(1))
    yield graph.state()
    yield graph.stream(k.Command(resume=9))


@conversation
def messages_over_a_question(k: Kit) -> Talk:
    calls = [{"name": "t", "args": {"q": 1}, "id": "c1", "type": "tool_call"}]
    said = AIMessage("", id="ai1", tool_calls=calls)

    def answer(_: Any) -> Any:
        return {"messages": [ToolMessage(k.ask("?"), tool_call_id="c1", id="t1")]}

    graph = k.talk(
        k.chain(k.engine.graph.MessagesState, x=lambda _: {"messages": [said]}, t=answer)
    )
    yield graph.stream({"messages": [HumanMessage("hi", id="h1")]})
    yield graph.state()
    yield graph.stream(k.Command(resume="done"))
    yield graph.update({"messages": [AIMessage("changed", id="ai1")]})
    yield graph.state()


@conversation
def messages_get_ids_that_stay(k: Kit) -> Talk:
    messages = Annotated[list[AnyMessage], k.engine.message.add_messages]
    talked = TypedDict("talked", {"messages": messages})
    graph = k.talk(k.chain(talked, x=lambda _: {"messages": "hello"}, ask=lambda _: k.ask("?")))
    yield graph.stream({"messages": ["hi"]})
    yield graph.stream(k.Command(resume={"messages": [("ai", "bye")]}))
    yield graph.state()


@conversation
def a_state_that_is_a_list(k: Kit) -> Talk:
    graph = k.talk(k.chain(Annotated[list, operator.add], x=lambda _: [1], y=lambda _: [k.ask(2)]))
    yield graph.stream([0])
    yield graph.state()
    yield graph.stream(k.Command(resume=2))
    yield graph.update([9])
    yield graph.history()


@conversation
def private_keys_and_schemas(k: Kit) -> Talk:
    def use(state: Any) -> Any:
        return {"log": [state["secret"], k.ask("?")]}

    graph = k.engine.graph.StateGraph(
        TypedDict("Both", {"a": int, "log": list}),
        input_schema=TypedDict("Given", {"a": int}),
        output_schema=TypedDict("Shown", {"log": list}),
    )
    graph.add_node("x", lambda s: {"secret": s["a"]})
    graph.add_node("use", use, input_schema=TypedDict("Hidden", {"secret": int}))
    graph = k.talk(graph.add_edge("__start__", "x").add_edge("x", "use"))
    yield graph.stream({"a": 1})
    yield graph.state()
    yield graph.stream(k.Command(resume="!"))


# --- who else hears of it ----------------------------------------------------------------------


@alone
def a_run_is_drained_and_goes_on(k: Kit) -> Talk:
    control = k.engine.runtime.RunControl()

    def x(_: Any) -> Any:
        if k.count("x") == 1:
            control.request_drain("restart")
        return {"log": ["x"]}

    graph = k.talk(k.chain(x=x, y=logs("y")))
    yield graph.stream({"a": 1}, control=control)
    yield graph.state()
    yield graph.stream(None)


@alone
def a_subgraph_is_drained_and_goes_on(k: Kit) -> Talk:
    control = k.engine.runtime.RunControl()

    def x(_: Any) -> Any:
        if k.count("x") == 1:
            control.request_drain()
        return {"log": ["x"]}

    inner = k.chain(x=x, y=logs("y")).compile()
    graph = k.talk(k.chain(sub=inner, z=logs("z")))
    yield graph.stream({"a": 1}, control=control)
    yield graph.state(subgraphs=True)
    yield graph.stream(None)
    yield graph.state()


@alone
def handlers_hear_of_stops(k: Kit) -> Talk:
    heard: list[Any] = []

    class Ear(k.engine.callbacks.GraphCallbackHandler):
        def on_interrupt(self, event: Any) -> None:
            heard.append((event.status, event.checkpoint_ns, event.interrupts))

        def on_resume(self, event: Any) -> None:
            heard.append((event.status, event.checkpoint_ns))

    def told(_: Any) -> Any:
        return {"log": [str(heard)]}

    inner = k.chain(ask=k.asks("?")).compile()
    graph = k.talk(k.chain(sub=inner, x=counts, told=told), interrupt_after=["x"])
    listening: Any = {**thread(), "callbacks": [Ear()]}
    yield graph.stream({"a": 1}, listening)
    yield graph.stream(k.Command(resume="!"), listening)
    yield graph.stream(None, listening)


@conversation
def metadata_of_the_config_is_kept(k: Kit) -> Talk:
    graph = k.talk(k.chain(x=counts, ask=k.asks("?")))
    config: Any = {
        **thread(user="me"),
        "metadata": {"m": 1, "thread_id": "other"},
        "tags": ["t"],
        "run_name": "named",
    }
    yield graph.stream({"a": 1}, config)
    yield graph.state(config)
    yield graph.stream(k.Command(resume="!"))
    yield k.kept()


@conversation
def tokens_and_custom_items_around_a_question(k: Kit) -> Talk:
    def node(_: Any, writer: Any) -> Any:
        writer("before")
        answer = k.ask("?")
        writer("after")
        return {"log": [answer]}

    node.__annotations__["writer"] = k.engine.types.StreamWriter
    graph = k.talk(k.chain(ask=node))
    modes = ["custom", "updates", "messages"]
    yield graph.stream({"a": 1}, stream_mode=modes)
    yield graph.stream(k.Command(resume="!"), stream_mode=modes)


@conversation
def questions_of_many_sends_by_id(k: Kit) -> Talk:
    def worker(state: Any) -> Any:
        return k.asks(f"{state['a']}?", after=0.02 * state["a"])(state)

    graph = k.empty().add_node("worker", worker)
    graph.add_conditional_edges(
        "__start__", lambda _: [k.Send("worker", {"a": n}) for n in range(3)], ["worker"]
    )
    graph = k.talk(graph)
    chunks = yield graph.stream({"a": 0})
    zero, one, two = ids_of(chunks)
    yield graph.stream(k.Command(resume={two: 2, zero: 0}))
    yield graph.stream(k.Command(resume={one: 1}))
    yield graph.state()
