"""Rules and counts in, alerts out: pure, and the same at every run over the same counts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from alerts.scoring import score, step_of_rule
from alerts.series import series_around, span_of
from alerts.windows import Step, first_day, window_of
from analysis.spikes.many import select
from configs.alerting import DAYS_A_MONTH
from configs.settings import RuleSettings
from storage.records import Alert

Scored = tuple[RuleSettings, pl.DataFrame]
Key = tuple[str, str, str, str, str]
_DAYS_A_STEP: dict[Step, float] = {"day": 1.0, "week": 7.0, "hour": 1 / 24}


@dataclass(frozen=True, slots=True)
class Finding:
    """One alert that is to be raised, its rule, and the rules whose series show the same spike."""

    alert: Alert
    rule: RuleSettings
    also: tuple[RuleSettings, ...] = ()

    @property
    def recipients(self) -> tuple[str, ...]:
        """Those of its rule and of the rules that would have told of the same spike."""
        return tuple(dict.fromkeys(name for rule in (self.rule, *self.also) for name in rule.recipients))


def evaluate(
    rule: RuleSettings,
    counts: pl.DataFrame,
    *,
    last_day: dt.date,
    earlier: Collection[Alert] = (),
    zone: ZoneInfo = ZoneInfo("UTC"),
) -> list[Alert]:
    """The alerts that one rule alone raises over its counts, ordered by time; see `judge`.

    `counts` has the columns day (or time), count and perhaps total and value. Steps that reach beyond `last_day`, the
    last complete local day, are not judged.
    """
    named = counts.rename({"day": "time"}) if "day" in counts.columns else counts
    scored = score(rule, named, last_day=last_day, zone=zone)
    return [finding.alert for finding in judge([(rule, scored)], earlier=earlier, zone=zone)]


def judge(
    scored: Sequence[Scored], *, earlier: Collection[Alert] = (), held: Collection[Key] = (), zone: ZoneInfo
) -> list[Finding]:
    """The alerts that all rules together raise over their scored series, ordered by time.

    A step is significant where its count is above the bound of its rule, is at least `min_count`, and stands among all
    series of all rules at the false discovery rate that belongs to the rules' false alarms a month together
    (`analysis.spikes.many`; a rule that may raise more of them has the larger weight: Genovese, Roeder & Wasserman
    2006). Of series that show one spike the total, or the least likely, is told. Steps within `cooldown_days` of the
    last significant one, and consecutive ones in any case, belong to one alert, whose window is its first step and
    whose numbers are that step's; so do the parts of a total that was told. `earlier` are stored alerts: they begin a
    cooldown too, so that counts which changed since (late posts) do not raise the same spike twice. `held`: steps that
    are no news whatever their count (`key_of`), so that their parts are told for themselves.
    """
    findings: list[Finding] = []
    for step in ("week", "day", "hour"):
        of_step = [(rule, frame) for rule, frame in scored if step_of_rule(rule) == step]
        if of_step:
            findings += _Judged(of_step, step, earlier, held, zone).findings()
    return sorted(findings, key=lambda one: (first_day(one.alert), one.alert.window, one.alert.rule, one.alert.value))


def key_of(alert: Alert) -> Key:
    """What tells an alert from all others: rule, target, group, value, window."""
    return alert.rule, alert.target, alert.group, alert.value, alert.window


def same_spike(one: Alert, other: Alert, cooldown_days: int) -> bool:
    """Whether two windows of one series are so near to each other that they are one spike."""
    apart = abs((first_day(one) - first_day(other)).days)
    return key_of(one)[:-1] == key_of(other)[:-1] and apart <= max(cooldown_days, 1)


def last_complete_day(newest_post: dt.datetime, now: dt.datetime, zone: dt.tzinfo) -> dt.date:
    """The local day before that of the newest post, which may still grow.

    It follows from the data, so that a later run over the same posts judges the same days; `now` only keeps a post
    that is dated in the future from declaring today complete.
    """
    return min(newest_post, now).astimezone(zone).date() - dt.timedelta(days=1)


class _Judged:
    """The series of rules with steps of one length."""

    def __init__(
        self,
        scored: Sequence[Scored],
        step: Step,
        earlier: Collection[Alert],
        held: Collection[Key],
        zone: ZoneInfo,
    ) -> None:
        self.rules = {rule.name: rule for rule, _ in scored}
        self.frames = {rule.name: frame for rule, frame in scored}
        self.step, self.zone = step, zone
        self.known: dict[tuple[str, ...], list[dt.date]] = {}
        self.totals: dict[str, list[tuple[dt.date, str]]] = {}
        for alert in earlier:
            self._note(alert)
        self.selected = _selected(self._without(scored, held), step)

    def findings(self) -> list[Finding]:
        significant = self.selected.filter(pl.col("verdict").is_in(["alert", "explained"]) & pl.col("alarm"))
        causes = self._causes(significant)
        previous: dict[tuple[str, str], dt.date] = {}
        found: list[Finding] = []
        for row in significant.sort("day", pl.col("group") != "all", "rule", "value").iter_rows(named=True):
            rule, day = self.rules[row["rule"]], self._day(row["day"])
            last = previous.get((rule.name, row["value"]))
            previous[rule.name, row["value"]] = day
            quiet = max(rule.cooldown_days, 1)
            if row["verdict"] == "explained" or (last is not None and (day - last).days <= quiet):
                continue
            alert = self._alert(rule, row)
            if not self._in_cooldown(alert, day, quiet):
                self._note(alert)
                also = tuple(self.rules[name] for name in causes.get(row["_row"], ()) if name != rule.name)
                found.append(Finding(self._with_company(alert, significant, row), rule, also))
        return found

    def _without(self, scored: Sequence[Scored], held: Collection[Key]) -> list[Scored]:
        """The scored series, in which the steps that are held back are ordinary."""
        frames = []
        for rule, frame in scored:
            steps = {(value, window) for name, _, _, value, window in held if name == rule.name}
            if steps:
                windows = [window_of(self._local(time), self.step) for time in frame["time"]]
                out = pl.Series([place in steps for place in zip(frame["value"], windows, strict=True)])
                alarm, p_value = (
                    pl.when(out).then(False).otherwise("alarm"),
                    pl.when(out).then(1.0).otherwise("p_value"),
                )
                frame = frame.with_columns(alarm=alarm, p_value=p_value)
            frames.append((rule, frame))
        return frames

    def _alert(self, rule: RuleSettings, row: dict[str, Any]) -> Alert:
        alert = Alert(
            rule=rule.name,
            target=rule.target,
            group=rule.group,
            value=row["value"],
            window=window_of(self._local(row["day"]), self.step),
            measure=rule.measure,
            observed=row["observed"],
            expected=row["expected"],
            upper=row["upper"],
            score=row["score"],
        )
        series = self.frames[rule.name].filter(pl.col("value") == row["value"])
        span = span_of(series, row["day"], self.step, self.zone)
        told = {"series": series_around(series, row["day"], self.step, self.zone), **span.explanation}
        return replace(alert, ended=span.ended, explanation=told)

    def _with_company(self, alert: Alert, significant: pl.DataFrame, row: dict[str, Any]) -> Alert:
        """The alert with the other series in which the same spike stands out."""
        others = significant.filter((pl.col("cause") == row["_row"]) & (pl.col("_row") != row["_row"]))
        names = ("rule", "measure", "group", "value", "observed", "expected")
        also = [{**one, "expected": round(one["expected"], 2)} for one in others.select(names).iter_rows(named=True)]
        return replace(alert, explanation={**alert.explanation, "also": also}) if also else alert

    def _causes(self, significant: pl.DataFrame) -> dict[int, list[str]]:
        rules = significant.group_by("cause").agg(pl.col("rule").unique(maintain_order=True))
        return dict(rules.iter_rows())

    def _in_cooldown(self, alert: Alert, day: dt.date, quiet: int) -> bool:
        """Whether an alert of the series lies within the cooldown, or one of the target's total, told to the same."""
        series = self.known.get((alert.rule, alert.target, alert.group, alert.value), [])
        if any(day != one and abs((day - one).days) <= quiet for one in series):
            return True
        soonest = 1 if alert.group == "all" else 0
        totals = self.totals.get(alert.target, [])
        return any(soonest <= (day - one).days <= quiet and self._told(alert.rule, rule) for one, rule in totals)

    def _told(self, rule: str, by: str) -> bool:
        """Whether everybody whom `rule` tells was told by the other rule."""
        other = self.rules.get(by)
        return other is not None and set(self.rules[rule].recipients) <= set(other.recipients)

    def _note(self, alert: Alert) -> None:
        if alert.kind == "opinion":
            self.known.setdefault((alert.rule, alert.target, alert.group, alert.value), []).append(first_day(alert))
            if alert.group == "all":
                self.totals.setdefault(alert.target, []).append((first_day(alert), alert.rule))

    def _day(self, time: dt.date | dt.datetime) -> dt.date:
        local = self._local(time)
        return local.date() if isinstance(local, dt.datetime) else local

    def _local(self, time: dt.date | dt.datetime) -> dt.date | dt.datetime:
        return time.astimezone(self.zone) if isinstance(time, dt.datetime) else time


