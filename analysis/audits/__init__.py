"""Audits: which posts people are asked to label, how well they agree, which label counts, and how many are needed."""

from analysis.audits.agreement import Agreement, krippendorff_alpha
from analysis.audits.draw import Sample, allocate, draw_authors
from analysis.audits.final import FINAL_STATES, final_labels
from analysis.audits.labels import LabelSet, label_table, period_labels
from analysis.audits.power import Power, labels_needed, planned_power

__all__ = [
    "FINAL_STATES",
    "Agreement",
    "LabelSet",
    "Power",
    "Sample",
    "allocate",
    "draw_authors",
    "final_labels",
    "krippendorff_alpha",
    "label_table",
    "labels_needed",
    "period_labels",
    "planned_power",
]
