"""What a program streams, as lines of text that do not depend on the versions of packages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from engines import IDS, Engine
from langchain_core.messages import BaseMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore
from programs import CONTEXT, STORED, build, given

MOST_ANSWERS = 3
_SHOWN = ("langgraph_node", "langgraph_step", "langgraph_path", "langgraph_checkpoint_ns", "tags")


async def observe(engine: Engine, program: dict[str, Any]) -> list[str]:
    """Run a program, answer its questions, and return a line for each chunk.

    Args:
        engine: The engine.
        program: A graph, with `modes` and `subgraphs`, or `events` for `astream_events`.

    Returns:
        The lines in their order, with ids numbered. Where things run at the same time, only what
        comes from one place is in its order: the lines are sorted by place.
    """
    store = InMemoryStore()
    store.put(*STORED)
    graph = build(engine, program, store=store, checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "1", "user": "u"}, "tags": ["mine"]}
    concurrent = any(word in str(program) for word in ("'parallel'", "'do': 'gather'"))
    asked: Any = given(program)
    ids: dict[str, str] = {}
    lines: list[str] = []
    for _ in range(1 + MOST_ANSWERS):
        chunks: list[Any] = []
        failure = []
        try:
            async for chunk in _stream(graph, program, asked, config):
                chunks.append(chunk)  # noqa: PERF401 - those before a failure count
        except Exception as error:  # noqa: BLE001 - which one it is, is the point
            failure.append(f"raised {type(error).__name__}")
        if concurrent:
            chunks.sort(key=_place)
        lines += [_numbered(_show(chunk), ids) for chunk in chunks] + failure
        questions = (await graph.aget_state(config)).interrupts
        if failure or not questions:
            break
        answers = {question.id: "yes" for question in questions}
        asked = engine.types.Command(resume="yes" if len(answers) == 1 else answers)
        lines.append("answer")
    return lines


def _stream(graph: Any, program: dict[str, Any], asked: Any, config: Any) -> AsyncIterator[Any]:
    if program.get("events"):
        return _events(graph.astream_events(asked, config, version="v2", context=CONTEXT))
    kwargs = {"stream_mode": program["modes"], "subgraphs": program["subgraphs"]}
    return graph.astream(asked, config, context=CONTEXT, **kwargs)


async def _events(events: AsyncIterator[Any]) -> AsyncIterator[tuple[Any, ...]]:
    """Yield what is heard of models and tools, and where; not the runs around them."""
    async for event in events:
        if event["event"].startswith(("on_chat_model", "on_tool")):
            tags = [tag for tag in event["tags"] if ":step:" not in tag]
            node = event["metadata"].get("langgraph_node")
            yield event["event"], event["name"], node, tags, event["data"].get("chunk")


def _place(chunk: tuple[Any, ...]) -> str:
    """Return what is the same for all that one place streams."""
    mode, payload = chunk[-2:]
    if mode != "messages":
        return f"{mode} {IDS.sub('', _show(chunk))}"
    message, metadata = payload
    where = IDS.sub("", f"{chunk[:-2]} {metadata.get('langgraph_checkpoint_ns')}")
    return f"{mode} {where} {message.id}"


def _numbered(text: str, ids: dict[str, str]) -> str:
    return IDS.sub(lambda match: ids.setdefault(match[0], f"<{len(ids)}>"), text)


def _show(value: Any) -> str:
    """Return a chunk as text."""
    if isinstance(value, BaseMessage):
        return f"{type(value).__name__}({value.content!r})"
    if isinstance(value, dict):
        shown = _SHOWN if "langgraph_node" in value else sorted(value)
        return "{" + ", ".join(f"{k!r}: {_show(value[k])}" for k in shown if k in value) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_show, value)) + "]"
    if isinstance(value, tuple):
        if all(map(_is_interrupt, value)):
            # LangGraph may show one below a task of an inner graph twice, under every contract
            value = tuple({question.id: question for question in value}.values())
        return "(" + ", ".join(map(_show, value)) + ")"
    if _is_interrupt(value):
        return f"Interrupt({value.value!r})"
    return repr(value)


def _is_interrupt(value: Any) -> bool:
    return type(value).__name__ == "Interrupt"
