"""Every reason that the comparison with polls gives is told in every language of the page."""

from __future__ import annotations

import datetime as dt
import re

import numpy as np
import pytest

from analysis.cells import Cell
from analysis.polls.adjust import adjusted
from analysis.polls.compare import _incomparable, _lacking, respondents
from analysis.shares import StanceShare
from dashboard.reasons import reason_in
from dashboard.words import words_of
from storage.records import Comparison, Poll

DAY = dt.date(2022, 10, 3)


def cell(authors: int, posts: int) -> Cell:
    return Cell("", DAY, np.zeros((authors, 3)), posts)


def poll(name: str, day: dt.date, **more: object) -> Poll:
    return Poll(name, "P", day, day, "migrants", "q", {"against": 0.3}, "s", **more)  # type: ignore[arg-type]


def made() -> list[str]:
    """Reasons as the comparison makes them."""
    few = StanceShare(0.4, 0.3, 0.5, 0.2, 1.0)
    told = [
        _lacking(few, cell(0, 0), 10, 30, "pcc"),
        _lacking(few, cell(3, 5), 10, 30, "pcc"),
        _lacking(few, cell(50, 60), 10, 30, "drift"),
        _lacking(StanceShare.insufficient(), cell(50, 60), 10, 30, "pcc"),
        _lacking(few, cell(50, 60), 10, 300, "pcc"),
        _incomparable(poll("p", DAY), "m").reason,
    ]
    assert all(told)
    basis = ("among all, by pcc", "among opinionated, by ppi++ from 42 labels", "among all who mention the target")
    told += [one + respondents(poll("p", DAY, margin=margin))[1] for one in basis for margin in (None, 0.04)]
    compared = [
        Comparison(name, "migrants", "against", day, day, "m", 0.4, 0.3, 0.1, 0.0, 0.2, 0.9, 60, 50.0, "consistent",
                   "among all, by pcc", "pcc")
        for name, day in (("p", DAY), ("q", DAY + dt.timedelta(days=90)))
    ]  # fmt: skip
    found = [one.reason for one in adjusted(compared)]
    assert "no earlier poll" in found[0]
    assert "provisional" in found[1]
    return told + found


@pytest.mark.parametrize("language", ["ru", "kk"])
def test_no_english_is_left(language: str) -> None:
    for reason in made():
        told = reason_in(words_of(language), reason)  # type: ignore[arg-type]
        assert not re.findall(r"[a-z]{3,}", re.sub(r"pcc|ppi", "", told)), (reason, told)
        assert re.findall(r"\d+", told) == re.findall(r"\d+", reason), "its numbers stay"


def test_english_and_what_is_unknown_stay_as_they_are() -> None:
    for reason in [*made(), "something else; and more", ""]:
        assert reason_in(words_of("en"), reason) == reason
