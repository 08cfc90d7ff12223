"""Shares of people from posts: what part of the authors is against, neutral or in favour, with its interval."""

from analysis.shares.assumptions import ASSUMPTIONS, METHODS
from analysis.shares.emq import Prior
from analysis.shares.estimate import Estimate, estimate
from analysis.shares.interval import StanceShare

__all__ = ["ASSUMPTIONS", "METHODS", "Estimate", "Prior", "StanceShare", "estimate"]
