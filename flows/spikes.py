"""One look at all series: outages first, then the spikes of all rules together, less what outages explain."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import polars as pl
from sqlalchemy.engine import Connection

from alerts.counting import step_counts
from alerts.coverage import holding_back
from alerts.explain import explain, simulated_sources
from alerts.follow_up import end
from alerts.outages import incomplete_days, suspects
from alerts.outbox import raise_alert
from alerts.rules import Finding, Key, judge, key_of, last_complete_day, same_spike
from alerts.scoring import score, step_of_rule
from alerts.series import row_of, span_of_stored
from alerts.windows import Step, first_day, last_day
from configs.settings import RuleSettings, Settings
from flows.coverage import raise_outages, sources_out
from flows.progress import track
from flows.reasons import describe
from storage.alerts import alerts, explain_further
from storage.database import Database
from storage.days import Group, day_starts, day_totals, hour_totals, source_spans
from storage.opinions import opinion_frame
from storage.records import Alert
from storage.sources import sources

_DAY = dt.timedelta(days=1)


class Watch:
    """All rules over all complete days, at `now`.

    `held_back` are the spikes that do not stand without what is out; `broken` says of each rule that its detector
    refused, why: the others are judged without it.
    """

    def __init__(self, database: Database, settings: Settings, model: str, now: dt.datetime) -> None:
        self.database, self.settings, self.model, self.now = database, settings, model, now
        self.zone = settings.monitor.zone
        self.held_back: list[Alert] = []
        self.broken: list[str] = []
        self._opinions: dict[str, pl.DataFrame] = {}
        self._totals: dict[tuple[Step, Group, frozenset[str]], pl.DataFrame] = {}
        self._standing: dict[Key, bool] = {}
        self._without: dict[Key, dict[str, Any]] = {}

    def run(self) -> list[Alert]:
        """Stores and returns the new alerts, and records which of the stored ones are over."""
        with self.database.read() as c:
            spans = source_spans(c, self.zone)
            self.first = min((a for a, _ in spans.values()), default=self.now.date())
            self.newest = max((b for _, b in spans.values()), default=self.now.date())
            ends = day_starts(self.newest + _DAY, self.zone)
            self.last_day = last_complete_day(ends - dt.timedelta(microseconds=1), self.now, self.zone)
            out = sources_out(c, self.settings, self.last_day, self.now)
            self.simulated = simulated_sources(sources(c))
        raised = raise_outages(self.database, self.settings, out, self.now)
        return raised + self._spikes(incomplete_days(out.outages)) if spans else raised

    def _spikes(self, incomplete: dict[str, set[dt.date]]) -> list[Alert]:
        rules = self.settings.alerts.rules
        with track("look for spikes", float(len(rules))) as advance:
            scored = []
            with self.database.read() as c:
                for rule in rules:
                    try:
                        scored.append((rule, self._score(c, rule)))
                    except ValueError as error:
                        self.broken.append(f"rule {rule.name}: {error}")
                    advance(1.0)
                earlier = alerts(c, kind="opinion")
        self._say_what_is_over(earlier, {rule.name: frame for rule, frame in scored})
        known = {key_of(alert) for alert in earlier}
        held: set[Key] = set()
        while True:
            found = [
                one
                for one in judge(scored, earlier=earlier, held=held, zone=self.zone)
                if key_of(one.alert) not in known
            ]
            out = [one for one in found if not self._stands(one, incomplete)]
            if not out:
                break
            # What the total of a broken source hid may stand for itself: the rest is judged again without it.
            held |= {key_of(one.alert) for one in out}
        return [stored for one in found if (stored := self._raise(one))]

    def _score(self, c: Connection, rule: RuleSettings, without: Collection[str] = ()) -> pl.DataFrame:
        opinions = self._read(c, rule.target).filter(~pl.col("source").is_in(sorted(without)))
        step = step_of_rule(rule)
        totals = self._counted(c, "hour" if step == "hour" else "day", rule.group, frozenset(without))
        counts = step_counts(opinions, totals, measure=rule.measure, group=rule.group, zone=self.zone, step=step)
        return score(rule, counts, last_day=self.last_day, zone=self.zone)

    def _counted(self, c: Connection, step: Step, group: Group, without: frozenset[str]) -> pl.DataFrame:
        """All posts by day or hour. Most rules ask for the same, and every post is counted for it."""
        key = (step, group, without)
        if key not in self._totals:
            if step == "hour":
                found = hour_totals(c, self.zone, self.first, self.newest, group, without)
            else:
                found = day_totals(c, self.zone, self.first, self.newest, group, without).rename({"day": "time"})
            self._totals[key] = found
        return self._totals[key]

    def _read(self, c: Connection, target: str) -> pl.DataFrame:
        if target not in self._opinions:
            starts, ends = day_starts(self.first, self.zone), day_starts(self.newest + _DAY, self.zone)
            self._opinions[target] = opinion_frame(c, target=target, model=self.model, starts=starts, ends=ends)
        return self._opinions[target]

    def _raise(self, finding: Finding) -> Alert | None:
        """Stores the alert with its explanation; None where it is there already."""
        alert = finding.alert
        with self.database.read() as c:
            opinions = self._read(c, alert.target)
            posts = describe(c, alert, opinions, self.zone)
        without = self._without.get(key_of(alert))
        told = explain(
            replace(alert, explanation={**alert.explanation, "without": without}) if without else alert,
            opinions,
            zone=self.zone,
            events=self.settings.events,
            polls=self.settings.polls,
            simulated=self.simulated,
            posts=posts,
        )
        recipients = finding.recipients
        with self.database.write() as c:
            return raise_alert(c, told, finding.rule, now=self.now, zone=self.zone, recipients=recipients)

    def _stands(self, finding: Finding, incomplete: dict[str, set[dt.date]]) -> bool:
        """Whether the spike is still there when the sources that were out are left out of all days; else held back."""
        key = key_of(finding.alert)
        if key not in self._standing:
            self._standing[key] = self._stands_alone(finding, incomplete)
        return self._standing[key]

    def _stands_alone(self, finding: Finding, incomplete: dict[str, set[dt.date]]) -> bool:
        alert = finding.alert
        out = suspects(incomplete, first_day(alert), last_day(alert)) if self.settings.alerts.coverage.mutes else ()
        if not out:
            return True
        with self.database.read() as c:
            found = row_of(self._score(c, finding.rule, out), alert, self.zone)
        if found is None or not found["alarm"]:
            self._hold_back(alert, finding.rule, out)
            return False
        numbers = {name: round(found[name], 2) for name in ("observed", "expected", "upper")}
        self._without[key_of(alert)] = {"sources": sorted(out), **numbers}
        return True

    def _hold_back(self, alert: Alert, rule: RuleSettings, out: Collection[str]) -> None:
        """Records it once, for all its days, here and with the alerts about the sources."""
        if any(same_spike(alert, other, rule.cooldown_days) for other in self.held_back):
            return
        self.held_back.append(alert)
        with self.database.write() as c:
            for one in alerts(c, kind="coverage"):
                if one.id is not None and (more := holding_back(one, alert, out)):
                    explain_further(c, one.id, more)

    def _say_what_is_over(self, earlier: list[Alert], scored: dict[str, pl.DataFrame]) -> None:
        rules = {rule.name: rule for rule in self.settings.alerts.rules}
        for alert in earlier:
            rule = rules.get(alert.rule)
            if alert.ended is not None or rule is None or rule.name not in scored:
                continue
            span = span_of_stored(scored[rule.name], alert, self.zone)
            if span.ended is not None:
                with self.database.write() as c:
                    end(c, alert, span.ended, span.explanation, rule, now=self.now, zone=self.zone)
