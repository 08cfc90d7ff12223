"""The monitor's shares beside published polls."""

from analysis.polls.compare import PollError, compare

__all__ = ["PollError", "compare"]
