"""The formulas of docs/methods, worked out again author by author in plain loops, beside what the estimators say."""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np
import polars as pl
import pytest
from scipy.optimize import brentq
from scipy.stats import t as student

from analysis.shares import estimate
from analysis.simulation import Population, draw_labels, simulate
from storage.records import Among

NAMES = ("against", "neutral", "favor")


def people(frame: pl.DataFrame) -> dict[str, list[tuple[str, list[float]]]]:
    found: dict[str, list[tuple[str, list[float]]]] = {}
    for row in frame.iter_rows(named=True):
        found.setdefault(row["author"], []).append((row["post_id"], [row[f"p_{name}"] for name in NAMES]))
    return found


def ppi_by_hand(
    frame: pl.DataFrame, labels: pl.DataFrame, among: Among, weights: dict[str, float]
) -> tuple[float, float, float]:
    """Share against with its interval: kappa, the root, the variance by author, Satterthwaite, the logit."""
    by_author, given = people(frame), {row[0]: row[1:] for row in labels.iter_rows()}
    total = sum(weights[name] for name in by_author)
    part = {name: weights[name] / total for name in by_author}
    stands = {
        name: {post: part[name] / given[post][1] for post, _ in posts if post in given}
        for name, posts in by_author.items()
    }
    everything = sum(value for one in stands.values() for value in one.values())

    def value(p: list[float], share: float) -> float:
        return p[0] - share * (sum(p) if among == "all" else p[0] + p[2])

    def pieces(share: float) -> tuple[dict[str, list[tuple[float, float, float]]], dict[str, float]]:
        rows = {
            name: [
                (
                    stands[name][post] / everything,
                    value([float(given[post][0] == k) for k in NAMES], share),
                    value(p, share),
                )
                for post, p in posts
                if post in given
            ]
            for name, posts in by_author.items()
        }
        return rows, {name: sum(value(p, share) for _, p in posts) / len(posts) for name, posts in by_author.items()}

    def power(share: float) -> float:
        rows, means = pieces(share)
        y0 = sum(h * y for one in rows.values() for h, y, _ in one)
        g0 = sum(h * g for one in rows.values() for h, _, g in one)
        m0 = sum(part[name] * means[name] for name in means)
        gain = cost = 0.0
        for name, one in rows.items():
            gap = sum(h * (g - g0) for h, _, g in one) - part[name] * (means[name] - m0)
            gain += gap * sum(h * (y - y0) for h, y, _ in one)
            cost += gap * gap
        labelled = sum(1 for one in rows.values() if one)
        return min(max(gain / cost, 0.0), 1 / max(1 - labelled / len(rows), 1e-9))

    def equation(share: float) -> float:
        rows, means = pieces(share)
        kappa = power(share)
        told = sum(h * (y - kappa * g) for one in rows.values() for h, y, g in one)
        return kappa * sum(part[name] * means[name] for name in means) + told

    share = float(brentq(equation, 0.0, 1.0, xtol=1e-13))
    kappa, (rows, means) = power(share), pieces(share)
    e0 = sum(h * (y - kappa * g) for one in rows.values() for h, y, g in one)
    m0 = sum(part[name] * means[name] for name in means)
    base = 0.0
    for name, posts in by_author.items():
        for post, p in posts:
            inside = sum(p) if among == "all" else p[0] + p[2]
            base += kappa * part[name] * inside / len(posts)
            if post in given:
                opinion = 1.0 if among == "all" else float(given[post][0] != "neutral")
                base += stands[name][post] / everything * (opinion - kappa * inside)
    moved = [
        (sum(h * (y - kappa * g - e0) for h, y, g in one) + kappa * part[name] * (means[name] - m0)) / base
        for name, one in rows.items()
    ]
    labelled = sum(1 for one in rows.values() if one)
    error = sqrt(sum(u * u for u in moved) * labelled / (labelled - 1))
    own = error / (share * (1 - share))
    varies = sum(u**4 for u in moved) / sum(u * u for u in moved) ** 2 - 1 / labelled - ((1 - 2 * share) * own) ** 2
    quantile = float(student.ppf(0.975, max(min(2 / max(varies, 1e-300), labelled - 1), 1)))
    assert own < 0.5, "the logit scale is asked for"
    centre = log(share / (1 - share))
    low, high = (1 / (1 + exp(-(centre + side * quantile * own))) for side in (-1, 1))
    return share, low, high


