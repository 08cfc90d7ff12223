"""The report of one period as a single HTML file: figures, charts, alerts, method; it loads nothing."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import polars as pl
from markupsafe import Markup

from alerts.messages import message
from analysis.periods import period_days
from dashboard.charts import drawn, trend_spec
from dashboard.reading import figures
from dashboard.rendering import environment, is_simulated
from dashboard.selection import Selection, series
from dashboard.state import State
from dashboard.words import Language, Words, words_of
from storage.alerts import alerts
from storage.records import Alert, Period


def report(state: State, period: str, language: Language) -> str:
    """The report of a day, an ISO week or a month. ValueError where `period` is none of them."""
    days, words = period_days(period), words_of(language)
    by: Period = "week" if "W" in period else "day" if days.first == days.last else "month"
    with state.read() as c:
        raised = [one for one in alerts(c) if one.kind == "opinion" and _within(one, period)]
    style = (Path(__file__).parent / "static" / "pikir.css").read_text(encoding="utf-8")
    return environment.get_template("report.html").render(
        t=words,
        period=period,
        css=Markup(style),  # noqa: S704
        simulated=is_simulated(state),
        targets=[_target(state, words, one.id, by, period) for one in state.settings.targets],
        alerts=[(told.title, told.body) for told in (message(one, language) for one in raised)],
    )


def _target(state: State, words: Words, target: str, by: Period, period: str) -> dict[str, Any]:
    last = period_days(period).first
    chosen = Selection(target, by, last=last)
    with state.read() as c:
        frame = series(c, chosen, state.model_in(c))
    titles = state.settings.target(target).title
    now = frame.filter(pl.col("period") == period)
    chart = drawn(state, trend_spec(state, words, chosen, smoothed=False), "svg")[0] if frame.height else b""
    confidence = state.settings.monitor.estimate.confidence
    told = [one for one in figures(frame, by, confidence) if one.period == period] if now.height else []
    return {
        "title": titles.get(words.language, titles.get("en", target)),
        "figures": told,
        "chart": base64.b64encode(chart).decode(),
    }


def _within(alert: Alert, period: str) -> bool:
    try:
        found, asked = period_days(alert.window[:10]), period_days(period)
    except ValueError:
        return False
    return found.first <= asked.last and found.last >= asked.first
