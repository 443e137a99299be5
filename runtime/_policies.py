"""What a graph author can ask for around a node; users import it from `runtime.types`."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, Literal, NamedTuple, TypeVar

__all__ = (
    "CachePolicy",
    "RetryPolicy",
    "TimeoutPolicy",
    "TracePolicy",
    "default_cache_key",
    "default_retry_on",
    "omit_payload",
)

REFRESH_ON = ("auto", "heartbeat")
SERVER_ERRORS = range(500, 600)

# Mistakes in the program, or in what it was given: the next attempt would fail in the same way.
_LASTING = (
    ValueError,
    TypeError,
    ArithmeticError,
    ImportError,
    LookupError,
    NameError,
    SyntaxError,
    RuntimeError,
    ReferenceError,
    StopIteration,
    StopAsyncIteration,
    OSError,
)


def default_retry_on(exc: Exception) -> bool:
    """Return whether another attempt may go better: connections, errors of servers, the unknown.

    Args:
        exc: What an attempt raised. Of HTTP errors only those of the server (5xx) count, of
            Python's own exceptions only those of connections.
    """
    if isinstance(exc, ConnectionError):
        return True
    httpx, requests = sys.modules.get("httpx"), sys.modules.get("requests")
    # whoever raised an exception of theirs has imported them
    if httpx is not None and isinstance(exc, httpx.HTTPStatusError):
        return exc.response.status_code in SERVER_ERRORS
    if requests is not None and isinstance(exc, requests.HTTPError):
        # its responses are false for 4xx and 5xx: as in LangGraph, each of these counts
        return not exc.response or exc.response.status_code in SERVER_ERRORS
    return not isinstance(exc, _LASTING)


class RetryPolicy(NamedTuple):
    """How often, when and after which exceptions a node is run again.

    Args:
        initial_interval: Seconds before the second attempt.
        backoff_factor: By what the interval grows with each attempt.
        max_interval: The longest interval, in seconds.
        max_attempts: How often the node is run at most, the first time included.
        jitter: Whether up to a second is added at random, so that callers do not come at once.
        retry_on: After which exceptions: a class, several, or a function that decides.
    """

    initial_interval: float = 0.5
    backoff_factor: float = 2.0
    max_interval: float = 128.0
    max_attempts: int = 3
    jitter: bool = True
    retry_on: type[Exception] | Sequence[type[Exception]] | Callable[[Exception], bool] = (
        default_retry_on
    )


@dataclass(kw_only=True, slots=True, frozen=True)
class TimeoutPolicy:
    """How long one attempt of an async node may take.

    A node that blocks the event loop is not stopped; a sync node cannot have a timeout.

    Args:
        run_timeout: Seconds for the whole attempt, whatever it does meanwhile.
        idle_timeout: Seconds that it may go without a sign of progress.
        refresh_on: What is a sign of progress: with `"auto"` custom items, callbacks of models,
            tools and graphs inside the node, and `runtime.heartbeat()`; with `"heartbeat"` only
            that.
    """

    run_timeout: float | timedelta | None = None
    idle_timeout: float | timedelta | None = None
    refresh_on: Literal["auto", "heartbeat"] = "auto"

    @classmethod
    def coerce(cls, value: float | timedelta | TimeoutPolicy | None) -> TimeoutPolicy | None:
        """Return a policy with its times in seconds; `None` if it has no limit.

        Args:
            value: A policy, or a run timeout.

        Raises:
            ValueError: A time is not positive, or `refresh_on` is none of its values.
        """
        if value is None:
            return None
        policy = value if isinstance(value, TimeoutPolicy) else cls(run_timeout=value)
        if policy.refresh_on not in REFRESH_ON:
            raise ValueError(f"refresh_on must be 'auto' or 'heartbeat', not {policy.refresh_on!r}")
        run_timeout = _seconds(policy.run_timeout, "run_timeout")
        idle_timeout = _seconds(policy.idle_timeout, "idle_timeout")
        if run_timeout is None and idle_timeout is None:
            return None
        return cls(run_timeout=run_timeout, idle_timeout=idle_timeout, refresh_on=policy.refresh_on)


def _seconds(value: float | timedelta | None, field: str) -> float | None:
    if value is None:
        return None
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    if seconds <= 0:
        raise ValueError(f"{field} must be greater than 0, not {value!r}")
    return seconds


MAX_DEPTH = 10  # deeper values must be picklable as they are


def default_cache_key(*args: Any, **kwargs: Any) -> str | bytes:
    """Return the pickled arguments; the order of the keys of a dict makes no difference."""
    return pickle.dumps((_frozen(args), _frozen(kwargs)), protocol=5, fix_imports=False)


def _frozen(value: Any, depth: int = MAX_DEPTH) -> Any:
    """Return the value with mappings as sorted pairs and lists as tuples."""
    if isinstance(value, (str, bytes)) or depth == 0:
        return value
    if isinstance(value, Mapping):
        pairs = ((key, _frozen(held, depth - 1)) for key, held in value.items())
        return tuple(sorted(pairs, key=lambda pair: repr(pair[0])))
    if isinstance(value, Sequence):
        return tuple(_frozen(held, depth - 1) for held in value)
    if hasattr(value, "tobytes"):  # arrays; their pickle depends on how they lie in memory
        return type(value).__name__, value.tobytes(), getattr(value, "shape", None)
    return value


KeyFuncT = TypeVar("KeyFuncT", bound=Callable[..., str | bytes])


@dataclass(kw_only=True, slots=True, frozen=True)
class CachePolicy(Generic[KeyFuncT]):
    """Lets a result of a node stand for later runs of it with an equal input.

    Args:
        key_func: Makes a key from the node's input; inputs with equal keys are one.
        ttl: For how many seconds a result holds; forever if not given.
    """

    key_func: KeyFuncT = default_cache_key  # type: ignore[assignment]  # the bound, not any KeyFuncT
    ttl: int | None = None


@dataclass(kw_only=True, slots=True, frozen=True)
class TracePolicy:
    """What tracers record of a node's own run. The node and its runs inside are not affected.

    This keeps traces small; it does not keep secrets.

    Args:
        process_inputs: Makes what is recorded from the node's input.
        process_outputs: Makes what is recorded from the node's output.
    """

    process_inputs: Callable[[Any], Any] | None = None
    process_outputs: Callable[[Any], Any] | None = None


def omit_payload(_value: Any) -> dict[str, Any]:
    """Return an empty payload, for a `TracePolicy` that records none."""
    return {}
