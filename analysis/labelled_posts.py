"""The posts of many cells in one sorted table, so that a cell is a slice of arrays and not a frame of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from analysis.shares.audit import Audited, weigh
from analysis.shares.authors import PROBABILITIES, Authors, Floats
from storage.records import STANCES

_UNLABELLED = -1


@dataclass(frozen=True, slots=True)
class Posts:
    """Posts sorted by cell and unit. `codes`: the label's index in STANCES, -1 without one; `chances`, `drawn_of`: its
    inclusion probability and the number of posts it was taken from (None where the draw does not tell)."""

    ids: pl.Series
    probabilities: Floats
    codes: npt.NDArray[np.int64]
    chances: Floats
    drawn_of: Floats | None

    @classmethod
    def of(cls, frame: pl.DataFrame) -> Posts:
        """From post_id, p_against, p_neutral, p_favor, label, inclusion_probability and perhaps author_posts."""
        p = frame.select(PROBABILITIES).to_numpy().astype(np.float64)
        codes = frame["label"].replace_strict(list(STANCES), range(3), default=_UNLABELLED, return_dtype=pl.Int64)
        drawn_of = frame["author_posts"].cast(pl.Float64).to_numpy() if "author_posts" in frame.columns else None
        return cls(
            frame["post_id"],
            p / p.sum(axis=1, keepdims=True),
            codes.fill_null(_UNLABELLED).to_numpy(),
            frame["inclusion_probability"].to_numpy(),
            drawn_of,
        )

    def cell(
        self, first: int, end: int, means: Floats, counts: npt.NDArray[np.int64]
    ) -> tuple[Authors, Audited | None]:
        """The units of the rows [first, end), with `means` and `counts` of each, and their audit if there is one."""
        rows = slice(first, end)
        authors = Authors(
            posts=self.probabilities[rows],
            author=np.repeat(np.arange(counts.size), counts),
            means=means,
            counts=counts,
            weights=np.ones(counts.size),
            ids=self.ids[rows],
        )
        place = np.flatnonzero(self.codes[rows] != _UNLABELLED)
        if not place.size:
            return authors, None
        drawn_of = None if self.drawn_of is None else self.drawn_of[rows][place]
        return authors, weigh(authors, place, self.codes[rows][place], self.chances[rows][place], drawn_of)
