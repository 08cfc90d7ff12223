"""What is estimated: shares of people, and how they stand beside published polls."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from storage.records.posts import Stance

Voices = Literal["people", "outlets", "all"]
Among = Literal["opinionated", "all"]
Period = Literal["day", "week", "month"]


@dataclass(frozen=True, slots=True)
class Share:
    """The share of one stance toward a target in one period and group, with its interval.

    `share`, `low`, `high` are None where the group has too few authors to be told (suppressed) or
    nothing to estimate from; `n_authors` then still says how many there were at most. `top_author_share`: part of the
    posts by the busiest 1% of the authors; `near_duplicate_share`: part of the posts that repeat an earlier text of the
    period (None for narratives, and where the group is suppressed).
    """

    target: str
    by: Period
    period: str
    starts: dt.date
    group: str
    value: str
    voices: Voices
    among: Among
    stance: Stance
    model: str
    share: float | None
    low: float | None
    high: float | None
    n_posts: int
    n_authors: int
    n_labels: int
    n_eff: float | None
    deff: float | None
    method: str
    complete: bool
    top_author_share: float | None = None
    near_duplicate_share: float | None = None


@dataclass(frozen=True, slots=True)
class Poll:
    """A published poll question about a target. Shares are fractions; `margin` is a fraction too."""

    poll: str
    pollster: str
    starts: dt.date
    ends: dt.date
    target: str
    question: str
    shares: dict[str, float]
    source: str
    n: int | None = None
    margin: float | None = None
    mode: str = ""
    narrative: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The monitor's share minus a poll's, in the periods that cover the poll's field dates.

    `method`: by which the monitor's share is told (as in `Share`). `narrative` is set where a reason is compared, not a
    stance. `p_equivalent`: the probability that the two differ by
    less than five points. `house`: the monitor's offset learnt from the `house_polls` polls before, with its interval;
    None without any. The adjusted share and difference are free of it; their interval contains its error.
    """

    poll: str
    target: str
    stance: str
    starts: dt.date
    ends: dt.date
    model: str
    monitor_share: float | None
    poll_share: float
    difference: float | None
    low: float | None
    high: float | None
    p_above: float | None
    n_authors: int
    n_eff: float | None
    verdict: Literal["above", "below", "consistent", "insufficient"]
    reason: str = ""
    method: str = ""
    narrative: str = ""
    p_equivalent: float | None = None
    house: float | None = None
    house_low: float | None = None
    house_high: float | None = None
    house_polls: int = 0
    adjusted_share: float | None = None
    adjusted_difference: float | None = None
    adjusted_low: float | None = None
    adjusted_high: float | None = None


@dataclass(frozen=True, slots=True)
class PollChange:
    """How a poll and the monitor moved between two polls of one question; `difference` is monitor minus poll."""

    poll: str
    earlier: str
    target: str
    stance: str
    model: str
    poll_change: float
    monitor_change: float | None
    difference: float | None
    low: float | None
    high: float | None
    p_above: float | None
    verdict: Literal["above", "below", "consistent", "insufficient"]
    reason: str = ""
