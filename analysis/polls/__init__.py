"""The monitor's shares beside published polls."""

from analysis.polls.compare import PollError, compare
from analysis.polls.history import with_history
from analysis.polls.house import house_effect
from analysis.polls.leadlag import LeadLag, lead_lag

__all__ = ["LeadLag", "PollError", "compare", "house_effect", "lead_lag", "with_history"]
