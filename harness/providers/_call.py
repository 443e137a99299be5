"""What a recorded request becomes: a LangChain model, its messages and its call options."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from harness.cassettes import RecordedRequest
from harness.errors import HarnessError

if TYPE_CHECKING:  # slow to import: `harness --help` must not pay for it
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

PLACEHOLDER_KEY = "placeholder"  # nothing leaves this process, yet the classes insist on a key


class MissingPackageError(HarnessError):
    """The package that holds the provider's LangChain class is not installed."""


@dataclass(frozen=True)
class ModelCall:
    """`model.invoke(messages, **options)` sends the recorded request again."""

    model: BaseChatModel
    messages: list[BaseMessage]
    options: dict[str, Any]


class Provider(Protocol):
    """What each module of this package offers."""

    API: str

    def matches(self, request: RecordedRequest) -> bool:
        """Tell whether a request is one of this API."""

    def rebuild(self, request: RecordedRequest) -> ModelCall:
        """Turn the request into the LangChain call that sends it again.

        Raises:
            MissingPackageError: The provider's LangChain package is not installed.
            ReplayError: The LangChain class cannot express the request.
        """


@dataclass(frozen=True)
class SortedBody:
    """The parameters of a recorded body, by the place where the LangChain class takes them."""

    fields: dict[str, Any]
    options: dict[str, Any]
    rest: dict[str, Any]


def sort_body(
    body: dict[str, Any], fields: frozenset[str], options: frozenset[str], left_out: frozenset[str]
) -> SortedBody:
    """Sort parameters into constructor fields, call options and what the class does not know.

    A recorded null belongs to the rest, because LangChain's classes do not send what is None.
    """
    kept = {name: value for name, value in body.items() if name not in left_out}
    by_field = {k: v for k, v in kept.items() if k in fields and v is not None}
    by_option = {k: v for k, v in kept.items() if k in options and v is not None}
    rest = {k: v for k, v in kept.items() if k not in by_field and k not in by_option}
    return SortedBody(by_field, by_option, rest)


def import_class(package: str, class_name: str, extra: str) -> Callable[..., BaseChatModel]:
    """Import the class of a chat model.

    Raises:
        MissingPackageError: The package, or the class in it, is not there.
    """
    try:
        found: Callable[..., BaseChatModel] = getattr(import_module(package), class_name)
    except (ImportError, AttributeError) as error:
        raise MissingPackageError(
            f"this recording needs {class_name} from {package}, which cannot be imported: {error}\n"
            f"Install it: pip install 'replay-harness[{extra}]'"
        ) from error
    return found


def has_messages(request: RecordedRequest) -> bool:
    """Tell whether the body of a request has a list of messages."""
    body = request.json()
    return isinstance(body, dict) and isinstance(body.get("messages"), list)


def is_scrubbed(url: str) -> bool:
    """Tell whether a recorded url lost its path, so that it cannot say which API it was."""
    parts = urlsplit(url)
    return parts.path in {"", "/"} or (not parts.netloc and "/" not in parts.path)


def base_url(url: str, path: str) -> str | None:
    """Return the part of a recorded url in front of an API's path; None if it was scrubbed."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.path.endswith(path):
        return None
    return f"{parts.scheme}://{parts.netloc}{parts.path.removesuffix(path)}"


def query(url: str) -> dict[str, str]:
    """Return the query of a recorded url."""
    return dict(parse_qsl(urlsplit(url).query))


def header(request: RecordedRequest, name: str) -> str | None:
    """Return a recorded header's values, joined by commas; None if it was not recorded."""
    return ",".join(value for key, value in request.headers if key.lower() == name) or None
