"""What config a run starts from."""

from __future__ import annotations

import os
from typing import Any, Final, cast

from langchain_core.runnables import RunnableConfig
from langchain_core.runnables import config as core
from langchain_core.runnables.config import CONFIG_KEYS, var_child_runnable_config

from runtime.config import TASK_KEY

__all__ = ("effective_config", "merge_configs")


class _Default(int):
    """A limit that nobody asked for: it takes no place of one that somebody did ask for."""


DEFAULT_RECURSION_LIMIT: Final = _Default(
    os.environ.get("LANGGRAPH_DEFAULT_RECURSION_LIMIT", "10007")
)

VERSIONS: Final = "lc_versions"
"""The key of metadata under which packages say which version of them made a run."""

# The configurable keys that identify a run; other keys may hold secrets and stay out of metadata.
_IDENTIFYING = ("thread_id", "checkpoint_id", "task_id", "run_id", "assistant_id", "graph_id")

# A config that names one of these addresses a thread of its own, not that of the graph around it.
_COORDINATES = ("thread_id", "checkpoint_id", "checkpoint_ns", "checkpoint_map")


def effective_config(*configs: RunnableConfig | None) -> RunnableConfig:
    """Return one config with every key that the engine reads.

    Starts from the config of the node that is running, if one is: a graph that a node calls
    without passing `config` still belongs to the run around it, and passing `config` by hand
    changes nothing. Then come the given configs, later ones over earlier ones; tags, metadata,
    callbacks and configurable are merged.

    Raises:
        ValueError: The recursion limit is not a positive number.
    """
    given = [config for config in configs if config]
    tags: list[str] = []
    metadata: dict[str, Any] = {}
    configurable: dict[str, Any] = {}
    merged: dict[str, Any] = {"callbacks": None, "recursion_limit": DEFAULT_RECURSION_LIMIT}
    ambient = _ambient(given)
    inherited = ambient.get("tags") or ()
    for config in (ambient, *given):
        for key, value in config.items():
            if value is None or type(value) is _Default:
                continue
            if key == "tags":
                known = () if config is ambient else inherited
                tags += [tag for tag in cast("list[str]", value) if tag not in known]
            elif key == "metadata":
                _merge_metadata(metadata, cast("dict[str, Any]", value))
            elif key == "configurable":
                configurable.update(cast("dict[str, Any]", value))
            elif key == "callbacks" and merged["callbacks"] is not None:
                merged[key] = _both(merged[key], value)
            elif key in CONFIG_KEYS:
                merged[key] = value
            else:
                configurable[key] = value
    if merged["recursion_limit"] < 1:
        raise ValueError(f"recursion_limit must be at least 1, got {merged['recursion_limit']}.")
    for key in _IDENTIFYING:
        if key in configurable and key not in metadata and (identity := configurable[key]):
            metadata[key] = identity
    # that of a task is in `langgraph_checkpoint_ns`
    if TASK_KEY not in configurable and (ns := configurable.get("checkpoint_ns")):
        metadata.setdefault("checkpoint_ns", ns)
    merged.update(tags=tags, metadata=metadata, configurable=configurable)
    return cast(RunnableConfig, merged)


def merge_configs(*configs: RunnableConfig | None) -> RunnableConfig:
    """Return one config with what the given ones have, later ones over earlier ones.

    Tags, metadata, callbacks and configurable are merged.
    """
    merged: dict[str, Any] = {}
    for key, value in ((k, v) for config in configs if config for k, v in config.items()):
        if value is None or (type(value) is _Default and key in merged):
            continue
        before = merged.get(key)
        if key == "tags":
            merged[key] = [*(before or ()), *cast("list[str]", value)]
        elif key == "metadata":
            merged[key] = before = dict(before or {})
            _merge_metadata(before, cast("dict[str, Any]", value))
        elif key == "configurable":
            merged[key] = {**(before or {}), **cast("dict[str, Any]", value)}
        else:
            merged[key] = _both(before, value) if key == "callbacks" and before else value
    return cast(RunnableConfig, merged)


def _both(before: Any, callbacks: Any) -> Any:
    """Return the handlers of two configs."""
    return core.merge_configs({"callbacks": before}, {"callbacks": callbacks})["callbacks"]


def _merge_metadata(merged: dict[str, Any], given: dict[str, Any]) -> None:
    """Add metadata; whose versions are whose is kept of both."""
    before = merged.get(VERSIONS)
    merged.update(given)
    if isinstance(versions := given.get(VERSIONS), dict):
        merged[VERSIONS] = {**(before if isinstance(before, dict) else {}), **versions}


def _ambient(given: list[RunnableConfig]) -> RunnableConfig:
    """Return what the given configs inherit from the node that is running, if one is."""
    ambient = var_child_runnable_config.get()
    if not ambient:
        return {}
    explicit = [config.get("configurable") or {} for config in given]
    if any(TASK_KEY in configurable for configurable in explicit):
        # The running node's own config, passed by hand: only its lists may have been replaced.
        return {"tags": ambient.get("tags", []), "metadata": ambient.get("metadata", {})}
    # a run name and id are for one run; the graph inside gets its own
    inherited = {k: v for k, v in ambient.items() if k not in ("run_name", "run_id")}
    if any(configurable.get(key) for configurable in explicit for key in _COORDINATES):
        inherited.pop("configurable", None)
    return cast(RunnableConfig, inherited)
