"""Scenarios of transformers: what they see, change, keep out, project, and how they end."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import Any

from engines import Engine
from event_streams import Drive, attempt, events, shown
from langgraph.checkpoint.memory import InMemorySaver
from scenarios_events import THREAD, add, built, ends, fails, raw, saying

Seen = list[Any]


def streams(engine: Engine) -> Any:
    return import_module(f"{engine.package}.stream")


def counting(engine: Engine, seen: Seen, **attributes: Any) -> Any:
    """Return a transformer that notes what it hears, and projects how much it was."""
    module = streams(engine)

    def init(self: Any) -> Any:
        self.named = module.StreamChannel("counted")
        self.unnamed = module.StreamChannel()
        return {"counted": self.named, "negative": self.unnamed, "constant": 5}

    def process(self: Any, event: Any) -> bool:
        seen.append((self.scope, event["method"], event["params"]["namespace"]))
        self.named.push(len(seen))
        self.unnamed.push(-len(seen))
        return True

    hooks = {
        "init": init,
        "process": process,
        "finalize": lambda self: seen.append((self.scope, "finalize")),
        "fail": lambda self, err: seen.append((self.scope, "fail", repr(err))),
    }
    return type("Counting", (module.StreamTransformer,), {**hooks, **attributes})


def simple(engine: Engine, **attributes: Any) -> Any:
    """Return a transformer without projections that keeps every event."""
    hooks = {"init": lambda _: {}, "process": lambda *_: True}
    return type("Simple", (streams(engine).StreamTransformer,), {**hooks, **attributes})


def nested(engine: Engine) -> Any:
    return built(engine, add, built(engine, add).compile())


@events()
async def what_a_transformer_sees(engine: Engine, drive: Drive) -> Any:
    seen: Seen = []
    found = await raw(drive, nested(engine).compile(transformers=[counting(engine, seen)]))
    return [found, seen]


@events()
async def a_transformer_of_a_call(engine: Engine, drive: Drive) -> Any:
    seen: Seen = []
    graph = nested(engine).compile()
    return [await raw(drive, graph, transformers=[counting(engine, seen)]), seen]


@events()
async def transformers_of_a_graph_and_a_call(engine: Engine, drive: Drive) -> Any:
    order: Seen = []

    def notes(name: str) -> Any:
        def process(_: Any, event: Any) -> bool:
            order.append((name, event["method"]))
            return True

        return simple(engine, process=process)

    graph = built(engine, add).compile(transformers=[notes("graph")])
    run = await drive.open(graph, {"a": 0}, transformers=[notes("call")])
    return [await drive.get(run, "output"), order, len(graph.stream_transformers)]


@events()
async def a_factory_of_the_scope(engine: Engine, drive: Drive) -> Any:
    scopes: Seen = []

    def make(scope: tuple[str, ...]) -> Any:
        scopes.append(scope)
        return simple(engine)(scope)

    run = await drive.open(nested(engine).compile(), {"a": 0}, transformers=[make])
    return [await drive.get(run, "output"), scopes]


@events()
async def an_object_instead_of_a_factory(engine: Engine, drive: Drive) -> Any:
    made = [simple(engine)()]
    failed = await attempt(drive.open(nested(engine).compile(), {"a": 0}, transformers=made))
    return failed[:2]


@events()
async def projections_of_a_transformer(engine: Engine, drive: Drive) -> Any:
    graph = built(engine, add).compile(transformers=[counting(engine, [])])
    run = await drive.open(graph, {"a": 0})
    constant = run.extensions["constant"]
    found = await drive.all(run.extensions["negative"])
    return [constant, found, sorted(run.extensions), hasattr(run, "negative")]


@events()
async def projections_in_graphs_inside(engine: Engine, drive: Drive) -> Any:
    graph = nested(engine).compile(transformers=[counting(engine, [])])
    run = await drive.open(graph, {"a": 0})
    return [
        [each.path, sorted(each.extensions), len(await drive.all(each.extensions["counted"]))]
        async for each in drive.each(run.subgraphs)
    ]


@events()
async def a_native_transformer(engine: Engine, drive: Drive) -> Any:
    native = counting(engine, [], _native=True)
    run = await drive.open(built(engine, add).compile(), {"a": 0}, transformers=[native])
    return [run.constant, await drive.all(run.counted)]


@events()
async def raw_events_of_a_native_channel(engine: Engine, drive: Drive) -> Any:
    native = counting(engine, [], _native=True)
    return await raw(drive, built(engine, add).compile(), transformers=[native])


@events()
async def the_same_projection_twice(engine: Engine, drive: Drive) -> Any:
    twice = [counting(engine, []), counting(engine, [])]
    failed = await attempt(drive.open(built(engine, add).compile(), {"a": 0}, transformers=twice))
    return failed[:2]


@events()
async def a_projection_with_a_built_in_name(engine: Engine, drive: Drive) -> Any:
    bad = simple(engine, init=lambda _: {"values": 1})
    failed = await attempt(drive.open(built(engine, add).compile(), {"a": 0}, transformers=[bad]))
    return failed[:2]


@events()
async def a_transformer_without_projections(engine: Engine, drive: Drive) -> Any:
    bad = simple(engine, init=lambda _: None)
    failed = await attempt(drive.open(built(engine, add).compile(), {"a": 0}, transformers=[bad]))
    return failed[:2]


@events()
async def a_transformer_that_does_nothing(engine: Engine, drive: Drive) -> Any:
    base = streams(engine).StreamTransformer
    bad = type("Bad", (base,), {"init": lambda _: {}})
    run = await drive.open(built(engine, add).compile(), {"a": 0}, transformers=[bad])
    return (await attempt(drive.all(run)))[:2]


@events()
async def events_that_are_kept_out(engine: Engine, drive: Drive) -> Any:
    quiet = simple(engine, process=lambda _, event: event["method"] != "values")
    run = await drive.open(built(engine, add).compile(), {"a": 0}, transformers=[quiet])
    return [
        await raw(drive, nested(engine).compile(), transformers=[quiet]),
        await ends(drive, run),
    ]


@events()
async def an_answer_of_none_keeps_out(engine: Engine, drive: Drive) -> Any:
    quiet = simple(engine, process=lambda *_: None)
    return await raw(drive, nested(engine).compile(), transformers=[quiet])


@events()
async def events_changed_before_the_projections(engine: Engine, drive: Drive) -> Any:
    def process(_: Any, event: Any) -> bool:
        if event["method"] == "values":
            event["params"]["data"] = "changed"
        return True

    change = simple(engine, process=process, before_builtins=True)
    run = await drive.open(built(engine, add).compile(), {"a": 0}, transformers=[change])
    return [await drive.all(run.values), await ends(drive, run)]


@events()
async def events_changed_after_the_projections(engine: Engine, drive: Drive) -> Any:
    def process(_: Any, event: Any) -> bool:
        if event["method"] == "values":
            event["params"]["data"] = "changed"
        return True

    change = simple(engine, process=process)
    run = await drive.open(built(engine, add).compile(), {"a": 0}, transformers=[change])
    values = await drive.all(run.values)
    return [values, await raw(drive, built(engine, add).compile(), transformers=[change])]


@events()
async def text_changed_on_its_way(engine: Engine, drive: Drive) -> Any:
    def process(_: Any, event: Any) -> bool:
        if event["method"] == "messages" and isinstance(event["params"]["data"][0], dict):
            delta = event["params"]["data"][0].get("delta", {})
            if "text" in delta:
                delta["text"] = delta["text"].upper()
        return True

    shout = simple(engine, process=process, before_builtins=True)
    graph = built(engine, saying("one two three")).compile()
    run = await drive.open(graph, {"a": 0}, transformers=[shout])
    return [await drive.all(m.text) async for m in drive.each(run.messages)]


@events()
async def messages_hidden_as_those_of_a_tool(engine: Engine, drive: Drive) -> Any:
    def process(_: Any, event: Any) -> bool:
        if event["method"] == "messages" and event["params"]["data"][0]["event"] == "message-start":
            event["params"]["data"][0]["role"] = "tool"
        return True

    hide = simple(engine, process=process, before_builtins=True)
    graph = built(engine, saying("one two")).compile()
    run = await drive.open(graph, {"a": 0}, transformers=[hide])
    return await drive.all(run.messages)


@events()
async def modes_that_are_required(engine: Engine, drive: Drive) -> Any:
    modes = ("updates", "custom", "tasks", "debug", "checkpoints")

    def node(_: Any) -> Any:
        engine.config.get_stream_writer()({"item": 1})
        return {"a": 1}

    needs = simple(engine, required_stream_modes=modes)
    graph = built(engine, node).compile(InMemorySaver())
    run = await drive.open(graph, {"a": 0}, THREAD, transformers=[needs])
    return [(event["method"], event["seq"]) async for event in drive.each(run)]


@events()
async def updates_as_a_projection(engine: Engine, drive: Drive) -> Any:
    updates = [streams(engine).UpdatesTransformer]
    run = await drive.open(nested(engine).compile(), {"a": 0}, transformers=updates)
    return await drive.all(run.updates)


@events()
async def custom_items_as_a_projection(engine: Engine, drive: Drive) -> Any:
    def node(_: Any) -> Any:
        writer = engine.config.get_stream_writer()
        for number in range(3):
            writer({"n": number})
        return {"a": 1}

    custom = [streams(engine).CustomTransformer]
    graph = built(engine, node, built(engine, node).compile()).compile(transformers=custom)
    run = await drive.open(graph, {"a": 0})
    inside = [await drive.all(each.custom) async for each in drive.each(run.subgraphs)]
    return [inside, await raw(drive, graph)]


@events()
async def tasks_as_a_projection(engine: Engine, drive: Drive) -> Any:
    tasks = [streams(engine).TasksTransformer]
    run = await drive.open(nested(engine).compile(), {"a": 0}, transformers=tasks)
    return await drive.all(run.tasks)


@events()
async def debug_as_a_projection(engine: Engine, drive: Drive) -> Any:
    debug = [streams(engine).DebugTransformer]
    run = await drive.open(nested(engine).compile(), {"a": 0}, transformers=debug)
    return await drive.all(run.debug)


@events()
async def checkpoints_as_a_projection(engine: Engine, drive: Drive) -> Any:
    checkpoints = [streams(engine).CheckpointsTransformer]
    graph = built(engine, add, add).compile(InMemorySaver(), transformers=checkpoints)
    run = await drive.open(graph, {"a": 0}, THREAD)
    return await drive.all(run.checkpoints)


@events()
async def checkpoints_without_a_saver(engine: Engine, drive: Drive) -> Any:
    checkpoints = [streams(engine).CheckpointsTransformer]
    run = await drive.open(built(engine, add).compile(), {"a": 0}, transformers=checkpoints)
    return await drive.all(run.checkpoints)


@events()
async def a_transformer_that_fails(engine: Engine, drive: Drive) -> Any:
    def process(_: Any, event: Any) -> bool:
        raise KeyError("mine")

    bad = simple(engine, process=process)
    run = await drive.open(built(engine, add).compile(), {"a": 0}, transformers=[bad])
    return [await attempt(drive.all(run)), await ends(drive, run)]


@events("sync")  # LangGraph's async half forgets the error where `output` is asked for
async def a_transformer_that_cannot_end(engine: Engine, drive: Drive) -> Any:
    def finalize(_: Any) -> None:
        raise KeyError("mine")

    seen: Seen = []
    bad = [simple(engine, finalize=finalize), counting(engine, seen)]
    run = await drive.open(built(engine, add).compile(), {"a": 0}, transformers=bad)
    return [await attempt(drive.all(run.values)), await ends(drive, run), seen[-1]]


@events()
async def transformers_of_a_run_that_fails(engine: Engine, drive: Drive) -> Any:
    seen: Seen = []
    failing = built(engine, built(engine, fails).compile()).compile()
    run = await drive.open(failing, {"a": 0}, transformers=[counting(engine, seen)])
    failed = await attempt(drive.all(run.extensions["counted"]))
    return [failed, seen]


@events()
async def transformers_of_a_run_that_is_left(engine: Engine, drive: Drive) -> Any:
    seen: Seen = []
    run = await drive.open(
        nested(engine).compile(), {"a": 0}, transformers=[counting(engine, seen)]
    )
    first = shown(await drive.first(run))
    await drive.abort(run)
    return [first["method"], seen]


@events()
async def an_item_pushed_at_the_end(engine: Engine, drive: Drive) -> Any:
    last = counting(engine, [], finalize=lambda self: self.named.push("last"))
    run = await drive.open(built(engine, add).compile(), {"a": 0}, transformers=[last])
    pushed = (await drive.all(run.extensions["counted"]))[-1]
    return [pushed, (await raw(drive, built(engine, add).compile(), transformers=[last]))[0][-1]]


@events("sync")
async def async_hooks_in_a_sync_run(engine: Engine, drive: Drive) -> Any:
    async def aprocess(_: Any, event: Any) -> bool:
        return True

    kinds = [
        simple(engine, aprocess=aprocess),
        simple(engine, requires_async=True),
        simple(engine, aprocess=aprocess, supports_sync=True),
    ]
    graph = built(engine, add).compile()
    opened = [await attempt(drive.open(graph, {"a": 0}, transformers=[k])) for k in kinds]
    return [each[:2] if isinstance(each, tuple) else "opened" for each in opened]


@events("async")
async def async_hooks(engine: Engine, drive: Drive) -> Any:
    seen: Seen = []

    async def aprocess(self: Any, event: Any) -> bool:
        await asyncio.sleep(0)
        seen.append((self.scope, event["method"]))
        return bool(event["method"] != "values")

    async def afinalize(self: Any) -> None:
        seen.append((self.scope, "afinalize"))

    hooked = simple(engine, aprocess=aprocess, afinalize=afinalize)
    return [await raw(drive, nested(engine).compile(), transformers=[hooked]), seen]


@events("async")
async def async_hooks_of_a_run_that_fails(engine: Engine, drive: Drive) -> Any:
    seen: Seen = []

    async def afail(self: Any, err: BaseException) -> None:
        seen.append((self.scope, repr(err)))

    hooked = simple(engine, afail=afail)
    failing = built(engine, built(engine, fails).compile()).compile()
    return [await raw(drive, failing, transformers=[hooked]), seen]


@events("async")
async def work_beside_the_run(engine: Engine, drive: Drive) -> Any:
    async def later(self: Any, method: str) -> None:
        await asyncio.sleep(0.01)
        self.named.push(method)

    def process(self: Any, event: Any) -> bool:
        if event["method"] == "values":
            self.schedule(later(self, event["method"]))
        return True

    scheduling = counting(engine, [], process=process, requires_async=True)
    run = await drive.open(built(engine, add).compile(), {"a": 0}, transformers=[scheduling])
    return await drive.all(run.extensions["counted"])


@events()
async def a_channel_that_is_closed_early(engine: Engine, drive: Drive) -> Any:
    def process(self: Any, event: Any) -> bool:
        if not self.named._closed:
            self.named.push(event["method"])
            self.named.close()
        return True

    closing = counting(engine, [], process=process)
    run = await drive.open(built(engine, add).compile(), {"a": 0}, transformers=[closing])
    return await drive.all(run.extensions["counted"])


@events()
async def a_channel_alone(engine: Engine, drive: Drive) -> Any:
    channel = streams(engine).StreamChannel

    async def bad() -> Any:
        return channel(maxlen=0)

    alone = channel("name", maxlen=3)
    alone.push(1)
    read = await attempt(drive.all(alone))
    return [alone.name, read[:2], await attempt(bad()), (await attempt(drive.tee(alone, 2)))[:2]]
