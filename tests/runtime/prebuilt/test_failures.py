"""What the model is told about calls that fail, and what is raised."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from langchain_core.messages import ToolMessage
from langchain_core.tools import tool
from scripted import call, calls

from runtime.prebuilt import InjectedState, ToolNode
from runtime.prebuilt.tool_node import ToolInvocationError


@tool
def fail(a: int) -> str:
    """Fail."""
    raise LookupError(f"no {a}")


FAIL = [calls(call("fail", a=1))]
WRONG = [calls(call("fail", a="one"))]


def told(drive: Any, handler: Any, given: Any = FAIL) -> ToolMessage:
    """Return what the model is told."""
    return drive.invoke(ToolNode([fail], handle_tool_errors=handler), given)[0]


def test_wrong_arguments_are_told_by_default(drive) -> None:
    """With what is wrong about which argument."""
    message = drive.invoke(ToolNode([fail]), WRONG)[0]
    assert (message.status, message.name) == ("error", "fail")
    assert "a: Input should be a valid integer" in message.content


def test_arguments_that_the_model_does_not_see_are_not_told(drive) -> None:
    """It could do nothing about them."""

    @tool
    def count(a: int, user: Annotated[int, InjectedState("user")]) -> str:
        """Count."""
        return "x"

    state = {"messages": [calls(call("count", a="one"))], "user": "ann"}
    content = drive.invoke(ToolNode([count]), state)["messages"][0].content
    assert "a: Input" in content
    assert "user" not in content


def test_a_tool_that_is_not_there(drive) -> None:
    """The model is told which ones there are."""
    message = drive.invoke(ToolNode([fail]), [calls(call("fial", a=1))])[0]
    assert message.content == "Error: fial is not a valid tool, try one of [fail]."


def test_failures_are_raised_by_default(drive) -> None:
    """A tool that fails ends the run."""
    with pytest.raises(LookupError, match="no 1"):
        drive.invoke(ToolNode([fail]), FAIL)


@pytest.mark.parametrize(
    ("handler", "content"),
    [
        (True, "Error: LookupError('no 1')\n Please fix your mistakes."),
        ("failed", "failed"),
        (LookupError, "Error: LookupError('no 1')\n Please fix your mistakes."),
        ((KeyError, LookupError), "Error: LookupError('no 1')\n Please fix your mistakes."),
        (lambda error: f"it was {error}", "it was no 1"),
    ],
    ids=["always", "text", "class", "classes", "function"],
)
def test_failures_that_are_told(drive, handler, content) -> None:
    """In the words that were asked for."""
    assert told(drive, handler).content == content


@pytest.mark.parametrize("handler", [False, KeyError, (KeyError, OSError)])
def test_failures_that_are_not_told(drive, handler) -> None:
    """They are raised; so are wrong arguments."""
    with pytest.raises(LookupError):
        told(drive, handler)
    with pytest.raises(ToolInvocationError):
        told(drive, handler, WRONG)


def test_a_function_handles_what_its_parameter_says(drive) -> None:
    """A class or a union of classes, as a string, too."""

    def narrow(error: LookupError | OSError) -> str:
        return "narrow"

    def other(error: OSError) -> str:
        return "other"

    assert told(drive, narrow).content == "narrow"
    with pytest.raises(LookupError):
        told(drive, other)


def test_an_object_or_a_method_as_a_handler(drive) -> None:
    """Whatever can be called."""

    class Handler:
        def __call__(self, error: LookupError) -> str:
            return "object"

        def method(self, error: LookupError) -> str:
            return "method"

    assert told(drive, Handler()).content == "object"
    assert told(drive, Handler().method).content == "method"


def test_a_handler_of_no_exception() -> None:
    """It is refused when the node is made."""

    def handler(error: int) -> str:
        return ""

    with pytest.raises(ValueError, match="exception class or a union"):
        ToolNode([fail], handle_tool_errors=handler)


def test_the_error_of_wrong_arguments_has_its_cause(drive) -> None:
    """What Pydantic said, the name of the tool, and what the model gave it."""
    with pytest.raises(ToolInvocationError) as caught:
        told(drive, False, WRONG)
    assert caught.value.__cause__ is caught.value.source
    assert (caught.value.tool_name, caught.value.tool_kwargs) == ("fail", {"a": "one"})
