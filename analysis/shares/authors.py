"""Posts as the estimators see them: checked, and gathered by author."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from storage.records import STANCES

Floats = npt.NDArray[np.float64]
PROBABILITIES = ("p_against", "p_neutral", "p_favor")
LEAST_CHANCE = 1e-12
"""Inclusion probabilities below this are mistakes: no draw is from so many."""
_LEAST_WEIGHT = 1e-100
_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True)
class Authors:
    """`posts`: probabilities by post, (posts, 3), in the order of STANCES, sorted by author.

    `author`: the index of each post's author. `means`: mean probabilities of each author's posts,
    (authors, 3). `counts`: posts of each author. `weights`: what each author stands for, scaled to a
    mean of 1. `ids`: the post ids, in the order of `posts`.
    """

    posts: Floats
    author: npt.NDArray[np.int64]
    means: Floats
    counts: npt.NDArray[np.int64]
    weights: Floats
    ids: pl.Series

    @property
    def size(self) -> int:
        """How many authors."""
        return int(self.counts.size)

    @property
    def parts(self) -> Floats:
        """The part of the whole that each author is, summing to 1."""
        return np.asarray(self.weights / self.weights.sum())

    @property
    def post_parts(self) -> Floats:
        """The part of the whole that each post is: its author's, shared by his posts."""
        return np.asarray((self.parts / self.counts)[self.author])


def read_posts(posts: pl.DataFrame, weights: pl.DataFrame | None = None) -> tuple[pl.DataFrame, dict[str, int]]:
    """The usable posts with a column `weight`, and how many rows were set aside for which reason.

    Columns: post_id, author (empty or absent name: an author of its own), p_against, p_neutral,
    p_favor, each in [0, 1] and summing to 1 within 0.001 (they are then scaled to sum to 1 exactly).
    Weights of authors come from `weights` (author, weight) or from a column weight of the posts, and are 1
    without either; ValueError where an author has two weights or no row is usable; TypeError and ValueError as in
    `require`.
    """
    require(posts, ("post_id", "author"), PROBABILITIES, "posts", maybe=("weight",))
    frame = _weighted(posts, weights).with_columns(
        pl.col("post_id").cast(pl.String),
        *(pl.col(name).cast(pl.Float64, strict=False) for name in PROBABILITIES),
    )
    values = [pl.col(name) for name in PROBABILITIES]
    total = pl.sum_horizontal(values)
    weight = pl.col("weight")
    reason = (
        pl.when(_empty(pl.col("post_id")))
        .then(pl.lit("post_id is empty"))
        .when(pl.any_horizontal([value.is_null() | value.is_nan() for value in values]))
        .then(pl.lit("a probability is missing or not a number"))
        .when(pl.any_horizontal([(value < 0) | (value > 1) for value in values]))
        .then(pl.lit("a probability lies outside [0, 1]"))
        .when((total - 1).abs() > _TOLERANCE)
        .then(pl.lit("probabilities do not sum to 1"))
        .when(weight.is_null())
        .then(pl.lit("its author has no weight"))
        .when(~weight.is_between(_LEAST_WEIGHT, 1 / _LEAST_WEIGHT))
        .then(pl.lit("its author's weight is not a positive number"))
        .when(~pl.col("post_id").is_first_distinct())
        .then(pl.lit("post_id was given before"))
    )
    good, aside = split(frame, reason)
    if good.height == 0:
        raise ValueError(f"none of the {posts.height} posts is usable: {_told(aside) or 'there are no rows'}")
    return good.with_columns([value / total for value in values]), aside


def _weighted(posts: pl.DataFrame, weights: pl.DataFrame | None) -> pl.DataFrame:
    frame = posts.with_columns(pl.col("author").cast(pl.String).fill_null("").str.strip_chars())
    if weights is not None:
        require(weights, ("author",), ("weight",), "weights")
        table = weights.select(
            pl.col("author").cast(pl.String).str.strip_chars(), pl.col("weight").cast(pl.Float64, strict=False)
        ).unique()
        frame = frame.drop("weight", strict=False).join(table, on="author", how="left", maintain_order="left")
    elif "weight" in frame.columns:
        frame = frame.with_columns(pl.col("weight").cast(pl.Float64, strict=False))
    else:
        return frame.with_columns(weight=pl.lit(1.0))
    given = frame.filter(pl.col("author") != "").select("author", "weight") if weights is None else table
    twice = given.group_by("author").agg(pl.col("weight").n_unique()).filter(pl.col("weight") > 1)
    if twice.height:
        raise ValueError(
            f"{twice.height} authors have more than one weight, for example {twice['author'].min()!r}: give one each"
        )
    return frame


