"""Shares of people from posts: what part of the authors is against, neutral or in favour, with its interval."""

from analysis.shares.emq import Prior
from analysis.shares.estimate import METHODS, Estimate, estimate
from analysis.shares.interval import StanceShare

__all__ = ["METHODS", "Estimate", "Prior", "StanceShare", "estimate"]
