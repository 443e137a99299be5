"""Transformers that are driven by hand, as tests of their authors do it, on both engines."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from engines import LANGGRAPH, OURS, Engine
from langchain_core.messages import AIMessage, ToolMessage

pytestmark = pytest.mark.filterwarnings("ignore:The v3 streaming protocol")

ENGINES = [LANGGRAPH, OURS]


def event(method: str, data: Any, *namespace: str) -> dict[str, Any]:
    """Return an event."""
    params = {"namespace": list(namespace), "timestamp": 1, "data": data}
    return {"type": "event", "method": method, "params": params}


def mux_of(engine: Engine) -> Any:
    """Return the class that packages import though its module is private."""
    return import_module(f"{engine.package}.stream._mux").StreamMux


def kinds_of(engine: Engine) -> Any:
    """Return the module of the built-in transformers."""
    return import_module(f"{engine.package}.stream.transformers")


def stream(engine: Engine) -> Any:
    """Return the package of event streams."""
    return import_module(f"{engine.package}.stream")


MODES = {
    "values": "ValuesTransformer",
    "updates": "UpdatesTransformer",
    "custom": "CustomTransformer",
    "checkpoints": "CheckpointsTransformer",
    "debug": "DebugTransformer",
    "tasks": "TasksTransformer",
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("engine", ENGINES, ids=["LangGraph", "ours"])
def test_a_projection_takes_the_events_of_its_own_graph(engine: Engine, mode: str) -> None:
    """It has what was pushed of its mode and namespace after somebody subscribed, in order."""
    made = getattr(kinds_of(engine), MODES[mode])(scope=("agent:1",))
    mux = mux_of(engine)([made], is_async=False, scope=("agent:1",))
    seen = iter(mux.extensions[mode])

    mux.push(event(mode, {"id": "a", "name": "n"}, "agent:1"))
    mux.push(event(mode, {"id": "b", "name": "n"}))
    mux.push(event(mode, {"id": "c", "name": "n"}, "agent:1", "deep:2"))
    mux.push(event(mode, {"id": "d", "name": "n"}, "agent:1"))
    mux.close()

    assert [each["id"] for each in seen] == ["a", "d"]
    assert mux.transformer_by_key(mode) is made


@pytest.mark.parametrize("engine", ENGINES, ids=["LangGraph", "ours"])
async def test_a_projection_is_read_in_an_event_loop(engine: Engine) -> None:
    """A mux that is made for an async run has channels to be read with `async for`."""
    mux = mux_of(engine)([kinds_of(engine).CustomTransformer()], is_async=True)
    seen = aiter(mux.extensions["custom"])

    await mux.apush(event("custom", 1))
    await mux.aclose()

    assert [each async for each in seen] == [1]


@pytest.mark.parametrize("engine", ENGINES, ids=["LangGraph", "ours"])
def test_a_message_is_made_of_its_events(engine: Engine) -> None:
    """A message that streams, and one that comes as a whole, have their ids and their text.

    What a tool returned is none of them.
    """
    mux = mux_of(engine)([kinds_of(engine).MessagesTransformer()], is_async=False)
    mux.bind_pump(lambda: False)
    seen = iter(mux.extensions["messages"])
    metadata = {"langgraph_node": "llm", "run_id": "run"}

    for said in (
        {"event": "message-start", "role": "ai", "message_id": "1"},
        {
            "event": "content-block-delta",
            "index": 0,
            "delta": {"type": "text-delta", "text": "hi"},
        },
        {"event": "message-finish", "reason": "stop"},
    ):
        mux.push(event("messages", (said, metadata)))
    mux.push(event("messages", (AIMessage("ho", id="2"), metadata)))
    mux.push(event("messages", (ToolMessage("!", id="3", tool_call_id="c"), metadata)))
    mux.close()

    assert [(each.message_id, str(each.text), each.node) for each in seen] == [
        ("1", "hi", "llm"),
        ("2", "ho", "llm"),
    ]


@pytest.mark.parametrize("engine", ENGINES, ids=["LangGraph", "ours"])
def test_a_run_whose_mux_is_driven_by_hand(engine: Engine) -> None:
    """Projections of several transformers are read in the order in which their items came."""
    kinds = kinds_of(engine)
    mux = mux_of(engine)(factories=[kinds.CustomTransformer, kinds.UpdatesTransformer])
    left = [event("custom", 1), event("updates", {"n": 1}), event("custom", 2)]

    def pump() -> bool:
        if left:
            mux.push(left.pop(0))
        else:
            mux.close()
        return not mux.extensions["custom"]._closed

    mux.bind_pump(pump)
    run = stream(engine).GraphRunStream(None, mux, wire_pump=False)

    assert list(run.interleave("custom", "updates")) == [
        ("custom", 1),
        ("updates", {"n": 1}),
        ("custom", 2),
    ]


@pytest.mark.parametrize("engine", ENGINES, ids=["LangGraph", "ours"])
def test_a_channel_of_nobody_is_read_by_hand(engine: Engine) -> None:
    """A channel can be bound without a run; whoever reads it gets what is there, and its error."""
    channel = stream(engine).StreamChannel("mine")
    with pytest.raises(TypeError, match="bound"):
        iter(channel)
    channel._bind(is_async=False)
    seen = iter(channel)
    channel.push(1)
    channel.fail(ValueError("it"))

    assert next(seen) == 1
    with pytest.raises(ValueError, match="it"):
        next(seen)


@pytest.mark.parametrize("engine", ENGINES, ids=["LangGraph", "ours"])
def test_the_projections_of_a_run_cannot_be_replaced(engine: Engine) -> None:
    """`run.extensions` is read-only."""
    mux = mux_of(engine)([kinds_of(engine).CustomTransformer()], is_async=False)
    run = stream(engine).GraphRunStream(None, mux, wire_pump=False)

    with pytest.raises(TypeError):
        run.extensions["custom"] = None
