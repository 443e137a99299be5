"""Trace policies: what tracers record of a node."""

from __future__ import annotations

from typing import Any, TypedDict

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.tracers.base import BaseTracer
from runtime_graphs import State

from runtime.graph import START, StateGraph
from runtime.types import TracePolicy, omit_payload


class Tracer(BaseTracer):
    """Notes the inputs and outputs of node `x`."""

    def __init__(self) -> None:
        super().__init__()
        self.recorded: list[Any] = []

    def _persist_run(self, run: Any) -> None:
        self.recorded = [(r.inputs, r.outputs) for r in run.child_runs]


class Listener(BaseCallbackHandler):
    """Notes what it hears of node `x`; records nothing."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def on_chain_start(self, serialized: Any, inputs: Any, **kwargs: Any) -> None:
        self.heard.append(inputs)

    def on_chain_end(self, outputs: Any, **kwargs: Any) -> None:
        self.heard.append(outputs)


def traced(policy: TracePolicy) -> Any:
    """Return a graph of one node with this policy."""
    graph: Any = StateGraph(State)
    graph.add_node("x", lambda s: {"log": ["done", s["a"]]}, trace_policy=policy)
    return graph.add_edge(START, "x").compile()


def test_tracers_record_what_the_policy_makes_of_a_payload(drive) -> None:
    """The node and other handlers get all of it."""
    policy = TracePolicy(process_inputs=omit_payload, process_outputs=lambda o: {"n": len(o)})
    tracer, listener = Tracer(), Listener()
    result = drive.invoke(traced(policy), {"a": 1}, {"callbacks": [tracer, listener]})
    assert tracer.recorded == [({}, {"n": 1})]
    assert result["log"] == ["done", 1]
    state = {"a": 1, "log": ["done", 1]}
    assert listener.heard == [{"a": 1}, {"a": 1, "log": []}, {"log": ["done", 1]}, state]


def test_a_policy_that_fails_changes_nothing(drive, caplog) -> None:
    """The payload is recorded as it is, and a log entry says so."""
    tracer = Tracer()
    policy = TracePolicy(process_inputs=lambda _: 1 / 0)
    drive.invoke(traced(policy), {"a": 1}, {"callbacks": [tracer]})
    assert tracer.recorded == [({"a": 1, "log": []}, {"log": ["done", 1]})]
    assert "A trace policy failed" in caplog.text


def test_a_handler_that_looks_like_one_of_streams(drive: Any) -> None:
    """Only langchain-core's own handlers are shown outputs as they stream."""
    seen: list[Any] = []

    class Taps(BaseCallbackHandler):
        def tap_output_iter(self, run_id: Any, output: Any) -> Any:
            seen.append(run_id)
            return output

        def tap_output_aiter(self, run_id: Any, output: Any) -> Any:
            seen.append(run_id)
            return output

    class Plain(TypedDict, total=False):
        value: int

    graph = StateGraph(Plain).add_node("n", lambda _: {"value": 2}).add_edge(START, "n").compile()
    assert drive.invoke(graph, {"value": 1}, {"callbacks": [Taps()]}) == {"value": 2}
    assert seen == []
