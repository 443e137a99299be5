"""`with_structured_output`, by each of the three ways in which providers offer it."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.output_parsers import (
    BaseOutputParser,
    JsonOutputParser,
    PydanticOutputParser,
)
from langchain_core.output_parsers.openai_tools import (
    JsonOutputKeyToolsParser,
    PydanticToolsParser,
)
from langchain_core.runnables import Runnable, RunnableLambda, RunnablePassthrough
from langchain_core.utils.function_calling import convert_to_openai_tool
from langchain_core.utils.pydantic import is_basemodel_subclass

Method: TypeAlias = Literal["function_calling", "json_schema", "json_mode"]
METHODS: tuple[Method, ...] = ("function_calling", "json_schema", "json_mode")


class ResponseFormat(dict[str, Any]):
    """The form that an answer must have, as OpenAI's parameter `response_format` says it.

    Args:
        tool: The schema as a tool, in OpenAI's form.
        method: `json_schema` or `json_mode`.
    """

    def __init__(self, tool: dict[str, Any], method: Method) -> None:
        function = tool["function"]
        named = {key: function[key] for key in ("name", "description") if function.get(key)}
        schema = function["parameters"]
        if method == "json_mode":
            super().__init__(type="json_object")
        else:
            super().__init__(type="json_schema", json_schema={**named, "schema": schema})
        self.method = method
        self.schema = {"title": named["name"], **schema}


def structured(
    model: BaseChatModel, schema: Any, method: Method, *, include_raw: bool, **kwargs: Any
) -> Runnable[LanguageModelInput, Any]:
    """Bind the schema to the model as the method does, and parse what it answers."""
    if method not in METHODS:
        raise ValueError(f"method={method!r} is not one of: {', '.join(METHODS)}")
    tool = convert_to_openai_tool(schema)
    name = tool["function"]["name"]
    is_model = isinstance(schema, type) and is_basemodel_subclass(schema)
    for_tracing = {"kwargs": {"method": method}, "schema": schema}
    parser: Runnable[Any, Any]
    if method == "function_calling":
        asked = model.bind_tools(
            [schema], tool_choice=name, ls_structured_output_format=for_tracing, **kwargs
        )
        parser = (
            PydanticToolsParser(tools=[schema], first_tool_only=True)
            if is_model
            else JsonOutputKeyToolsParser(key_name=name, first_tool_only=True)
        )
    else:
        asked = model.bind(
            response_format=ResponseFormat(tool, method),
            ls_structured_output_format=for_tracing,
            **kwargs,
        )
        text_parser: BaseOutputParser[Any] = (
            PydanticOutputParser(pydantic_object=schema) if is_model else JsonOutputParser()
        )
        parser = text_parser
    return _with_raw(asked, parser) if include_raw else asked | parser


def _with_raw(asked: Runnable[Any, Any], parser: Runnable[Any, Any]) -> Runnable[Any, Any]:
    """Give the answer beside what was parsed from it, or beside why it cannot be parsed."""
    parsed = RunnablePassthrough.assign(
        parsed=RunnableLambda(lambda given: given["raw"]) | parser,
        parsing_error=lambda _: None,
    )
    unparsed = RunnablePassthrough.assign(parsed=lambda _: None)
    tried = parsed.with_fallbacks([unparsed], exception_key="parsing_error")
    raw: Any = {"raw": asked}
    together: Runnable[Any, Any] = raw | tried
    return together
