"""Spikes: counts that exceed what a series' own past leads one to expect."""

from analysis.spikes.detector import METHODS, detect
from analysis.spikes.many import select

__all__ = ["METHODS", "detect", "select"]
