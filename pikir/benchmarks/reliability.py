"""The reliability diagram: how often the chosen stance is right, by how sure the model is of it.

Points on the diagonal are calibrated (DeGroot & Fienberg 1983). Each point stands for the rows of one tenth of the
confidence scale; cells of fewer than ten rows are left out.
"""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import numpy as np
import polars as pl
from numpy.typing import NDArray

BINS = 10
_FEWEST = 10
_SIDE = 170


def reliability(probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> pl.DataFrame:
    """One row a bin: mean confidence, accuracy (both in [0, 1]) and the number of rows (at least ten)."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    cell = np.minimum((confidence * BINS).astype(int), BINS - 1)
    frame = pl.DataFrame({"bin": cell, "confidence": confidence, "accuracy": right.astype(float)})
    return (
        frame.group_by("bin")
        .agg(pl.col("confidence").mean(), pl.col("accuracy").mean(), pl.len().alias("rows"))
        .filter(pl.col("rows") >= _FEWEST)
        .sort("bin")
        .drop("bin")
    )


def diagram(sets: Mapping[str, pl.DataFrame], title: str) -> alt.FacetChart:
    """One small panel a set, each the frame that `reliability` gives, the diagonal drawn in."""
    frame = pl.concat([found.with_columns(pl.lit(name).alias("set")) for name, found in sets.items()])
    data = alt.Data(values=frame.to_dicts())
    scale = alt.Scale(domain=[0.3, 1])
    x = alt.X("confidence:Q", title="probability given to the chosen stance", scale=scale)
    points = (
        alt.Chart()
        .mark_line(point=True, color="#2166ac", clip=True)
        .encode(
            x=x,
            y=alt.Y("accuracy:Q", title="share that is right", scale=alt.Scale(domain=[0.3, 1])),
            tooltip=["set:N", "confidence:Q", "accuracy:Q", "rows:Q"],
        )
    )
    diagonal = (
        alt.Chart()
        .transform_calculate(at="datum.confidence")
        .mark_line(color="#999999", strokeDash=[4, 4])
        .encode(x=x, y=alt.Y("at:Q"))
    )
    panel = alt.layer(diagonal, points, data=data).properties(width=_SIDE, height=_SIDE)
    return panel.facet(facet=alt.Facet("set:N", title=None, sort=list(sets)), columns=4).properties(title=title)
