"""The switch `runtime.as_langgraph`, each test in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from textwrap import dedent

import pytest


def run(code: str) -> str:
    """Run a program and return what it prints."""
    ran = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", dedent(code)], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def test_modules_are_the_very_same() -> None:
    """Whatever is imported under LangGraph's name is ours; savers, stores and caches stay."""
    run(
        """
        from runtime import as_langgraph
        as_langgraph.install()
        as_langgraph.install()  # twice is fine
        import importlib
        for name in ("graph", "graph.state", "graph.message", "types", "prebuilt", "func", "config",
                     "runtime", "errors", "constants", "channels", "managed", "pregel", "callbacks",
                     "typing", "graph.ui"):
            ours = importlib.import_module(f"runtime.{name}")
            spec = ours.__spec__
            assert importlib.import_module(f"langgraph.{name}") is ours, name
            assert ours.__spec__ is spec
        for name in ("checkpoint.memory", "store.memory", "cache.memory"):
            assert importlib.import_module(f"langgraph.{name}").__name__ == f"langgraph.{name}"
        """
    )


def test_what_is_not_there_fails_when_it_is_used() -> None:
    """It can be imported and derived from; the error is a sentence."""
    shown = run(
        """
        from runtime import as_langgraph
        as_langgraph.install()
        from langgraph.types import PregelExecutableTask
        from langgraph.pregel._loop import PregelLoop
        class Mine(PregelLoop): pass
        for absent in (PregelLoop, Mine, PregelExecutableTask):
            try:
                absent("a")
            except NotImplementedError as error:
                print(error)
        try:
            import langgraph._internal._retry
        except ModuleNotFoundError as error:
            print(error)
        """
    )
    loop, mine, task, module = shown.splitlines()
    assert loop.startswith("PregelLoop is not there in the bundled runtime. Run this on")
    assert mine.startswith("Mine is not there in the bundled runtime.")
    assert task.startswith("PregelExecutableTask is not there in the bundled runtime.")
    assert "'langgraph._internal._retry': LangGraph is the bundled runtime here" in module


ABSENT = {
    "langgraph.pregel.debug": "of how its inside makes payloads: no __all__, no documents",
}
"""Modules of which the switch does not supply all that LangGraph has publicly, and why."""


def test_all_public_names_are_there() -> None:
    """Each public name of the installed LangGraph is ours, but in modules of the table above."""
    pytest.importorskip("langgraph.graph")
    names = json.loads(run(WALK))
    assert "langgraph.graph.StateGraph" in names
    assert len(names) > 200
    shown = run(
        f"""
        import importlib, json, warnings
        from runtime import as_langgraph
        as_langgraph.install()
        warnings.simplefilter("ignore")
        lacking = {{}}
        for name in {names}:
            module, _, attribute = name.rpartition(".")
            try:
                getattr(importlib.import_module(module), attribute)
            except ImportError as error:
                lacking[module] = str(error)
            except AttributeError as error:
                lacking[name] = str(error)
        print(json.dumps(lacking))
        """
    )
    assert {name.rpartition(".")[0] for name in json.loads(shown)} == set(ABSENT)


WALK = """
    import ast, importlib, importlib.util, json, pkgutil, typing, warnings
    import langgraph
    warnings.simplefilter("ignore")

    def defined(body):
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield node.name
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                yield from (target.id for target in targets if isinstance(target, ast.Name))
            elif isinstance(node, ast.If | ast.Try):
                yield from defined(node.body)

    names = []
    for found in pkgutil.walk_packages(langgraph.__path__, "langgraph."):
        parts = found.name.split(".")
        if parts[1] in ("checkpoint", "store", "cache") or any(p[0] == "_" for p in parts):
            continue
        module = importlib.import_module(found.name)
        with open(module.__file__) as file:
            own = defined(ast.parse(file.read()).body)
        for name in dict.fromkeys(getattr(module, "__all__", own)):
            if name[0] != "_" and not isinstance(getattr(module, name, None), typing.TypeVar):
                names.append(f"{found.name}.{name}")
    print(json.dumps(names))
    """
