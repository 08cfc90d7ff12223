"""What is known of the sources' completeness, read for the alerts to the operator and for what these hold back."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy.engine import Connection

from alerts.coverage import coverage_alerts, last_of, outage_end
from alerts.follow_up import end
from alerts.outages import Outage, find_outages
from alerts.outbox import raise_alert
from analysis.volumes import judge_volumes
from configs.settings import Settings
from storage.alerts import alerts
from storage.coverage import coverage_frame
from storage.database import Database
from storage.gaps import missing_by_day
from storage.records import Alert
from storage.source_states import source_states


@dataclass(frozen=True)
class SourcesOut:
    """Every outage of every source, and the judged volumes that they were found in."""

    outages: list[Outage]
    judged: pl.DataFrame


def sources_out(c: Connection, settings: Settings, last_day: dt.date, now: dt.datetime) -> SourcesOut:
    """The outages up to `last_day`, the last complete local day; of live sources up to yesterday."""
    zone, rule = settings.monitor.zone, settings.alerts.coverage
    yesterday = now.astimezone(zone).date() - dt.timedelta(days=1)
    volumes = _volumes(c, settings, min(last_day, yesterday), yesterday)
    watched = {form.name for form in settings.sources if form.enabled}
    judged = judge_volumes(volumes, false_alarms_per_month=rule.false_alarms_per_month)
    outages = find_outages(
        judged,
        missing_by_day(c, zone, "unknown"),
        [state for name, state in source_states(c).items() if name in watched],
        missing_share=rule.missing_share,
        yesterday=yesterday,
        zone=zone,
    )
    return SourcesOut(outages, judged)


def _volumes(c: Connection, settings: Settings, last_day: dt.date, yesterday: dt.date) -> pl.DataFrame:
    """Posts by source and day. A watched source that fell silent has days of 0 behind its last post."""
    frame = coverage_frame(c).select("source", "day", "posts")
    ends = {form.name: last_day if form.path else yesterday for form in settings.sources if form.enabled}
    newest = dict(frame.group_by("source").agg(pl.col("day").max()).iter_rows())
    silent = [
        (source, newest[source] + dt.timedelta(days=n), 0)
        for source, last in ends.items()
        if source in newest
        for n in range(1, (last - newest[source]).days + 1)
    ]
    whole = pl.concat([frame, pl.DataFrame(silent, schema=frame.schema, orient="row")])
    until = pl.col("source").replace_strict(ends, default=last_day, return_dtype=pl.Date)
    return whole.filter(pl.col("day") <= until)


def raise_outages(database: Database, settings: Settings, out: SourcesOut, now: dt.datetime) -> list[Alert]:
    """Says of stored coverage alerts that are over that they are; stores new ones and gives them back."""
    rule, zone = settings.alerts.coverage, settings.monitor.zone
    if not rule.enabled:
        return []
    raised = []
    with database.write() as c:
        _end(c, settings, out.outages, now, zone)
        for alert in coverage_alerts(out.outages, rule.name, alerts(c, kind="coverage"), out.judged):
            last = now.astimezone(zone).date() if alert.ended is None else last_of(alert)
            if stored := raise_alert(c, alert, rule, now=now, zone=zone, last=last):
                raised.append(stored)
    return raised


def _end(c: Connection, settings: Settings, outages: list[Outage], now: dt.datetime, zone: ZoneInfo) -> None:
    today = now.astimezone(zone).date()
    for alert in alerts(c, kind="coverage"):
        ended = outage_end(alert, outages, today) if alert.ended is None else None
        if ended is not None:
            end(c, alert, ended, {}, settings.alerts.coverage, now=now, zone=zone)
