"""The environment of a replay: no key is needed, nothing is traced."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from harness._tracing import TRACING

KEYS = {
    "api.openai.com": "OPENAI_API_KEY",
    "api.anthropic.com": "ANTHROPIC_API_KEY",
    "openai.azure.com": "AZURE_OPENAI_API_KEY",
    "api.cohere.com": "COHERE_API_KEY",
    "api.deepseek.com": "DEEPSEEK_API_KEY",
    "api.fireworks.ai": "FIREWORKS_API_KEY",
    "generativelanguage.googleapis.com": "GOOGLE_API_KEY",
    "api.groq.com": "GROQ_API_KEY",
    "api.mistral.ai": "MISTRAL_API_KEY",
    "openrouter.ai": "OPENROUTER_API_KEY",
    "api.perplexity.ai": "PERPLEXITY_API_KEY",
    "api.tavily.com": "TAVILY_API_KEY",
    "api.together.xyz": "TOGETHER_API_KEY",
    "api.x.ai": "XAI_API_KEY",
}
"""The variable that holds the key of a host."""

PLACEHOLDER = "placeholder-for-replay"
_WANTED = dict.fromkeys(KEYS.values(), PLACEHOLDER) | dict.fromkeys(TRACING, "false")


@contextmanager
def replay_environment() -> Iterator[None]:
    """Give placeholder keys where keys are missing, and switch tracing off, for a while."""
    environ = os.environ
    before = {name: environ.get(name) for name in _WANTED}
    keep = {name for name, was in before.items() if was and name not in TRACING}
    for name, value in _WANTED.items():
        if name not in keep:
            environ[name] = value
    _forget_langsmith_settings()
    try:
        yield
    finally:
        for name, was in before.items():
            if was is None:
                try:  # noqa: SIM105 - a block for each is slower than the rest
                    del environ[name]
                except KeyError:  # the test has taken it out
                    pass
            elif name not in keep:
                environ[name] = was
        _forget_langsmith_settings()


def missing_keys() -> list[str]:
    """Return the variables that hold no key."""
    return [name for name in KEYS.values() if not os.environ.get(name)]


def keys_wanted(error: BaseException, hosts: Iterable[str]) -> list[str]:
    """Return the missing keys that a failed recording asked for.

    Args:
        error: What made it fail; the SDKs name the variable that they want.
        hosts: Those to which a request was sent.
    """
    said = ""
    cause: BaseException | None = error
    while cause is not None:
        said += f"{cause}\n"
        cause = cause.__cause__ or cause.__context__
    return [
        name
        for host, name in KEYS.items()
        if name in missing_keys() and (name in said or any(host in asked for asked in hosts))
    ]


def _forget_langsmith_settings() -> None:
    """Make langsmith, which reads its variables once, read them again."""
    utils = sys.modules.get("langsmith.utils")
    if utils is not None:
        utils.get_env_var.cache_clear()
