"""A small value that fits a JSON Schema, always the same one."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from harness.models._schema import Schema, resolved, violations

_DEEPEST = 8
_FORMATS = {
    "date": "2024-01-01",
    "date-time": "2024-01-01T00:00:00Z",
    "time": "00:00:00Z",
    "duration": "P1D",
    "email": "someone@example.com",
    "uri": "https://example.com/",
    "url": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
}


def valid_value(schema: Schema, root: Schema = None, depth: int = 0) -> Any:
    """Return a value that fits the schema: its default or example where it states one.

    Args:
        schema: The schema.
        root: The document that references in it refer to; by default the schema itself.
        depth: How deep in the value this is; where a schema contains itself, the value ends.
    """
    root = schema if root is None else root
    schema = resolved(schema, root)
    if not isinstance(schema, dict):
        return "a"
    for value in _stated(schema):
        if not any(violations(value, schema, root)):
            return value
    if "allOf" in schema:
        return valid_value(_joined(schema, root), root, depth)
    for word in ("anyOf", "oneOf"):
        if schema.get(word):
            forms = schema[word]
            # Beyond some depth the simplest form ends what could go on for ever.
            form = forms[0] if depth < _DEEPEST else min(forms, key=lambda f: len(str(f)))
            rest = {key: item for key, item in schema.items() if key != word}
            return valid_value({**rest, **resolved(form, root)}, root, depth)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    return _of_type(kind, schema, root, depth)


def _stated(schema: dict[str, Any]) -> Iterator[Any]:
    """Yield the values that the schema itself names."""
    for word in ("const", "default"):
        if word in schema:
            yield schema[word]
    yield from schema.get("examples", ())
    yield from schema.get("enum", ())


def _joined(schema: dict[str, Any], root: Schema) -> dict[str, Any]:
    """Put what all parts of a schema ask for into one."""
    joined = {key: item for key, item in schema.items() if key != "allOf"}
    for part in schema["allOf"]:
        part = resolved(part, root)  # noqa: PLW2901 - the same part
        if not isinstance(part, dict):
            continue
        both = {
            "properties": {**joined.get("properties", {}), **part.get("properties", {})},
            "required": [*joined.get("required", ()), *part.get("required", ())],
        }
        joined = {**joined, **part, **{key: item for key, item in both.items() if item}}
    return joined


def _of_type(kind: str, schema: dict[str, Any], root: Schema, depth: int) -> Any:
    if kind == "object":
        known = schema.get("properties", {})
        wanted = schema.get("required", ()) if "required" in schema else ()
        return {name: valid_value(known.get(name, True), root, depth + 1) for name in wanted}
    if kind == "array":
        size = schema.get("minItems", 1 if depth < _DEEPEST else 0)
        first = schema.get("prefixItems", ())
        items = [*first, *[schema.get("items", True)] * max(0, size - len(first))]
        return [valid_value(item, root, depth + 1) for item in items]
    if kind in {"integer", "number"}:
        return _number(schema, whole=kind == "integer")
    if kind == "boolean":
        return False
    return None if kind == "null" else _text(schema)


def _text(schema: dict[str, Any]) -> str:
    text = _FORMATS.get(schema.get("format", ""), "a")
    text = text.ljust(schema.get("minLength", 0), "a")
    return text[: schema["maxLength"]] if "maxLength" in schema else text


def _number(schema: dict[str, Any], *, whole: bool) -> Any:
    low = schema.get("minimum", -math.inf)
    above = schema.get("exclusiveMinimum", -math.inf)
    high = schema.get("maximum", math.inf)
    below = schema.get("exclusiveMaximum", math.inf)
    step = schema.get("multipleOf") or 1
    least = max(low, above)
    if least == -math.inf and min(high, below) >= 0 and (high >= 0 and below > 0):
        return 0
    if least == -math.inf:
        least = math.floor(min(high, below) / step) * step
        return least - step if least >= below else least
    value = math.ceil(least / step) * step
    if value <= above or value < low:
        value += step
    if not whole and (value > high or value >= below):
        return (least + min(high, below)) / 2
    return value
