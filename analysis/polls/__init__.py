"""The monitor's shares beside published polls."""

from analysis.polls.compare import PollError, compare
from analysis.polls.history import with_history
from analysis.polls.house import house_effect

__all__ = ["PollError", "compare", "house_effect", "with_history"]
