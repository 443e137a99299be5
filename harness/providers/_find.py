"""Tell whose API a recorded request speaks."""

from __future__ import annotations

from harness.cassettes import RecordedRequest
from harness.providers import anthropic, openai, openai_responses
from harness.providers._call import Provider

_PROVIDERS: tuple[Provider, ...] = (anthropic, openai, openai_responses)

APIS = tuple(provider.API for provider in _PROVIDERS)
"""The names of the APIs whose requests can be rebuilt."""


def find_provider(request: RecordedRequest) -> Provider | None:
    """Return the provider whose API the request has the shape of, or None.

    The host does not matter: it may be scrubbed, or be any server that speaks the same API.
    """
    return next((provider for provider in _PROVIDERS if provider.matches(request)), None)
