"""The trend chart is a valid specification that holds what was given."""

import datetime as dt
import json

import polars as pl

from analysis.charts import trend_chart
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
