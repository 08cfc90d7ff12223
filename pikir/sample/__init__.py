"""The bundled sample: a year of simulated chatter whose true weekly shares are known.

Every text was written by us, every author and number is invented, and every source is titled "[simulated] …". The
dates are those of configs/events.yaml. `python -m pikir.sample` rebuilds data/ and truth.csv from texts.jsonl;
README.md in this folder says what was simulated, how, and what is wrong with the data on purpose.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

FOLDER = Path(__file__).parent
TRUTH = FOLDER / "truth.csv"


def truth() -> pl.DataFrame:
    """The true weekly shares: week (2022-W03), target, among, stance, share in [0, 1], n_authors, n_posts.

    `share` is the share of the people who mentioned the target in that week, each counting once as the mean of the
    true labels of their posts: what `pikir trends` estimates. It holds for the bundled sample alone.
    """
    return pl.read_csv(TRUTH)
