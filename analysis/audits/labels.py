"""Final labels as estimates take them: each with the probability that its author was asked.

A draw may be of the period that is estimated, of a longer time, or several draws may make up the period.
docs/methods/audits.md derives the probabilities.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from analysis.cells import of_voices, unit
from analysis.evidence import COVERED, WINDOW
from storage.records import Draw

_KEY = ("source", "native_id")
_UNSEEN = 0.05


@dataclass(frozen=True, slots=True)
class LabelSet:
    """Labels as `analysis.shares.estimate` takes them: post_id, label, inclusion_probability, author_posts.

    post_id is "source/native_id". Empty, with the reason, where there are none for this period.
    """

    labels: pl.DataFrame
    reason: str = ""


def label_table(draws: Sequence[Draw], drawn: pl.DataFrame, final: pl.DataFrame) -> pl.DataFrame:
    """One row for each drawn post of one target that has a final label, with what it stands for.

    `draws` and `drawn` (columns draw, source, native_id, posted_at, stratum, author_posts): the target's draws and
    their posts. `final`: of `final_labels`. Columns: source, native_id, label, inclusion_probability in (0, 1],
    author_posts, drawn_from, drawn_until. A label stands for author_posts / inclusion_probability posts: one random
    post was taken of the author_posts that its author wrote in the draw's window, and the author was asked with that
    probability. Who wrote only outside of [drawn_from, drawn_until), the window, was never asked.

    The probability is labels done / authors of the stratum: a draw that is partly labelled is a smaller draw, since its
    queue is in random order; what is missing for another reason is taken to be missing at random within the stratum.
    A draw with nothing labelled in strata that hold more than 5% of its authors stands for nobody yet and is left out;
    smaller ones are spread over the others. Draws that cover the same time share it in proportion to their labels.
    """
    done = _done(draws, drawn, final)
    numbers = dict(done.group_by("draw").len().iter_rows())
    covering = [draw for draw in draws if draw.id in numbers]
    if not covering:
        return done.select(*_KEY, "label", pl.col("chance").alias("inclusion_probability"), "author_posts", *WINDOW)
    here = pl.sum_horizontal([pl.when(_inside(draw)).then(numbers[draw.id]).otherwise(0) for draw in covering])
    part = pl.col("draw").replace_strict(numbers, return_dtype=pl.Int64) / here
    within = pl.any_horizontal([(pl.col("draw") == draw.id) & _inside(draw) for draw in covering])
    return (
        done.filter(within)
        .with_columns(authors=part / pl.col("chance"))
        .group_by(*_KEY, "label")
        .agg(
            pl.col("authors").sum(),
            (pl.col("authors") * pl.col("author_posts")).sum().alias("posts"),
            pl.col("drawn_from").min(),
            pl.col("drawn_until").max(),
        )
        .with_columns(inclusion_probability=(1 / pl.col("authors")).clip(upper_bound=1.0))
        .with_columns(author_posts=pl.col("posts") * pl.col("inclusion_probability"))
        .select(*_KEY, "label", "inclusion_probability", "author_posts", *WINDOW)
        .sort(_KEY)
    )


def period_labels(opinions: pl.DataFrame, draws: Sequence[Draw], drawn: pl.DataFrame, final: pl.DataFrame) -> LabelSet:
    """The labels of one target that stand for the people of `opinions`, which are those of one period.

    `opinions`: source, native_id, author, voice, posted_at; the rest as in `label_table`. The probability that is
    given back is the author's within the period: the draw's, times the part that his posts in the draw's window
    have in the period. Where that would exceed 1, since an author had several chances (draws of the weeks of a month),
    the probabilities are those of the posts (author_posts is then 1). Draws that leave out more than 0.5% of the
    period's posts stand for nobody: no labels, with the reason.
    """
    people = of_voices(opinions, "people").with_columns(unit=unit("people", "all"))
    table = label_table(draws, drawn, final)
    labelled = table.join(drawn, on=_KEY, how="inner")["draw"].unique().to_list()
    covering = [draw for draw in draws if draw.id in labelled]
    if people.height == 0 or not covering:
        return LabelSet(_empty(), _nothing(draws, drawn, final))
    covered = float(people.select(pl.any_horizontal([_inside(draw) for draw in covering]).mean()).item())
    if covered < COVERED:
        return LabelSet(_empty(), f"the draws with labels hold only {covered:.0%} of the period's posts")
    sizes = people.group_by("unit").len("in_period")
    here = people.select(*_KEY, "unit").join(sizes, on="unit")
    rows = table.join(here, on=_KEY).with_columns(weight=pl.col("author_posts") / pl.col("inclusion_probability"))
    if rows.height == 0:
        return LabelSet(_empty(), "no drawn post of this period has a final label")
    of_author = pl.col("in_period") / pl.col("weight")
    by_author = bool(rows.select((of_author <= 1 + 1e-9).all()).item())
    chance = of_author if by_author else 1 / pl.col("weight")
    return LabelSet(
        rows.select(
            pl.concat_str("source", pl.lit("/"), "native_id").alias("post_id"),
            "label",
            chance.clip(upper_bound=1.0).alias("inclusion_probability"),
            (pl.col("in_period") if by_author else pl.lit(1)).cast(pl.Float64).alias("author_posts"),
        ).sort("post_id")
    )


def _done(draws: Sequence[Draw], drawn: pl.DataFrame, final: pl.DataFrame) -> pl.DataFrame:
    """The drawn posts of usable draws that have a final label; `chance`: labels done / authors of their stratum."""
    joined = _labelled(drawn, final)
    numbers = {(draw, stratum): n for draw, stratum, n in joined.group_by("draw", "stratum").len().iter_rows()}
    chances = []
    for draw in draws:
        present = {name: size for name, (size, _) in draw.strata.items() if (draw.id, name) in numbers}
        seen = sum(present.values())
        if present and seen >= (1 - _UNSEEN) * draw.authors:
            chances += [
                (draw.id, name, numbers[draw.id, name] * seen / (size * draw.authors), draw.starts, draw.ends)
                for name, size in present.items()
            ]
    moment = pl.Datetime("us", "UTC")
    schema: dict[str, pl.DataType | type[pl.DataType]] = {
        "draw": pl.Int64,
        "stratum": pl.String,
        "chance": pl.Float64,
        **dict.fromkeys(WINDOW, moment),
    }
    return joined.join(pl.DataFrame(chances, schema=schema, orient="row"), on=["draw", "stratum"])


def _labelled(drawn: pl.DataFrame, final: pl.DataFrame) -> pl.DataFrame:
    labels = final.filter(pl.col("label").is_not_null()).select(*_KEY, "label")
    return drawn.select("draw", *_KEY, "posted_at", "stratum", "author_posts").join(labels, on=_KEY)


def _nothing(draws: Sequence[Draw], drawn: pl.DataFrame, final: pl.DataFrame) -> str:
    """Why no draw has labels that stand for its authors."""
    seen = set(_labelled(drawn, final).select("draw", "stratum").iter_rows())
    for draw in draws:
        missing = [name for name in draw.strata if (draw.id, name) not in seen]
        if missing and len(missing) < len(draw.strata):
            told = ", ".join(missing)
            return f"draw {draw.id} has no final label yet among the posts that the model reads as {told}"
    return "no drawn post has a final label"


def _inside(draw: Draw) -> pl.Expr:
    return (pl.col("posted_at") >= draw.starts) & (pl.col("posted_at") < draw.ends)


def _empty() -> pl.DataFrame:
    numbers = dict.fromkeys(("inclusion_probability", "author_posts"), pl.Float64)
    return pl.DataFrame(schema={"post_id": pl.String, "label": pl.String, **numbers})
