"""What holds between the files: names are unique, and what one file names stands in another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from configs.alerting import AlertSettings
from configs.errors import did_you_mean
from configs.forms import Name
from configs.reporting import ReportSettings
from configs.subjects import EventSettings, PollSettings, TargetSettings


@dataclass(frozen=True, slots=True)
class Broken:
    """A name that does not hold: `part` is the list it stands in, `place` where in it."""

    part: str
    place: tuple[str | int, ...]
    found: str
    allowed: str


def repeated(part: str, key: str, names: Sequence[str | None]) -> Iterator[Broken]:
    """Every name that was there before. None stands for an entry that could not be read."""
    first: dict[str, int] = {}
    for index, name in enumerate(names):
        if name is not None and first.setdefault(name, index) != index:
            found = f"the {key} {name!r} is taken by number {first[name] + 1} of {part}"
            yield Broken(part, (index, key), found, f"each {key} once")


def unknown_targets(
    known: Iterable[Name],
    polls: Sequence[PollSettings | None],
    events: Sequence[EventSettings | None],
    alerts: AlertSettings | None,
) -> Iterator[Broken]:
    """Every poll, event and rule about a target that has no file."""
    targets = sorted(known)
    for index, poll in enumerate(polls):
        if poll and poll.target not in targets:
            yield _unknown("polls", (index, "target"), "target", poll.target, targets)
    for index, event in enumerate(events):
        for place, target in enumerate(event.targets if event else ()):
            if target not in targets:
                yield _unknown("events", (index, "targets", place), "target", target, targets)
    for index, rule in enumerate(alerts.rules if alerts else ()):
        if rule.target not in targets:
            yield _unknown("alerts", ("rules", index, "target"), "target", rule.target, targets)


def unknown_narratives(
    targets: Sequence[TargetSettings | None], polls: Sequence[PollSettings | None]
) -> Iterator[Broken]:
    """Every poll about a narrative that its target does not list."""
    known = {target.id: sorted(one.name for one in target.narratives) for target in targets if target}
    for index, poll in enumerate(polls):
        if poll and poll.narrative and poll.narrative not in known.get(poll.target, [poll.narrative]):
            yield _unknown("polls", (index, "narrative"), "narrative", poll.narrative, known[poll.target])


def unknown_recipients(alerts: AlertSettings | None) -> Iterator[Broken]:
    """Every recipient of a rule, of outages, or of the operator's alerts, who is not among the recipients."""
    if alerts is None:
        return
    known = sorted(recipient.name for recipient in alerts.recipients)
    tellings = [(("rules", index), rule) for index, rule in enumerate(alerts.rules)]
    for where, telling in (*tellings, (("coverage",), alerts.coverage), (("operator",), alerts.operator)):
        for key in ("recipients", "escalate_to"):
            for place, name in enumerate(getattr(telling, key)):
                if name not in known:
                    yield _unknown("alerts", (*where, key, place), "recipient", name, known)


def unknown_report_recipients(report: ReportSettings, alerts: AlertSettings) -> Iterator[Broken]:
    """Every recipient of the report in monitor.yaml who is not among the recipients of alerts.yaml."""
    known = sorted(recipient.name for recipient in alerts.recipients)
    for place, name in enumerate(report.recipients):
        if name not in known:
            yield _unknown("monitor", ("report", "recipients", place), "recipient", name, known)


def _rules_named_as_ours(alerts: AlertSettings | None) -> Iterator[Broken]:
    """Every rule whose name is that of the alerts about sources, or of those about the monitor itself."""
    if alerts is None:
        return
    taken = {alerts.operator.name: ("the monitor", "operator"), alerts.coverage.name: ("sources", "coverage")}
    if len(taken) == 1:
        found = f"the name {alerts.operator.name!r} is that of the alerts about sources"
        yield Broken("alerts", ("operator", "name"), found, "another name, or another `coverage.name`")
    for index, rule in enumerate(alerts.rules):
        if rule.name in taken:
            about, key = taken[rule.name]
            found = f"the name {rule.name!r} is that of the alerts about {about}"
            yield Broken("alerts", ("rules", index, "name"), found, f"another name, or another `{key}.name`")


def broken_names(
    targets: Sequence[TargetSettings | None],
    sources: Sequence[str | None],
    polls: Sequence[PollSettings | None],
    events: Sequence[EventSettings | None],
    alerts: AlertSettings | None,
    also_known: Iterable[Name] = (),
) -> Iterator[Broken]:
    """Everything that does not hold between the files. `also_known`: ids of targets whose files are wrong elsewhere."""
    ids = [target.id if target else None for target in targets]
    yield from repeated("targets", "id", ids)
    yield from repeated("sources", "name", sources)
    yield from repeated("polls", "id", [poll.id if poll else None for poll in polls])
    for part in ("rules", "recipients"):
        entries = getattr(alerts, part) if alerts else ()
        for one in repeated(part, "name", [entry.name for entry in entries]):
            yield Broken("alerts", (part, *one.place), one.found, one.allowed)
    yield from unknown_targets({name for name in ids if name} | set(also_known), polls, events, alerts)
    yield from unknown_narratives(targets, polls)
    yield from unknown_recipients(alerts)
    yield from _rules_named_as_ours(alerts)


def _unknown(part: str, place: tuple[str | int, ...], kind: str, name: str, known: list[str]) -> Broken:
    return Broken(
        part, place, f"no {kind} {name!r}{did_you_mean(name, known)}", ", ".join(known) or f"no {kind} is configured"
    )
