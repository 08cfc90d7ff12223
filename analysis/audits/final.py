"""Which label counts where several people labelled a post."""

from __future__ import annotations

import polars as pl

FINAL_STATES = ("adjudicated", "agreed", "majority", "disagreed", "undecided")
_KEY = ("source", "native_id")


def final_labels(audits: pl.DataFrame, adjudications: pl.DataFrame) -> pl.DataFrame:
    """One row for each post of one target that somebody labelled blind: its final label, or why there is none.

    `audits`: the columns of `Audit`; corrections (inclusion_probability null) and answers not given yet are left out.
    `adjudications`: those of `Adjudication`. Columns: source, native_id, label (null without a final one), state,
    coders (labels given, "cannot tell" not counted), votes ("against 1, favor 1"), ordered by source and native_id.
    The states, in the order in which they decide: adjudicated (what was settled counts, also where it says that the
    post cannot be decided: label null); agreed (all who gave a label gave the same one, be it one coder); majority
    (more than half of them did); disagreed (to be adjudicated: no label until then); undecided (nobody could tell).
    """
    given = audits.filter(pl.col("inclusion_probability").is_not_null(), pl.col("labelled_at").is_not_null())
    tally = (
        given.group_by(*_KEY, "label")
        .len("n")
        .sort(*_KEY, "n", "label", descending=[False, False, True, False])
        .group_by(_KEY, maintain_order=True)
        .agg(
            pl.col("label").drop_nulls().first().alias("top"),
            pl.col("n").filter(pl.col("label").is_not_null()).first().fill_null(0).alias("most"),
            pl.col("n").filter(pl.col("label").is_not_null()).sum().alias("coders"),
            pl.concat_str("label", pl.lit(" "), "n").drop_nulls().str.join(", ").alias("votes"),
        )
    )
    settled = adjudications.select(*_KEY, pl.col("label").alias("settled"), pl.lit(True).alias("is_settled"))
    joined = tally.join(settled, on=_KEY, how="full", coalesce=True).with_columns(
        pl.col("coders").fill_null(0), pl.col("most").fill_null(0), pl.col("votes").fill_null("")
    )
    state = (
        pl.when(pl.col("is_settled").fill_null(False))
        .then(pl.lit("adjudicated"))
        .when(pl.col("coders") == 0)
        .then(pl.lit("undecided"))
        .when(pl.col("most") == pl.col("coders"))
        .then(pl.lit("agreed"))
        .when(2 * pl.col("most") > pl.col("coders"))
        .then(pl.lit("majority"))
        .otherwise(pl.lit("disagreed"))
    )
    label = (
        pl.when(pl.col("state") == "adjudicated")
        .then(pl.col("settled"))
        .when(pl.col("state").is_in(["agreed", "majority"]))
        .then(pl.col("top"))
    )
    told = joined.with_columns(state=state).with_columns(label=label)
    return told.select(*_KEY, "label", "state", pl.col("coders").cast(pl.Int64), "votes").sort(_KEY)
