"""A thread that one engine has begun goes on in the other, step by step, and back again."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import Any

import conversations_changes  # noqa: F401 - registers its conversations
import conversations_delta  # noqa: F401 - registers its conversations
import conversations_delta_messages  # noqa: F401 - registers its conversations
import conversations_interrupts  # noqa: F401 - registers its conversations
import conversations_saving  # noqa: F401 - registers its conversations
import conversations_stops  # noqa: F401 - registers its conversations
import conversations_subgraphs  # noqa: F401 - registers its conversations
import conversations_tasks  # noqa: F401 - registers its conversations
import pytest
from conversations import CONVERSATIONS, Conversation, Kit
from differences import DIFFERENCES, seen_alike
from engines import LANGGRAPH, OURS
from holding import held_alone, held_in_turns, hold
from langgraph.checkpoint.memory import InMemorySaver

BEGINS = {"LangGraph begins": (LANGGRAPH, OURS), "ours begins": (OURS, LANGGRAPH)}
DIFFERENT = {each.scenario for each in DIFFERENCES}
SHARED = [each for each in CONVERSATIONS if each.shared and each.name not in DIFFERENT]
QUICK = SHARED[::6]
OF_CLASSES = [
    "a_command_that_goes_somewhere_on_a_thread_that_is_done",
    "a_dataclass_state_over_a_question",
    "a_pydantic_state_over_a_question",
    "an_answer_becomes_an_object_of_its_schema",
    "an_overwrite_is_kept",
    "dataclass_and_pydantic_values",
    "messages_over_a_question",
    "sends_that_wait_at_a_stop",
]


# on Python 3.10 LangGraph's async half loses what conversations are about
DRIVES = ["sync", "async"] if sys.version_info >= (3, 11) else ["sync"]


async def check(conversation: Conversation, first: str, kind: str, drive: str, path: Path) -> None:
    """Hold a conversation on one engine and on both in turns, and compare step by step."""
    tries = count()

    async def both() -> tuple[list[Any], list[Any]]:
        alone = await held_alone(conversation, LANGGRAPH, kind, drive)
        store = str(path / f"{next(tries)}.sqlite")
        return await held_in_turns(conversation, BEGINS[first], kind, drive, store), alone

    together, alone = await seen_alike(conversation.name, drive, both)
    for step_alone, step_together in zip(alone, together, strict=False):
        assert step_together == step_alone
    assert len(together) == len(alone)


@pytest.mark.filterwarnings("ignore:NodeInterrupt is deprecated")
@pytest.mark.parametrize(("kind", "drive"), [("memory", DRIVES[-1]), ("sqlite", "sync")])
@pytest.mark.parametrize("first", BEGINS)
@pytest.mark.parametrize("conversation", QUICK, ids=lambda each: each.name)
async def test_engines_take_turns(
    conversation: Conversation, first: str, kind: str, drive: str, tmp_path: Path
) -> None:
    """Both together say what LangGraph alone says."""
    await check(conversation, first, kind, drive, tmp_path)


@pytest.mark.proof
@pytest.mark.filterwarnings("ignore:NodeInterrupt is deprecated")
@pytest.mark.parametrize("drive", DRIVES)
@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@pytest.mark.parametrize("first", BEGINS)
@pytest.mark.parametrize("conversation", SHARED, ids=lambda each: each.name)
async def test_engines_take_turns_in_every_conversation(
    conversation: Conversation, first: str, kind: str, drive: str, tmp_path: Path
) -> None:
    """All conversations but those that differ on purpose, over every saver."""
    await check(conversation, first, kind, drive, tmp_path)


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@pytest.mark.parametrize("name", OF_CLASSES)
async def test_no_class_is_unknown(
    name: str, kind: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Messages, objects of the state and those of the engine are read without a warning."""
    warned = "langgraph.checkpoint.serde.jsonplus._warned_unregistered_types"
    monkeypatch.setattr(warned, set())
    caplog.set_level(logging.WARNING)
    conversation = next(each for each in CONVERSATIONS if each.name == name)
    await held_alone(conversation, OURS, kind, "sync")
    assert "unregistered" not in caplog.text


async def test_checkpoints_hold_langgraphs_names() -> None:
    """What is stored of a `Send`, an `Interrupt` and a `Command` names LangGraph's classes."""
    stored = b""
    for name in ("sends_that_wait_at_a_stop", "questions_of_many_sends_by_id"):
        conversation = next(each for each in CONVERSATIONS if each.name == name)
        saver = InMemorySaver()
        await hold(conversation, [Kit(OURS, saver)], [0], "sync")
        stored += b"".join(value[1] for value in saver.blobs.values())
        stored += b"".join(write[2][1] for task in saver.writes.values() for write in task.values())
    for known in (b"\xa4Send", b"\xa9Interrupt"):
        assert b"langgraph.types" + known in stored
    assert b"runtime" not in stored


ALONE = """
import sys
from langgraph.checkpoint.sqlite import SqliteSaver
from runtime.graph import START, StateGraph
from runtime.types import Command, Send, interrupt

def ask(state):
    return Command(goto=Send("told", {"heard": interrupt("?")}))

graph = StateGraph(dict).add_node("ask", ask).add_node("told", lambda s: s)
graph = graph.add_edge(START, "ask")
thread = {"configurable": {"thread_id": "1"}}
with SqliteSaver.from_conn_string(sys.argv[1]) as saver:
    graph = graph.compile(checkpointer=saver, interrupt_before=["told"])
    graph.invoke({}, thread)
    graph.invoke(Command(resume="!"), thread)
    assert graph.invoke(None, thread) == {"heard": "!"}, graph.get_state(thread)
    assert len(list(graph.get_state_history(thread))) == 4
print("langgraph.types" in sys.modules, "langgraph.graph" in sys.modules)
"""


def test_langgraph_is_not_imported(tmp_path: Path) -> None:
    """Threads with `Send`s and `Interrupt`s are written and read without it."""
    done = subprocess.run(  # noqa: S603 - this very Python
        [sys.executable, "-W", "ignore", "-c", ALONE, str(tmp_path / "t.sqlite")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert (done.stdout.split(), done.stderr) == (["False", "False"], "")
