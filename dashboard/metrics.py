"""What Prometheus is told: read from the store when it asks, so that it is true whichever process did the work."""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter as Tally
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, generate_latest, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.engine import Connection

from storage.alerts import alerts
from storage.coverage import count_by_source
from storage.current import latest_model
from storage.cursors import ANNOTATE, ESTIMATE, cursors
from storage.database import Database
from storage.opinions import count_opinions
from storage.outbox import dead_letters, pending_deliveries
from storage.records import Cursor, Run
from storage.rejected import count_rejected
from storage.runs import count_runs, heartbeat, latest_runs
from storage.source_states import source_states

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_FRESH_SECONDS = 5.0


class Observed(Collector):
    """The figures of one store. Asked again within five seconds, it gives the same answer: counting costs something."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database, self._clock = database, clock
        self._kept: tuple[float, list[Metric]] | None = None
        self._read: list[Cursor] | None = None
        self._opinions: list[Metric] = []

    def collect(self) -> Iterator[Metric]:
        """Every metric, by name."""
        if self._kept is None or self._clock() - self._kept[0] > _FRESH_SECONDS:
            with self._database.read() as c:
                found = [*_sources(c), *self._counted(c), *_alerts(c), *_runs(c), *_alive(c)]
            self._kept = (self._clock(), found)
        yield from self._kept[1]

    def _counted(self, c: Connection) -> list[Metric]:
        """The opinions, counted anew only where something was read since: there may be very many."""
        read = [one for one in cursors(c) if one.name.startswith((ANNOTATE, ESTIMATE))]
        if read != self._read:
            self._read, self._opinions = read, list(_opinions(c))
        return self._opinions

    def describe(self) -> list[Metric]:
        """Nothing: the registry need not read the store to learn the names."""
        return []


def registry(database: Database) -> CollectorRegistry:
    """A registry of this store alone."""
    made = CollectorRegistry()
    made.register(Observed(database))
    return made


def text(made: CollectorRegistry) -> bytes:
    """The figures in Prometheus' text format."""
    return generate_latest(made)


def start_server(database: Database, host: str, port: int) -> None:
    """Answers Prometheus on a thread of its own. OSError where the port cannot be had."""
    start_http_server(port, addr=host, registry=registry(database))


def _sources(c: Connection) -> Iterator[Metric]:
    now = dt.datetime.now(dt.UTC)
    posts = GaugeMetricFamily("pikir_posts", "Posts stored, by source.", labels=["source"])
    for name, many in sorted(count_by_source(c).items()):
        posts.add_metric([name], many)
    lag = GaugeMetricFamily(
        "pikir_source_lag_seconds", "Seconds since the source was last read to its end.", labels=["source"]
    )
    failures = GaugeMetricFamily(
        "pikir_source_failures", "Readings in a row that did not end well.", labels=["source", "state"]
    )
    waits = CounterMetricFamily(
        "pikir_flood_wait_seconds", "Seconds that Telegram made us wait, by source.", labels=["source"]
    )
    for name, state in sorted(source_states(c).items()):
        if state.complete_at:
            lag.add_metric([name], max(0.0, (now - state.complete_at).total_seconds()))
        failures.add_metric([name, state.state], state.failures)
        waits.add_metric([name], state.waited)
    rejected = GaugeMetricFamily("pikir_rejected", "Records set aside, by source.", labels=["source"])
    for name, many in sorted(count_rejected(c).items()):
        rejected.add_metric([name], many)
    yield from (posts, lag, failures, waits, rejected)


def _opinions(c: Connection) -> Iterator[Metric]:
    metric = GaugeMetricFamily(
        "pikir_opinions", "Opinions by the model whose results are shown.", labels=["target", "stance"]
    )
    for target, stances in sorted(count_opinions(c, latest_model(c)).items()):
        for stance, many in sorted(stances.items()):
            metric.add_metric([target, stance], many)
    yield metric


def _alerts(c: Connection) -> Iterator[Metric]:
    metric = GaugeMetricFamily("pikir_alerts", "Alerts stored, by kind and state.", labels=["kind", "state"])
    for (kind, state), many in sorted(Tally((one.kind, one.state) for one in alerts(c)).items()):
        metric.add_metric([kind, state], many)
    outbox = GaugeMetricFamily("pikir_outbox", "Messages that wait, or were given up.", labels=["state"])
    outbox.add_metric(["pending"], len(pending_deliveries(c)))
    outbox.add_metric(["dead"], len(dead_letters(c)))
    yield from (metric, outbox)


def _runs(c: Connection) -> Iterator[Metric]:
    counted = GaugeMetricFamily(
        "pikir_runs", "Runs of the last 30 days, by flow and how they ended.", labels=["flow", "state"]
    )
    for (flow, state), many in sorted(count_runs(c).items()):
        counted.add_metric([flow, state], many)
    finished = GaugeMetricFamily(
        "pikir_flow_last_finished_timestamp_seconds", "When a run of the flow last ended well.", labels=["flow"]
    )
    took = GaugeMetricFamily("pikir_flow_last_duration_seconds", "How long that run took.", labels=["flow"])
    failing = GaugeMetricFamily("pikir_flow_failing", "1 where the last run of the flow failed.", labels=["flow"])
    for flow, run in sorted(latest_runs(c, "finished").items()):
        if run.ended_at:
            finished.add_metric([flow], run.ended_at.timestamp())
            took.add_metric([flow], _seconds(run))
    for flow, run in sorted(latest_runs(c).items()):
        failing.add_metric([flow], float(run.state == "failed"))
    yield from (counted, finished, took, failing)


def _alive(c: Connection) -> Iterator[Metric]:
    metric = GaugeMetricFamily(
        "pikir_serve_heartbeat_timestamp_seconds", "The last sign of life of pikir serve; 0: it never ran."
    )
    last = heartbeat(c, "serve")
    metric.add_metric([], last.beat_at.timestamp() if last else 0.0)
    yield metric


def _seconds(run: Run) -> float:
    return (run.ended_at - run.started_at).total_seconds() if run.ended_at else 0.0
