"""What charts say, in one language; English unless told otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ChartWords:
    """The words on axes, labels and tooltips. `stances` names against, neutral and favor; `months` twelve short names.

    Without months they are English.
    """

    share: str = "share"
    interval: str = "interval"
    period: str = "period"
    authors: str = "authors"
    posts: str = "posts"
    incomplete: str = "incomplete"
    poll: str = "poll"
    monitor: str = "monitor"
    question: str = "question"
    event: str = "event"
    source: str = "source"
    day: str = "day"
    missing: str = "missing ids"
    nothing: str = "nothing collected"
    difference: str = "monitor minus poll, percentage points"
    verdict: str = "verdict"
    value: str = "group"
    daily: str = "posts a day"
    weekly: str = "posts a week"
    months: tuple[str, ...] = ()
    stances: dict[str, str] = field(
        hash=False,
        default_factory=lambda: {"against": "against", "neutral": "neutral", "favor": "in favour"},
    )
    verdicts: dict[str, str] = field(
        hash=False,
        default_factory=lambda: {
            "above": "above",
            "below": "below",
            "consistent": "consistent",
            "insufficient": "insufficient",
        },
    )
