"""Raking against a worked example, and every reason for which it is refused."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.shares.weighting import Margin, kish, rake


def people(**counts: int) -> pl.DataFrame:
    """Authors by "language region", as "ru_north=3"."""
    rows = [name.split("_") for name, count in counts.items() for _ in range(count)]
    return pl.DataFrame(rows, schema=["language", "region"], orient="row")


def test_the_weights_are_those_of_balance() -> None:
    """Three margins with an uneven table: weights, trimmed weights and design effects as balance 0.23 gives them."""
    known = json.loads((Path(__file__).parent / "data" / "balance_rake.json").read_text(encoding="utf-8"))
    rows = [tuple(cell[:3]) for cell in known["cells"] for _ in range(cell[3])]
    authors = pl.DataFrame(rows, schema=["language", "region", "kind"], orient="row")
    margins = [Margin(of, {name: part / 100 for name, part in parts.items()}) for of, parts in known["margins"].items()]
    for trim, column, effect in ((100.0, 4, "design_effect"), (known["trim"], 5, "design_effect_trimmed")):
        raked = rake(authors, margins, trim=trim)
        wanted = [cell[column] for cell in known["cells"] for _ in range(cell[3])]
        np.testing.assert_allclose(raked.weights, wanted, rtol=1e-6)  # type: ignore[arg-type]
        assert raked.design_effect == pytest.approx(known[effect], rel=1e-6)


def test_one_margin_is_post_stratification() -> None:
    raked = rake(people(ru_north=3, kk_north=1), [Margin("language", {"ru": 0.5, "kk": 0.5})])
    assert raked.weights is not None
    np.testing.assert_allclose(raked.weights, [2 / 3, 2 / 3, 2 / 3, 2])
    assert raked.design_effect == pytest.approx(4 * (3 * (2 / 3) ** 2 + 4) / 16)
    assert [category.weighted for category in raked.categories] == pytest.approx([0.5, 0.5])


def test_two_margins_hold_at_once_and_the_association_stays() -> None:
    authors = people(ru_north=40, ru_south=20, kk_north=10, kk_south=30)
    margins = [Margin("language", {"ru": 0.4, "kk": 0.6}), Margin("region", {"north": 0.3, "south": 0.7})]
    raked = rake(authors, margins)
    assert raked.weights is not None
    table = authors.with_columns(w=raked.weights).group_by("language", "region").agg(pl.col("w").sum())
    cell = {(a, b): w / authors.height for a, b, w in table.iter_rows()}
    assert cell["ru", "north"] + cell["ru", "south"] == pytest.approx(0.4)
    assert cell["ru", "north"] + cell["kk", "north"] == pytest.approx(0.3)
    odds = cell["ru", "north"] * cell["kk", "south"] / cell["ru", "south"] / cell["kk", "north"]
    assert odds == pytest.approx(40 * 30 / 20 / 10), "iterative fitting keeps the odds ratios of the sample"


def test_who_has_no_value_keeps_his_part() -> None:
    authors = pl.DataFrame({"language": ["ru", "ru", "ru", "kk", None]})
    raked = rake(authors, [Margin("language", {"ru": 0.5, "kk": 0.5})])
    assert raked.weights is not None
    np.testing.assert_allclose(raked.weights, [2 / 3, 2 / 3, 2 / 3, 2, 1])


def test_weights_are_cut_at_the_bound_and_it_is_told() -> None:
    raked = rake(people(ru_north=99, kk_north=1), [Margin("language", {"ru": 0.5, "kk": 0.5})], trim=5)
    assert raked.trimmed == 1
    assert raked.largest is not None
    assert 5 <= raked.largest < 10
    assert raked.missed is not None
    assert raked.missed > 0.4


@pytest.mark.parametrize(
    ("shares", "reason"),
    [
        ({"ru": 0.5, "kk": 0.4, "en": 0.1}, "no author has the language en, which is 10.0% of the population"),
        ({"ru": 1.0}, "1 authors have the language kk, which the margin does not name"),
    ],
)
def test_it_is_refused_with_the_reason(shares: dict[str, float], reason: str) -> None:
    raked = rake(people(ru_north=3, kk_north=1), [Margin("language", shares)])
    assert raked.weights is None
    assert raked.reason.startswith(reason)


def test_margins_that_contradict_each_other_are_refused() -> None:
    authors = people(ru_north=5, kk_south=5)
    margins = [Margin("language", {"ru": 0.9, "kk": 0.1}), Margin("region", {"north": 0.1, "south": 0.9})]
    assert "cannot hold together" in rake(authors, margins).reason
    assert rake(authors.head(0), margins).reason == "there are no authors to weight"


def test_what_cannot_be_asked() -> None:
    with pytest.raises(ValueError, match="sum to 1"):
        Margin("language", {"ru": 0.5, "kk": 0.1})
    with pytest.raises(ValueError, match="lack the column kind"):
        rake(people(ru_north=1), [Margin("kind", {"group": 1.0})])
    with pytest.raises(ValueError, match="trim=0"):
        rake(people(ru_north=1), [Margin("language", {"ru": 1.0})], trim=0)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 40), st.integers(1, 40), st.floats(0.1, 0.9))
@settings(max_examples=30, deadline=None)
def test_whatever_comes_out_has_mean_one_and_a_design_effect_of_at_least_one(
    a: int, b: int, c: int, d: int, part: float
) -> None:
    authors = people(ru_north=a, ru_south=b, kk_north=c, kk_south=d)
    raked = rake(authors, [Margin("language", {"ru": part, "kk": 1 - part})], trim=100)
    assert raked.weights is not None
    assert raked.weights.mean() == pytest.approx(1)
    assert raked.design_effect is not None
    assert raked.design_effect >= 1 - 1e-12
    assert kish(np.ones(5)) == 1
