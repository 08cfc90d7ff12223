"""The main job: collect, annotate, estimate, compare, alert, report, maintain; each takes up what is new."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.reports import Mailed
from flows.alert import Alerted, raise_alerts
from flows.annotate import Annotated, annotate_posts
from flows.collect import collect
from flows.compare import compare_polls
from flows.estimate import estimate_shares
from flows.hooks import flow
from flows.maintain import maintain
from flows.report import issue_reports
from flows.runs import running
from flows.share_periods import Estimated
from flows.storing import Collected
from flows.workspace import open_workspace
from storage.records import Comparison


@dataclass(frozen=True)
class Outcome:
    """What each stage of one run did."""

    collected: list[Collected]
    annotated: Annotated
    estimated: Estimated
    compared: list[Comparison]
    alerted: Alerted
    reported: Mailed
    purged: int


@flow("monitor")
def monitor(config: str | None = None, database: str | None = None) -> Outcome:
    """One run of everything, on what is new."""
    with open_workspace(config, database) as workspace, running(workspace, "run"):
        return Outcome(
            collected=collect(config, database),
            annotated=annotate_posts(config, database),
            estimated=estimate_shares(config, database),
            compared=compare_polls(config, database),
            alerted=raise_alerts(config, database),
            reported=issue_reports(config, database),
            purged=maintain(config, database),
        )
