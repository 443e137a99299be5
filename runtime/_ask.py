"""`interrupt`: a node asks, and the run waits for the answer."""

from __future__ import annotations

from typing import Any, TypeVar, overload

from pydantic import TypeAdapter, ValidationError

from runtime._interrupts import Interrupt, interrupt_id
from runtime.config import current_task
from runtime.errors import GraphInterrupt, mark_invalid_resume

__all__ = ("interrupt",)

ResponseT = TypeVar("ResponseT")


@overload
def interrupt(value: Any, *, response_schema: type[ResponseT]) -> ResponseT: ...


@overload
def interrupt(value: Any, *, response_schema: dict[str, Any] | None = None) -> Any: ...


def interrupt(value: Any, *, response_schema: dict[str, Any] | type | None = None) -> Any:
    """Ask whoever runs the graph, and return the answer.

    The first time, the run ends here and shows the question as an `Interrupt`. When it is run
    again with `Command(resume=answer)` on the same thread, the node starts over from its
    beginning, and this call returns the answer. A node may ask several times; its answers are
    matched to its calls by their order. Needs a checkpointer.

    Args:
        value: What to ask; anything that a checkpointer can store.
        response_schema: What an answer must look like: a type that Pydantic can check, or a JSON
            Schema, which is only shown.

    Raises:
        GraphInterrupt: There is no answer yet; to be left to the engine.
        pydantic.ValidationError: The answer does not fit the type; the question still waits.
        RuntimeError: Called outside of a node, task or tool of a running graph.
    """
    adapter: TypeAdapter[Any] | None = None
    if response_schema is not None and not isinstance(response_schema, dict):
        adapter = TypeAdapter(response_schema)
    task = current_task()
    answers = task.answers

    def accept(answer: Any) -> Any:
        if adapter is None:
            return answer
        try:
            return adapter.validate_python(answer)
        except ValidationError as error:
            mark_invalid_resume(error)
            raise

    found, answer = answers.next(accept)
    if found:
        return answer
    schema = response_schema if adapter is None else adapter.json_schema()
    question = Interrupt[Any](value, interrupt_id(task.ns, len(answers.given)), schema)
    raise GraphInterrupt((question,))