@pytest.mark.parametrize("among", ["opinionated", "all"])
@pytest.mark.parametrize("design", ["strata", "opposed", "uncertain"])
def test_ppi_is_what_its_page_says(design: str, among: Among) -> None:
    rng = np.random.default_rng(7)
    frame = simulate(Population(n_authors=400, prevalence=(0.1, 0.5, 0.4), wording=0.6), rng)
    labels = draw_labels(frame, 150, rng, design=design)  # type: ignore[arg-type]
    weights = {name: 0.2 + 0.01 * place for place, name in enumerate(frame["author"].unique().sort())}
    table = pl.DataFrame({"author": list(weights), "weight": list(weights.values())})
    told = estimate(frame, labels, among=among, weights=table).shares["against"]
    assert (told.share, told.low, told.high) == pytest.approx(ppi_by_hand(frame, labels, among, weights), abs=2e-6)


def test_few_labels_that_weigh_much_widen_the_interval_and_many_do_not() -> None:
    def beyond_student(against: float, design: str) -> float:
        population = Population(n_authors=2000, prevalence=(against, 0.6, 0.4 - against))
        frame = simulate(population, np.random.default_rng(3))
        labels = draw_labels(frame, 200, np.random.default_rng(1), design=design)  # type: ignore[arg-type]
        told = estimate(frame, labels, among="all").shares["against"]
        assert told.share is not None
        assert told.low is not None
        assert told.high is not None
        assert told.standard_error is not None
        scale = told.standard_error / (told.share * (1 - told.share))
        reach = log(told.high / (1 - told.high)) - log(told.low / (1 - told.low))
        return reach / (2 * float(student.ppf(0.975, 199)) * scale)

    assert beyond_student(0.2, "equal") == pytest.approx(1, abs=0.01)
    assert beyond_student(0.05, "strata") > 1.02


def test_emq_is_the_fixed_point_of_em() -> None:
    rng = np.random.default_rng(5)
    frame = simulate(Population(n_authors=300, prevalence=(0.2, 0.5, 0.3), trained_on=(0.5, 0.3, 0.2)), rng)
    told = estimate(frame, method="emq", among="all").shares
    shares = [1 / 3] * 3
    for _ in range(5000):
        after = [0.0] * 3
        for posts in people(frame).values():
            for _, p in posts:
                joint = [max(p[k], 1e-4) * shares[k] for k in range(3)]
                for k in range(3):
                    after[k] += joint[k] / sum(joint) / len(posts)
        after = [one / sum(after) for one in after]
        if max(abs(a - b) for a, b in zip(after, shares, strict=True)) < 1e-10:
            break
        shares = after
    assert [told[name].share for name in NAMES] == pytest.approx(shares, abs=1e-6)  # type: ignore[index]


def test_counting_with_another_bootstrap_gives_nearly_the_same_interval() -> None:
    frame = simulate(Population(n_authors=150, prevalence=(0.2, 0.5, 0.3)), np.random.default_rng(11))
    told = estimate(frame, draws=4000).shares["against"]
    units = np.array([np.mean([p for _, p in posts], axis=0) for posts in people(frame).values()])
    share = float(units[:, 0].sum() / (units[:, 0] + units[:, 2]).sum())
    assert told.share == pytest.approx(share, abs=1e-12)

    def scaled(rows: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> tuple[float, float]:
        own = rows[:, 0].sum() / (rows[:, 0] + rows[:, 2]).sum()
        rest = rows[:, 0] - own * (rows[:, 0] + rows[:, 2])
        error = sqrt(float(rest @ rest)) / float((rows[:, 0] + rows[:, 2]).sum())
        return log(own / (1 - own)), error / float(own * (1 - own))

    centre, spread = scaled(units)
    dice = np.random.default_rng(2)
    drawn = [scaled(units[dice.integers(0, len(units), len(units))]) for _ in range(4000)]
    lower, upper = np.quantile([(value - centre) / error for value, error in drawn], [0.025, 0.975])
    low, high = (1 / (1 + exp(-(centre - reach * spread))) for reach in (upper, lower))
    assert (told.low, told.high) == pytest.approx((low, high), abs=0.006)
