"""Krippendorff's alpha against published worked examples, and which label is final."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.audits import FINAL_STATES, final_labels, krippendorff_alpha

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
# Krippendorff (2011), Computing Krippendorff's Alpha-Reliability: two observers with binary and with nominal data, and
# four observers with missing data. Published alphas for nominal data: 0.095, 0.692 and 0.743.
TWO = ["a a b b d c c c e d d a", "b a b b b c c c e d d d"]
FOUR = [
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
]
BINARY = ["0 1 0 0 0 0 0 0 0 0", "1 1 1 0 0 1 0 1 0 0"]


def answers(coders: list[str]) -> pl.DataFrame:
    rows = [
        (unit, f"coder {coder}", None if label == "." else label)
        for coder, line in enumerate(coders)
        for unit, label in enumerate(line.split())
    ]
    return pl.DataFrame(rows, schema={"unit": pl.Int64, "coder": pl.String, "label": pl.String}, orient="row")


@pytest.mark.parametrize(("coders", "published"), [(BINARY, 0.095), (TWO, 0.692), (FOUR, 0.743)])
def test_alpha_is_that_of_the_published_examples(coders: list[str], published: float) -> None:
    told = krippendorff_alpha(answers(coders))
    assert told.alpha == pytest.approx(published, abs=5e-4)
    assert told.low is not None
    assert told.high is not None
    assert told.low < told.alpha < told.high  # type: ignore[operator]


def test_units_of_one_answer_do_not_count() -> None:
    told = krippendorff_alpha(answers(FOUR))
    assert (told.units, told.values) == (11, 40)


def test_what_cannot_be_told_is_said() -> None:
    alone = krippendorff_alpha(answers(["a b c"]))
    assert (alone.alpha, alone.reason) == (None, "no post was labelled by two coders")
    same = krippendorff_alpha(answers(["a a a", "a a a"]))
    assert same.alpha is None
    assert "only one label" in same.reason
    perfect = krippendorff_alpha(answers(["a b a b", "a b a b"]))
    assert perfect.alpha == 1.0
    with pytest.raises(ValueError, match="a coder answers a unit once"):
        krippendorff_alpha(pl.concat([answers(TWO), answers(TWO)]))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.sampled_from("abc."), min_size=6, max_size=6), min_size=2, max_size=4))
def test_alpha_does_not_depend_on_who_is_called_what(grid: list[list[str]]) -> None:
    told = krippendorff_alpha(answers([" ".join(line) for line in grid]), draws=100)
    turned = krippendorff_alpha(answers([" ".join(line) for line in reversed(grid)]), draws=100)
    assert told == turned
    if told.alpha is not None:
        assert told.low <= told.alpha <= told.high <= 1  # type: ignore[operator]


def audits(votes: dict[str, dict[str, str | None]]) -> pl.DataFrame:
    rows = [("s", post, coder, label, 0.5, NOON) for post, said in votes.items() for coder, label in said.items()]
    schema = {
        "source": pl.String, "native_id": pl.String, "coder": pl.String, "label": pl.String,
        "inclusion_probability": pl.Float64, "labelled_at": pl.Datetime("us", "UTC"),
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def settled(labels: dict[str, str | None]) -> pl.DataFrame:
    rows = [("s", post, label) for post, label in labels.items()]
    return pl.DataFrame(rows, schema={"source": pl.String, "native_id": pl.String, "label": pl.String}, orient="row")


def test_which_label_is_final() -> None:
    votes: dict[str, dict[str, str | None]] = {
        "alone": {"ann": "against"},
        "agreed": {"ann": "favor", "bob": "favor", "eva": None},
        "majority": {"ann": "favor", "bob": "favor", "eva": "against"},
        "tie": {"ann": "favor", "bob": "against"},
        "three ways": {"ann": "favor", "bob": "against", "eva": "neutral"},
        "nobody knows": {"ann": None, "bob": None},
        "settled": {"ann": "favor", "bob": "favor"},
        "settled as undecidable": {"ann": "favor", "bob": "against"},
    }
    told = final_labels(audits(votes), settled({"settled": "neutral", "settled as undecidable": None}))
    found = {post: (label, state) for post, label, state in told.select("native_id", "label", "state").iter_rows()}
    assert found == {
        "alone": ("against", "agreed"),
        "agreed": ("favor", "agreed"),
        "majority": ("favor", "majority"),
        "tie": (None, "disagreed"),
        "three ways": (None, "disagreed"),
        "nobody knows": (None, "undecided"),
        "settled": ("neutral", "adjudicated"),
        "settled as undecidable": (None, "adjudicated"),
    }
    assert set(told["state"]) == set(FINAL_STATES)
    tie = told.filter(pl.col("native_id") == "tie")
    assert tie.select("coders", "votes").row(0) == (2, "against 1, favor 1")


def test_corrections_and_open_answers_are_no_votes() -> None:
    frame = audits({"a": {"ann": "favor", "bob": "against"}, "b": {"ann": "favor"}})
    bob = pl.col("coder") == "bob"
    corrected = frame.with_columns(inclusion_probability=pl.when(bob).then(None).otherwise("inclusion_probability"))
    skipped = corrected.with_columns(
        labelled_at=pl.when(pl.col("native_id") == "b").then(None).otherwise("labelled_at")
    )
    assert final_labels(skipped, settled({})).select("native_id", "label").rows() == [("a", "favor")]
