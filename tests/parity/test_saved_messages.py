"""Messages in checkpoints, whose fields our serializer packs without asking Pydantic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from langchain_core import messages as core
from langchain_core.messages.tool import ToolMessageChunk, tool_call, tool_call_chunk
from langgraph import types as theirs
from langgraph.checkpoint.memory import InMemorySaver

from runtime.pregel._saved.packing import Packing
from runtime.pregel._saved.serde import speaking
from runtime.types import Send


@dataclass
class Report:
    """Something that msgpack knows no form of."""

    pages: int


USED = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}
DETAILS = {"input_token_details": {"cache_read": 1}}
SEARCH = tool_call(name="search", args={"q": [1, {"deep": None}]}, id="c1")

MESSAGES = {
    "ai": core.AIMessage("é", id="1", tool_calls=[SEARCH], usage_metadata={**USED, **DETAILS}),
    "ai_chunk": core.AIMessageChunk("", tool_call_chunks=[tool_call_chunk(name="s", args="{")]),
    "ai_renamed": core.AIMessage("x", response_metadata={"pair": (1, 2.5)}, name="bob"),
    "chat": core.ChatMessage("x", role="critic"),
    "chat_chunk": core.ChatMessageChunk("x", role="critic"),
    "function": core.FunctionMessage("x", name="f"),
    "function_chunk": core.FunctionMessageChunk("x", name="f"),
    "human": core.HumanMessage([{"type": "text", "text": "x"}, "y"]),
    "human_chunk": core.HumanMessageChunk("x"),
    "extra_field": core.HumanMessage("x", session={"of": "mine"}),
    "remove": core.RemoveMessage(id="1"),
    "surrogate": core.HumanMessage("half of a pair: \ud800"),
    "system": core.SystemMessage("x"),
    "system_chunk": core.SystemMessageChunk("x"),
    "tool": core.ToolMessage("x", tool_call_id="c1", status="error", artifact=b"raw"),
    "tool_chunk": ToolMessageChunk("x", tool_call_id="c1"),
    "not_plain": core.ToolMessage("x", tool_call_id="c1", artifact=Report(pages=2)),
    "not_plain_within": core.AIMessage("x", additional_kwargs={"all": [{"of": Report(pages=2)}]}),
    "message_within": core.ToolMessage("x", tool_call_id="c1", artifact=core.HumanMessage("y")),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_is_saved_in_the_very_bytes_that_langgraph_writes(name: str) -> None:
    """A saver packs a message for our engine as it packs it for LangGraph."""
    saver = InMemorySaver()
    message: Any = MESSAGES[name]

    saved = speaking(saver).serde.dumps_typed([message])

    assert saved == saver.serde.dumps_typed([message])


def test_a_change_of_a_message_in_place_is_saved() -> None:
    """What is packed is what the message holds now, not what it held when it was made."""
    message = core.AIMessage("before", tool_calls=[SEARCH])
    serde = speaking(InMemorySaver()).serde
    serde.dumps_typed(message)

    message.content = "after"
    message.tool_calls[0]["args"]["q"] = "changed"

    assert serde.loads_typed(serde.dumps_typed(message)) == message


def test_what_is_packed_again_within_one_save_is_the_same_bytes() -> None:
    """A message that stands in several places of what is saved at once is LangGraph's in each."""
    saver = InMemorySaver()
    message = core.AIMessage("x", id="1", tool_calls=[SEARCH])
    state = {"messages": [message], "again": {"of": [message, message]}}
    serde = speaking(saver).serde

    with Packing():
        packed = [serde.dumps_typed(state), serde.dumps_typed([message])]

    assert packed == [saver.serde.dumps_typed(state), saver.serde.dumps_typed([message])]


def test_a_change_of_a_message_in_place_is_saved_by_the_next_save() -> None:
    """What was packed for one save is not used for another one."""
    message = core.AIMessage("before")
    serde = speaking(InMemorySaver()).serde
    run = Packing()
    with run:
        serde.dumps_typed(message)

    message.content = "after"

    with run:
        assert serde.loads_typed(serde.dumps_typed(message)) == message


@pytest.mark.parametrize("count", [1, 15, 16, 70_000])
def test_a_list_that_grew_is_saved_in_the_very_bytes(count: int) -> None:
    """Messages that were saved before, and those behind them, are saved as LangGraph saves them."""
    saver = InMemorySaver()
    serde = speaking(saver).serde
    messages: list[Any] = [core.HumanMessage("x")] * count
    run = Packing()
    with run:
        serde.dumps_typed(messages)

    messages.append(core.AIMessage("y", tool_calls=[SEARCH]))

    with run:
        assert serde.dumps_typed(messages) == saver.serde.dumps_typed(messages)


@pytest.mark.parametrize(
    "state",
    [
        {},
        [],
        {"messages": [MESSAGES["ai"]] * 20, "left": 3},
        {"state": {"messages": [MESSAGES["not_plain"]]}, "with": {1: 2, None: ()}},
        {"messages": [MESSAGES["human"], "text"], "few": dict.fromkeys(map(str, range(20)))},
        {str(key): [MESSAGES["ai"]] for key in range(100)},
        MESSAGES["human"],
    ],
    ids=["empty", "list", "messages", "deeper", "mixed", "many", "message"],
)
def test_what_is_sent_is_saved_in_the_very_bytes(state: Any) -> None:
    """A `Send` is saved as LangGraph saves its own, whatever it carries."""
    saver = InMemorySaver()
    serde = speaking(saver).serde

    with Packing():
        serde.dumps_typed(state)
        saved = serde.dumps_typed(Send("node", state))

    assert saved == saver.serde.dumps_typed(theirs.Send("node", state))


def test_a_saver_that_gets_another_serializer_uses_it() -> None:
    """The serializer of a saver is looked up whenever it is replaced."""

    class Plain:
        def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
            return "plain", repr(obj).encode()

        def loads_typed(self, data: tuple[str, bytes]) -> Any:
            return data[1].decode()

    saver = InMemorySaver()
    twin = speaking(saver)
    assert twin.serde.dumps_typed(1)[0] == "msgpack"

    saver.serde = Plain()

    assert twin.serde.dumps_typed(1) == ("plain", b"1")