def _selected(scored: Iterable[Scored], step: Step) -> pl.DataFrame:
    """Every step of every series with its verdict (see `analysis.spikes.many.select`) and the number of its row."""
    days = _DAYS_A_STEP[step]
    frames, budgets, sizes = [], [], []
    for rule, frame in scored:
        series = max(frame["value"].n_unique(), 1)
        sizes.append(series)
        # alpha is that of one series, false_alarms_per_month that of the rule.
        budgets.append(rule.tail(1) * DAYS_A_MONTH / days * (series if rule.alpha is not None else 1))
        about = {"rule": rule.name, "target": rule.target, "measure": rule.measure, "group": rule.group}
        frames.append(frame.with_columns(**{name: pl.lit(text) for name, text in about.items()}))
    mean = sum(budgets) / sum(sizes)
    weighted = [
        frame.with_columns(
            p_value=pl.when(pl.col("observed") < rule.min_count)
            .then(pl.col("p_value") * 0 + 1)
            .otherwise((pl.col("p_value") * mean / (budget / size)).clip(0, 1))
        )
        for (rule, _), frame, budget, size in zip(scored, frames, budgets, sizes, strict=True)
    ]
    candidates = pl.concat(weighted).rename({"time": "day"})
    told = select(candidates, false_alarms_per_month=sum(budgets), days_in_period=days)
    return told.with_row_index("_row")
