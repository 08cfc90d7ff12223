"""What a key allows, in plain words, from the JSON schema of its form.

Errors and docs/configuration.md both take their words from here, so that they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]

_WORDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}


def allowed(schema: Schema, root: Schema) -> str:
    """What a value of this schema may be. `root` holds the definitions that it refers to."""
    schema = resolve(schema, root)
    if "allowed" in schema:
        return str(schema["allowed"])
    if "anyOf" in schema:
        return ", or ".join(allowed(option, root) for option in schema["anyOf"])
    if "enum" in schema:
        return "one of " + ", ".join(str(value) for value in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    kind = schema.get("type")
    if kind == "array":
        return f"a list, each item {allowed(schema.get('items', {}), root)}"
    if kind == "object":
        return _mapping(schema, root)
    if schema.get("format") == "date":
        return "a date, for example 2022-12-31"
    return _WORDS.get(str(kind), "any value") + _range(schema)


def keys(schema: Schema, root: Schema) -> list[str]:
    """The keys that a mapping of this schema may have; empty where any are allowed."""
    return list(resolve(schema, root).get("properties", {}))


def schema_at(root: Schema, path: Sequence[str | int]) -> Schema:
    """The schema of the value that stands at `path`; an empty one where the form knows no such place."""
    schema = resolve(root, root)
    for step in path:
        if isinstance(step, int):
            schema = schema.get("items", {})
        else:
            schema = schema.get("properties", {}).get(step) or _free(schema)
        schema = resolve(schema, root)
    return schema


def resolve(schema: Schema, root: Schema) -> Schema:
    """The schema itself where it is a reference to a definition, or optional."""
    options = [option for option in schema.get("anyOf", ()) if option.get("type") != "null"]
    if len(options) == 1:
        return resolve(options[0], root)
    if "$ref" in schema:
        return dict(root["$defs"][str(schema["$ref"]).rsplit("/", 1)[-1]])
    return schema


def _free(schema: Schema) -> Schema:
    """The schema of the values of a mapping with free keys."""
    values = schema.get("additionalProperties")
    return values if isinstance(values, Mapping) else {}


def _mapping(schema: Schema, root: Schema) -> str:
    if "properties" in schema:
        return "the keys " + ", ".join(schema["properties"])
    at_least = " (at least one)" if schema.get("minProperties") else ""
    values = resolve(_free(schema), root)
    if "properties" in values:
        return f"a mapping{at_least}, each value with the keys {', '.join(values['properties'])}"
    return f"a mapping{at_least}, each value {allowed(values, root)}"


def _range(schema: Schema) -> str:
    bounds = [
        (words, schema[key])
        for key, words in (
            ("minimum", "at least"),
            ("exclusiveMinimum", "more than"),
            ("maximum", "at most"),
            ("exclusiveMaximum", "less than"),
        )
        if key in schema
    ]
    return ", " + " and ".join(f"{words} {value:g}" for words, value in bounds) if bounds else ""
