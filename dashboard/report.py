"""The report of one period: figures, charts, alerts and method as one file that loads nothing, HTML or PDF."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl
from markupsafe import Markup

from alerts.messages import message
from analysis.periods import period_days
from dashboard.charts import Packed, drawn, trend_spec
from dashboard.reading import Figure, figures
from dashboard.rendering import environment, is_simulated
from dashboard.selection import Selection, series
from dashboard.state import State
from dashboard.words import Language, Words, words_of
from storage.alerts import alerts
from storage.records import Alert, Period

Format = Literal["html", "pdf"]
METHOD = ("whom", "people", "model", "interval", "privacy")


@dataclass(frozen=True, slots=True)
class Told:
    """One figure in words: the stance and its name, the share, its interval with n, how it moved ("" without one)."""

    stance: str
    name: str
    share: str
    interval: str
    change: str
    chance: str


@dataclass(frozen=True, slots=True)
class Section:
    """One target: its figures, or why there are none, and its chart up to the period, None without results."""

    title: str
    figures: tuple[Told, ...]
    chart: Packed | None


@dataclass(frozen=True, slots=True)
class Report:
    """All that a report says, in one language. `alerts`: title and lines of each that was raised in the period."""

    language: Language
    title: str
    notice: str
    sections: tuple[Section, ...]
    alerts: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def empty(self) -> bool:
        """Whether there is no figure of the period at all."""
        return not any(section.figures for section in self.sections)


def compose(state: State, period: str, language: Language) -> Report:
    """The report of a day, an ISO week or a month. ValueError where `period` is none of them."""
    days, words = period_days(period), words_of(language)
    by: Period = "week" if "W" in period else "day" if days.first == days.last else "month"
    with state.read() as c:
        raised = [one for one in alerts(c) if one.kind == "opinion" and _within(one, period)]
    titles = {one.id: words.title(one.title, one.id) for one in state.settings.targets}
    messages = [message(one, language, target_title=titles.get(one.target, one.target)) for one in raised]
    return Report(
        language=language,
        title=words.period(period),
        notice=words("common.simulated") if is_simulated(state) else "",
        sections=tuple(_section(state, words, one.id, by, period) for one in state.settings.targets),
        alerts=tuple((told.title, tuple(told.body.splitlines())) for told in messages),
    )


def letter(state: State, told: Report) -> tuple[str, str]:
    """Title and plain text of a mail that brings the report."""
    words = words_of(told.language)
    lines = [told.notice] if told.notice else []
    for section in told.sections:
        for one in section.figures:
            change = f"; {one.change}, {one.chance}" if one.change else ""
            lines.append(f"{section.title}: {one.name} {one.share} ({one.interval}){change}.")
    lines.append(words("report.alerts", n=words.number(len(told.alerts))))
    title = words("report.title", monitor=state.settings.monitor.name, period=told.title)
    return title, "\n".join(lines)


def report(state: State, period: str, language: Language) -> str:
    """The report as HTML."""
    told = compose(state, period, language)
    style = (Path(__file__).parent / "static" / "pikir.css").read_text(encoding="utf-8")
    charts = [
        base64.b64encode(drawn(state, one.chart, "svg")[0]).decode() if one.chart else "" for one in told.sections
    ]
    return environment.get_template("report.html").render(
        t=words_of(language),
        told=told,
        sections=list(zip(told.sections, charts, strict=True)),
        method=METHOD,
        css=Markup(style),  # noqa: S704
    )


def _section(state: State, words: Words, target: str, by: Period, period: str) -> Section:
    chosen = Selection(target, by, last=period_days(period).first)
    with state.read() as c:
        frame = series(c, chosen, state.model_in(c))
    titles = state.settings.target(target).title
    now = frame.filter(pl.col("period") == period)
    confidence = state.settings.monitor.estimate.confidence
    found = [one for one in figures(frame, by, confidence) if one.period == period] if now.height else []
    return Section(
        title=titles.get(words.language, titles.get("en", target)),
        figures=tuple(_told(words, one) for one in found),
        chart=trend_spec(state, words, chosen, smoothed=False) if frame.height else None,
    )


def _told(words: Words, one: Figure) -> Told:
    interval = words("overview.interval", interval=words.interval(one.low, one.high))
    change = chance = ""
    if one.change is not None:
        change = words("overview.since", points=words.points(one.change.change))
        rises = one.change.p_rise >= 0.5
        likely = words.percent(one.change.p_rise if rises else 1 - one.change.p_rise)
        basis = words(f"overview.{one.change.basis}")
        chance = f"{words('overview.rise' if rises else 'overview.fall', p=likely)}, {basis}"
    people = f"{words.number(one.n_authors)} {words('common.people')}"
    name = words(f"stance.{one.stance}")
    return Told(one.stance, name, words.percent(one.share), f"{interval} · {people}", change, chance)


def _within(alert: Alert, period: str) -> bool:
    try:
        found, asked = period_days(alert.window[:10]), period_days(period)
    except ValueError:
        return False
    return found.first <= asked.last and found.last >= asked.first