def read_labels(labels: pl.DataFrame, known: pl.Series) -> tuple[pl.DataFrame, dict[str, int]]:
    """The usable labels of `known` posts, and how many rows were set aside for which reason.

    Columns: post_id, label (against, neutral or favor), inclusion_probability in (0, 1] (empty: the post was chosen
    by somebody, and its label cannot stand for others). A post whose rows disagree has no label. TypeError and
    ValueError as in `require`.
    """
    require(labels, ("post_id", "label"), ("inclusion_probability",), "labels", maybe=("author_posts",))
    frame = labels.with_columns(
        pl.col("post_id").cast(pl.String),
        pl.col("label").cast(pl.String).str.strip_chars().str.to_lowercase(),
        pl.col("inclusion_probability").cast(pl.Float64, strict=False),
        given=pl.col("inclusion_probability").cast(pl.String),
    )
    chance = pl.col("inclusion_probability")
    reason = (
        pl.when(~pl.col("label").is_in(STANCES).fill_null(False))
        .then(pl.lit("label is none of against, neutral, favor"))
        .when(pl.col("inclusion_probability").is_null() & _empty(pl.col("given")))
        .then(pl.lit("purposive label: without inclusion_probability"))
        .when(chance.is_null() | chance.is_nan() | (chance <= 0) | (chance > 1))
        .then(pl.lit("inclusion_probability lies outside (0, 1]"))
        .when(chance < LEAST_CHANCE)
        .then(pl.lit(f"inclusion_probability is below {LEAST_CHANCE:g}"))
        .when(~pl.col("post_id").is_in(known.implode()).fill_null(False))
        .then(pl.lit("label of a post that is not among the posts"))
    )
    usable, aside = split(frame, reason)
    repeated = (
        pl.when(pl.struct("label", "inclusion_probability").n_unique().over("post_id") > 1)
        .then(pl.lit("post has labels that disagree: settle them first"))
        .when(~pl.col("post_id").is_first_distinct())
        .then(pl.lit("post was labelled before"))
    )
    good, more = split(usable, repeated)
    return good.drop("given"), aside | more


def _empty(text: pl.Expr) -> pl.Expr:
    return text.fill_null("").str.strip_chars() == ""


def gather(posts: pl.DataFrame) -> Authors:
    """The posts by author, in the order of author and post id: the same for any order of the rows."""
    own = pl.col("author") == ""
    key = pl.when(own).then(pl.lit("p:") + pl.col("post_id")).otherwise(pl.lit("a:") + pl.col("author"))
    frame = posts.with_columns(key=key).sort("key", "post_id")
    author = frame["key"].rle_id().cast(pl.Int64).to_numpy()
    values = frame.select(PROBABILITIES).to_numpy().astype(np.float64)
    counts = np.bincount(author)
    weights = np.bincount(author, weights=frame["weight"].to_numpy()) / counts
    return Authors(
        values, author, mean_by_author(values, author, counts), counts, weights / weights.mean(), frame["post_id"]
    )


def mean_by_author(values: Floats, author: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]) -> Floats:
    """The mean of each author's rows of `values`, (authors, columns)."""
    sums = [np.bincount(author, weights=values[:, k], minlength=counts.size) for k in range(values.shape[1])]
    return np.column_stack(sums) / counts[:, None]


def split(frame: pl.DataFrame, reason: pl.Expr) -> tuple[pl.DataFrame, dict[str, int]]:
    """Rows without a reason, and the number of the others by reason."""
    marked = frame.with_columns(reason=reason)
    aside = marked.filter(pl.col("reason").is_not_null()).group_by("reason").len().sort("reason")
    return marked.filter(pl.col("reason").is_null()).drop("reason"), dict(aside.iter_rows())


def require(
    frame: pl.DataFrame, texts: tuple[str, ...], numbers: tuple[str, ...], name: str, maybe: tuple[str, ...] = ()
) -> None:
    """Nothing where `frame` has these columns with values that can be read as texts and numbers.

    `maybe`: columns of numbers that may be absent. TypeError for anything but a DataFrame, ValueError for a missing
    column and for one of another type, a list for example.
    """
    if not isinstance(frame, pl.DataFrame):
        raise TypeError(f"{name}: a Polars DataFrame is needed, found {type(frame).__name__}")
    missing = [column for column in (*texts, *numbers) if column not in frame.columns]
    if missing:
        raise ValueError(
            f"{name} lack the column {', '.join(missing)}; found {', '.join(frame.columns) or 'no columns'}"
        )
    for column in (*texts, *numbers, *(one for one in maybe if one in frame.columns)):
        kind = frame.schema[column]
        readable = kind.is_numeric() or kind in (pl.String, pl.Boolean, pl.Null)
        if not readable and (column not in texts or kind.is_nested() or kind in (pl.Binary, pl.Object)):
            wanted = "texts" if column in texts else "numbers"
            raise ValueError(f"{name}: the column {column} holds {kind}, and {wanted} are needed")


def _told(aside: dict[str, int]) -> str:
    return "; ".join(f"{count}: {reason}" for reason, count in aside.items())
