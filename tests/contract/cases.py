"""The table of cases: what users do in async runs, each as a program (see `programs`)."""

from __future__ import annotations

from typing import Any

__all__ = ("CASES",)


def _step(do: str, **how: Any) -> dict[str, Any]:
    return {"do": do, **how}


def _node(kind: str, *steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"kind": kind, "steps": list(steps), **more}


def _stream(graph: dict[str, Any], *, subgraphs: bool = False) -> dict[str, Any]:
    return {**graph, "modes": ["messages", "custom", "updates"], "subgraphs": subgraphs}


def _run(*nodes: dict[str, Any], subgraphs: bool = False, **more: Any) -> dict[str, Any]:
    return _stream({"nodes": list(nodes), **more}, subgraphs=subgraphs)


SAY = _step("say")
PASSED = _step("say", config=True)
OTHER = _step("say", text="three four")
WRITE = _step("write")
ASK = _step("ask", how="config")
INTERRUPT = _step("interrupt")
INNER = [_node("async", SAY)]
SYNC_INNER = [_node("sync", SAY)]

# in an async node, a sync node, and a node that is a `RunnableLambda`
_ANYWHERE: dict[str, list[dict[str, Any]]] = {
    "model": [SAY],
    "model_with_config": [PASSED],
    "model_in_a_chain": [_step("say", how="chain")],
    "model_in_a_chain_with_config": [_step("say", how="chain", config=True)],
    "model_that_has_a_config": [_step("say", how="with_config")],
    "writer_function": [WRITE],
    "writer_parameter": [_step("write", how="parameter")],
    "writer_of_runtime": [_step("write", how="runtime")],
    "get_config": [ASK],
    "get_runtime": [_step("ask", how="runtime")],
    "get_store": [_step("ask", how="store")],
    "interrupt": [INTERRUPT],
    "two_interrupts": [INTERRUPT, INTERRUPT],
    "task": [_step("task", steps=[SAY, WRITE])],
    "task_that_asks": [_step("task", steps=[INTERRUPT])],
    "task_in_a_task": [_step("task", steps=[_step("task", steps=[SAY]), WRITE])],
    "tool": [_step("tool", steps=[SAY, WRITE])],
    "tool_with_config": [_step("tool", steps=[SAY, WRITE], config=True)],
    "runnable": [_step("runnable", steps=[SAY, WRITE, ASK])],
    "runnable_with_config": [_step("runnable", steps=[SAY, WRITE, ASK], config=True)],
}

# what takes parameters, which a `RunnableLambda` does not; a parameter is a promise kept everywhere
_INJECTED: dict[str, list[dict[str, Any]]] = {
    f"injected_{what}": [_step("ask", how=what, injected=True)]
    for what in ("config", "store", "runtime", "runtime_store")
}

_IN_ASYNC_CODE: dict[str, list[dict[str, Any]]] = {
    "model_astream": [_step("say", how="astream")],
    "model_astream_with_config": [_step("say", how="astream", config=True)],
    "model_in_gather": [_step("say", within="gather")],
    "model_in_create_task": [_step("say", within="create_task")],
    "models_in_gather": [_step("gather", steps=[SAY, OTHER])],
    "models_in_gather_with_config": [_step("gather", steps=[PASSED, {**OTHER, "config": True}])],
    "tasks_in_gather": [
        _step("gather", steps=[_step("task", steps=[SAY]), _step("task", steps=[OTHER])])
    ],
    "tools_in_gather": [
        _step("gather", steps=[_step("tool", steps=[SAY]), _step("tool", steps=[OTHER])])
    ],
    "writer_function_in_gather": [_step("write", within="gather")],
    "writer_function_in_a_thread": [_step("write", within="thread")],
    "tool_node": [_step("tool_node", steps=[SAY, WRITE])],
    "tool_node_with_config": [_step("tool_node", steps=[SAY, WRITE], config=True)],
}

