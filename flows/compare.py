"""Compare: the monitor's shares beside every published poll."""

from __future__ import annotations

from analysis.evidence import Evidence
from analysis.periods import period_bounds
from analysis.polls import PollError, adjusted, compare, poll_changes, question_of
from configs.settings import PollSettings, Settings
from flows.artifacts import publish_table
from flows.hooks import flow
from flows.labels import read_evidence, read_labels
from flows.progress import track
from flows.runs import running
from flows.workspace import open_workspace
from models.annotator import open_annotator
from storage.database import Database
from storage.opinions import opinion_frame
from storage.polls import replace_comparisons, replace_poll_changes, replace_polls
from storage.records import Comparison, Poll


def poll_record(form: PollSettings) -> Poll:
    """The record of a configured poll: percent become fractions."""
    return Poll(
        poll=form.id,
        pollster=form.pollster,
        starts=form.field.start,
        ends=form.field.end,
        target=form.target,
        question=form.question,
        shares={answer: percent / 100 for answer, percent in form.shares.items()},
        source=form.source,
        n=form.n,
        margin=None if form.margin is None else form.margin / 100,
        mode=form.mode,
        narrative=form.narrative,
    )


def compare_all(database: Database, settings: Settings, model: str) -> list[Comparison]:
    """Every poll of the configuration, from the opinions and labels in its field dates; replaces what was stored."""
    polls = [poll_record(form) for form in settings.polls]
    with database.read() as c:
        labels = {target.id: read_labels(c, target.id, model) for target in settings.targets}
    known = {one.id: read_evidence(database, settings, one, model, labels[one.id]) for one in settings.targets}
    results: list[Comparison] = []
    with track("compare", float(len(polls))) as advance:
        for poll in polls:
            results += _compare_one(database, settings, model, poll, known[poll.target])
            advance(1.0)
    confidence, error = settings.monitor.estimate.confidence, _poll_error(settings)
    questions = {poll.poll: question_of(poll) for poll in polls}
    results = list(adjusted(results, confidence, questions, error))
    changes = poll_changes(polls, results, confidence=confidence, poll_error=error)
    with database.write() as c:
        replace_polls(c, polls)
        replace_comparisons(c, results)
        replace_poll_changes(c, changes)
    return results


def _compare_one(
    database: Database, settings: Settings, model: str, poll: Poll, evidence: Evidence
) -> list[Comparison]:
    monitor = settings.monitor
    starts, _ = period_bounds(poll.starts.isoformat(), monitor.zone)
    _, ends = period_bounds(poll.ends.isoformat(), monitor.zone)
    with database.read() as c:
        opinions = opinion_frame(c, target=poll.target, model=model, starts=starts, ends=ends)
    return list(
        compare(
            [poll],
            opinions,
            target=poll.target,
            model=model,
            zone=monitor.zone,
            confidence=monitor.estimate.confidence,
            draws=monitor.estimate.draws,
            seed=monitor.estimate.seed,
            min_authors=monitor.privacy.min_authors,
            min_effective_n=monitor.estimate.min_effective_n,
            poll_error=_poll_error(settings),
            evidence=evidence,
        )
    )


def _poll_error(settings: Settings) -> PollError:
    estimate = settings.monitor.estimate
    return PollError(estimate.poll_design_effect, estimate.poll_nonsampling_error)


@flow("compare")
def compare_polls(config: str | None = None, database: str | None = None) -> list[Comparison]:
    """Compares the configured model's shares with the configured polls."""
    with open_workspace(config, database) as workspace, running(workspace, "compare"):
        model = open_annotator(workspace.settings).version
        results = compare_all(workspace.database, workspace.settings, model)
    publish_table("compared", results, "The monitor minus each published poll.")
    return results
