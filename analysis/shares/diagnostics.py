"""What stands beside a share so that a reader can judge it: effective sample size, design effect, concentration."""

from __future__ import annotations

from math import ceil

import numpy as np
import numpy.typing as npt
import polars as pl

from analysis.shares.interval import StanceShare


def effective_sample_size(share: float, standard_error: float) -> float:
    """How many independent authors would give this standard error: share * (1 - share) / standard_error**2.

    `share` lies in (0, 1), `standard_error` > 0; ValueError otherwise, with the offending value. Kish (1965). It says
    nothing about bias, and is undefined where every author agrees: report the count of authors there instead.
    """
    if not 0 < share < 1:
        raise ValueError(f"share={share}: an effective sample size needs a share between 0 and 1")
    if not standard_error > 0:
        raise ValueError(f"standard_error={standard_error}: it must be positive")
    return share * (1 - share) / standard_error**2


def effective_authors(told: StanceShare, n_authors: int) -> float | None:
    """The effective sample size of a share, None where there is no share.

    Where all agree it is the number of answers that the share rests on: of effective labels, or of authors.
    """
    if told.share is None:
        return None
    if told.answers is not None or not 0 < told.share < 1 or not told.standard_error:
        return min(told.answers or n_authors, float(n_authors))
    return effective_sample_size(told.share, told.standard_error)


def design_effect(n_eff: float, n_authors: int) -> float:
    """How many authors stand behind one effective author: n_authors / n_eff (Kish 1965).

    Above 1 where authors contribute unequally; below 1 where soft probabilities vary less among
    authors than yes and no would.
    """
    return n_authors / n_eff


def top_author_share(counts: npt.NDArray[np.int64]) -> float:
    """The part of all posts written by the busiest 1% of the authors (at least one author), in (0, 1]."""
    busiest = np.sort(counts)[::-1][: ceil(counts.size / 100)]
    return float(busiest.sum() / counts.sum())


def near_duplicate_share(digests: pl.Series) -> float:
    """The part of the posts whose text digest an earlier post had, in [0, 1); posts without a digest do not count."""
    digests = digests.cast(pl.String).filter(digests.cast(pl.String).fill_null("") != "")
    return 1 - digests.n_unique() / len(digests) if len(digests) else 0.0
