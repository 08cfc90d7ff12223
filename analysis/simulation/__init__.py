"""Chatter with a known truth: the bench on which intervals are held to what they promise."""

from analysis.simulation.coverage import coverage
from analysis.simulation.labelling import Design, draw_calibration, draw_labels
from analysis.simulation.population import Language, Population, simulate

__all__ = ["Design", "Language", "Population", "coverage", "draw_calibration", "draw_labels", "simulate"]
