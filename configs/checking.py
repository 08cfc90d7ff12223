"""A document against its form: the typed values, and every problem with its line and in plain words."""

from __future__ import annotations

import datetime as dt
import re
from functools import cache
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from configs.errors import Problem, did_you_mean
from configs.forms import Form
from configs.reading import Document, Place, dotted
from configs.wording import Schema, allowed, keys, schema_at

Checked = TypeVar("Checked", bound=Form)

_PLAIN = re.compile(r"(?i)\s*([-+]?\d[\d_.]*|true|false)\s*$")


def check(document: Document, form: type[Checked]) -> tuple[Checked | None, list[Problem]]:
    """The document as one form (a file of comments only is one without keys), or None and what is wrong."""
    if document.value is None:
        return _checked(document, form, {}, ())
    return _checked(document, form, document.value, ())


def check_each(document: Document, form: type[Checked]) -> tuple[list[Checked | None], list[Problem]]:
    """The document as a list of forms, None in the place of each that is wrong, and what is wrong."""
    if document.value is None:
        return [], []
    if not isinstance(document.value, tuple):
        wanted = f"a list, each item with the keys {', '.join(form.model_fields)}"
        return [], [Problem(document.file, document.line(()), "", f"found {shown(document.value)}", wanted)]
    results = [_checked(document, form, value, (index,)) for index, value in enumerate(document.value)]
    return [value for value, _ in results], [problem for _, problems in results for problem in problems]


def shown(value: Any) -> str:
    """A value as an error names it, short and without a password."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a mapping (key: value)"
    if isinstance(value, tuple | list):
        return "a list"
    if isinstance(value, dt.date):
        return f"the date {value}"
    text = re.sub(r"(://[^:/@\s]*):[^@\s]*@", r"\1:***@", repr(value))
    return text if len(text) <= 80 else text[:77] + "..."


def _checked(document: Document, form: type[Checked], value: Any, place: Place) -> tuple[Checked | None, list[Problem]]:
    if not isinstance(value, dict):
        wanted = f"the keys {', '.join(form.model_fields)}"
        return None, [Problem(document.file, document.line(place), dotted(place), f"found {shown(value)}", wanted)]
    try:
        return form.model_validate(value, strict=True), []
    except ValidationError as error:
        details = error.errors(include_url=False)
        return None, sorted(
            (_problem(document, _schema(form), place, one) for one in details), key=lambda one: one.line
        )


@cache
def _schema(form: type[Form]) -> Schema:
    return form.model_json_schema()


def _problem(document: Document, schema: Schema, place: Place, error: ErrorDetails) -> Problem:
    inner = error["loc"]
    whole = (*place, *inner)
    found, wanted = _words(schema, inner, error)
    return Problem(document.file, document.line(whole), dotted(whole), found, wanted)


def _words(schema: Schema, place: Place, error: ErrorDetails) -> tuple[str, str]:
    """What was found and what is allowed, for one error of pydantic."""
    kind, value = error["type"], error["input"]
    wanted = allowed(schema_at(schema, place), schema)
    if kind == "missing":
        return "this key is missing", wanted
    if kind == "extra_forbidden":
        known = keys(schema_at(schema, place[:-1]), schema)
        return f"unknown key {str(place[-1])!r}{did_you_mean(str(place[-1]), known)}", ", ".join(known)
    if kind == "value_error":
        reason = str(error["ctx"]["error"])
        return (reason, "") if isinstance(value, dict | Form) else (f"found {shown(value)}, {reason}", wanted)
    choices = schema_at(schema, place).get("enum", ())
    if kind == "literal_error":
        return f"found {shown(value)}{did_you_mean(str(value), choices)}", wanted
    return f"found {shown(value)}{_hint(kind, value)}", wanted


def _hint(kind: str, value: Any) -> str:
    """What to do where YAML's own reading of a scalar is the likely reason."""
    if kind == "string_type" and isinstance(value, bool | int | float | dt.date):
        return " (put it in quotes to have it read as text)"
    if kind == "string_type" and value is None:
        return " (write the value, or leave the key out)"
    if kind in ("int_type", "float_type", "bool_type") and isinstance(value, str) and _PLAIN.match(value):
        return " (text; write it without quotes)"
    return ""
