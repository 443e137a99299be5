"""What users read from compiled graphs, runtimes and questions, and the copies they make."""

from __future__ import annotations

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from runtime_graphs import chain

from runtime.runtime import ExecutionInfo, Runtime
from runtime.types import Interrupt


def test_a_copy_differs_in_what_it_is_told(drive) -> None:
    """And the graph that it was made of stays as it is."""
    graph = chain(lambda _: {"log": ["x"]})
    kept = graph.copy({"checkpointer": InMemorySaver(), "name": "kept"})
    config = {"configurable": {"thread_id": "1"}}
    drive.invoke(kept, {"log": []}, config)
    assert kept.get_state(config).values["log"] == ["x"]
    assert (kept.name, graph.name, graph.checkpointer) == ("kept", "LangGraph", None)
    assert graph.copy(update={"name": "other"}).name == "other"
    assert graph.copy().nodes is graph.nodes


def test_the_channels_that_are_shown() -> None:
    """As a list, and as the graph was told."""
    graph = chain(lambda _: None)
    assert graph.stream_channels_list == graph.stream_channels_asis == ["a", "log"]
    one = graph.copy({"stream_channels": "a"})
    assert (one.stream_channels_list, one.stream_channels_asis) == (["a"], "a")


def test_runtimes_are_merged() -> None:
    """What the other one has not been given stays."""
    said: list[str] = []
    mine = Runtime(context="mine", previous=1, stream_writer=said.append)
    merged = mine.merge(Runtime(context="other"))
    merged.stream_writer("said")
    assert (merged.context, merged.previous, said) == ("other", 1, ["said"])


def test_where_a_node_runs_is_patched() -> None:
    """There is something to patch only in a node."""
    info = ExecutionInfo(checkpoint_id="c", checkpoint_ns="", task_id="t")
    patched = Runtime(execution_info=info).patch_execution_info(task_id="other")
    assert (patched.execution_info.task_id, patched.execution_info.checkpoint_id) == ("other", "c")
    with pytest.raises(RuntimeError, match="only the runtime of a node"):
        Runtime().patch_execution_info(task_id="t")


def test_the_old_name_of_the_id_of_a_question() -> None:
    """It works, and says that it is old."""
    with pytest.warns(DeprecationWarning, match="Use `id`"):
        assert Interrupt("?", id="1").interrupt_id == "1"
