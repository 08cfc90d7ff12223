"""The monitor's shares beside published polls: levels, the house effect, changes, and who moves first."""

from analysis.polls.adjust import adjusted
from analysis.polls.changes import poll_changes
from analysis.polls.compare import PollError, compare
from analysis.polls.equivalence import equivalence
from analysis.polls.house import HouseEffect, house_effect
from analysis.polls.lead_lag import LeadLag, lead_lag
from analysis.polls.questions import by_question, question_of
from analysis.polls.standing import Standing, adjusted_level, standing

__all__ = [
    "HouseEffect",
    "LeadLag",
    "PollError",
    "Standing",
    "adjusted",
    "adjusted_level",
    "by_question",
    "compare",
    "equivalence",
    "house_effect",
    "lead_lag",
    "poll_changes",
    "question_of",
    "standing",
]
