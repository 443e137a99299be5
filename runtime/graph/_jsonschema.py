"""JSON schemas of states."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from langchain_core.utils.pydantic import create_model_v2
from pydantic import BaseModel, TypeAdapter
from typing_extensions import is_typeddict

from runtime.channels.base import BaseChannel
from runtime.pregel._commands import ROOT

__all__ = ("json_schema_of", "plain_json_schema")


def json_schema_of(
    schema: Any, keys: Sequence[str], channels: Mapping[str, BaseChannel[Any, Any, Any]], title: str
) -> dict[str, Any]:
    """Return the JSON schema of a state schema.

    Args:
        schema: The TypedDict, dataclass, Pydantic class or other type.
        keys: Its keys.
        channels: The channels of the graph.
        title: What the schema is called where it has no name of its own.
    """
    if isinstance(schema, type) and issubclass(schema, BaseModel):
        return schema.model_json_schema()
    if is_typeddict(schema):
        return TypeAdapter(schema).json_schema()
    if tuple(keys) == (ROOT,):
        return plain_json_schema(channels[ROOT].UpdateType, title)
    definitions = {
        key: (channels[key].UpdateType, _default(schema, key, channels[key].UpdateType))
        for key in keys
        if key in channels
    }
    return create_model_v2(title, field_definitions=definitions).model_json_schema()


def plain_json_schema(kind: Any, title: str) -> dict[str, Any]:
    """Return the JSON schema of a type that has no keys."""
    return create_model_v2(title, root=(kind, None)).model_json_schema()


def _default(schema: Any, key: str, annotation: Any) -> Any:
    """Return the default of a key; `...` if it has none, so that it is required."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if is_dataclass(schema):
        for field in fields(schema):
            if field.name == key and field.default is not MISSING:
                return field.default
            if field.name == key and field.default_factory is not MISSING:
                return field.default_factory()
    is_union = get_origin(annotation) in (Union, types.UnionType)
    return None if is_union and type(None) in get_args(annotation) else ...
