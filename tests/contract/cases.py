"""The table of cases: what users do in async runs, each as a program (see `programs`)."""

from __future__ import annotations

from typing import Any

__all__ = ("CASES",)

_MODES = ["messages", "custom", "updates"]


def _step(do: str, **how: Any) -> dict[str, Any]:
    return {"do": do, **how}


def _node(kind: str, *steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"kind": kind, "steps": list(steps), **more}


def _run(*nodes: dict[str, Any], subgraphs: bool = False) -> dict[str, Any]:
    return {"nodes": list(nodes), "modes": _MODES, "subgraphs": subgraphs}


SAY = _step("say")
PASSED = _step("say", config=True)
WRITE = _step("write")
INTERRUPT = _step("interrupt")
INNER = [_node("async", SAY)]
SYNC_INNER = [_node("sync", SAY)]

_STEPS: dict[str, list[dict[str, Any]]] = {
    "model": [SAY],
    "model_with_config": [PASSED],
    "model_astream": [_step("say", how="astream")],
    "model_astream_with_config": [_step("say", how="astream", config=True)],
    "model_in_gather": [_step("say", within="gather")],
    "model_in_create_task": [_step("say", within="create_task")],
    "writer_function": [WRITE],
    "writer_function_in_gather": [_step("write", within="gather")],
    "writer_function_in_a_thread": [_step("write", within="thread")],
    "writer_parameter": [_step("write", how="parameter")],
    "writer_of_runtime": [_step("write", how="runtime")],
    "get_config": [_step("ask", how="config")],
    "get_runtime": [_step("ask", how="runtime")],
    "get_store": [_step("ask", how="store")],
    "interrupt": [INTERRUPT],
    "two_interrupts": [INTERRUPT, INTERRUPT],
    "task": [_step("task", steps=[SAY, WRITE])],
    "tool": [_step("tool", steps=[SAY, WRITE])],
    "tool_with_config": [_step("tool", steps=[SAY, WRITE], config=True)],
    "graph": [_step("graph", nodes=INNER)],
    "graph_with_config": [_step("graph", nodes=INNER, config=True)],
}

CASES: dict[str, dict[str, Any]] = {
    **{
        f"{name}_in_{kind}_node": _run(_node(kind, *steps), subgraphs="graph" in name)
        for name, steps in _STEPS.items()
        for kind in ("async", "sync", "lambda")
        if kind == "async" or all("within" not in step for step in steps)
        if kind != "sync" or "graph" not in name
    },
    "graph_in_sync_node": _run(_node("sync", _step("graph", nodes=SYNC_INNER)), subgraphs=True),
    "graph_with_config_in_sync_node": _run(
        _node("sync", _step("graph", nodes=SYNC_INNER, config=True)), subgraphs=True
    ),
    "compiled_graph_as_node": _run({"kind": "graph", "nodes": INNER}, subgraphs=True),
    "compiled_graph_as_node_unseen": _run({"kind": "graph", "nodes": INNER}),
    "compiled_graph_that_asks": _run({"kind": "graph", "nodes": [_node("async", INTERRUPT)]}),
    "graph_below_a_runnable_lambda": _run(
        _node("lambda", _step("graph", nodes=[_node("async", SAY, WRITE, INTERRUPT)])),
        subgraphs=True,
    ),
    "node_with_a_timeout": _run(_node("async", SAY, WRITE, INTERRUPT, timeout=True)),
    **{
        f"{kind}_conditional_edge": _run(
            _node("async", path={"kind": kind, "steps": [_step("ask", how="config"), WRITE, SAY]})
        )
        for kind in ("sync", "async")
    },
    "node_after_node": _run(_node("lambda", SAY), _node("async", SAY), _node("sync", WRITE)),
}
