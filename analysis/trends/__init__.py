"""Levels between noisy periods, and how probable it is that they rose."""

from analysis.trends.averaging import Level, local_level
from analysis.trends.shares import smooth_shares

__all__ = ["Level", "local_level", "smooth_shares"]
