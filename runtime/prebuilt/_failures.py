"""What a tool node tells the model about a call that failed, and which failures it tells."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from langchain_core.tools import ToolException
from pydantic import ValidationError
from pydantic_core import ErrorDetails

__all__ = ("Handler", "ToolInvocationError", "default_handler", "handled_by", "shown_to_model")

INVALID_TOOL_NAME_ERROR_TEMPLATE = (
    "Error: {requested_tool} is not a valid tool, try one of [{available_tools}]."
)
TOOL_CALL_ERROR_TEMPLATE = "Error: {error}\n Please fix your mistakes."
TOOL_INVOCATION_ERROR_TEMPLATE = (
    "Error invoking tool '{tool_name}' with kwargs {tool_kwargs} with error:\n {error}\n"
    " Please fix the error and try again."
)

Handler = bool | str | Callable[..., str] | type[Exception] | tuple[type[Exception], ...] | None
"""Which failures a tool node tells the model, and in which words.

- `True`: all of them, `False` or `None`: none of them; what is not told is raised.
- a text: all of them, in these words.
- an exception class, or a tuple of them: those.
- a function from the exception to the text: those that its parameter is annotated with.
"""


class ToolInvocationError(ToolException):
    """A tool was called with arguments that it does not take.

    Args:
        tool_name: The tool.
        source: What is wrong with them.
        tool_kwargs: The arguments as the model gave them.
        filtered_errors: What of it the model can do something about.
    """

    def __init__(
        self,
        tool_name: str,
        source: ValidationError,
        tool_kwargs: dict[str, Any],
        filtered_errors: list[ErrorDetails] | None = None,
    ) -> None:
        told = str(source) if filtered_errors is None else _lines(filtered_errors)
        self.message = TOOL_INVOCATION_ERROR_TEMPLATE.format(
            tool_name=tool_name, tool_kwargs=tool_kwargs, error=told
        )
        self.tool_name = tool_name
        self.tool_kwargs = tool_kwargs
        self.source = source
        self.filtered_errors = filtered_errors
        super().__init__(self.message)

    @classmethod
    def about(
        cls, tool_name: str, source: ValidationError, given: dict[str, Any], hidden: Iterable[str]
    ) -> ToolInvocationError:
        """Leave out what concerns parameters that the model does not see."""
        unseen = [(name,) for name in hidden]
        told = [error for error in source.errors() if error["loc"][:1] not in unseen]
        return cls(tool_name, source, given, told)


def _lines(errors: list[ErrorDetails]) -> str:
    return "\n".join(
        f"{'.'.join(str(part) for part in error['loc'])}: {error['msg']}" for error in errors
    )


def default_handler(error: Exception) -> str:
    """Tell the model about wrong arguments; raise whatever else happened."""
    if isinstance(error, ToolInvocationError):
        return error.message
    raise error


def handled_by(handler: Handler) -> tuple[type[Exception], ...]:
    """Return the classes of exceptions that are told and not raised.

    Raises:
        ValueError: The parameter of a function is annotated with something else.
    """
    if handler is default_handler:
        return (ToolInvocationError,)
    if handler is None or handler is False:
        return ()
    if isinstance(handler, bool | str):
        return (Exception,)
    if isinstance(handler, tuple):
        return handler
    if isinstance(handler, type):
        return (handler,)
    return _annotated_classes(handler)


def _annotated_classes(handler: Callable[..., str]) -> tuple[type[Exception], ...]:
    parameters = list(inspect.signature(handler).parameters)
    function = handler if inspect.isroutine(handler) else handler.__call__  # type: ignore[operator]
    hints = get_type_hints(function)
    annotation = hints.get(parameters[0]) if parameters else None
    if annotation is None:
        return (Exception,)
    union = get_origin(annotation) in (Union, UnionType)
    classes = get_args(annotation) if union else (annotation,)
    for found in classes:
        if not (isinstance(found, type) and issubclass(found, Exception)):
            raise ValueError(  # noqa: TRY004 - LangGraph's class
                f"The parameter of the error handler {handler!r} is annotated with {found!r}. "
                "Expected an exception class or a union of them: they say which errors it handles, "
                "as in `def handler(error: ValueError | TypeError) -> str`."
            )
    return classes


def shown_to_model(handler: Handler, error: Exception) -> str:
    """Return what the model is told about a failure that the handler handles."""
    if isinstance(handler, str):
        return handler
    if isinstance(handler, (bool, tuple, type)) or handler is None:
        return TOOL_CALL_ERROR_TEMPLATE.format(error=repr(error))
    return handler(error)
