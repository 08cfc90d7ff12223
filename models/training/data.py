"""Labelled sets and the project's own corpus, read into (target, passage, label) examples."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from configs.recipes import RecipeSettings, SetSettings
from configs.settings import TargetSettings
from models.passage import locate, passage
from models.wording import target_words
from storage.records import STANCES

CORPUS = "corpus"
NEWS = "news"
CORPUS_FOLDER = Path(__file__).parent.parent / "corpus"
NEWS_LABELS = CORPUS_FOLDER / "news_labels.csv"


class DataError(ValueError):
    """A labelled set cannot be read; names the file, the line and what is wrong."""


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled pair. `label` indexes STANCES."""

    id: str
    set: str
    language: str
    target_id: str
    target: str
    text: str
    label: int


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The JSON objects of a JSONL file, gzipped or not. DataError with file and line where one is broken."""
    opener = gzip.open if path.suffix == ".gz" else open
    if not path.is_file():
        raise DataError(f"{path} is not there; docs/data.md says where each set comes from")
    number = 0
    try:
        with opener(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise DataError(f"{path}, line {number}: a row is a JSON object, found {line.strip()[:80]}")
                yield row
    except json.JSONDecodeError as error:
        raise DataError(f"{path}, line {number}: {error}") from error
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise DataError(f"{path}, after line {number}: {error}; fetch the file again") from error


def held_out(identifier: str, share: float) -> bool:
    """Whether a row belongs to the part kept out of training: by a digest, so that it never changes."""
    digest = hashlib.blake2b(identifier.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64 < share


def calibrates(identifier: str) -> bool:
    """Whether a held-out row serves to fit the calibration; the other half serves to measure it."""
    return held_out(f"calibration/{identifier}", 0.5)


def read_set(path: Path, form: SetSettings, max_words: int) -> list[Example]:
    """All rows of one file of a set. The row's own span is used where it has one."""
    examples = []
    for number, row in enumerate(read_rows(path), start=1):
        _needs(row, path, number, "id", "text", "target", "lang", "label", *(("end",) if "start" in row else ()))
        if row["label"] not in form.classes:
            raise DataError(f"{path}, line {number}: label {row['label']!r}, allowed are {form.classes}")
        span = (row["start"], row["end"]) if "start" in row else locate(row["text"], row["target"])
        examples.append(
            Example(
                id=f"{form.name}/{row['id']}",
                set=form.name,
                language=row["lang"],
                target_id="",
                target=row["target"],
                text=passage(row["text"], span, max_words),
                label=STANCES.index(row["label"]),
            )
        )
    return examples


def untrained(data: Path, form: SetSettings, max_words: int) -> list[dict[str, Any]]:
    """The rows of a set, as its files have them, that `load_split` keeps for development and whose text is nowhere
    in the set's training part."""
    trained = read_set(data / form.train, form, max_words)
    if form.dev:
        rows, examples = list(read_rows(data / form.dev)), read_set(data / form.dev, form, max_words)
        chosen = list(zip(rows, examples, strict=True))
        seen = {example.text for example in trained}
    else:
        chosen = [
            (row, example)
            for row, example in zip(read_rows(data / form.train), trained, strict=True)
            if held_out(example.text, form.holdout)
        ]
        seen = set()
    return [row for row, example in chosen if example.text not in seen]


def _needs(row: dict[str, Any], path: Path, number: int, *keys: str) -> None:
    if missing := [key for key in keys if key not in row]:
        raise DataError(f"{path}, line {number}: lacks {', '.join(missing)}; it has {', '.join(row)}")


