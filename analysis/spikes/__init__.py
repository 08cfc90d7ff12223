"""Spikes: counts that exceed what a series' own past leads one to expect."""

from analysis.spikes.detector import METHODS, detect

__all__ = ["METHODS", "detect"]
