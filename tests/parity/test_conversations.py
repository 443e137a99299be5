"""The same conversation on LangGraph and on ours goes the same way, step by step."""

from __future__ import annotations

from typing import Any

import conversations_changes  # noqa: F401 - registers its conversations
import conversations_delta  # noqa: F401 - registers its conversations
import conversations_delta_messages  # noqa: F401 - registers its conversations
import conversations_interrupts  # noqa: F401 - registers its conversations
import conversations_pregel  # noqa: F401 - registers its conversations
import conversations_saving  # noqa: F401 - registers its conversations
import conversations_stops  # noqa: F401 - registers its conversations
import conversations_subgraphs  # noqa: F401 - registers its conversations
import conversations_tasks  # noqa: F401 - registers its conversations
import pytest
from conversations import CONVERSATIONS, Conversation
from differences import check, seen_alike
from engines import LANGGRAPH, OURS, oracles
from holding import held_alone

BY_NAME = [pytest.param(each, id=each.name) for each in CONVERSATIONS]
KINDS = ["memory", pytest.param("sqlite", marks=pytest.mark.proof)]


@pytest.mark.filterwarnings("ignore:NodeInterrupt is deprecated")
@pytest.mark.parametrize("drive", ["sync", "async"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("conversation", BY_NAME)
async def test_conversations_go_the_same_way(
    conversation: Conversation, kind: str, drive: str
) -> None:
    """Every chunk, returned value and exception class of every step is equal."""

    async def both() -> tuple[list[Any], list[Any]]:
        # one that loses its questions cannot go on: only the half that keeps them counts
        theirs = await held_alone(conversation, LANGGRAPH, kind, oracles(drive)[-1])
        return await held_alone(conversation, OURS, kind, drive), theirs

    ours, theirs = await seen_alike(conversation.name, drive, both)
    check(conversation.name, drive, ours, theirs)
