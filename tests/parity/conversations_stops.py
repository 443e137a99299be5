"""Conversations about stops, commands as input, and what the caller of a run that waits gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from conversations import Kit, Talk, conversation, counts, ids_of, logs, thread

# --- stops -------------------------------------------------------------------------------------


@conversation
def stopping_before_a_node(k: Kit) -> Talk:
    graph = k.talk(k.chain(x=counts, y=counts, z=counts), interrupt_before=["y"])
    yield graph.stream({"a": 1})
    yield graph.state()
    yield graph.stream(None)
    yield graph.history()


@conversation
def stopping_after_a_node(k: Kit) -> Talk:
    graph = k.talk(k.chain(x=counts, y=counts, z=counts), interrupt_after=["x", "y"])
    yield graph.stream({"a": 1})
    yield graph.stream(None)
    yield graph.state()
    yield graph.stream(None)


@conversation
def stopping_before_and_after_everything(k: Kit) -> Talk:
    graph = k.talk(k.chain(x=counts, y=counts), interrupt_before="*", interrupt_after="*")
    yield graph.stream({"a": 1})
    for _ in range(4):
        yield graph.stream(None)
    yield graph.state()


@conversation
def stopping_as_the_call_says(k: Kit) -> Talk:
    graph = k.talk(k.chain(x=counts, y=counts, z=counts), interrupt_before=["x"])
    yield graph.stream({"a": 1}, interrupt_before=["z"])
    yield graph.state()
    yield graph.stream(None, interrupt_after="*")
    yield graph.stream({"a": 1}, interrupt_before="*")
    yield graph.stream(None, interrupt_before=[])


@conversation
def stopping_after_the_last_node(k: Kit) -> Talk:
    graph = k.talk(k.chain(x=counts), interrupt_after=["x"])
    yield graph.stream({"a": 1})
    yield graph.state()
    yield graph.stream(None)


@conversation
def a_stop_in_a_loop_is_made_each_time(k: Kit) -> Talk:
    graph = k.chain(x=counts)
    graph.add_conditional_edges("x", lambda s: "x" if s["a"] < 4 else "__end__", ["x", "__end__"])
    graph = k.talk(graph, interrupt_before=["x"])
    yield graph.stream({"a": 1})
    for _ in range(4):
        yield graph.stream(None)


@conversation
def a_stop_before_one_of_two_stops_both(k: Kit) -> Talk:
    graph = k.talk(k.fan(x=logs("x"), y=logs("y", after=0.02)), interrupt_before=["y"])
    yield graph.stream({"a": 1})
    yield graph.state()
    yield graph.stream(None)


@conversation
def changing_the_state_at_a_stop(k: Kit) -> Talk:
    graph = k.talk(k.chain(x=counts, y=counts), interrupt_before=["y"])
    yield graph.stream({"a": 1})
    yield graph.update({"a": 50})
    yield graph.state()
    yield graph.stream(None)
    yield graph.history()


@conversation
def a_resume_at_a_stop_goes_on(k: Kit) -> Talk:
    graph = k.talk(k.chain(x=counts, ask=k.asks("?")), interrupt_before=["ask"])
    yield graph.stream({"a": 1})
    yield graph.stream(k.Command(resume="early"))
    yield graph.state()


@conversation
def a_new_input_at_a_stop_starts_anew(k: Kit) -> Talk:
    graph = k.talk(k.chain(x=counts, y=counts), interrupt_before=["y"])
    yield graph.stream({"a": 1})
    yield graph.stream({"a": 5})
    yield graph.stream(None)


@conversation
def stopping_without_a_saver(k: Kit) -> Talk:
    graph = k.talk(k.chain(x=counts, y=counts), interrupt_before=["y"], checkpointer=None)
    yield graph.stream({"a": 1}, stream_mode=["values", "updates"])
    yield graph.invoke({"a": 1})


@conversation
def asking_without_a_saver(k: Kit) -> Talk:
    graph = k.talk(k.chain(x=k.asks("?")), checkpointer=None)
    yield graph.stream({"a": 1}, stream_mode=["values", "updates", "tasks"])
    yield graph.stream(k.Command(resume="!"))


# --- commands as input -------------------------------------------------------------------------


@conversation
def a_command_that_answers_and_updates(k: Kit) -> Talk:
    graph = k.talk(k.chain(ask=k.asks("?"), z=counts))
    yield graph.stream({"a": 1})
    yield graph.stream(k.Command(resume="!", update={"a": 10, "log": ["given"]}))
    yield graph.history()


@conversation
def a_command_that_answers_and_goes_elsewhere(k: Kit) -> Talk:
    graph = k.chain(ask=k.asks("?"))
    graph = k.talk(graph.add_node("other", logs("other", after=0.02)))
    yield graph.stream({"a": 1})
    yield graph.stream(k.Command(resume="!", goto="other"))
    yield graph.history()


@conversation
def a_command_that_goes_somewhere_on_a_thread_that_is_done(k: Kit) -> Talk:
    graph = k.talk(k.chain(x=logs("x", after=0.02), y=counts))
    yield graph.stream({"a": 1})
    yield graph.stream(k.Command(goto="y"))
    yield graph.stream(k.Command(goto=["x", k.Send("y", {"a": 100})]))


@conversation
def a_command_that_only_updates(k: Kit) -> Talk:
    graph = k.talk(k.chain(x=counts, ask=k.asks("?")))
    yield graph.stream({"a": 1})
    yield graph.stream(k.Command(update={"a": 10}))
    yield graph.state()
    yield graph.stream(k.Command(resume="!"))


@conversation
def commands_that_say_nothing_or_too_much(k: Kit) -> Talk:
    graph = k.talk(k.chain(x=counts, ask=k.asks("?")))
    yield graph.stream(k.Command(resume="!"))
    yield graph.stream({"a": 1})
    yield graph.stream(k.Command(graph=k.engine.types.Command.PARENT, update={"a": 1}))
    yield graph.stream(k.Command(resume={}))
    yield graph.stream(k.Command(resume={"0" * 32: "nobody asked"}))
    yield graph.state()


@conversation
def an_answer_when_nobody_asks(k: Kit) -> Talk:
    graph = k.talk(k.chain(x=counts))
    yield graph.stream({"a": 1})
    yield graph.stream(k.Command(resume="!"))
    yield graph.state()


@conversation
def strict_answers(k: Kit) -> Talk:
    strict: Any = thread(__pregel_strict_resume=True)
    graph = k.talk(k.fan(x=k.asks("x?"), y=k.asks("y?", after=0.02)))
    chunks = yield graph.stream({"a": 1}, strict)
    yield graph.stream(k.Command(resume="both"), strict)
    yield graph.stream(k.Command(resume={}), strict)
    yield graph.stream(k.Command(resume={"0" * 32: "nobody"}), strict)
    x, y = ids_of(chunks)
    yield graph.stream(k.Command(resume={x: "X"}), strict)
    yield graph.stream(k.Command(resume={x: "X"}), strict)
    yield graph.stream(k.Command(resume={y: "Y"}), strict)


# --- what the caller gets ----------------------------------------------------------------------


@conversation
def what_invoke_returns_at_a_question(k: Kit) -> Talk:
    graph = k.talk(k.fan(x=k.asks("x?"), y=logs("y", after=0.02)))
    yield graph.invoke({"a": 1})
    yield graph.invoke(k.Command(resume="!"))


@conversation
def what_invoke_returns_in_other_modes(k: Kit) -> Talk:
    graph = k.talk(k.chain(x=k.asks("x?")))
    yield graph.invoke({"a": 1}, stream_mode="updates")
    yield graph.invoke(None, stream_mode=["values", "updates"])
    yield graph.invoke(None, output_keys="log")
    yield graph.invoke(None, output_keys=["a"])


@conversation
def typed_results_carry_the_questions(k: Kit) -> Talk:
    graph = k.talk(k.fan(x=k.asks("x?"), y=logs("y", after=0.02)))
    yield graph.invoke({"a": 1}, version="v2")
    yield graph.invoke(k.Command(resume="!"), version="v2")


@conversation
def stream_parts_carry_the_questions(k: Kit) -> Talk:
    graph = k.talk(k.fan(x=k.asks("x?"), y=logs("y", after=0.02)))
    yield graph.stream({"a": 1}, version="v2")
    yield graph.stream(k.Command(resume="!"), version="v2", subgraphs=False)


@dataclass
class Form:
    a: int
    name: str = "?"


@conversation
def typed_results_of_a_dataclass(k: Kit) -> Talk:
    graph = k.talk(k.chain(Form, ask=lambda s: {"name": k.ask(f"{s.a}?")}))
    yield graph.stream(Form(3), version="v2")
    yield graph.invoke(None, version="v2")
    yield graph.invoke(k.Command(resume="me"), version="v2")
    yield graph.state()


@conversation
def debug_chunks_of_a_question(k: Kit) -> Talk:
    graph = k.talk(k.fan(x=k.asks("x?"), y=logs("y", after=0.02)))
    yield graph.stream({"a": 1}, stream_mode="debug")
    yield graph.stream(k.Command(resume="!"), stream_mode=["debug"])