"""Prints the public names of the installed LangGraph: those that a module lists in `__all__`, or,
if it has none, those that it defines without an underscore."""


def test_what_tells_handlers_of_graphs() -> None:
    """The handlers of graphs in a config hear what they are told by hand."""
    shown = run(
        """
        import asyncio, uuid
        from runtime import as_langgraph
        as_langgraph.install()
        from langchain_core.callbacks import BaseCallbackHandler
        from langgraph.callbacks import (
            GraphCallbackHandler, GraphInterruptEvent, GraphResumeEvent,
            get_async_graph_callback_manager_for_config as of_async,
            get_sync_graph_callback_manager_for_config as of_sync)

        class Hears(GraphCallbackHandler):
            def on_interrupt(self, event): print("interrupt", event.status)
            def on_resume(self, event): print("resume", event.status)

        config = {"callbacks": [BaseCallbackHandler(), Hears()]}
        stopped = GraphInterruptEvent(None, "pending", "1", (), ())
        goes_on = GraphResumeEvent(None, "done", "1", ())
        sync, asynchronous = of_sync(config, run_id=uuid.UUID(int=1)), of_async(config)
        assert sync.run_id == uuid.UUID(int=1) and len(sync.handlers) == 1
        sync.on_interrupt(stopped); sync.on_resume(goes_on)
        async def both():
            await asynchronous.on_interrupt(stopped)
            await asynchronous.on_resume(goes_on)
        asyncio.run(both())
        assert of_sync({}).handlers == []
        """
    )
    assert shown.splitlines() == ["interrupt pending", "resume done"] * 2


def test_too_late() -> None:
    """A module of LangGraph that was imported before is named, with what to do."""
    pytest.importorskip("langgraph.graph")
    shown = run(
        """
        import langgraph.checkpoint.memory  # of another package: no reason to refuse
        import langgraph.types
        from runtime import as_langgraph
        try:
            as_langgraph.install()
        except ImportError as error:
            print(error)
        """
    )
    assert "was imported already, from " in shown
    assert "Call runtime.as_langgraph.install() before anything imports langgraph" in shown


def test_for_a_while() -> None:
    """After the block the installed LangGraph is imported, and nothing is left behind."""
    pytest.importorskip("langgraph.graph")
    run(
        """
        from runtime import as_langgraph
        with as_langgraph.installed():
            import langgraph.types, langgraph.stream.run_stream, langgraph.pregel.debug
            ours = langgraph.types
            assert ours.RunnableConfig
        import langgraph.graph
        assert langgraph.graph is not ours
        """
    )


def test_event_streams_are_the_bundled_ones() -> None:
    """`langgraph.stream`, its modules and what stands in private ones are ours."""
    pytest.importorskip("langgraph.stream")
    shown = run(
        """
        from runtime import as_langgraph
        as_langgraph.install()
        import langgraph.stream, langgraph.stream.run_stream
        import langgraph.stream.stream_channel, langgraph.stream.transformers
        from langgraph.prebuilt import ToolCallTransformer
        from langgraph.stream._mux import StreamMux, TransformerFactory
        from langgraph.stream._types import ProtocolEvent, StreamTransformer
        for module in (
            langgraph.stream, langgraph.stream.run_stream,
            langgraph.stream.stream_channel, langgraph.stream.transformers,
        ):
            print(module.__name__)
        print(ToolCallTransformer.__module__, StreamMux.__module__, StreamTransformer.__module__)
        """
    )
    assert all(module.startswith("runtime.") for module in shown.split())


def test_without_langgraph() -> None:
    """Where LangGraph is not installed, its namespace is that of the checkpoint package alone."""
    run(
        """
        import sys
        from importlib.machinery import PathFinder

        class Hide:
            def find_spec(self, name, path=None, target=None):
                real = ("langgraph.checkpoint", "langgraph.store", "langgraph.cache")
                if name.startswith("langgraph.") and not name.startswith(real):
                    raise ModuleNotFoundError(name)

        sys.meta_path.insert(0, Hide())
        from runtime import as_langgraph
        as_langgraph.install()
        from langgraph.graph import START, MessagesState, StateGraph
        graph = StateGraph(MessagesState).add_node("n", lambda s: None).add_edge(START, "n")
        graph.compile().invoke({"messages": []})
        """
    )


