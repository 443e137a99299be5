"""What LangGraph's public modules offer is in those of ours, and is called in the same way.

Modules have the same names below `runtime` as below `langgraph`. Each call that fits a public
function, class or method of the installed LangGraph fits ours: the same parameters in the same
places, under the same names, and those may be left out that may be left out there. Ours may take
more. What differs on purpose, or is an inside of LangGraph, stands in the tables with the reason.
"""

from __future__ import annotations

import inspect
import itertools
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from textwrap import dedent
from typing import Any

import pytest

pytest.importorskip("langgraph.graph")

READ = """
    import importlib, inspect, json, pkgutil, sys, warnings
    warnings.simplefilter("ignore")

    def signature(found):
        try:
            parameters = inspect.signature(found).parameters.values()
        except (TypeError, ValueError):
            return None
        return [(p.name, p.kind.name, p.default is not p.empty) for p in parameters]

    def members(kind):
        for name in dir(kind):
            if not name.startswith("_"):
                found = getattr(kind, name, None)
                yield name, signature(found) if callable(found) else "data"

    seen = {}
    for name in json.load(sys.stdin):
        module, _, attribute = name.rpartition(".")
        module = module.replace("langgraph", sys.argv[1], 1)
        found = getattr(importlib.import_module(module), attribute, None)
        if not callable(found):
            continue
        seen[name] = signature(found)
        if inspect.isclass(found) and not issubclass(found, dict):
            seen.update({f"{name}.{member}": sig for member, sig in members(found)})
    print(json.dumps(seen))
    """

NAMES = """
    import importlib, json, pkgutil, warnings
    import langgraph
    warnings.simplefilter("ignore")
    names = []
    for found in pkgutil.walk_packages(langgraph.__path__, "langgraph."):
        parts = found.name.split(".")
        if parts[1] in ("checkpoint", "store", "cache") or any(p[0] == "_" for p in parts):
            continue
        module = importlib.import_module(found.name)
        for name, value in vars(module).items():
            own = getattr(value, "__module__", None) == found.name
            public = name in module.__all__ if hasattr(module, "__all__") else own
            if public and name[0] != "_":
                names.append(f"{found.name}.{name}")
    print(json.dumps(names))
    """

INSIDE = (
    "langgraph.pregel.debug.",  # how its inside makes payloads
    "langgraph.pregel.protocol.StreamProtocol",  # where its inside puts chunks
    "langgraph.pregel.remote.",  # graphs on servers of LangGraph
    "langgraph.types.PregelExecutableTask",  # a task as its inside has it
    "langgraph.pregel.types.PregelExecutableTask",
)
"""What is not there, or only by name: it is LangGraph's own inside, or no part of a runtime."""

DIFFERENT = {
    "CompiledStateGraph": "made by StateGraph.compile, which alone knows what it takes",
    "CompiledStateGraph.attach_branch": "how LangGraph's compile adds to a graph",
    "CompiledStateGraph.attach_edge": "the same",
    "CompiledStateGraph.attach_node": "the same",
    "GraphRunStream": "made by stream_events",
    "AsyncGraphRunStream": "made by astream_events",
    "PregelProtocol.bulk_update_state": "as Pregel's own: it is abstract in LangGraph",
    "PregelProtocol.abulk_update_state": "the same",
}
"""What takes something else on purpose, by class and method, and why."""

EMPTY = inspect.Parameter.empty
VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def run(code: str, *args: str, given: str = "") -> Any:
    """Return what a program prints, from JSON."""
    ran = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", dedent(code), *args],
        capture_output=True,
        text=True,
        check=False,
        input=given,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def made(parameters: Any) -> inspect.Signature:
    """Return a signature from what `READ` tells of it."""
    return inspect.Signature(
        [
            inspect.Parameter(name, getattr(inspect.Parameter, kind), default=... if has else EMPTY)
            for name, kind, has in parameters
        ]
    )


def calls(theirs: inspect.Signature) -> Iterator[tuple[list[str], dict[str, str]]]:
    """Yield calls that fit: with all arguments and the needed ones, by place and by name."""
    for everything, by_name in itertools.product((True, False), repeat=2):
        args: list[str] = []
        kwargs: dict[str, str] = {}
        for parameter in theirs.parameters.values():
            if parameter.kind in VARIADIC or not (everything or parameter.default is EMPTY):
                continue
            placed = parameter.kind is not parameter.KEYWORD_ONLY
            if parameter.kind is parameter.POSITIONAL_ONLY or (placed and not by_name):
                args.append(parameter.name)
            else:
                kwargs[parameter.name] = parameter.name
        yield args, kwargs


def misfit(theirs: Any, ours: Any) -> str | None:
    """Return why a call that fits LangGraph's signature does not fit ours; `None` if all do."""
    if theirs in (None, "data") or ours is None:  # classes such as `Exception` do not say
        return None
    if ours == "data":
        return "is nothing to call"
    signature, its = made(ours), made(theirs)
    if all(parameter.kind in VARIADIC for parameter in its.parameters.values()):
        return None  # a wrapper, which does not say either
    for args, kwargs in calls(its):
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as error:
            return str(error)
        for name, value in bound.arguments.items():
            known = its.parameters.get(str(value))
            if known is not None and known.kind is not known.POSITIONAL_ONLY and name != value:
                return f"takes {value!r} for {name!r}"
    return None


def test_every_call_fits() -> None:
    """Of each public function, class and method, or the table says why not."""
    names = json.dumps([name for name in run(NAMES) if not name.startswith(INSIDE)])
    theirs, ours = run(READ, "langgraph", given=names), run(READ, "runtime", given=names)
    assert len(theirs) > 1500  # a test that reads nothing would pass
    found: dict[str, str] = {}
    for name, signature in theirs.items():
        key = re.sub(r"^(?:[a-z_]+\.)+(?=.)", "", name)  # without its module
        if name not in ours and signature != "data":
            found[key] = "is not there"
        elif reason := misfit(signature, ours.get(name)):
            found[key] = reason
    assert {key: reason for key, reason in found.items() if key not in DIFFERENT} == {}
    assert found.keys() == DIFFERENT.keys()
