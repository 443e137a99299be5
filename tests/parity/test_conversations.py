"""The same conversation on LangGraph and on ours goes the same way, step by step."""

from __future__ import annotations

import sys

import conversations_changes  # noqa: F401 - registers its conversations
import conversations_interrupts  # noqa: F401 - registers its conversations
import conversations_pregel  # noqa: F401 - registers its conversations
import conversations_saving  # noqa: F401 - registers its conversations
import conversations_stops  # noqa: F401 - registers its conversations
import conversations_subgraphs  # noqa: F401 - registers its conversations
import pytest
from conversations import CONVERSATIONS, Conversation
from differences import DIFFERENCES
from engines import LANGGRAPH, OURS
from holding import held_alone

BY_NAME = [pytest.param(each, id=each.name) for each in CONVERSATIONS]


@pytest.mark.filterwarnings("ignore:NodeInterrupt is deprecated")
@pytest.mark.parametrize("drive", ["sync", "async"])
@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@pytest.mark.parametrize("conversation", BY_NAME)
async def test_conversations_go_the_same_way(
    conversation: Conversation, kind: str, drive: str
) -> None:
    """Every chunk, returned value and exception class of every step is equal."""
    theirs = await held_alone(conversation, LANGGRAPH, kind, drive)
    ours = await held_alone(conversation, OURS, kind, drive)
    listed = [
        d
        for d in DIFFERENCES
        if (d.scenario, d.drive) == (conversation.name, drive) and sys.version_info < d.below_python
    ]
    if listed:
        assert ours != theirs, f"no longer differs, remove it from the table: {listed[0]}"
    else:
        for theirs_of_step, ours_of_step in zip(theirs, ours, strict=False):
            assert ours_of_step == theirs_of_step
        assert len(ours) == len(theirs)
