"""Conversations that look at threads, change them, fork them and go back in time."""

from __future__ import annotations

from typing import Any

from conversations import Kit, Talk, begin, conversation, counts, logs, thread


def three(k: Kit, **compiled: Any) -> Any:
    """Return a graph of three nodes that count and log, to talk to."""

    def node(name: str) -> Any:
        return lambda s: {"a": s["a"] + 1, "log": [name]}

    return k.talk(k.chain(x=node("x"), y=node("y"), z=node("z")), **compiled)


def before(history: Any, node: str) -> Any:
    """Return the config of the first checkpoint from which this node ran."""
    return [h for h in history if h.next == (node,)][-1].config


@conversation
def the_history_of_two_runs(k: Kit) -> Talk:
    graph = three(k)
    yield graph.stream({"a": 1})
    yield graph.stream({"a": 10})
    yield graph.history()
    yield k.kept()


@conversation
def parts_of_a_history(k: Kit) -> Talk:
    graph = three(k)
    yield graph.stream({"a": 1}, {**thread(), "metadata": {"round": 1}})
    yield graph.stream({"a": 10}, {**thread(), "metadata": {"round": 2}})
    history = yield graph.history(limit=3)
    yield graph.history(filter={"source": "input"})
    yield graph.history(filter={"round": 2, "source": "loop"})
    yield graph.history(before=history[1].config)
    yield graph.history(before=history[1].config, limit=1)
    yield graph.history(limit=0)


@conversation
def threads_are_apart(k: Kit) -> Talk:
    graph = three(k)
    yield graph.stream({"a": 1}, thread("one"))
    yield graph.stream({"a": 10}, thread("two"))
    yield graph.state(thread("one"))
    yield graph.history(thread("two"))
    yield graph.state(thread("three"))
    yield graph.history(thread("three"))


@conversation
def a_thread_id_that_is_a_number(k: Kit) -> Talk:
    graph = three(k)
    number: Any = {"configurable": {"thread_id": 7}}
    yield graph.stream({"a": 1}, number)
    yield graph.state(number)
    yield graph.state(thread("7"))


@conversation
def configs_that_name_no_thread(k: Kit) -> Talk:
    graph = three(k)
    for config in ({"configurable": {}}, {"tags": ["x"]}):
        yield graph.stream({"a": 1}, config)
        yield graph.invoke({"a": 1}, config)


@conversation
def a_config_that_names_a_user_and_no_thread(k: Kit) -> Talk:
    yield three(k).stream({"a": 1}, {"configurable": {"user": "me"}})


@conversation
def a_thread_that_the_graph_names(k: Kit) -> Talk:
    graph = three(k)
    bound = type(graph)(graph.graph.with_config(configurable={"thread_id": "own"}))
    yield bound.stream({"a": 1}, {"metadata": {"m": 1}})
    yield bound.state({"configurable": {}})
    yield graph.history(thread("own"))


@conversation
def looking_at_what_is_kept_nowhere(k: Kit) -> Talk:
    graph = three(k, checkpointer=None)
    yield graph.stream({"a": 1}, stream_mode=["values"])
    yield graph.invoke(None)


@conversation
def a_state_before_anything_ran(k: Kit) -> Talk:
    graph = three(k)
    yield graph.state()
    yield graph.invoke(None)
    yield graph.update({"a": 5})
    yield graph.state()
    yield graph.stream(None)


@conversation
def an_update_of_a_finished_thread(k: Kit) -> Talk:
    graph = three(k)
    yield graph.stream({"a": 1})
    yield graph.update({"a": 50, "log": ["by hand"]})
    yield graph.state()
    yield graph.stream(None)
    yield k.kept()


@conversation
def an_update_as_another_node(k: Kit) -> Talk:
    graph = three(k)
    yield graph.stream({"a": 1})
    yield graph.update({"a": 50}, "x")
    yield graph.state()
    yield graph.stream(None)


@conversation
def an_update_as_the_start(k: Kit) -> Talk:
    graph = three(k)
    yield graph.update({"a": 50}, "__start__")
    yield graph.state()
    yield graph.stream(None)
    yield graph.update({"a": 60}, "__start__")
    yield graph.state()
    yield graph.stream(None)


@conversation
def an_update_as_an_input(k: Kit) -> Talk:
    graph = three(k)
    yield graph.stream({"a": 1})
    yield graph.update({"a": 50}, "__input__")
    yield graph.state()
    yield graph.stream(None)
    yield k.kept()


