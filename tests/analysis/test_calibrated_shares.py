"""EMQ on calibration labels, its cross-checks, author weights, and the drift alarm."""

import numpy as np
import polars as pl
import pytest

from analysis.shares import Prior, estimate
from analysis.shares.calibration_sample import fit, read_calibration
from analysis.shares.emq_solution import solve
from analysis.simulation import Language, Population, draw_calibration, draw_labels, simulate

SHIFTED = Population(n_authors=3000, prevalence=(0.15, 0.45, 0.4), trained_on=(0.5, 0.3, 0.2))
TRUTH = SHIFTED.truth("opinionated")


def drawn(population: Population, seed: int = 0) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    rng = np.random.default_rng(seed)
    posts = simulate(population, rng)
    return posts.drop("label"), draw_labels(posts, 300, rng), draw_calibration(population, 1500, rng)


def test_a_calibration_makes_auto_choose_emq_and_takes_out_a_prior_shift() -> None:
    posts, _, calibration = drawn(SHIFTED)
    told = estimate(posts, calibration=calibration)
    assert (told.method, told.n_labels) == ("emq", 1500)
    inside = told.shares["against"]
    assert inside.low is not None
    assert inside.high is not None
    assert inside.low < TRUTH < inside.high
    assert abs(told.checks["cc"] - TRUTH) > 0.03
    for check in ("acc", "pacc"):
        assert told.checks[check] == pytest.approx(TRUTH, abs=0.06)
    assert "prevalence" in told.assumption


def test_a_badly_scaled_classifier_is_calibrated_by_the_labels() -> None:
    posts, _, calibration = drawn(SHIFTED)
    names = ["p_against", "p_neutral", "p_favor"]

    def overconfident(frame: pl.DataFrame) -> pl.DataFrame:
        squared = frame.with_columns(
            (pl.col(name) ** 2) * factor for name, factor in zip(names, (1, 2, 3), strict=True)
        )
        return squared.with_columns(pl.col(name) / pl.sum_horizontal(names) for name in names)

    plain = estimate(posts, calibration=calibration).shares["against"].share
    distorted = estimate(overconfident(posts), calibration=overconfident(calibration)).shares["against"].share
    assert distorted == pytest.approx(plain, abs=0.01)
    assert fit(read_calibration(overconfident(calibration))).scale == pytest.approx(0.5, abs=0.1)


def test_fewer_calibration_labels_are_a_wider_interval_and_too_few_are_an_error() -> None:
    posts, _, calibration = drawn(SHIFTED)
    few, many = (estimate(posts, calibration=calibration.head(n)).shares["against"] for n in (80, 1500))
    assert few.high - few.low > 1.2 * (many.high - many.low)  # type: ignore[operator]
    with pytest.raises(ValueError, match="10 calibration labels: at least 30"):
        estimate(posts, calibration=calibration.head(10))
    with pytest.raises(ValueError, match="at least 5 of each stance"):
        estimate(posts, calibration=calibration.filter(pl.col("label") != "favor"))
    with pytest.raises(ValueError, match="calibration labels lack the column label"):
        estimate(posts, calibration=calibration.drop("label"))


def test_labels_of_the_period_calibrate_emq_where_nothing_else_does() -> None:
    posts, labels, _ = drawn(SHIFTED)
    told = estimate(posts, labels, method="emq")
    assert (told.method, told.n_labels, told.drift) == ("emq", 300, None)
    assert told.shares["against"].share == pytest.approx(TRUTH, abs=0.09)


def test_emq_on_nothing_says_what_it_assumes() -> None:
    posts, _, _ = drawn(SHIFTED)
    told = estimate(posts, method="emq")
    assert "even shares" in told.reason
    same = estimate(posts, method="emq", prior=Prior((1 / 3, 1 / 3, 1 / 3)))
    assert told.shares == same.shares
    assert same.reason == ""


@pytest.mark.parametrize("seed", range(3))
def test_the_solution_is_where_em_stands_still(seed: int) -> None:
    rng = np.random.default_rng(seed)
    likelihoods = rng.dirichlet([0.5, 0.5, 0.5], 400) / np.array([0.5, 0.3, 0.2])
    parts = rng.dirichlet(np.ones(400))
    shares = solve(likelihoods, parts)
    again = shares * (parts @ (likelihoods / (likelihoods @ shares)[:, None]))
    assert again == pytest.approx(shares, abs=1e-7)


def test_a_stance_nobody_has_is_found_at_zero_with_an_interval() -> None:
    rng = np.random.default_rng(0)
    likelihoods = np.column_stack([rng.random(200) * 0.2, rng.random(200) + 1, rng.random(200) + 1])
    shares = solve(likelihoods, np.full(200, 1 / 200))
    assert shares[0] < 1e-6
    posts = pl.DataFrame(
        {"post_id": range(200), "author": [f"a{n}" for n in range(200)]}
        | {
            name: (likelihoods / likelihoods.sum(axis=1, keepdims=True))[:, k]
            for k, name in enumerate(("p_against", "p_neutral", "p_favor"))
        }
    )
    told = estimate(posts, method="emq", among="all").shares["against"]
    assert told.low < 1e-6  # type: ignore[operator]
    assert 0 < told.high < 0.3  # type: ignore[operator]


