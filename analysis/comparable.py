"""Which of the monitor's bases a poll's answers are shares of."""

from __future__ import annotations

from storage.records import Among, Poll


def among_of(poll: Poll) -> Among:
    """Whom a poll's shares are shares of: all respondents, unless only the two sides are given and sum to 1."""
    sides = poll.shares.get("against", 0.0) + poll.shares.get("favor", 0.0)
    return "opinionated" if "neutral" not in poll.shares and sides >= 0.98 else "all"
