"""One pass over the training data: which rows are drawn, and how some are respelled, roughened or asked otherwise."""

from __future__ import annotations

import random
from dataclasses import replace

import regex

from configs.recipes import RecipeSettings
from configs.settings import TargetSettings
from models.scripts import romanise, to_russian_keyboard
from models.training.data import CORPUS, NEWS, Example, Split
from storage.records import STANCES

_PUNCTUATION = regex.compile(r"[.,;:!?…«»\"“”„()—–]+")
_PLAIN_NAMES = {
    "russia": regex.compile(r"росси|\bрф\b|ресе[йя]|rese[iyıj]|rossi|russia", regex.IGNORECASE),
    "migrants": regex.compile(r"мигрант|релокант|босқын|боскын|бежен|migrant|relok", regex.IGNORECASE),
}
_SUBSTITUTED = 0.15


def draw_pass(split: Split, recipe: RecipeSettings, number: int, targets: dict[str, TargetSettings]) -> list[Example]:
    """The examples of one pass over the data: the same for the same recipe, seed and number."""
    rng = random.Random(f"{recipe.seed}/{number}")
    chosen: list[Example] = []
    for form in recipe.sets:
        rows = _draw(split.train[form.name], form.rows, rng)
        chosen += [_respelled(row, form.substitute, rng) for row in rows]
    for name, count in recipe.own_rows(number).items():
        rows = _draw_own(name, split.train[name], count, recipe.plainly_named, rng)
        chosen += [
            _reworded(_roughened(_respelled(row, _SUBSTITUTED, rng), recipe.roughened, rng), targets, rng)
            for row in rows
        ]
    rng.shuffle(chosen)
    return chosen


def _draw(rows: list[Example], count: int, rng: random.Random) -> list[Example]:
    """`count` rows: as many whole rounds as fit, the rest without repetition."""
    whole, rest = divmod(count, len(rows))
    return rows * whole + rng.sample(rows, rest)


def _draw_own(name: str, rows: list[Example], count: int, plainly_named: float, rng: random.Random) -> list[Example]:
    if name == NEWS:
        return _draw_news(rows, count, rng)
    plain = round(plainly_named * count)
    return _draw_plain(rows, plain, rng) + _draw(rows, count - plain, rng)


def _draw_plain(rows: list[Example], count: int, rng: random.Random) -> list[Example]:
    """Rows that call their target by its plain name, as many of each stance.

    Authors who are hostile to Russia like to say "the Kremlin", those who are friendly say "Russia": a network that
    sees posts as they were written takes the name for the stance.
    """
    cells: dict[tuple[str, int], list[Example]] = {}
    for row in rows:
        if (name := _PLAIN_NAMES.get(row.target_id)) and name.search(row.text):
            cells.setdefault((row.target_id, row.label), []).append(row)
    chosen: list[Example] = []
    for number, key in enumerate(sorted(cells)):
        share = count // len(cells) + (number < count % len(cells))
        chosen += _draw(cells[key], share, rng)
    return chosen


def _draw_news(rows: list[Example], count: int, rng: random.Random) -> list[Example]:
    """Real news is nearly all neutral: rows with a stance are drawn oftener, as an eighth of all."""
    neutral = [row for row in rows if STANCES[row.label] == "neutral"]
    others = [row for row in rows if STANCES[row.label] != "neutral"]
    if not neutral or not others:
        return _draw(rows, count, rng)
    return _draw(neutral, count - count // 8, rng) + _draw(others, count // 8, rng)


def _respelled(row: Example, share: float, rng: random.Random) -> Example:
    """Kazakh as on a Russian keyboard; of the project's own rows a quarter as many again in Latin letters."""
    if row.language not in ("kk", "mix"):
        return row
    drawn = rng.random()
    if drawn < share:
        return replace(row, text=to_russian_keyboard(row.text))
    if row.set == CORPUS and row.language == "kk" and drawn < 1.25 * share:
        return replace(row, text=romanise(row.text, rng))
    return row


def _roughened(row: Example, share: float, rng: random.Random) -> Example:
    """As people type on a telephone: lower case, no punctuation."""
    if rng.random() >= share:
        return row
    return replace(row, text=" ".join(_PUNCTUATION.sub(" ", row.text.lower()).split()) or row.text)


def _reworded(row: Example, targets: dict[str, TargetSettings], rng: random.Random) -> Example:
    """Half of the time the target in other words: another language's description, its title, its plain name."""
    if rng.random() < 0.5:
        return row
    target = targets[row.target_id]
    return replace(row, target=rng.choice([*target.description.values(), *target.title.values(), target.id]))