def test_weights_count_authors_by_what_they_stand_for() -> None:
    posts, labels, calibration = drawn(SHIFTED)
    favouring = posts.group_by("author").agg(weight=1 + 2 * pl.col("p_favor").mean())
    for options in ({"method": "pcc"}, {"method": "cc"}, {"calibration": calibration}, {"labels": labels}):
        plain, weighted = estimate(posts, **options), estimate(posts, weights=favouring, **options)  # type: ignore[arg-type]
        assert weighted.shares["against"].share < plain.shares["against"].share - 0.005  # type: ignore[operator]
        column = estimate(posts.join(favouring, on="author", maintain_order="left"), **options)  # type: ignore[arg-type]
        assert column.shares == weighted.shares
        even = estimate(posts, weights=favouring.with_columns(weight=pl.lit(7.0)), **options)  # type: ignore[arg-type]
        assert even.shares["against"].share == pytest.approx(plain.shares["against"].share)


def test_weights_that_cannot_be_used_are_told() -> None:
    posts, _, _ = drawn(Population(n_authors=50))
    table = posts.select("author").unique().sort("author").with_row_index("n")
    table = table.with_columns(weight=pl.when(pl.col("n") == 0).then(-1.0).otherwise(1.0)).filter(pl.col("n") != 1)
    told = estimate(posts, weights=table)
    assert told.n_authors == 48
    assert {"its author has no weight", "its author's weight is not a positive number"} <= set(told.set_aside)
    with pytest.raises(ValueError, match="more than one weight"):
        estimate(posts, weights=pl.concat([table, table.with_columns(weight=pl.lit(2.0))]))
    with pytest.raises(ValueError, match="weights lack the column weight"):
        estimate(posts, weights=table.drop("weight"))


def test_drift_withholds_emq_and_says_so() -> None:
    posts, labels, calibration = drawn(Population(n_authors=2000, wording=1.5))
    told = estimate(posts, labels, calibration=calibration)
    assert told.method == "ppi++"
    assert told.drift is not None
    assert told.drift.alarm
    assert "drift alarm" in told.reason
    assert "emq" not in told.checks
    withheld = estimate(posts, labels, method="emq", calibration=calibration)
    assert withheld.shares["against"].share is None
    assert "withheld" in withheld.reason


def test_without_drift_both_are_told() -> None:
    posts, labels, calibration = drawn(SHIFTED, seed=4)
    told = estimate(posts, labels, calibration=calibration)
    assert told.drift is not None
    assert not told.drift.alarm
    assert told.checks["emq"] == pytest.approx(told.shares["against"].share, abs=0.08)
    assert told.reason == ""


def test_purposive_labels_never_enter() -> None:
    posts, labels, _ = drawn(SHIFTED)
    chosen = posts.filter(~pl.col("post_id").is_in(labels["post_id"].implode())).head(200)
    wrong = chosen.select("post_id", label=pl.lit("against"), inclusion_probability=pl.lit(None, pl.Float64))
    told, plain = estimate(posts, pl.concat([labels, wrong])), estimate(posts, labels)
    assert told.shares == plain.shares
    assert told.set_aside == {"purposive label: without inclusion_probability": 200}


def test_labels_of_a_wider_window_count_by_the_posts_they_were_drawn_from() -> None:
    rng = np.random.default_rng(2)
    month = simulate(Population(n_authors=4000, days=28), rng)
    sizes = month.group_by("author").agg(author_posts=pl.len())
    labels = (
        draw_labels(month, 2000, rng).join(month.select("post_id", "author"), on="post_id").join(sizes, on="author")
    )
    week = month.filter(pl.col("day") < 7)
    told = estimate(week, labels.drop("author"), among="all")
    people = week.group_by("author").agg((pl.col("label") == "against").mean())["label"].mean()
    assert told.shares["against"].share == pytest.approx(people, abs=0.05)


def test_copies_are_told_and_languages_are_read_unequally_well() -> None:
    tongues = (Language("ru", 0.6, 2.5), Language("kk", 0.4, 0.8))
    posts = simulate(Population(n_authors=400, languages=tongues, copies=200), np.random.default_rng(0))
    assert estimate(posts).near_duplicate_share == pytest.approx(199 / posts.height)
    p = pl.max_horizontal("p_against", "p_neutral", "p_favor").alias("sure")
    sure = dict(posts.select("language", p).group_by("language").mean().iter_rows())
    assert sure["ru"] > sure["kk"] + 0.1


def test_missing_days_are_missing() -> None:
    posts = simulate(Population(missing_days=(2, 3)), np.random.default_rng(0))
    assert set(posts["day"]) == {0, 1, 4, 5, 6}
    with pytest.raises(ValueError, match="missing_days"):
        Population(missing_days=(9,))
