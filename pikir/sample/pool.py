"""The pool: texts written by hand, each with its language, its true stances and the days on which it makes sense."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pikir.sample import FOLDER
from storage.records import STANCES

POOL = FOLDER / "texts.jsonl"
TARGETS = ("migrants", "russia")
LANGUAGES = ("ru", "kk", "mix", "en")
KINDS = ("chat", "forum", "news")
_KEYS = frozenset({"id", "text", "lang", "labels", "kind", "from", "until"})


@dataclass(frozen=True, slots=True)
class PoolText:
    """One text. `labels`: stance by target that it mentions, empty for talk of other things.

    `kind`: chat or forum (people), news (an outlet). It may be posted on the days [starts, ends].
    """

    id: str
    text: str
    lang: str
    labels: Mapping[str, str]
    kind: str
    starts: dt.date = dt.date.min
    ends: dt.date = dt.date.max

    def fits(self, day: dt.date) -> bool:
        """Whether somebody could have written it on `day`."""
        return self.starts <= day <= self.ends


def read_pool(path: Path = POOL) -> tuple[PoolText, ...]:
    """The texts in the order of the file. ValueError, naming the line, where one is not as it should be."""
    texts: list[PoolText] = []
    seen: set[str] = set()
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            text = _read(json.loads(line))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path.name}, line {number}: {error!r}") from error
        if {text.id, text.text} & seen:
            raise ValueError(f"{path.name}, line {number}: the id {text.id} or its text stands in the file twice")
        seen |= {text.id, text.text}
        texts.append(text)
    return tuple(texts)


def _read(row: dict[str, Any]) -> PoolText:
    if row.keys() - _KEYS:
        raise ValueError(f"unknown keys {sorted(row.keys() - _KEYS)}; allowed are {sorted(_KEYS)}")
    text = PoolText(
        id=row["id"],
        text=row["text"],
        lang=row["lang"],
        labels=row["labels"],
        kind=row["kind"],
        starts=dt.date.fromisoformat(row.get("from", "0001-01-01")),
        ends=dt.date.fromisoformat(row.get("until", "9999-12-31")),
    )
    if not text.text.strip() or text.text != text.text.strip():
        raise ValueError("the text is empty or has blanks around it")
    for value, allowed in ((text.lang, LANGUAGES), (text.kind, KINDS)):
        if value not in allowed:
            raise ValueError(f"found {value!r}, allowed are {', '.join(allowed)}")
    if not set(text.labels) <= set(TARGETS) or not set(text.labels.values()) <= set(STANCES):
        raise ValueError(f"labels {dict(text.labels)}: targets are {TARGETS}, stances are {STANCES}")
    if text.kind == "news" and set(text.labels.values()) - {"neutral"}:
        raise ValueError("news takes no side")
    return text
