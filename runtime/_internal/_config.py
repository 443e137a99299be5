"""What LangGraph's inside has for configs."""

from __future__ import annotations

from collections.abc import Sequence, Sized
from typing import Any

from langchain_core.callbacks import AsyncCallbackManager, CallbackManager
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables import config as core

from runtime.pregel._config import DEFAULT_RECURSION_LIMIT
from runtime.utils.config import (
    ensure_config,
    get_config,
    get_store,
    merge_configs,
    patch_config,
    patch_configurable,
)

__all__ = (
    "DEFAULT_RECURSION_LIMIT",
    "ensure_config",
    "get_async_callback_manager_for_config",
    "get_callback_manager_for_config",
    "get_config",
    "get_store",
    "merge_configs",
    "patch_config",
    "patch_configurable",
)


def get_callback_manager_for_config(
    config: RunnableConfig, tags: Sequence[str] | None = None
) -> CallbackManager:
    """Return a manager of the handlers of a config, with its tags and some more."""
    return core.get_callback_manager_for_config(merge_configs(config, {"tags": list(tags or ())}))


def get_async_callback_manager_for_config(
    config: RunnableConfig, tags: Sequence[str] | None = None
) -> AsyncCallbackManager:
    """Return the same for async code."""
    return core.get_async_callback_manager_for_config(
        merge_configs(config, {"tags": list(tags or ())})
    )


def _is_not_empty(value: Any) -> bool:
    """Return whether there is a value, and something in it if it is a collection."""
    return value is not None and (not isinstance(value, Sized) or len(value) > 0)


def _merge_callbacks(base: Any, new: Any) -> Any:
    """Return the handlers of both."""
    return merge_configs({"callbacks": base}, {"callbacks": new}).get("callbacks")
