"""Posts with narrative labels: those of the corpus, those that another hand wrote and a reader labelled, real news."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from configs.settings import TargetSettings
from models.passage import passage
from models.stance import Query
from models.training.data import CORPUS, CORPUS_FOLDER, NEWS, NEWS_LABELS, DataError, held_out, news_rows, read_rows
from models.wording import target_words
from storage.records import STANCES, Stance

SECOND_HAND = "narrative_labels.csv"
NEWS_NARRATIVES = "news_narratives.csv"


@dataclass(frozen=True, slots=True)
class NarrativeExample:
    """One (post, target) pair with its stance and the names of the narratives that it voices."""

    id: str
    language: str
    target_id: str
    target: str
    text: str
    stance: Stance
    narratives: frozenset[str]

    @property
    def query(self) -> Query:
        """The question that the model is asked about it."""
        return Query(self.target, self.text, self.target_id, self.language)


@dataclass(frozen=True)
class NarrativeSplit:
    """`train` and `dev` are of the same hands; `second` is by others, and nothing of it is trained on.

    `news`: real channel posts held out; the others are part of `train`.
    """

    train: list[NarrativeExample]
    dev: list[NarrativeExample]
    second: list[NarrativeExample]
    news: list[NarrativeExample]


def load_narratives(
    targets: dict[str, TargetSettings],
    max_words: int,
    holdout: float,
    folder: Path = CORPUS_FOLDER,
    news: Path | None = None,
) -> NarrativeSplit:
    """The corpus's files that have narratives, split as the stance model's rows are, and the second hand's labels.

    In a file that has narratives a row without the key voices none; a file without any was not labelled. `news`: the
    texts of the real posts that `news_narratives.csv` labels, which stay outside the repository; without them there
    are none. DataError, with the line, where a narrative is none of the target's.
    """
    own: list[NarrativeExample] = []
    others: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*.jsonl")):
        rows = list(read_rows(path))
        if not any("narratives" in row for row in rows):
            others.update((row["id"], row) for row in rows)
            continue
        for number, row in enumerate(rows, start=1):
            for target in row["labels"]:
                names = row.get("narratives", {}).get(target, [])
                own.append(_example(row, target, names, targets, max_words, f"{path}, line {number}"))
    second = _second_hand(others, targets, max_words, folder / SECOND_HAND)
    real = _news(news, targets, max_words, folder / NEWS_NARRATIVES) if news else []
    train = [one for one in [*own, *real] if not held_out(one.id, holdout)]
    dev, kept = ([one for one in part if held_out(one.id, holdout)] for part in (own, real))
    return NarrativeSplit(train, dev, second, kept)


def _second_hand(
    rows: dict[str, dict[str, Any]], targets: dict[str, TargetSettings], max_words: int, path: Path
) -> list[NarrativeExample]:
    """The labels of `path` joined with the corpus's posts; a label whose post is not there is left out."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as lines:
        return [
            _example(
                rows[label["id"]],
                label["target"],
                label["narratives"].split(),
                targets,
                max_words,
                f"{path}, line {number}",
            )
            for number, label in enumerate(csv.DictReader(lines), start=2)
            if label["target"] in rows.get(label["id"], {}).get("labels", {})
        ]


def _news(texts: Path, targets: dict[str, TargetSettings], max_words: int, path: Path) -> list[NarrativeExample]:
    """The labels of `path` joined with real posts and their stances; a label whose post is not there is left out."""
    if not path.exists():
        return []
    posts = {(row["id"], row["target"]): row for row in news_rows(texts, path.with_name(NEWS_LABELS.name))}
    found = []
    with path.open(encoding="utf-8", newline="") as lines:
        for number, label in enumerate(csv.DictReader(lines), start=2):
            row = posts.get((f"{label['channel']}/{label['message_id']}", label["target"]))
            if row:
                stance = {"labels": {row["target"]: row["label"]}}
                names = label["narratives"].split()
                place = f"{path}, line {number}"
                found.append(_example({**row, **stance}, row["target"], names, targets, max_words, place, NEWS))
    return found


def _example(
    row: dict[str, Any],
    target: str,
    names: list[str],
    targets: dict[str, TargetSettings],
    max_words: int,
    place: str,
    kind: str = CORPUS,
) -> NarrativeExample:
    form, stance = targets.get(target), row["labels"][target]
    known = [one.name for one in form.narratives] if form else []
    if form is None or stance not in STANCES or not set(names) <= set(known):
        raise DataError(
            f"{place}: {target!r}: {stance!r}, narratives {names}; allowed are targets {sorted(targets)}, stances "
            f"{list(STANCES)} and narratives {known}"
        )
    language = "mixed" if row["lang"] == "mix" else row["lang"]
    return NarrativeExample(
        id=f"{kind}/{row.get('set', row['id'])}",
        language=language,
        target_id=target,
        target=target_words(form, language),
        text=passage(row["text"], (row["start"], row["end"]) if "start" in row else None, max_words),
        stance=stance,
        narratives=frozenset(names),
    )
