"""Writes docs/configuration.md from the forms: `python -m configs.handbook > docs/configuration.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from configs.alerting import AlertSettings
from configs.boards import EngineRules
from configs.settings import MonitorSettings, SourceSettings
from configs.subjects import EventSettings, PollSettings, TargetSettings
from configs.weighting import WeightingSettings
from configs.wording import Schema, allowed, resolve

_INTRODUCTION = """\
# Configuration

What an analyst edits stands in `configs/`, as YAML. Every command reads this folder, or the one that `--config` or the
environment variable `PIKIR_CONFIG` names. Relative paths begin at the folder that holds it (the checkout). A wrong key,
type or value is an error that names file, line, what was found and what is allowed; all of them are shown together.
Secrets never stand in these files: `PIKIR_DATABASE` goes before `database`, an alert's address comes from the variable
that `url_env` names, and Telegram takes `TELEGRAM_API_ID`, `TELEGRAM_API_HASH` and, instead of the session file that
`pikir login` writes, `TELEGRAM_SESSION` (a session string of Telethon).

This page is generated from the forms that check the files: `python -m configs.handbook > docs/configuration.md`.
"""

_FILES: tuple[tuple[str, str, type[BaseModel]], ...] = (
    ("monitor.yaml", "The monitor itself. Every key may be left out.", MonitorSettings),
    ("sources.yaml", "A list, each item one source. The file may be missing.", SourceSettings),
    (
        "forums/*.yaml",
        "A rule pack: how to read one kind of forum. These come with pikir; yours go before.",
        EngineRules,
    ),
    ("targets/*.yaml", "One target a file: a third target is a third file.", TargetSettings),
    ("polls.yaml", "A list, each item one question of one published poll. The file may be missing.", PollSettings),
    ("events.yaml", "A list, each item one dated event. The file may be missing.", EventSettings),
    ("alerts.yaml", "Rules and recipients. The file may be missing.", AlertSettings),
    ("weighting.yaml", "Margins that people are weighted to. The file may be missing.", WeightingSettings),
)


def configuration_page() -> str:
    """The whole page, in Markdown: every key of every file with its meaning, its default and what it allows."""
    parts = [_INTRODUCTION]
    for file, what, form in _FILES:
        schema = form.model_json_schema()
        rows = ["| key | meaning | allowed | default |", "|---|---|---|---|", *_rows(schema, schema, "")]
        parts.append(f"## {file}\n\n{what}\n\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def _rows(schema: Schema, root: Schema, prefix: str) -> Iterator[str]:
    """One row a key; the keys of what lies inside follow under the key's own path."""
    for name, key in schema.get("properties", {}).items():
        inside, mark = (None, "") if "allowed" in key else _inside(key, root)
        what = "see below" if inside else allowed(key, root)
        default = _default(name, schema, inside)
        meaning = key.get("description") or resolve(key, root)["description"]
        yield f"| `{prefix}{name}` | {meaning} | {what} | {default} |".replace("\n", " ")
        if inside:
            yield from _rows(inside, root, f"{prefix}{name}{mark}.")


def _inside(key: Schema, root: Schema) -> tuple[Schema | None, str]:
    """The form inside a key, and how its path is written: a mapping, each item of a list, each value by language."""
    key = resolve(key, root)
    for schema, mark in (
        (key, ""),
        (key.get("items", {}), "[]"),
        (key.get("additionalProperties") or {}, ".<language>"),
    ):
        form = resolve(schema, root)
        if "properties" in form:
            return form, mark
    return None, ""


def _default(name: str, schema: Schema, inside: Schema | None) -> str:
    if name in schema.get("required", ()):
        return "required"
    value: Any = schema["properties"][name].get("default")
    if value in (None, "", [], {}):
        return "none"
    if inside:
        return "as below"
    if isinstance(value, list):
        return ", ".join(f"`{item}`" for item in value)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    sys.stdout.write(configuration_page())
