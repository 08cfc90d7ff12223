"""Which polls ask the same thing, and in which order they did."""

from __future__ import annotations

from collections.abc import Iterable

from storage.records import Poll

Question = tuple[str, ...]


def question_of(poll: Poll) -> Question:
    """What must agree for two polls to be of one question: target, narrative, wording and the set of answers.

    Whoever asks: pollsters that repeat each other's wording make one series.
    """
    return poll.target, poll.narrative, " ".join(poll.question.lower().split()), *sorted(poll.shares)


def by_question(polls: Iterable[Poll]) -> dict[Question, list[Poll]]:
    """The polls of each question in the order of their field dates."""
    series: dict[Question, list[Poll]] = {}
    for poll in sorted(polls, key=lambda one: (one.ends, one.starts, one.poll)):
        series.setdefault(question_of(poll), []).append(poll)
    return series
