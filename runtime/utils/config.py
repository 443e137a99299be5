"""Changes to a Runnable config."""

from __future__ import annotations

from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import patch_config

from runtime.config import get_config, get_store
from runtime.pregel._config import effective_config as ensure_config
from runtime.pregel._config import merge_configs

__all__ = (
    "ensure_config",
    "get_config",
    "get_store",
    "merge_configs",
    "patch_config",
    "patch_configurable",
)


def patch_configurable(config: RunnableConfig | None, patch: dict[str, Any]) -> RunnableConfig:
    """Return a config with these keys set in `configurable`; the given one stays as it is."""
    given = config or {}
    configurable = {**given.get("configurable", {}), **patch}
    return cast(RunnableConfig, {**given, "configurable": configurable})