@conversation
def an_update_as_the_end_drops_what_was_to_run(k: Kit) -> Talk:
    graph = three(k, interrupt_before=["y"])
    yield graph.stream({"a": 1})
    yield graph.update(None, "__end__")
    yield graph.state()
    yield graph.stream(None)
    yield graph.update({"a": 3}, "__end__")


@conversation
def an_update_with_nothing(k: Kit) -> Talk:
    graph = three(k, interrupt_before=["y"])
    yield graph.stream({"a": 1})
    yield graph.update(None)
    yield graph.state()
    yield graph.update({})
    yield graph.stream(None)


@conversation
def a_copy_of_a_checkpoint(k: Kit) -> Talk:
    graph = three(k, interrupt_before=["y"])
    yield graph.stream({"a": 1})
    yield graph.update(None, "__copy__")
    yield graph.state()
    yield graph.history()
    yield graph.stream(None)
    yield graph.update(None, "__copy__", at=thread("empty"))


@conversation
def an_update_as_a_node_that_does_not_exist(k: Kit) -> Talk:
    graph = three(k)
    yield graph.stream({"a": 1})
    yield graph.update({"a": 50}, "nobody")
    yield graph.state()


@conversation
def an_update_that_might_be_of_two_nodes(k: Kit) -> Talk:
    graph = k.talk(k.fan(x=logs("x"), y=logs("y", after=0.04)))
    yield graph.stream({"a": 1})
    yield graph.update({"a": 50})
    yield graph.update({"a": 50}, "x")
    yield graph.state()


@conversation
def an_update_of_a_key_that_does_not_exist(k: Kit) -> Talk:
    graph = three(k)
    yield graph.stream({"a": 1})
    yield graph.update({"b": 50}, "x")
    yield graph.update("not a dict", "x")
    yield graph.state()


@conversation
def an_update_that_is_a_command(k: Kit) -> Talk:
    graph = three(k)
    yield graph.stream({"a": 1})
    yield graph.update(k.Command(update={"a": 10}, goto="z"), "x")
    yield graph.state()
    yield graph.stream(None)


@conversation
def an_update_runs_the_conditional_edges_of_its_node(k: Kit) -> Talk:
    graph = k.chain(x=counts)
    graph.add_node("big", logs("big")).add_node("small", logs("small"))
    graph.add_conditional_edges("x", lambda s: "big" if s["a"] > 9 else "small", ["big", "small"])
    graph = k.talk(graph)
    yield graph.stream({"a": 1})
    yield graph.update({"a": 10}, "x")
    yield graph.state()
    yield graph.stream(None)


@conversation
def an_update_that_answers_for_a_node(k: Kit) -> Talk:
    graph = k.talk(k.fan(x=k.asks("x?"), y=k.asks("y?", after=0.04)))
    yield graph.stream({"a": 1})
    yield graph.update({"log": ["by hand"]}, "x")
    yield graph.state()
    yield graph.stream(None)


@conversation
def an_update_that_counts_to_a_task(k: Kit) -> Talk:
    graph = k.talk(k.fan(x=k.asks("x?"), y=k.asks("y?", after=0.04)))
    yield graph.stream({"a": 1})
    state = yield graph.state()
    yield graph.update({"log": ["by hand"]}, "x", task_id=state.tasks[0].id)
    yield graph.state()
    yield graph.history()


@conversation
def several_updates_at_once(k: Kit) -> Talk:
    change = k.engine.types.StateUpdate
    graph = three(k)
    yield graph.bulk(
        [
            [change({"a": 1}, "__start__")],
            [change({"log": ["one"]}, "x"), change({"log": ["two"]}, "y")],
            [change({"a": 5}, "x")],
        ]
    )
    yield graph.state()
    yield graph.history()
    yield graph.stream(None)


@conversation
def a_copy_of_a_checkpoint_with_another_update(k: Kit) -> Talk:
    change = k.engine.types.StateUpdate
    graph = three(k)
    yield graph.stream({"a": 1})
    history = yield graph.history()
    yield graph.update([change({"a": 7}, "x")], "__copy__", at=begin(history, "x"))
    yield graph.history()
    yield graph.stream(None)
    yield graph.update([change({"a": 8}, "__start__")], "__copy__", at=begin(history, "__start__"))
    yield graph.stream(None)
    yield graph.history()


