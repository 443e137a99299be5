"""JSON Schema, as far as the schemas of tools use it: where a value does not fit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

Schema: TypeAlias = Any
"""A parsed JSON Schema: a dict, or a bool."""

_TYPES: dict[str, Any] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "array": list,
    "object": dict,
    "null": type(None),
}
_LIMITS: dict[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "minimum": ("below the minimum", lambda value, limit: value < limit),
    "maximum": ("above the maximum", lambda value, limit: value > limit),
    "exclusiveMinimum": ("not above", lambda value, limit: value <= limit),
    "exclusiveMaximum": ("not below", lambda value, limit: value >= limit),
    "multipleOf": ("not a multiple of", lambda value, limit: value % limit != 0),
    "minLength": ("shorter than", lambda value, limit: len(value) < limit),
    "maxLength": ("longer than", lambda value, limit: len(value) > limit),
    "pattern": ("does not match", lambda value, limit: re.search(limit, value) is None),
    "minItems": ("fewer items than", lambda value, limit: len(value) < limit),
    "maxItems": ("more items than", lambda value, limit: len(value) > limit),
}
_LIMITED = {
    str: ("minLength", "maxLength", "pattern"),
    list: ("minItems", "maxItems"),
    int: ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}


def resolved(schema: Schema, root: Schema) -> Schema:
    """Follow a reference within the document."""
    hops = 0
    while isinstance(schema, dict) and isinstance(ref := schema.get("$ref"), str):
        target = root
        for part in ref.removeprefix("#").strip("/").split("/") if ref != "#" else ():
            target = target.get(part, True) if isinstance(target, dict) else True
        schema, hops = target, hops + 1
        if hops > len(str(root)):  # a reference to itself says nothing
            return True
    return schema


def violations(
    value: Any, schema: Schema, root: Schema = None, path: str = "", *, closed: bool = False
) -> Iterator[str]:
    """Yield where a value does not fit its schema.

    Args:
        value: What `json.loads` returns.
        schema: The schema.
        root: The document that references in it refer to; by default the schema itself.
        path: Where in the document the value is.
        closed: Whether a property that the schema does not name is one too many, unless the
            schema says that there may be more.
    """
    root = schema if root is None else root
    schema = resolved(schema, root)
    if schema is False:
        yield f"{path or 'the value'} must not be there"
    if not isinstance(schema, dict):
        return
    here = path or "the value"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{here} is {value!r}, not one of {schema['enum']}"
    if "const" in schema and value != schema["const"]:
        yield f"{here} is {value!r}, not {schema['const']!r}"
    if not _is_of_type(value, schema.get("type")):
        yield f"{here} is {value!r}, not of type {schema['type']}"
        return
    for part in schema.get("allOf", ()):
        yield from violations(value, part, root, path)
    for word in ("anyOf", "oneOf"):
        options = schema.get(word)
        if options and all(any(violations(value, o, root, path, closed=closed)) for o in options):
            yield f"{here} is {value!r}, which fits none of the {len(options)} forms it may have"
    yield from _limits(value, schema, here)
    if isinstance(value, dict):
        yield from _properties(value, schema, root, path, closed=closed)
    elif isinstance(value, list):
        for k, item in enumerate(value):
            yield from violations(item, _item(schema, k), root, f"{path}[{k}]", closed=closed)


def _item(schema: Schema, k: int) -> Schema:
    first = schema.get("prefixItems", ())
    return first[k] if k < len(first) else schema.get("items", True)


def _properties(
    value: dict[str, Any], schema: Schema, root: Schema, path: str, *, closed: bool
) -> Iterator[str]:
    known = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{f'{path}.' if path else ''}{name} is missing"
    more = schema.get("additionalProperties", not (closed and "properties" in schema))
    for name, item in value.items():
        inside = f"{path}.{name}" if path else name
        if name in known:
            yield from violations(item, known[name], root, inside, closed=closed)
        elif more is False:
            yield f"{inside} is not known; there are: {', '.join(known) or 'none'}"
        else:
            yield from violations(item, more, root, inside, closed=closed)


def _is_of_type(value: Any, wanted: Any) -> bool:
    if wanted is None:
        return True
    names = [wanted] if isinstance(wanted, str) else wanted
    for name in names:
        if isinstance(value, bool) and name in {"integer", "number"}:
            continue
        if isinstance(value, _TYPES.get(name, object)):
            return True
        if name == "integer" and isinstance(value, float) and value.is_integer():
            return True
    return False


def _limits(value: Any, schema: dict[str, Any], here: str) -> Iterator[str]:
    if isinstance(value, bool):
        return
    kind = int if isinstance(value, float) else type(value)
    for word in _LIMITED.get(kind, ()):
        if word in schema:
            text, breaks = _LIMITS[word]
            if breaks(value, schema[word]):
                yield f"{here} is {value!r}: {text} {schema[word]!r}"
