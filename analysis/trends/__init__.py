"""How a share moves: its level between noisy periods, and whether it rose."""

from analysis.trends.shares import Change, Smoothing, changes, smooth_shares

__all__ = ["Change", "Smoothing", "changes", "smooth_shares"]
