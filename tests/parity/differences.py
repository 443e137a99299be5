"""Where our stream differs from LangGraph's on purpose.

Each entry names a scenario, the place where the streams part, why, and, where it shows only in one
half or on old Pythons, which half, and the first Python on which it does not.
A difference that is not listed fails the test; so does a listed one that no longer occurs, or that
occurs elsewhere.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from engines import LANGGRAPH, OURS, Engine, oracles

See = Callable[[], Awaitable[tuple[list[Any], list[Any]]]]


class Difference(NamedTuple):
    """One scenario whose streams differ.

    Args:
        scenario: Its name.
        path: Where they part, as `place` says.
        reason: Why.
        drives: Under which drivers.
        below_python: On which Pythons.
    """

    scenario: str
    path: str
    reason: str
    drives: tuple[str, ...] = ("sync", "async")
    below_python: tuple[int, int] = (99, 0)


def place(ours: Any, theirs: Any, path: str = "") -> str | None:
    """Return the path to the first place where two values differ; `None` if they are equal.

    Where one of them is shorter, it is where that one ends.
    """
    if ours == theirs:
        return None
    if type(ours) is type(theirs):
        if isinstance(ours, dict) and ours.keys() == theirs.keys():
            pairs: Any = ((f".{key}", ours[key], theirs[key]) for key in ours)
        elif isinstance(ours, list | tuple):
            pairs = ((f"[{n}]", *each) for n, each in enumerate(zip(ours, theirs, strict=False)))
        else:
            return path
        found = (place(mine, its, path + step) for step, mine, its in pairs)
        return next((each for each in found if each), f"{path}[{min(len(ours), len(theirs))}]")
    return path


TRIES = 20


async def compare(
    scenario: str, drive: str, observe: Callable[[Engine, str], Awaitable[list[Any]]]
) -> list[Any]:
    """Fail unless both engines say the same, or part where the table says.

    Args:
        scenario: Its name.
        drive: Which half of ours is asked; of LangGraph's those halves that are its oracles.
        observe: Returns what an engine says in a half.

    Returns:
        What LangGraph says.
    """

    async def both() -> tuple[list[Any], list[Any]]:
        ours = await observe(OURS, drive)
        for half in oracles(drive):
            theirs = await observe(LANGGRAPH, half)
            if ours == theirs:
                break
        return ours, theirs

    ours, theirs = await seen_alike(scenario, drive, both)
    check(scenario, drive, ours, theirs)
    return theirs


async def seen_alike(scenario: str, drive: str, see: See) -> tuple[list[Any], list[Any]]:
    """Return what ours and LangGraph's say, once they say the same, or part where the table says.

    Sync nodes of an async run are done in threads, and which of two is done first is nobody's
    decision: on a loaded machine each engine gives now one order, now another. So both are asked
    again, a few times, before what they say counts as different. What differs always, differs.
    """
    for _ in range(TRIES):
        ours, theirs = await see()
        try:
            check(scenario, drive, ours, theirs)
        except AssertionError:
            continue
        break
    return ours, theirs


def check(scenario: str, drive: str, ours: list[Any], theirs: list[Any]) -> None:
    """Fail unless the streams are equal, or part where the table says."""
    listed = [
        d
        for d in DIFFERENCES
        if d.scenario == scenario and drive in d.drives and sys.version_info < d.below_python
    ]
    if listed:
        found = place(ours, theirs)
        assert found == listed[0].path, f"they part at {found}, not as listed: {listed[0]}"
        return
    for n, (mine, its) in enumerate(zip(ours, theirs, strict=False)):
        assert mine == its, f"at {place(mine, its, f'[{n}]')}"
    assert ours == theirs


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
UNBUILT = "what is no node is refused as such; LangGraph raises AttributeError"
UNNAMED = "a config without thread_id is refused with a ValueError; LangGraph's KeyError is bare"
NOBODY = "a thread_id that is empty is none; on LangGraph all who have none share that thread"
ONCE = "a question of a task of a graph inside is shown once; LangGraph's twice, under one id"
LEAKED = "the config of an inner graph's state holds its address only; LangGraph's holds the saver"
UNBUILT = "what is no node is refused as such; LangGraph raises AttributeError"
TALKS = "a model that a node streams shows its tokens; LangGraph shows the whole message"
INSIDE = "a message of a graph inside says where it is; LangGraph's namespace is empty"
WHOLE = "a tool call whose last piece comes last keeps its arguments; LangGraph loses them"

STANDS = "no snapshot is taken where all that was written stands already; LangGraph takes one"

DIFFERENCES: list[Difference] = [
    Difference("a_model_that_a_node_streams", "[0][1][0][1][1].params.data[1][0]", TALKS),
    Difference("arguments_that_end_with_the_last_chunk", "[0][1][0].args", WHOLE),
    Difference("where_messages_of_graphs_inside_are", "[0][1][0][1][0]", INSIDE),
    Difference("the_second_version", "[0][1][2][1][0]", AMBIENT, ("async",), below_python=(3, 11)),
    Difference("deltas_of_what_is_dropped", "[2][1][3]", STANDS),
    Difference("a_node_that_is_none", "[0][1][1]", UNBUILT),
    Difference("an_answer_of_none_is_no_answer", "[1][1][0][1][1]", NOTHING),
    Difference("a_second_answer_that_does_not_fit", "[2][1][3][1][1]", ANSWERED),
    Difference("a_failure_after_an_answer", "[1][1][3][1][1]", ANSWERED),
    Difference("a_config_that_names_a_user_and_no_thread", "[0][1][0][1][1]", UNNAMED),
    Difference("a_thread_id_that_is_empty", "[0][1][0][1][0]", NOBODY),
    Difference("a_task_in_a_graph_inside_asks", "[0][1][1][1][1].__interrupt__[1][1]", ONCE),
    Difference("the_state_of_a_subgraph_by_its_checkpoint", "[2][1][2].configurable", LEAKED),
    Difference("pydantic_state_refuses_a_wrong_type", "[0][1][0]", SHOWN),
    Difference("a_state_that_refuses_an_update_fails", "[1][1][0]", REFUSED),
    Difference("two_tasks_with_one_key", "[4][1][1]", ONE_KEY),
    Difference("a_command_as_input", "[0][1][1].log[1][1]", TWICE),
    Difference("a_builtin_without_signature_as_reducer", "[0][1][0]", BUILTIN),
    Difference("a_hook_between_the_model_and_its_tools_in_one_task", "[6][1][1].error", V1_HOOK),
    Difference("a_handler_for_no_exception", "[0][1][0]", EARLY),
    Difference("a_tool_that_is_given_all_of_it_of_a_dataclass", "[2][1][0]", ANY),
    Difference("a_tool_that_is_given_all_of_it_of_a_model", "[2][1][0]", ANY),
    Difference("a_tool_that_is_given_all_of_it_with_context", "[2][1][0]", ANY),
    Difference("a_command_that_sends_and_updates", "[2][1][2].inner", SENT),
    Difference("a_tool_that_is_given_optional", "[2][1][1]", OPTIONAL, below_python=(3, 11)),
    Difference(
        "a_tool_that_is_given_optional_of_a_model", "[2][1][1]", OPTIONAL, below_python=(3, 11)
    ),
    Difference(
        "a_tool_that_is_given_optional_of_a_dataclass", "[2][1][1]", OPTIONAL, below_python=(3, 11)
    ),
    Difference(
        "a_tool_that_is_given_optional_that_is_set", "[2][1][1]", OPTIONAL, below_python=(3, 11)
    ),
    Difference("an_async_task", "[1][1][1]", AMBIENT, ("async",), below_python=(3, 11)),
    Difference(
        "an_async_task_that_takes_too_long", "[0][1][0]", AMBIENT, ("async",), below_python=(3, 11)
    ),
    Difference("a_sync_task_is_awaited", "[1][1][1]", AMBIENT, ("async",), below_python=(3, 11)),
    Difference(
        "async_tasks_finish_in_their_own_order",
        "[0][1][0]",
        AMBIENT,
        ("async",),
        below_python=(3, 11),
    ),
    Difference("tokens_of_async_tasks", "[0][1][0]", AMBIENT, ("async",), below_python=(3, 11)),
]