def test_runnables_of_two_functions() -> None:
    """`RunnableCallable` injects what nodes may ask for, in sync and async runs."""
    run(
        """
        import asyncio
        from runtime import as_langgraph
        as_langgraph.install()
        from langgraph._internal._config import patch_configurable
        from langgraph._internal._runnable import RunnableCallable
        from langgraph.graph import START, MessagesState, StateGraph

        def sync(state, runtime): return {"messages": [("user", type(runtime).__name__)]}
        async def asynchronous(state, config): return {"messages": [("user", "async")]}

        for trace in (True, False):
            node = RunnableCallable(sync, asynchronous, trace=trace)
            graph = StateGraph(MessagesState).add_node("n", node).add_edge(START, "n").compile()
            assert graph.invoke({"messages": []})["messages"][0].content == "Runtime"
            found = asyncio.run(graph.ainvoke({"messages": []}))
            assert found["messages"][0].content == "async"
        try:
            RunnableCallable(None, asynchronous).invoke({})
        except TypeError as error:
            assert "No synchronous function" in str(error)
        from langgraph.utils.config import ensure_config
        assert ensure_config({"tags": ["a"]}, None, {"tags": ["b"]})["tags"] == ["a", "b"]
        given = {"configurable": {"a": 1}, "tags": ["t"]}
        assert patch_configurable(given, {"b": 2}) == {
            "configurable": {"a": 1, "b": 2}, "tags": ["t"]}
        """
    )


def test_names_that_have_moved() -> None:
    """They are found where they once were, with LangGraph's warning."""
    shown = run(
        """
        import warnings
        from runtime import as_langgraph
        with as_langgraph.installed():
            with warnings.catch_warnings(record=True) as heard:
                warnings.simplefilter("always")
                from langgraph.constants import CONF, PREVIOUS, START, Send
                from langgraph.pregel.types import StateSnapshot
                import langgraph.types as types
                assert (Send, StateSnapshot) == (types.Send, types.StateSnapshot)
            for warning in heard:
                print(warning.category.__name__, warning.message)
            try:
                from langgraph.constants import NEVER
            except ImportError:
                print("never")
        """
    )
    old, new, types, never = shown.splitlines()
    assert old.startswith("LangGraphDeprecatedSinceV10 Importing PREVIOUS from langgraph.constants")
    assert "Please use 'from langgraph.types import Send' instead." in new
    assert types.startswith("LangGraphDeprecatedSinceV10 Importing from langgraph.pregel.types")
    assert never == "never"


def test_a_node_finds_in_its_config_what_reads_and_writes_the_state() -> None:
    """Packages such as deepagents keep files in the state this way, from inside of tools."""
    run(
        """
        import operator
        from typing import Annotated, TypedDict
        from runtime import as_langgraph
        as_langgraph.install()
        from langgraph._internal._constants import (
            CONFIG_KEY_READ, CONFIG_KEY_RUNTIME, CONFIG_KEY_SEND)
        from langgraph.config import get_config
        from langgraph.graph import START, StateGraph

        class State(TypedDict, total=False):
            files: Annotated[list, operator.add]
            last: str

        def node(state):
            configurable = get_config()["configurable"]
            read, send = configurable[CONFIG_KEY_READ], configurable[CONFIG_KEY_SEND]
            send([("files", ["b"]), ("last", "b")])
            assert read("files") == ["a"]
            assert read("files", True) == ["a", "b"]
            assert read(["files", "last"], True) == {"files": ["a", "b"], "last": "b"}
            assert read("last") is None
            assert configurable[CONFIG_KEY_RUNTIME].context == "ann"
            return {"files": ["c"]}

        graph = StateGraph(State).add_node(node).add_edge(START, "node").compile()
        modes = ["updates", "values"]
        found = list(graph.stream({"files": ["a"]}, context="ann", stream_mode=modes))
        assert found[1:] == [
            ("updates", {"node": [{"files": ["b"]}, {"last": "b"}, {"files": ["c"]}]}),
            ("values", {"files": ["a", "b", "c"], "last": "b"}),
        ], found
        """
    )


