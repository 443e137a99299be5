"""Model names that an application gives to LangChain's `init_chat_model`, while overrides are open.

`create_react_agent("openai:gpt-4o")` and everything else that takes a model by name ends in one
function of LangChain's. It is private, and stands below the public one, which many modules have
imported by its name before a test begins; where a version of LangChain has no such function, the
overrides hold for `resolve` only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from importlib.util import find_spec
from typing import Any

_MODULE = "langchain.chat_models.base"
_HELPER = "_init_chat_model_helper"

Find = Callable[[str], Any]
"""From a name to the model that stands in for it, or None."""

_passing: ContextVar[bool] = ContextVar("harness_model_names_passing", default=False)


class Doorkeeper:
    """Replaces LangChain's function from a name to a model; `find` is asked about each name first.

    Args:
        find: Returns the model that stands in for a name, or None.
    """

    def __init__(self, find: Find) -> None:
        self._find = find
        self._original: Callable[..., Any] | None = None

    def open(self) -> None:
        """Replace the function, if LangChain is installed and has it."""
        if find_spec("langchain") is None:
            return
        module = import_module(_MODULE)
        original = getattr(module, _HELPER, None)
        if original is None:
            return

        def init(model: str, *, model_provider: str | None = None, **kwargs: Any) -> Any:
            name = f"{model_provider}:{model}" if model_provider else model
            found = None if _passing.get() else self._find(name)
            if found is not None:
                return found
            return original(model, model_provider=model_provider, **kwargs)

        self._original = original
        setattr(module, _HELPER, init)

    def close(self) -> None:
        """Put the function back."""
        if self._original is not None:
            setattr(import_module(_MODULE), _HELPER, self._original)
            self._original = None


@contextmanager
def passing() -> Iterator[None]:
    """Ignore all overrides in the block: names mean what they mean to LangChain."""
    token = _passing.set(True)
    try:
        yield
    finally:
        _passing.reset(token)
