"""`ValidationNode`: checks tool calls against schemas without making them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from langchain_core.messages import AIMessage, ToolCall, ToolMessage
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.tools import BaseTool, create_schema_from_function
from langchain_core.utils.pydantic import is_basemodel_subclass, is_pydantic_v1_subclass
from pydantic import BaseModel

from runtime.warnings import LangGraphDeprecatedSinceV10, deprecated

__all__ = ("ValidationNode",)

Schema = type[BaseModel]


def _default_format_error(error: BaseException, call: ToolCall, schema: Schema) -> str:
    return f"{error!r}\n\nRespond after fixing all validation errors."


class ValidationNode(Runnable[Any, Any]):
    """A node that answers each tool call of the last message with its validated arguments.

    Deprecated: a `ToolNode` tells the model itself about arguments that do not fit.

    Args:
        schemas: Tools, Pydantic classes, or functions: what calls are checked against, by name.
        format_error: Makes the answer to a call that does not fit from the error, the call and
            the schema.
        name: The name of the node.
        tags: Only kept, for those who ask.

    Attributes:
        schemas_by_name: The schemas.

    Raises:
        ValueError: Something is none of these, or a tool has no Pydantic schema.
    """

    name: str | None = "validation"

    def __init__(
        self,
        schemas: Sequence[BaseTool | type[BaseModel] | Callable[..., Any]],
        *,
        format_error: Callable[[BaseException, ToolCall, Schema], str] | None = None,
        name: str = "validation",
        tags: list[str] | None = None,
    ) -> None:
        deprecated(
            "ValidationNode is deprecated: a ToolNode tells the model about wrong arguments.",
            LangGraphDeprecatedSinceV10,
        )
        self.name = name
        self.tags = tags
        self._format_error = format_error or _default_format_error
        self.schemas_by_name = dict(_named_schema(schema) for schema in schemas)

    def invoke(
        self,
        input: Any,  # noqa: A002 - the name that a Runnable has to give it
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Any:
        """Check the calls.

        Raises:
            ValueError: The last message of the input is no `AIMessage`, or there is none.
            KeyError: A call names no schema.
        """
        messages = input if isinstance(input, list) else input.get("messages", [])
        if not messages:
            raise ValueError(f"No message found in input: {input!r}")
        last = messages[-1]
        if not isinstance(last, AIMessage):
            raise ValueError(  # noqa: TRY004 - LangGraph's class
                f"Last message is not an AIMessage: {last!r}"
            )
        answers = [self._answer(call) for call in last.tool_calls]
        return answers if isinstance(input, list) else {"messages": answers}

    def _answer(self, call: ToolCall) -> ToolMessage:
        schema = self.schemas_by_name[call["name"]]
        named = {"name": call["name"], "tool_call_id": call["id"]}
        try:
            return ToolMessage(_checked(schema, call["args"]), **named)
        except ValueError as error:  # a ValidationError of either Pydantic is one
            told = self._format_error(error, call, schema)
            return ToolMessage(told, additional_kwargs={"is_error": True}, **named)


def _checked(schema: Schema, args: dict[str, Any]) -> str:
    """Return valid arguments as JSON.

    Raises:
        ValueError: They are not.
    """
    if is_pydantic_v1_subclass(schema):
        return cast(str, cast(Any, schema).parse_obj(args).json())
    return schema.model_validate(args).model_dump_json()


def _named_schema(given: Any) -> tuple[str, Schema]:
    if isinstance(given, BaseTool):
        schema = given.args_schema
        if not (isinstance(schema, type) and is_basemodel_subclass(schema)):
            raise ValueError(
                f"ValidationNode needs tools with a Pydantic args_schema; that of {given.name!r} "
                f"is {schema!r}."
            )
        return given.name, cast(Schema, schema)
    if isinstance(given, type) and is_basemodel_subclass(given):
        return given.__name__, cast(Schema, given)
    if callable(given) and not isinstance(given, type):
        return given.__name__, cast(Schema, create_schema_from_function("Validation", given))
    raise ValueError(
        "Unsupported input to ValidationNode. Expected a Pydantic class, a tool or a function, "
        f"got {given!r}."
    )