def test_names_of_the_inside_that_tests_of_dependents_import() -> None:
    """They mean what they mean in LangGraph."""
    run(
        """
        from runtime import as_langgraph
        as_langgraph.install()
        from langgraph.pregel._checkpoint import copy_checkpoint, empty_checkpoint
        from langgraph.pregel.debug import CheckpointPayload, TaskPayload, TaskResultPayload
        from langgraph.prebuilt._tool_call_stream import ToolCallStream
        from langgraph.prebuilt._tool_call_transformer import ToolCallTransformer
        from langgraph.prebuilt.chat_agent_executor import _get_model, _validate_chat_history
        from langgraph.prebuilt.tool_node import _infer_handled_types
        from langgraph.types import RunnableConfig

        made = empty_checkpoint()
        made["versions_seen"]["node"] = {"a": 1}
        copied = copy_checkpoint(made)
        assert copied == made
        copied["versions_seen"]["node"]["a"] = 2
        copied["channel_values"]["a"] = 1
        assert made["versions_seen"] == {"node": {"a": 1}} and made["channel_values"] == {}
        """
    )


@pytest.mark.parametrize("package", ["langgraph", "runtime"])
def test_names_of_the_inside_with_and_without_the_switch(package: str) -> None:
    """A program may rename its imports in place of using the switch, those of the inside too."""
    switch = "as_langgraph.install()" if package == "langgraph" else ""
    run(
        f"""
        from runtime import as_langgraph
        {switch}
        from {package}._internal._config import DEFAULT_RECURSION_LIMIT, ensure_config
        from {package}._internal._constants import CONF, ERROR, PULL, PUSH
        from {package}._internal._runnable import RunnableCallable, is_async_callable
        from {package}._internal._timeout import coerce_timeout_policy
        from {package}.graph.message import _messages_delta_reducer
        from {package}.graph.state import _get_node_name
        from {package}.pregel._algo import task_path_str
        from {package}.pregel._checkpoint import copy_checkpoint, empty_checkpoint
        from {package}.pregel._loop import AsyncPregelLoop, SyncPregelLoop
        from {package}.pregel._retry import _should_retry_on
        from {package}.pregel._runner import PregelRunner
        from {package}.pregel.debug import CheckpointPayload
        from {package}.runtime import DEFAULT_RUNTIME
        from {package}.stream._convert import convert_to_protocol_event
        from {package}.stream._mux import StreamMux
        from {package}.stream._types import ProtocolEvent, StreamTransformer
        from {package}.types import RetryPolicy, TimeoutPolicy

        assert task_path_str((PUSH, (PULL, "a"), 3)) == f"~{{PUSH}}, ~{{PULL}}, a, 0000000003"
        assert coerce_timeout_policy(2) == TimeoutPolicy(run_timeout=2.0)
        assert _should_retry_on(RetryPolicy(retry_on=KeyError), KeyError())
        assert not _should_retry_on(RetryPolicy(retry_on=KeyError), ValueError())
        assert _get_node_name(copy_checkpoint) == "copy_checkpoint"
        async def waits(): pass
        assert is_async_callable(waits) and not is_async_callable(copy_checkpoint)
        event = convert_to_protocol_event({{"type": "values", "ns": ("a",), "data": 1}})
        assert event["method"] == "values" and event["params"]["namespace"] == ["a"]
        assert DEFAULT_RUNTIME.override(previous=1).previous == 1
        """
    )


@pytest.mark.parametrize("package", ["langgraph", "runtime"])
def test_a_warning_names_what_is_imported(package: str) -> None:
    """It says where the name is now, under the name by which the program imports this runtime."""
    shown = run(
        f"""
        import warnings
        from runtime import as_langgraph
        if {package == "langgraph"}:
            as_langgraph.install()
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            from {package}.constants import Send
        print(heard[-1].message)
        """
    )
    assert f"from {package}.constants is deprecated" in shown
    assert f"'from {package}.types import Send'" in shown
