"""Whether two shares that differ by less than a margin may be called the same: two one-sided tests."""

from __future__ import annotations

from typing import Literal

from scipy.special import ndtri

MARGIN = 0.05
"""Five points: a smaller difference is called equivalent."""
Equivalence = Literal["equivalent", "different", "undecided"]


def equivalence(difference: float, error: float, margin: float = MARGIN, level: float = 0.05) -> Equivalence:
    """ "equivalent", "different" or "undecided", by two one-sided tests at `level` (Schuirmann 1987).

    `difference` and its standard error `error` > 0 are fractions. Equivalent: the interval at 1 - 2 * level (90%) lies
    inside (-margin, margin). Different: the whole interval lies outside. A poll whose non-sampling error is 3.5 points
    has a 90% interval of at least 5.8 points to either side: one such poll can never show equivalence at five points,
    however many people the monitor has; undecided is then the honest answer.
    """
    if not error > 0:
        raise ValueError(f"error={error}: a standard error above 0 is needed")
    reach = -float(ndtri(level)) * error
    if abs(difference) + reach < margin:
        return "equivalent"
    return "different" if abs(difference) - reach > margin else "undecided"
