"""Messages for a user interface: which components it shows, kept in the state of a graph."""

from __future__ import annotations

from typing import Any, Literal, cast

from langchain_core.messages import AnyMessage
from typing_extensions import TypedDict

from runtime.config import current_task

__all__ = (
    "AnyUIMessage",
    "RemoveUIMessage",
    "UIMessage",
    "delete_ui_message",
    "push_ui_message",
    "ui_message_reducer",
)


class UIMessage(TypedDict):
    """A component to show."""

    type: Literal["ui"]
    id: str
    name: str
    props: dict[str, Any]
    metadata: dict[str, Any]


class RemoveUIMessage(TypedDict):
    """A component to show no longer."""

    type: Literal["remove-ui"]
    id: str


AnyUIMessage = UIMessage | RemoveUIMessage


def push_ui_message(
    name: str,
    props: dict[str, Any],
    *,
    id: str | None = None,  # noqa: A002 - LangGraph's public name
    metadata: dict[str, Any] | None = None,
    message: AnyMessage | None = None,
    state_key: str | None = "ui",
    merge: bool = False,
) -> UIMessage:
    """Show a component, from inside a node: in the `custom` stream, and in the state.

    Args:
        name: The component.
        props: Its properties.
        id: Which one it is, to change or delete it later; by default a new one.
        metadata: What else to tell the interface.
        message: The message that it belongs to.
        state_key: The key of the state to write it to; `None` for none.
        merge: Whether the properties are added to those of the component with this id, rather
            than standing for them; for a state with `ui_message_reducer`.

    Returns:
        The message.

    Raises:
        RuntimeError: Called outside of a node, task or tool of a running graph.
    """
    task = current_task()
    about = {
        "merge": merge,
        "run_id": task.config.get("run_id"),
        "tags": task.config.get("tags") or None,
        "name": task.config.get("run_name"),
        **(metadata or {}),
    }
    if message is not None:
        about["message_id"] = message.id
    shown: UIMessage = {
        "type": "ui",
        "id": id or task.run.turns.message_id(),
        "name": name,
        "props": props,
        "metadata": about,
    }
    _tell(shown, state_key)
    return shown


def delete_ui_message(
    id: str,  # noqa: A002 - LangGraph's public name
    *,
    state_key: str = "ui",
) -> RemoveUIMessage:
    """Show a component no longer, from inside a node.

    Args:
        id: Which one.
        state_key: The key of the state that holds it.

    Returns:
        The message that says so.

    Raises:
        RuntimeError: Called outside of a node, task or tool of a running graph.
    """
    removed: RemoveUIMessage = {"type": "remove-ui", "id": id}
    _tell(removed, state_key)
    return removed


def _tell(message: AnyUIMessage, state_key: str | None) -> None:
    task = current_task()
    task.runtime.stream_writer(message)
    if state_key is not None:
        task.writes.append((state_key, message))


def ui_message_reducer(
    left: list[AnyUIMessage] | AnyUIMessage, right: list[AnyUIMessage] | AnyUIMessage
) -> list[AnyUIMessage]:
    """Merge two lists of messages by id; the reducer of a key that holds components.

    Args:
        left: Those so far.
        right: New ones. One with a known id replaces the old one in its place, and keeps its
            properties too if it is to be merged; one that removes takes it out.

    Returns:
        A new list.

    Raises:
        ValueError: A component that is to be removed is not there.
    """
    merged = list(left) if isinstance(left, list) else [left]
    places = {message["id"]: place for place, message in enumerate(merged)}
    removed: set[str] = set()
    for message in right if isinstance(right, list) else [right]:
        id_ = message["id"]
        place = places.get(id_)
        if message["type"] == "remove-ui":
            if place is None:
                raise ValueError(
                    f"Attempting to delete a UI message with an ID that doesn't exist ({id_!r}). "
                    f"These are there: {', '.join(places) or 'none'}."
                )
            removed.add(id_)
            continue
        removed.discard(id_)
        if place is None:
            places[id_] = len(merged)
            merged.append(message)
            continue
        shown = message
        if shown.get("metadata", {}).get("merge"):
            before = cast(UIMessage, merged[place])
            shown = {**shown, "props": {**before["props"], **shown["props"]}}
        merged[place] = shown
    return [message for message in merged if message["id"] not in removed]