def read_corpus(targets: dict[str, TargetSettings], max_words: int, folder: Path = CORPUS_FOLDER) -> list[Example]:
    """The project's own posts, one example for each label, the target in the words that serve the post's language.

    Posts of one contrast set share their id, so that a set is trained on whole or held out whole.
    """
    examples = []
    for path in sorted(folder.glob("*.jsonl")):
        for number, row in enumerate(read_rows(path), start=1):
            _needs(row, path, number, "id", "text", "lang", "labels")
            for target, label in row["labels"].items():
                if target not in targets or label not in STANCES:
                    raise DataError(
                        f"{path}, line {number}: {target!r}: {label!r}, allowed are {sorted(targets)} and {STANCES}"
                    )
                examples.append(
                    Example(
                        id=f"{CORPUS}/{row.get('set', row['id'])}",
                        set=CORPUS,
                        language=row["lang"],
                        target_id=target,
                        target=target_words(targets[target], row["lang"]),
                        text=passage(row["text"], None, max_words),
                        label=STANCES.index(label),
                    )
                )
    return examples


def news_rows(texts: Path, labels: Path = NEWS_LABELS) -> list[dict[str, Any]]:
    """Our labels of real channel posts as rows of id, text, target, label, lang, start, end.

    `texts`: rows with channel, message_id and text, which stay outside the repository. A label whose post is not
    there is left out.
    """
    with labels.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    wanted = {(row["channel"], row["message_id"]) for row in rows}
    found = {
        key: post["text"] for post in read_rows(texts) if (key := (post["channel"], str(post["message_id"]))) in wanted
    }
    return [
        {
            "id": f"{row['channel']}/{row['message_id']}",
            "text": found[key],
            "target": row["target"],
            "label": row["label"],
            "lang": "ru",
            "start": int(row["start"]),
            "end": int(row["end"]),
        }
        for row in rows
        if (key := (row["channel"], row["message_id"])) in found
    ]


def read_news(
    texts: Path, targets: dict[str, TargetSettings], max_words: int, labels: Path = NEWS_LABELS
) -> list[Example]:
    """`news_rows` as examples, the target in words."""
    return [
        Example(
            id=f"{NEWS}/{row['id']}",
            set=NEWS,
            language=row["lang"],
            target_id=row["target"],
            target=target_words(targets[row["target"]], row["lang"]),
            text=passage(row["text"], (row["start"], row["end"]), max_words),
            label=STANCES.index(row["label"]),
        )
        for row in news_rows(texts, labels)
    ]


@dataclass(frozen=True)
class Split:
    """What is trained on and what is kept for development, by set."""

    train: dict[str, list[Example]]
    dev: dict[str, list[Example]]

    def label_shares(self, name: str) -> list[float]:
        """How often each of STANCES occurs in the training rows of set `name`; at least one row's worth."""
        rows = self.train[name]
        return [max(1, sum(row.label == index for row in rows)) / len(rows) for index in range(len(STANCES))]


def load_split(recipe: RecipeSettings, data: Path, targets: dict[str, TargetSettings]) -> Split:
    """Every set of the recipe and the corpus. A dev row whose text is also trained on is left out."""
    train: dict[str, list[Example]] = {}
    dev: dict[str, list[Example]] = {}
    for form in recipe.sets:
        rows = read_set(data / form.train, form, recipe.max_words)
        if form.dev:
            dev[form.name] = read_set(data / form.dev, form, recipe.max_words)
        else:
            dev[form.name] = [row for row in rows if held_out(row.text, form.holdout)]
        train[form.name] = rows
    own = {}
    if recipe.corpus_rows:
        own[CORPUS] = read_corpus(targets, recipe.max_words)
    if recipe.news_rows:
        own[NEWS] = read_news(data / recipe.news, targets, recipe.max_words)
    for name, rows in own.items():
        dev[name] = [row for row in rows if held_out(row.id, recipe.corpus_holdout)]
        train[name] = [row for row in rows if not held_out(row.id, recipe.corpus_holdout)]
    for form in recipe.sets:
        if not form.dev:
            train[form.name] = [row for row in train[form.name] if not held_out(row.text, form.holdout)]
    for form in recipe.sets:
        train[form.name] = [row for row in train[form.name] if row.target not in form.exclude]
    for name, rows in train.items():
        if not rows:
            raise DataError(f"set {name} of recipe {recipe.name} has no rows to train on")
    seen = {row.text for rows in train.values() for row in rows}
    for name, rows in dev.items():
        dev[name] = [row for row in rows if row.text not in seen]
    return Split(train, dev)