_GRAPHS: dict[str, dict[str, Any]] = {
    "graph": _step("graph", nodes=INNER),
    "graph_with_config": _step("graph", nodes=INNER, config=True),
    "graph_in_gather": _step("graph", nodes=INNER, within="gather"),
    "graph_in_create_task": _step("graph", nodes=INNER, within="create_task"),
    "graph_that_asks_in_create_task": _step(
        "graph", nodes=[_node("async", INTERRUPT)], within="create_task"
    ),
    "workflow": _step("graph", entrypoint="async", steps=[SAY, WRITE]),
    "workflow_with_config": _step("graph", entrypoint="async", steps=[SAY, WRITE], config=True),
    "agent": _step("graph", agent=[SAY, WRITE]),
    "agent_with_config": _step("graph", agent=[SAY, WRITE], config=True),
}

_WORKFLOWS: dict[str, list[dict[str, Any]]] = {
    "model": [SAY],
    "model_with_config": [PASSED],
    "writer": [WRITE],
    "writer_parameter": [_step("write", how="parameter")],
    "get_config": [ASK],
    "tasks": [_step("task", steps=[SAY]), _step("task", steps=[OTHER, WRITE])],
    "interrupt": [INTERRUPT],
    "task_then_interrupt": [_step("task", steps=[SAY]), INTERRUPT],
    "injected": [_step("ask", how=what, injected=True) for what in ("config", "store", "runtime")],
}

CASES: dict[str, dict[str, Any]] = {
    **{
        f"{name}_in_{kind}_node": _run(_node(kind, *steps))
        for kinds, table in (
            (("async", "sync", "lambda"), _ANYWHERE),
            (("async", "sync"), _INJECTED),
            (("async", "lambda"), _IN_ASYNC_CODE),
        )
        for name, steps in table.items()
        for kind in kinds
    },
    **{
        f"{name}_in_{kind}_node": _run(_node(kind, step), subgraphs=True)
        for name, step in _GRAPHS.items()
        for kind in ("async", "lambda")
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
    "model_that_has_a_config_in_node_with_a_timeout": _run(
        _node("async", _step("say", how="with_config"), timeout=True)
    ),
    "node_with_a_timeout": _run(_node("async", SAY, WRITE, INTERRUPT, timeout=True)),
    **{
        f"{kind}_conditional_edge": _run(
            _node("async", path={"kind": kind, "steps": [ASK, WRITE, SAY]})
        )
        for kind in ("sync", "async")
    },
    "node_after_node": _run(_node("lambda", SAY), _node("async", SAY), _node("sync", WRITE)),
    "parallel_nodes": _run(
        _node("async", SAY), _node("lambda", OTHER), _node("sync", WRITE), parallel=True
    ),
    "parallel_models_with_config": _run(
        _node("async", PASSED), _node("async", {**OTHER, "config": True}), parallel=True
    ),
    "parallel_nodes_that_ask": _run(
        _node("async", INTERRUPT), _node("async", INTERRUPT), parallel=True
    ),
    **{
        f"{name}_in_{kind}_workflow": _stream({"entrypoint": kind, "steps": steps})
        for name, steps in _WORKFLOWS.items()
        for kind in ("async", "sync")
    },
    "agent_whose_tool_says_and_writes": _stream({"agent": [SAY, WRITE]}),
    "agent_whose_tool_asks": _stream({"agent": [INTERRUPT]}),
    "agent_whose_tool_calls_a_graph": _stream(
        {"agent": [_step("graph", nodes=INNER)]}, subgraphs=True
    ),
    **{
        f"events_of_{name}": {**graph, "events": True}
        for name, graph in {
            "model_in_async_node": {"nodes": [_node("async", SAY)]},
            "model_with_config_in_async_node": {"nodes": [_node("async", PASSED)]},
            "model_in_sync_node": {"nodes": [_node("sync", SAY)]},
            "model_in_node_with_a_timeout": {"nodes": [_node("async", SAY, timeout=True)]},
            "model_in_lambda_node": {"nodes": [_node("lambda", SAY)]},
            "graph_in_async_node": {"nodes": [_node("async", _step("graph", nodes=INNER))]},
            "compiled_graph_as_node": {"nodes": [{"kind": "graph", "nodes": INNER}]},
            "tool_in_async_node": {"nodes": [_node("async", _step("tool", steps=[SAY]))]},
            "agent": {"agent": [SAY]},
            "workflow": {"entrypoint": "async", "steps": [_step("task", steps=[SAY])]},
        }.items()
    },
}
