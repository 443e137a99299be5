"""Where our stream differs from LangGraph's on purpose.

Each entry names a scenario, the driver (`sync`, `async`), why, and, where it shows only on old
Pythons, the first Python on which it does not.
A difference that is not listed fails the test; so does a listed one that no longer occurs.
"""

from __future__ import annotations

from typing import NamedTuple


class Difference(NamedTuple):
    """One scenario whose streams differ under one driver."""

    scenario: str
    drive: str
    reason: str
    below_python: tuple[int, int] = (99, 0)


SHOWN = "the state before the failing superstep is shown; LangGraph loses that chunk"
REFUSED = "the update that the state refused is shown; LangGraph loses that chunk"
TWICE = "the update of a Command given as input is applied once; LangGraph applies it twice"
BUILTIN = "a reducer without signature is believed; LangGraph's ValueError says nothing of use"
AMBIENT = "the node's config is the ambient one in async runs; LangGraph's is not on Python 3.10"
ONE_KEY = "tasks with one key are all served by the cache; LangGraph serves only the last of them"
V1_HOOK = "a post_model_hook works with version='v1'; LangGraph raises KeyError('tools')"
EARLY = "an error handler that handles no exception is refused when the node is made"
OPTIONAL = "a key that a tool may go without is filled in; LangGraph's is not on Python 3.10"
ANY = "a plain ToolRuntime has any state and context; LangGraph's makes Pydantic warn"
SENT = "what a tool sends to the parent keeps its update; LangGraph drops it"
NOTHING = "a Command that says nothing is refused; LangGraph raises UnboundLocalError"
ANSWERED = "a node that fails after an answer shows no update; LangGraph's says that it wrote None"
UNNAMED = "a config without thread_id is refused with a ValueError; LangGraph's KeyError is bare"
LEAKED = "the config of an inner graph's state holds its address only; LangGraph's holds the saver"

DIFFERENCES: list[Difference] = [
    *(
        Difference(scenario, drive, reason)
        for scenario, reason in (
            ("an_answer_of_none_is_no_answer", NOTHING),
            ("a_second_answer_that_does_not_fit", ANSWERED),
            ("a_failure_after_an_answer", ANSWERED),
            ("a_config_that_names_a_user_and_no_thread", UNNAMED),
            ("the_state_of_a_subgraph_by_its_checkpoint", LEAKED),
        )
        for drive in ("sync", "async")
    ),
    Difference("pydantic_state_refuses_a_wrong_type", "sync", SHOWN),
    Difference("pydantic_state_refuses_a_wrong_type", "async", SHOWN),
    Difference("a_state_that_refuses_an_update_fails", "sync", REFUSED),
    Difference("a_state_that_refuses_an_update_fails", "async", REFUSED),
    Difference("two_tasks_with_one_key", "sync", ONE_KEY),
    Difference("two_tasks_with_one_key", "async", ONE_KEY),
    Difference("a_command_as_input", "sync", TWICE),
    Difference("a_command_as_input", "async", TWICE),
    Difference("a_builtin_without_signature_as_reducer", "sync", BUILTIN),
    Difference("a_builtin_without_signature_as_reducer", "async", BUILTIN),
    Difference("a_hook_between_the_model_and_its_tools_in_one_task", "sync", V1_HOOK),
    Difference("a_hook_between_the_model_and_its_tools_in_one_task", "async", V1_HOOK),
    Difference("a_handler_for_no_exception", "sync", EARLY),
    Difference("a_handler_for_no_exception", "async", EARLY),
    Difference("a_tool_that_is_given_all_of_it_of_a_dataclass", "sync", ANY),
    Difference("a_tool_that_is_given_all_of_it_of_a_dataclass", "async", ANY),
    Difference("a_tool_that_is_given_all_of_it_of_a_model", "sync", ANY),
    Difference("a_tool_that_is_given_all_of_it_of_a_model", "async", ANY),
    Difference("a_tool_that_is_given_all_of_it_with_context", "sync", ANY),
    Difference("a_tool_that_is_given_all_of_it_with_context", "async", ANY),
    Difference("a_command_that_sends_and_updates", "sync", SENT),
    Difference("a_command_that_sends_and_updates", "async", SENT),
    *(
        Difference(scenario, drive, OPTIONAL, (3, 11))
        for scenario in (
            "a_tool_that_is_given_optional",
            "a_tool_that_is_given_optional_of_a_model",
            "a_tool_that_is_given_optional_of_a_dataclass",
            "a_tool_that_is_given_optional_that_is_set",
        )
        for drive in ("sync", "async")
    ),
    *(
        Difference(scenario, "async", AMBIENT, (3, 11))
        for scenario in (
            "an_async_task",
            "an_async_task_that_takes_too_long",
            "a_sync_task_is_awaited",
            "async_tasks_finish_in_their_own_order",
            "tokens_of_async_tasks",
        )
    ),
]
