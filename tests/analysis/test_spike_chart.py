"""The chart of an alert, as a specification and as a picture."""

from __future__ import annotations

import datetime as dt

import pytest

from analysis.spike_chart import png, spike_chart

DAY = dt.date(2022, 9, 21)


def series() -> list[dict[str, object]]:
    return [
        {
            "time": (DAY - dt.timedelta(20 - n)).isoformat(),
            "observed": None if n == 5 else 20.0 + (70 if n == 20 else n % 3),
            "expected": None if n < 9 else 21.0,
            "upper": None if n < 9 else 30.0,
            "alert": n == 20,
        }
        for n in range(21)
    ]


def test_the_alert_the_bound_and_the_event_are_drawn() -> None:
    far = DAY - dt.timedelta(days=400)
    chart = spike_chart(series(), title="Мигранты", events=[(DAY, "мобилизация"), (far, "long ago")]).to_dict()
    values = [layer["data"]["values"] for layer in chart["layer"]]
    assert [row["time"] for row in values[0] if row["alert"]] == ["2022-09-21"]
    assert [row["event"] for row in values[-1]] == ["мобилизация"]
    assert chart["title"]["text"] == "Мигранты"


def test_it_is_a_png_without_a_browser_and_the_same_each_time() -> None:
    chart = spike_chart(series(), title="Көшіп келгендер: күрт өсу")
    drawn = png(chart)
    assert drawn.startswith(b"\x89PNG\r\n\x1a\n")
    assert png(chart) == drawn


def test_no_series_is_said() -> None:
    with pytest.raises(ValueError, match="at least one step"):
        spike_chart([])
