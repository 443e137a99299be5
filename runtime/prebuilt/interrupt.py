"""Shapes in which agents ask people about a tool call and get their answer."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

__all__ = ("ActionRequest", "HumanInterrupt", "HumanInterruptConfig", "HumanResponse")


class HumanInterruptConfig(TypedDict):
    """What a person may do about the question."""

    allow_ignore: bool
    allow_respond: bool
    allow_edit: bool
    allow_accept: bool


class ActionRequest(TypedDict):
    """What the agent is about to do: the name of an action and its arguments."""

    action: str
    args: dict  # type: ignore[type-arg]  # as in LangGraph: any arguments


class HumanInterrupt(TypedDict):
    """A question to a person: the value of an `interrupt`."""

    action_request: ActionRequest
    config: HumanInterruptConfig
    description: str | None


class HumanResponse(TypedDict):
    """The answer: what a run is resumed with.

    `args` is `None` for `accept` and `ignore`, a text for `response`, and the action to take
    instead for `edit`.
    """

    type: Literal["accept", "ignore", "response", "edit"]
    args: str | ActionRequest | None
