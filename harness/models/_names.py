"""Names as models, such as `"scripted:..."` or `"openai:..."`, and what stands in for them.

An application takes its model by name; a test says which model the name means meanwhile:

    with override_models({"openai:*": "cassette:cassettes/agent.yaml"}):
        run_the_application()

Names that the overrides do not know keep their meaning. An override belongs to the context in which
it was entered, like an open cassette (`harness._scope`). Meanwhile LangChain's own way from a name
to a model heeds it, too (`_langchain.py`).
"""

from __future__ import annotations

import difflib
import runpy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatchcase
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

from langchain_core.language_models import BaseChatModel

from harness._scope import Scope
from harness.errors import ModelNameError
from harness.models._langchain import Doorkeeper, passing
from harness.models.cassette import CassetteChatModel
from harness.models.scripted import ScriptedChatModel

Named: TypeAlias = BaseChatModel | str
Override: TypeAlias = Callable[[str], Named | None]
Overrides: TypeAlias = Mapping[str, Named] | Override

_PROVIDERS = {
    "openai": ("langchain_openai", "ChatOpenAI"),
    "anthropic": ("langchain_anthropic", "ChatAnthropic"),
}
_OWN = ("scripted", "cassette")


def resolve(name: Named, **kwargs: Any) -> BaseChatModel:
    """Return the model that a name stands for.

    Args:
        name: `scripted:TEXT` answers every call with the text; `scripted:FILE.py` is what the
            function `model` of the file returns; `cassette:PATH` plays a model cassette;
            `openai:MODEL` and `anthropic:MODEL` are the providers' LangChain classes, and any other
            provider is left to `langchain.chat_models.init_chat_model`. A model stands for itself.
        **kwargs: Arguments of a provider's class, such as `temperature`.

    Raises:
        ModelNameError: The name stands for nothing, or its package is not installed.
    """
    if isinstance(name, BaseChatModel):
        return name
    meant = _overridden(name)
    if meant is None:
        meant = name
    return meant if isinstance(meant, BaseChatModel) else _built(meant, kwargs)


@contextmanager
def override_models(overrides: Overrides) -> Iterator[None]:
    """Let names mean other models for a block, such as the body of a fixture.

    Args:
        overrides: Models, or names of them, by name; `*` in a name stands for any letters. Or a
            function that returns what a name means, and None for what it does not know.
    """
    own = overrides if callable(overrides) else _by_pattern(overrides)
    entry = _scope.enter((own, *_overrides()))
    try:
        yield
    finally:
        _scope.leave(entry)


def _overridden(name: str) -> Named | None:
    """Return what the overrides around this code make of a name, the innermost first."""
    return next((found for override in _overrides() if (found := override(name)) is not None), None)


def _overrides() -> tuple[Override, ...]:
    return tuple(override for chain in _scope.governing() for override in chain)


def _stand_in(name: str) -> BaseChatModel | None:
    """Return what LangChain is to use for a name instead of its own model."""
    meant = _overridden(name)
    if meant is None and name.partition(":")[0] in _OWN:
        meant = name
    return _built(meant, {}) if isinstance(meant, str) else meant


_door = Doorkeeper(_stand_in)
_scope: Scope[tuple[Override, ...]] = Scope("harness_model_names", _door.open, _door.close)


def _by_pattern(overrides: Mapping[str, Named]) -> Override:
    def find(name: str) -> Named | None:
        if name in overrides:
            return overrides[name]
        return next((m for pattern, m in overrides.items() if fnmatchcase(name, pattern)), None)

    return find


def _built(name: str, kwargs: Mapping[str, Any]) -> BaseChatModel:
    kind, colon, rest = name.partition(":")
    if not colon or not rest:
        raise ModelNameError(f"{name!r} names no model; a name is a provider, a colon and the rest")
    if kind == "scripted":
        return _script(rest) if rest.endswith(".py") else ScriptedChatModel(lambda *_, **__: rest)
    if kind == "cassette":
        return CassetteChatModel(rest)
    if kind in _PROVIDERS:
        package, class_name = _PROVIDERS[kind]
        return _provider(package, class_name, kind)(model=rest, **kwargs)
    try:
        init: Any = import_module("langchain.chat_models").init_chat_model
    except ImportError:
        known = (*_OWN, *_PROVIDERS)
        near = difflib.get_close_matches(kind, known, n=1, cutoff=0.6)
        raise ModelNameError(
            f"there is no provider {kind!r} for the model {name!r}"
            + (f"; the nearest is {near[0]!r}" if near else f"; there are: {', '.join(known)}")
            + "\n  others come with langchain: pip install langchain"
        ) from None
    with passing():
        model: BaseChatModel = init(name, **kwargs)
    return model


def _script(file: str) -> BaseChatModel:
    path = Path(file)
    if not path.exists():
        hint = f"to make one of a recording: harness convert FILE -o {path}"
        raise ModelNameError(f"there is no script {path}\n  {hint}")
    make = runpy.run_path(str(path)).get("model")
    model = make() if callable(make) else make
    if not isinstance(model, BaseChatModel):
        raise ModelNameError(f"{path} has no function `model` that returns a chat model")
    return model


def _provider(package: str, class_name: str, extra: str) -> Callable[..., BaseChatModel]:
    try:
        found: Callable[..., BaseChatModel] = getattr(import_module(package), class_name)
    except ImportError as error:
        raise ModelNameError(
            f"{class_name} cannot be imported: {error}\n"
            f"  to install it: pip install 'replay-harness[{extra}]'\n"
            "  to test without it: override_models({'" + extra + ":*': 'cassette:PATH'})"
        ) from error
    return found