@conversation
def several_updates_that_are_refused(k: Kit) -> Talk:
    change = k.engine.types.StateUpdate
    graph = three(k)
    yield graph.stream({"a": 1})
    yield graph.bulk([])
    yield graph.bulk([[]])
    yield graph.bulk([[change({"a": 1}), change({"a": 2})]])
    yield graph.bulk([[change({"a": 1}, "x"), change({"a": 2}, "y")]])
    yield graph.bulk([[change({"a": 1}, "__input__"), change({"a": 2}, "x")]])
    yield graph.bulk([[change(None, "__end__"), change({"a": 2}, "x")]])
    yield graph.bulk([[change(None, "__copy__"), change({"a": 2}, "x")]])
    yield graph.history()


@conversation
def going_back_and_on(k: Kit) -> Talk:
    graph = three(k)
    yield graph.stream({"a": 1})
    history = yield graph.history()
    yield graph.state(before(history, "y"))
    yield graph.stream(None, before(history, "y"))
    yield graph.state()
    yield graph.history()


@conversation
def going_back_with_a_new_input(k: Kit) -> Talk:
    graph = three(k)
    yield graph.stream({"a": 1})
    history = yield graph.history()
    yield graph.stream({"a": 100}, before(history, "z"))
    yield graph.history()


@conversation
def going_back_to_the_very_beginning(k: Kit) -> Talk:
    graph = three(k)
    yield graph.stream({"a": 1})
    history = yield graph.history()
    yield graph.stream(None, history[-1].config)
    yield graph.history()


@conversation
def a_fork_with_another_state(k: Kit) -> Talk:
    graph = three(k)
    yield graph.stream({"a": 1})
    history = yield graph.history()
    fork = yield graph.update({"a": 100}, at=before(history, "y"))
    yield graph.state(fork)
    yield graph.stream(None, fork)
    yield graph.state()
    yield graph.history()


@conversation
def a_fork_that_goes_on_as_the_latest(k: Kit) -> Talk:
    graph = three(k)
    yield graph.stream({"a": 1})
    history = yield graph.history()
    yield graph.update({"a": 100}, "x", at=before(history, "z"))
    yield graph.stream(None)
    yield graph.history()


@conversation
def going_back_to_a_question(k: Kit) -> Talk:
    graph = k.talk(k.chain(x=logs("x"), ask=k.asks("?"), z=logs("z")))
    yield graph.stream({"a": 1})
    yield graph.stream(k.Command(resume="one"))
    history = yield graph.history()
    yield graph.stream(k.Command(resume="two"), before(history, "ask"))
    yield graph.history()
    yield graph.stream(None, before(history, "ask"))
    yield graph.state()
    yield graph.stream(k.Command(resume="three"))
    yield graph.history()


@conversation
def going_on_from_the_latest_by_name(k: Kit) -> Talk:
    graph = k.talk(k.chain(x=logs("x"), ask=k.asks("?"), z=logs("z")))
    yield graph.stream({"a": 1})
    state = yield graph.state()
    yield graph.stream(k.Command(resume="one"), state.config)
    state = yield graph.state()
    yield graph.stream(None, state.config)
    yield graph.history()


@conversation
def a_command_in_the_past(k: Kit) -> Talk:
    graph = three(k)
    yield graph.stream({"a": 1})
    history = yield graph.history()
    yield graph.stream(k.Command(update={"log": ["changed"]}), before(history, "z"))
    yield graph.stream(k.Command(goto="x"), before(history, "y"), stream_mode=["checkpoints"])
    yield graph.history()


@conversation
def going_back_to_what_failed(k: Kit) -> Talk:
    graph = k.talk(k.chain(x=logs("x"), bad=k.fails_once()))
    yield graph.stream({"a": 1})
    state = yield graph.state()
    yield graph.stream(None, state.config)
    yield graph.history()


@conversation
def a_checkpoint_that_does_not_exist(k: Kit) -> Talk:
    graph = three(k)
    yield graph.stream({"a": 1})
    nowhere = thread(checkpoint_id="1f000000-0000-6000-8000-000000000000")
    yield graph.state(nowhere)
    yield graph.stream({"a": 5}, nowhere)
    yield graph.history()


@conversation
def a_stop_in_the_past(k: Kit) -> Talk:
    graph = three(k, interrupt_before=["z"])
    yield graph.stream({"a": 1})
    yield graph.stream(None)
    history = yield graph.history()
    yield graph.stream(None, before(history, "y"))
    yield graph.stream(None, before(history, "z"))
    yield graph.state()


@conversation
def a_batch_over_threads(k: Kit) -> Talk:
    graph = three(k)
    yield graph.batch([{"a": 1}, {"a": 2}], [thread("b1"), thread("b2")])
    yield graph.state(thread("b2"))
