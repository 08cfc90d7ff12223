"""Charts as Vega-Lite specifications: the same for the page, the notebook and the report."""

from analysis.charts.coverage import coverage_chart
from analysis.charts.panels import panels
from analysis.charts.polls import poll_chart
from analysis.charts.theme import specification
from analysis.charts.trend import trend_chart
from analysis.charts.words import ChartWords

__all__ = ["ChartWords", "coverage_chart", "panels", "poll_chart", "specification", "trend_chart"]
