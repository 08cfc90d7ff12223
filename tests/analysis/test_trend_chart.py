"""The trend chart is a valid specification that holds what was given."""

import datetime as dt
import json
from functools import partial
from typing import Any

import polars as pl

from analysis.charts import ChartWords, panels, specification, trend_chart
from storage.records import Poll

SHARES = pl.DataFrame(
    {
        "starts": [dt.date(2022, 10, 3), dt.date(2022, 10, 10), dt.date(2022, 10, 17)],
        "stance": ["against"] * 3,
        "share": [0.3, None, 0.4],
        "low": [0.25, None, 0.3],
        "high": [0.35, None, 0.5],
        "complete": [True, True, False],
    }
)


def test_interval_incomplete_periods_polls_events_and_truth_are_drawn() -> None:
    poll = Poll(
        "p", "DEMOSCOPE", dt.date(2022, 10, 4), dt.date(2022, 10, 8), "t", "side", {"against": 0.33}, "u", margin=0.03
    )
    chart = trend_chart(
        SHARES,
        polls=[poll, Poll("n", "x", poll.starts, poll.ends, "t", "fear", {"agree": 0.3}, "u")],
        events=[(dt.date(2022, 10, 12), "mobilisation")],
        truth=SHARES.drop_nulls(),
        title="Against migrants",
    )
    told = json.dumps(chart.to_dict())
    marks = {layer["mark"]["type"] for layer in chart.to_dict()["layer"]}
    assert marks == {"area", "line", "point", "rule", "text"}
    for expected in ("mobilisation", "DEMOSCOPE: side", "2022-10-06", "Against migrants"):
        assert expected in told
    assert "fear" not in told


def test_a_bare_series_is_a_chart() -> None:
    told = trend_chart(SHARES).to_dict()
    assert "title" not in told
    assert {layer["mark"]["type"] for layer in told["layer"]} == {"area", "rule", "line", "point", "text"}


def held(chart: Any) -> Any:
    """The specification that the page sends, with its rows where the chart itself has them; looks are left out."""
    spec = json.loads(specification(chart, ChartWords()))
    rows = spec.pop("datasets")

    def filled(part: Any) -> Any:
        if isinstance(part, dict):
            return (
                {"values": rows[part["name"]]} if part.keys() == {"name"} else {k: filled(v) for k, v in part.items()}
            )
        return [filled(one) for one in part] if isinstance(part, list) else part

    return {**filled(spec), "config": {}}


def plain(chart: Any) -> Any:
    """The same from Altair alone."""
    return json.loads(json.dumps({**chart().to_dict(), "config": {}}))


def test_a_chart_that_was_drawn_before_shows_its_own_rows() -> None:
    poll = Poll("p", "x", dt.date(2022, 10, 4), dt.date(2022, 10, 8), "t", "side", {"against": 0.33}, "u")
    other = SHARES.with_columns(pl.col("share") + 0.2, complete=pl.Series([False, True, True]))
    for shares in (SHARES, other):
        for more in ({}, {"polls": [poll]}, {"events": [(dt.date(2022, 10, 12), "law")]}, {"smoothed": shares}):
            chart = partial(trend_chart, shares, **more)
            assert held(chart) == plain(chart)
    split = pl.concat([SHARES.with_columns(value=pl.lit("a")), other.with_columns(value=pl.lit("b"))])
    for column in (pl.lit("b"), pl.col("value")):
        chart = partial(panels, split.with_columns(value=column))
        assert held(chart) == plain(chart)
