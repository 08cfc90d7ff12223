"""Final labels as an estimate of one period takes them: each with the probability that its author was asked.

A draw may be of the period itself, of a longer time, or several draws may make up the period. docs/methods/audits.md
derives the probabilities.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from analysis.series import of_voices, unit
from storage.records import Draw

_KEY = ("source", "native_id")
_COVERED = 0.995
_UNSEEN = 0.05


@dataclass(frozen=True, slots=True)
class LabelSet:
    """Labels as `analysis.shares.estimate` takes them: post_id ("source/native_id"), label, inclusion_probability.

    Empty, with the reason, where there are none for this period.
    """

    labels: pl.DataFrame
    reason: str = ""


def period_labels(opinions: pl.DataFrame, draws: Sequence[Draw], drawn: pl.DataFrame, final: pl.DataFrame) -> LabelSet:
    """The labels of one target that stand for the people of `opinions`, which are those of one period.

    `opinions`: source, native_id, author, voice, posted_at. `draws` and `drawn` (columns draw, source, native_id,
    stratum, author_posts): the target's draws and their posts. `final`: of `final_labels`.

    The probability is the author's: labels done / authors in each stratum of the draw, times the part that the author's
    posts in the draw's window have in the period. A draw that is partly labelled is a smaller draw, since its queue is
    in random order; what is missing for another reason is taken to be missing at random within the stratum. Draws that
    cover the same time share it in proportion to their labels. Where an author had more than one chance (draws of the
    weeks of a month), the probabilities are those of the posts instead; `estimate` tells the two apart. Draws that
    leave out more than 0.5% of the period's posts stand for nobody: no labels, with the reason.
    """
    people = of_voices(opinions, "people").with_columns(unit=unit("people", "all"))
    done, reason = _done(draws, drawn, final)
    usable = set(done["draw"].to_list())
    covering = [draw for draw in draws if draw.id in usable]
    if people.height == 0 or not covering:
        return LabelSet(_empty(), reason)
    covered = float(people.select(pl.any_horizontal([_inside(draw) for draw in covering]).mean()).item())
    if covered < _COVERED:
        return LabelSet(_empty(), f"the draws with labels hold only {covered:.0%} of the period's posts")
    sizes = people.group_by("unit").len("in_period")
    here = people.select(*_KEY, "unit", "posted_at").join(sizes, on="unit")
    numbers = dict(done.group_by("draw").len().iter_rows())
    part = pl.col("draw").replace_strict(numbers, return_dtype=pl.Int64) / pl.sum_horizontal(
        [pl.when(_inside(draw)).then(numbers[draw.id]).otherwise(0) for draw in covering]
    )
    weights = (
        done.join(here, on=_KEY)
        .with_columns(weight=pl.col("author_posts") * part / pl.col("chance"))
        .filter(pl.any_horizontal([(pl.col("draw") == draw.id) & _inside(draw) for draw in covering]))
        .group_by(*_KEY, "label", "in_period")
        .agg(pl.col("weight").sum())
    )
    return LabelSet(_probabilities(weights), "" if weights.height else "no drawn post of this period has a final label")


def _probabilities(weights: pl.DataFrame) -> pl.DataFrame:
    """`weight` is the number of posts that a label stands for; the author's probability is in_period / weight."""
    author = pl.col("in_period") / pl.col("weight")
    by_author = weights.select(author.max().fill_null(0.0)).item() <= 1 + 1e-9
    chance = author if by_author else 1 / pl.col("weight")
    return weights.select(
        pl.concat_str("source", pl.lit("/"), "native_id").alias("post_id"),
        "label",
        chance.clip(upper_bound=1.0).alias("inclusion_probability"),
    ).sort("post_id")


def _done(draws: Sequence[Draw], drawn: pl.DataFrame, final: pl.DataFrame) -> tuple[pl.DataFrame, str]:
    """Drawn posts with a final label, `chance` being labels done / authors of their stratum; and why a draw has none.

    A stratum of at most 5% of the authors in which nothing is labelled is spread over the others; with a larger one
    the draw's labels do not stand for its authors yet, and are left out.
    """
    labelled = final.filter(pl.col("label").is_not_null()).select(*_KEY, "label")
    joined = drawn.select("draw", *_KEY, "stratum", "author_posts").join(labelled, on=_KEY)
    numbers = {(draw, stratum): n for draw, stratum, n in joined.group_by("draw", "stratum").len().iter_rows()}
    reason, chances = "no drawn post has a final label", []
    for draw in draws:
        present = {name: size for name, (size, _) in draw.strata.items() if (draw.id, name) in numbers}
        seen = sum(present.values())
        if present and seen >= (1 - _UNSEEN) * draw.authors:
            chances += [
                (draw.id, name, numbers[draw.id, name] * seen / (size * draw.authors)) for name, size in present.items()
            ]
        elif present:
            missing = ", ".join(name for name in draw.strata if name not in present)
            reason = f"draw {draw.id} has no final label yet among the posts that the model reads as {missing}"
    schema = {"draw": pl.Int64, "stratum": pl.String, "chance": pl.Float64}
    return joined.join(pl.DataFrame(chances, schema=schema, orient="row"), on=["draw", "stratum"]), reason


def _inside(draw: Draw) -> pl.Expr:
    return (pl.col("posted_at") >= draw.starts) & (pl.col("posted_at") < draw.ends)


def _empty() -> pl.DataFrame:
    return pl.DataFrame(schema={"post_id": pl.String, "label": pl.String, "inclusion_probability": pl.Float64})
